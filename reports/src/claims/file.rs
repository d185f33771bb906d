//! A claim as it is written down.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Deserializer};
use triathlon_contract::CaseId;

use super::measures;
use crate::key;

/// One file of `reports/claims`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Name of the file: `G1` to `G7` are those of the guide, `C1` and on all others.
    pub id: String,
    /// What is claimed, in our words.
    pub claim: String,
    /// Who claims it.
    pub source: Source,
    /// What is known to speak against it; may be empty.
    #[serde(default)]
    pub counter: String,
    /// What a run, or a machine of two CPUs, cannot show of it; may be empty.
    #[serde(default)]
    pub note: String,
    /// What the suite has not got yet. With it nothing is evaluated, and the cells of
    /// the tests need not exist; taking the line away switches the claim on.
    pub needs: Option<String>,
    /// Expression of `triathlon run` that measures it, where a run without a filter leaves
    /// cells of its tests out.
    pub filter: Option<String>,
    /// How the tests make one verdict.
    #[serde(default)]
    pub combine: Combine,
    /// What must hold.
    #[serde(default, rename = "test")]
    pub tests: Vec<Test>,
    /// Figures that were published.
    #[serde(default)]
    pub published: Vec<Figure>,
}

/// Who claims something.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Name of the text, the project or the thread.
    pub name: String,
    /// When.
    pub year: Option<u16>,
    /// Where.
    pub url: Option<String>,
}

/// How several tests make one verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Combine {
    /// Supported if all are, refuted if one is.
    #[default]
    All,
    /// Supported if one is, refuted if all are.
    Any,
}

/// Something that can be seen in a run: a value of each of some cells, or its ratio to
/// that of each of others, within bounds. With `slope` the value is not that of the cell
/// but the slope of a line through those of several presets, in each round.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// Ids of cases; each is a test of its own.
    #[serde(deserialize_with = "one_or_more")]
    pub of: Vec<String>,
    /// Ids of cases that they are divided by, each by each; empty where the value
    /// itself is what is claimed.
    #[serde(default, deserialize_with = "one_or_more")]
    pub to: Vec<String>,
    /// Key of a cell's metrics, [`TIME_PER_OPERATION`](super::TIME_PER_OPERATION), or of a
    /// small program what `cost.json` has.
    pub metric: String,
    /// The presets that a slope is taken over; none where the cell itself is meant.
    pub slope: Option<Line>,
    /// Least value that is claimed, in the metric's unit, or a ratio.
    pub at_least: Option<f64>,
    /// Greatest value that is claimed.
    pub at_most: Option<f64>,
}

/// The presets that a slope is taken over, by least squares.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Parameter on the horizontal axis.
    pub over: String,
    /// Presets of the cell, three or more; its own is the last.
    pub presets: Vec<String>,
    /// Presets of what it is divided by, if they are others.
    #[serde(default)]
    pub to: Vec<String>,
}

/// A published figure, and the cell that comes nearest to it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// What was measured.
    pub what: String,
    /// Its value, in the metric's unit, or a ratio.
    pub value: f64,
    /// On what, and when.
    pub by: String,
    /// Id of the nearest case; none where there is none yet.
    pub of: Option<String>,
    /// Id of the case that it is divided by, if it is a ratio.
    pub to: Option<String>,
    /// Key as that of a test; none for a ratio without a cell.
    pub metric: Option<String>,
    /// As that of a test.
    pub slope: Option<Line>,
    /// Why the two may differ.
    #[serde(default)]
    pub why: String,
}

impl Claim {
    /// Reads the text of a file of that name, without its end.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let claim: Self = toml::from_str(text).context("it is no claim")?;
        ensure!(claim.id == name, "its id is {}", claim.id);
        ensure!(claim.number().is_some(), "an id is G or C and a number");
        ensure!(!claim.claim.is_empty() && !claim.source.name.is_empty(), "who says what?");
        match (&claim.needs, claim.tests.is_empty()) {
            (None, true) => bail!("nothing tests it, and it does not say what it needs"),
            (Some(needs), _) => ensure!(!needs.is_empty(), "it does not say what it needs"),
            (None, false) => {}
        }
        let needs = claim.needs.is_some();
        claim.tests.iter().try_for_each(|test| test.check(needs))?;
        claim.published.iter().try_for_each(|figure| figure.check(needs))?;
        Ok(claim)
    }

    fn number(&self) -> Option<u32> {
        self.id.strip_prefix(['G', 'C'])?.parse().ok()
    }

    /// Its place among all others.
    pub(super) fn place(&self) -> (bool, u32) {
        (!self.id.starts_with('G'), self.number().unwrap_or(u32::MAX))
    }

    /// Ids of all cases that its tests and figures rest on.
    pub fn cases(&self) -> BTreeSet<String> {
        let tests = self.tests.iter().flat_map(Test::cases);
        let figures = self.published.iter().flat_map(|figure| {
            let line = figure.slope.as_ref();
            let of = figure.of.iter().flat_map(move |id| along(id, line, false));
            of.chain(figure.to.iter().flat_map(move |id| along(id, line, true)))
        });
        tests.chain(figures).collect()
    }
}

/// The case itself, or those that a slope is taken over in its place.
pub(super) fn along(id: &str, line: Option<&Line>, divisor: bool) -> Vec<String> {
    let Some(line) = line else { return vec![id.to_string()] };
    let presets = if divisor && !line.to.is_empty() { &line.to } else { &line.presets };
    let with = |preset: &String| CaseId { preset: preset.clone(), ..key::parts(id) }.to_string();
    presets.iter().map(with).collect()
}

impl Line {
    /// Whether it is one, and ends at these cases.
    fn check(&self, of: &[String], to: &[String]) -> Result<()> {
        ensure!(!self.over.is_empty(), "a slope is over no parameter");
        for (ids, presets, divisor) in [(of, &self.presets, false), (to, &self.to, true)] {
            let few = presets.len() < LEAST && !(divisor && presets.is_empty());
            ensure!(!few, "a slope needs {LEAST} presets");
            let known: BTreeSet<&String> = presets.iter().collect();
            ensure!(known.len() == presets.len(), "a slope has a preset twice");
            let cases = ids.iter().flat_map(|id| along(id, Some(self), divisor));
            cases.into_iter().try_for_each(|id| case(&id))?;
            let ends = |id: &&String| along(id, Some(self), divisor).last() == Some(*id);
            if let Some(other) = ids.iter().find(|id| !ends(id)) {
                bail!("the preset of {other} is not the last of its slope");
            }
        }
        Ok(())
    }
}

/// Fewest presets that make a slope: with two, nobody could see that it is no line.
const LEAST: usize = 3;

impl Test {
    /// Ids of all cases that it rests on.
    pub fn cases(&self) -> impl Iterator<Item = String> {
        let line = self.slope.as_ref();
        let of = self.of.iter().flat_map(move |id| along(id, line, false));
        of.chain(self.to.iter().flat_map(move |id| along(id, line, true)))
    }

    /// Where something is needed, the metric may be what is.
    fn check(&self, needs: bool) -> Result<()> {
        ensure!(!self.of.is_empty(), "a test is of no case");
        self.of.iter().chain(&self.to).try_for_each(|id| case(id))?;
        let own = self.of.iter().chain(&self.to).all(|id| measures(id, &self.metric));
        ensure!(needs || own, "{} is no metric", self.metric);
        self.slope.iter().try_for_each(|line| line.check(&self.of, &self.to))?;
        let bounds: Vec<f64> = [self.at_least, self.at_most].into_iter().flatten().collect();
        ensure!(!bounds.is_empty(), "a test of {} has no bound", self.metric);
        let sound = |bound: &f64| bound.is_finite() && (self.to.is_empty() || *bound > 0.0);
        ensure!(bounds.iter().all(sound), "a bound of {} is none", self.metric);
        ensure!(bounds.is_sorted_by(|a, b| a < b), "no value of {} can be claimed", self.metric);
        Ok(())
    }
}

impl Figure {
    fn check(&self, needs: bool) -> Result<()> {
        ensure!(self.value.is_finite() && !self.what.is_empty(), "a figure is none");
        ensure!(!self.by.is_empty(), "{}: where and when?", self.what);
        ensure!(self.of.is_some() || needs, "{}: no case is beside it", self.what);
        ensure!(self.of.is_some() || self.to.is_none(), "{}: a ratio of what?", self.what);
        ensure!(self.of.is_none() || self.metric.is_some(), "{}: which metric?", self.what);
        let of: Vec<String> = self.of.iter().cloned().collect();
        let to: Vec<String> = self.to.iter().cloned().collect();
        of.iter().chain(&to).try_for_each(|id| case(id))?;
        self.slope.iter().try_for_each(|line| line.check(&of, &to))?;
        let id = self.of.as_deref().unwrap_or_default();
        match self.metric.iter().find(|metric| !measures(id, metric)) {
            Some(metric) => bail!("{metric} is no metric"),
            None => Ok(()),
        }
    }
}

fn case(id: &str) -> Result<()> {
    let parsed: std::result::Result<CaseId, _> = id.parse();
    ensure!(parsed.is_ok(), "{id} is no id of a case");
    Ok(())
}

/// A text alone, or a list of texts.
fn one_or_more<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMore {
        One(String),
        More(Vec<String>),
    }
    Ok(match OneOrMore::deserialize(from)? {
        OneOrMore::One(one) => vec![one],
        OneOrMore::More(more) => more,
    })
}

#[cfg(test)]
mod tests {
    use super::Claim;

    const SOUND: &str = "id = \"C1\"\nclaim = \"It is so.\"\nsource = { name = \"Somebody\" }\n\
        [[test]]\nof = \"cpu@x/rayon\"\nmetric = \"elapsed_s\"\nat_most = 2\n";

    #[test]
    fn what_is_wrong_with_a_file_is_said() {
        assert!(Claim::parse("C1", SOUND).is_ok());
        let check = |name: &str, from: &str, to: &str, want: &str| {
            let text = SOUND.replace(from, to);
            assert!(text != *SOUND || name != "C1", "{from} is not there");
            let error = format!("{:#}", Claim::parse(name, &text).unwrap_err());
            assert!(error.contains(want), "{error}");
        };
        check("C2", "", "", "its id is C1");
        check("D1", "C1", "D1", "an id is G or C and a number");
        check("C1", "at_most = 2\n", "", "has no bound");
        check("C1", "elapsed_s", "latency", "latency is no metric");
        check("C1", "cpu@x/rayon", "cpu", "cpu is no id of a case");
        check("C1", "at_most = 2", "at_most = 2\nat_least = 3", "no value of elapsed_s can be");
        check("C1", "at_most = 2", "at_most = 2\ntwo = 2", "unknown field `two`");
        check("C1", "at_most = 2", "at_most = 0\nto = \"cpu@x/smol\"", "a bound of elapsed_s is");
        check("C1", "[[test]]", "[[tests]]", "unknown field `tests`");
        let untested = SOUND.split("[[test]]").next().unwrap();
        let error = format!("{:#}", Claim::parse("C1", untested).unwrap_err());
        assert!(error.contains("does not say what it needs"), "{error}");
        assert!(Claim::parse("C1", &format!("needs = \"a cell\"\n{untested}")).is_ok());
        let published = "[[published]]\nwhat = \"a\"\nvalue = 1\nby = \"a laptop\"\n";
        let error = Claim::parse("C1", &format!("{SOUND}{published}")).unwrap_err();
        assert!(format!("{error:#}").contains("no case is beside it"), "{error:#}");
    }
}
