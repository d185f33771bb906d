//! The verdicts: one family of everything that is compared.

use schemars::JsonSchema;
use serde::Serialize;
use triathlon_statistics::verdict::MOST_EQUIVALENT;
use triathlon_statistics::{holm, rank_sum, signed_rank};

use super::matter::Matter;
use super::total::{self, Samples};
use super::{line, measured};
use crate::metrics::more_is_better;
use crate::summary::Cell;
use crate::text::six_digits;
use crate::{key, verdicts};

/// Level of the family.
pub(super) const ALPHA: f64 = 0.05;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// A case, by its ratio to the reference.
    Case,
    /// A contestant over all its cases.
    Contestant,
    /// The reference, against the median of all contestants.
    Reference,
}

/// What is said of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Turn {
    /// Worse after than before, on the same machine.
    Regression,
    /// Better after than before, on the same machine.
    Improvement,
    /// Higher in the second run, on another machine.
    Higher,
    /// Lower in the second run, on another machine.
    Lower,
    /// Its ratio moved as everybody's did: it was the reference that changed.
    WithReference,
    /// None of the others; never "the same".
    Undecided,
    /// The interval lies within the margin.
    Equivalent,
}

impl Turn {
    /// As a word for readers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Regression => "regression",
            Self::Improvement => "improvement",
            Self::Higher => "higher",
            Self::Lower => "lower",
            Self::WithReference => "moved with the reference",
            Self::Undecided => "undecided",
            Self::Equivalent => "equivalent",
        }
    }

    /// Whether something is different.
    pub fn changed(self) -> bool {
        matches!(self, Self::Regression | Self::Improvement | Self::Higher | Self::Lower)
    }
}

/// One comparison.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Change {
    /// A case's id, or a contestant.
    pub id: String,
    /// Which of these it is.
    pub of: Subject,
    /// Cases that it is made of.
    pub cases: usize,
    /// Key of a cell's metrics.
    pub metric: String,
    /// Rounds before.
    pub n_before: usize,
    /// Rounds after.
    pub n_after: usize,
    /// Ratio to the reference before, of a case.
    pub ratio_before: Option<f64>,
    /// The same after.
    pub ratio_after: Option<f64>,
    /// Ratio of the two ratios, after over before.
    pub change: f64,
    /// Lower bound, at the level that Holm gives it; none with too few rounds.
    pub low: Option<f64>,
    /// Upper bound.
    pub high: Option<f64>,
    /// Exact two-sided p-value.
    pub p: f64,
    /// The same after Holm's correction over everything that is compared.
    pub p_holm: f64,
    /// Changes within `1/margin` to `margin` are not worth a verdict.
    pub margin: f64,
    /// What is said.
    pub verdict: Turn,
}

/// Two samples of one thing, before the correction.
struct Candidate {
    id: String,
    of: Subject,
    cases: usize,
    metric: &'static str,
    samples: Samples,
    p: f64,
}

/// All changes in the order in which they are shown, and what to know of them.
pub(super) fn judged(
    a: &Matter<'_>,
    b: &Matter<'_>,
    both: &[(&Cell, &Cell)],
    same_machine: bool,
) -> (Vec<Change>, Vec<String>) {
    let candidates = candidates(a, b, both);
    let p: Vec<f64> = candidates.iter().map(|one| one.p).collect();
    let levels = holm::levels(&p, ALPHA).into_iter().zip(holm::adjusted(&p));
    let mut changes: Vec<Change> = candidates
        .iter()
        .zip(levels)
        .filter_map(|(one, (level, p_holm))| change(one, level, p_holm, same_machine))
        .collect();
    let notes = reference(&mut changes);
    let far = |change: &Change| change.change.ln().abs();
    let rank = |of: Subject| of as u8;
    changes.sort_by(|x, y| {
        let by_rank = (x.verdict, rank(y.of)).cmp(&(y.verdict, rank(x.of)));
        by_rank.then(far(y).total_cmp(&far(x)))
    });
    (changes, notes)
}

fn candidates(a: &Matter<'_>, b: &Matter<'_>, both: &[(&Cell, &Cell)]) -> Vec<Candidate> {
    let mut found = Vec::new();
    let mut add = |id: String, of, cases, metric, samples: Samples| {
        if let Some(p) = rank_sum::p_value(&samples.before, &samples.after) {
            found.push(Candidate { id, of, cases, metric, samples, p });
        }
    };
    for &(cell, other) in both.iter().filter(|(cell, _)| cell.reference.is_some()) {
        for metric in measured::metrics(cell, other) {
            let samples = Samples {
                before: measured::logs(a, cell, metric).into_values().collect(),
                after: measured::logs(b, other, metric).into_values().collect(),
                margin: measured::noise(a, cell, metric).max(measured::noise(b, other, metric)),
            };
            add(line(&cell.id), Subject::Case, 1, metric, samples);
        }
    }
    let totals = total::totals(a, b, both);
    for (metric, samples) in total::reference(&totals) {
        let cases = both.iter().filter(|(cell, _)| cell.reference.is_none()).count();
        add(line(&a.input.run.reference), Subject::Reference, cases, metric, samples);
    }
    for one in &totals {
        add(line(&one.who), Subject::Contestant, one.cases, one.metric, one.samples());
    }
    found
}

fn change(one: &Candidate, level: f64, p_holm: f64, same_machine: bool) -> Option<Change> {
    let Samples { before, after, margin } = &one.samples;
    let centre = rank_sum::centre(before, after)?;
    let interval = rank_sum::shift(before, after, level).map(|found| (found.low, found.high));
    let ratio = |values: &[f64]| {
        let centre = signed_rank::hodges_lehmann(values).filter(|_| one.of == Subject::Case)?;
        Some(six_digits(centre.exp()))
    };
    let verdict = verdict(centre, interval, margin.ln());
    Some(Change {
        id: one.id.clone(),
        of: one.of,
        cases: one.cases,
        metric: one.metric.to_string(),
        n_before: before.len(),
        n_after: after.len(),
        ratio_before: ratio(before),
        ratio_after: ratio(after),
        change: six_digits(centre.exp()),
        low: interval.map(|(low, _)| six_digits(low.exp())),
        high: interval.map(|(_, high)| six_digits(high.exp())),
        p: six_digits(one.p),
        p_holm: six_digits(p_holm),
        margin: six_digits(*margin),
        verdict: said(verdict, one.metric, same_machine),
    })
}

/// The same rule as within a run: the interval excludes no change, and the centre is
/// beyond the margin. Higher or lower; nothing that is worse or better.
fn verdict(centre: f64, interval: Option<(f64, f64)>, margin: f64) -> Turn {
    let alike = margin.min(MOST_EQUIVALENT.ln());
    match interval {
        Some((low, _)) if low > 0.0 && centre > margin => Turn::Higher,
        Some((_, high)) if high < 0.0 && centre < -margin => Turn::Lower,
        Some((low, high)) if -alike <= low && high <= alike => Turn::Equivalent,
        _ => Turn::Undecided,
    }
}

/// What higher and lower mean for a metric, where the machine is the same.
fn said(verdict: Turn, metric: &str, same_machine: bool) -> Turn {
    let worse = if more_is_better(metric) { Turn::Lower } else { Turn::Higher };
    match verdict {
        Turn::Higher | Turn::Lower if !same_machine => verdict,
        Turn::Higher | Turn::Lower if verdict == worse => Turn::Regression,
        Turn::Higher | Turn::Lower => Turn::Improvement,
        other => other,
    }
}

/// Where the reference itself changed, everybody's ratio moved against it: those
/// changes are the reference's. Says so, by metric.
///
/// Taken back is what went the other way than the reference by no more than twice as
/// far in logarithms; what went further changed by itself, too.
fn reference(changes: &mut [Change]) -> Vec<String> {
    let moved: Vec<(String, String, f64)> = changes
        .iter()
        .filter(|change| change.of == Subject::Reference && change.verdict.changed())
        .map(|change| (change.id.clone(), change.metric.clone(), change.change.ln()))
        .collect();
    let mut notes = Vec::new();
    for (id, metric, by) in moved {
        let along = |change: &&mut Change| {
            let own = change.change.ln();
            let other = change.of != Subject::Reference && change.metric == metric;
            other && change.verdict.changed() && own * by < 0.0 && own.abs() <= 2.0 * by.abs()
        };
        let mut count = 0;
        for change in changes.iter_mut().filter(along) {
            change.verdict = Turn::WithReference;
            count += 1;
        }
        let percent = verdicts::percent(by.abs().exp());
        let way = if by > 0.0 { "rose" } else { "fell" };
        notes.push(format!(
            "The reference {} itself {way} by about {percent} in {metric}, as all others see it: \
             {count} ratios that moved against it say nothing of their own.",
            key::who_and_way(&key::parts(&format!("reference@all/{id}")))
        ));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::{Turn, said, verdict};

    #[test]
    fn the_rule() {
        let check = |centre, interval, want| assert_eq!(verdict(centre, interval, 0.02), want);
        check(0.1, Some((0.05, 0.15)), Turn::Higher);
        check(-0.1, Some((-0.15, -0.05)), Turn::Lower);
        check(0.015, Some((0.01, 0.02)), Turn::Equivalent);
        check(0.03, Some((-0.01, 0.06)), Turn::Undecided);
        check(0.015, Some((0.001, 0.04)), Turn::Undecided);
        check(5.0, None, Turn::Undecided);
    }

    #[test]
    fn only_one_machine_has_regressions() {
        assert_eq!(said(Turn::Higher, "elapsed_s", true), Turn::Regression);
        assert_eq!(said(Turn::Higher, "throughput_per_s", true), Turn::Improvement);
        assert_eq!(said(Turn::Lower, "throughput_per_s", true), Turn::Regression);
        assert_eq!(said(Turn::Higher, "elapsed_s", false), Turn::Higher);
        assert_eq!(said(Turn::Undecided, "elapsed_s", true), Turn::Undecided);
    }
}
