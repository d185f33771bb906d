//! From the claims and a run to what the run says of them.

use triathlon_contract::record::CostFile;

use super::evidence::{Missing, Sources, Wanted, evidence};
use super::file::{Claim, Combine, Line, Test, along};
use super::published;
use super::rule::{Answer, Asked, Side, Why, answers, comparisons, range};
use crate::family::{ALPHA, Matter};
use crate::summary::{Centred, Claimed, Claims, Finding, Over, Tested};
use crate::text::{THIN, six_digits};
use crate::verdicts;

/// What a run says of claims; `silent` is why it decides nothing, whatever it measured.
pub(crate) fn claims(
    matter: &Matter<'_>,
    cost: Option<&CostFile>,
    claims: &[Claim],
    silent: Option<String>,
) -> Claims {
    let sources = Sources { matter, cost };
    let asked: Vec<Vec<Part<'_>>> = claims.iter().map(|claim| parts(sources, claim)).collect();
    let questions: Vec<Asked> = asked.iter().flatten().map(Part::question).collect();
    let answers = match silent {
        Some(_) => questions.iter().map(|asked| range(&asked.values)).collect(),
        None => answers(&questions),
    };
    let mut answers = answers.into_iter();
    let claimed = claims.iter().zip(asked).map(|(claim, parts)| {
        let tests: Vec<Tested> = parts
            .into_iter()
            .zip(answers.by_ref())
            .map(|(part, answer)| part.tested(answer, silent.as_deref()))
            .collect();
        claimed(sources, claim, tests, silent.as_deref())
    });
    let claims = claimed.collect();
    Claims { level: ALPHA, comparisons: comparisons(&questions), silent, claims }
}

/// One test of one case, before it is judged.
struct Part<'a> {
    wanted: Wanted<'a>,
    found: Result<(Asked, Option<f64>), Missing>,
}

/// Every case of every test, against every case that it is divided by.
fn parts<'a>(sources: Sources<'_>, claim: &'a Claim) -> Vec<Part<'a>> {
    let each = |test: &'a Test| -> Vec<Wanted<'a>> {
        let to: Vec<Option<&str>> = match test.to.is_empty() {
            true => vec![None],
            false => test.to.iter().map(|id| Some(id.as_str())).collect(),
        };
        let wanted = |of: &'a str, to: Option<&'a str>| {
            let Test { metric, slope, at_least, at_most, .. } = test;
            let slope = slope.as_ref();
            Wanted { of, to, metric, slope, at_least: *at_least, at_most: *at_most }
        };
        test.of.iter().flat_map(|of| to.iter().map(move |to| wanted(of, *to))).collect()
    };
    let part = |wanted: Wanted<'a>| {
        let found = match &claim.needs {
            Some(needs) => Err(Missing::NotMeasured(needed(needs))),
            None => evidence(sources, wanted)
                .map_err(|missing| missing.unless_filtered(claim.filter.as_deref())),
        };
        Part { wanted, found }
    };
    claim.tests.iter().flat_map(each).map(part).collect()
}

pub(super) fn needed(needs: &str) -> String {
    format!("the suite has not got what it takes: {needs}")
}

impl Part<'_> {
    /// Without values where there are none.
    fn question(&self) -> Asked {
        self.found.as_ref().map(|(asked, _)| asked.clone()).unwrap_or_default()
    }

    fn tested(self, answer: Option<Answer>, silent: Option<&str>) -> Tested {
        let Wanted { of, to, metric, slope, at_least, at_most } = self.wanted;
        let margin = self.found.as_ref().ok().and_then(|(_, margin)| *margin);
        let (verdict, reason) = match (&self.found, &answer) {
            (Err(Missing::NotMeasured(reason) | Missing::NotPlanned(reason)), _) => {
                (Finding::NotMeasured, reason.clone())
            }
            (Err(Missing::Spoiled(reason)), _) => (Finding::Undecided, reason.clone()),
            (Ok(_), None) => (Finding::NotMeasured, format!("{of} has no value")),
            (Ok(_), Some(_)) if silent.is_some() => {
                (Finding::Undecided, silent.unwrap_or_default().to_string())
            }
            (Ok(_), Some(answer)) => said(answer, margin),
        };
        let scale = |value: f64| six_digits(if to.is_some() { value.exp() } else { value });
        let found = answer.map(|answer| Centred {
            centre: scale(answer.centre),
            low: scale(answer.low),
            high: scale(answer.high),
            confidence: answer.confidence.map(six_digits),
            n: answer.n,
        });
        Tested {
            of: of.to_string(),
            to: to.map(str::to_string),
            metric: metric.to_string(),
            slope: slope.map(|line| over(line, of, to)),
            at_least,
            at_most,
            verdict,
            reason,
            found,
            margin: margin.map(six_digits),
        }
    }
}

/// What a slope is taken over.
pub(super) fn over(line: &Line, of: &str, to: Option<&str>) -> Over {
    let to = to.map_or(Vec::new(), |to| along(to, Some(line), true));
    Over { parameter: line.over.clone(), cases: [along(of, Some(line), false), to].concat() }
}

/// What an answer means, and why it means nothing.
fn said(answer: &Answer, margin: Option<f64>) -> (Finding, String) {
    let open = match answer.side {
        Side::Claimed => return (Finding::Supported, String::new()),
        Side::Other => return (Finding::Refuted, String::new()),
        Side::Open(why) => why,
    };
    let reason = match open {
        Why::Few(needed) => {
            format!("it has {} rounds, and an interval at this level takes {needed}", answer.n)
        }
        Why::Covers => "the interval covers what is claimed and what is not".to_string(),
        Why::Noise => format!(
            "the ratio and what is claimed are both within the noise floor of ±{THIN}{}",
            verdicts::percent(margin.unwrap_or(1.0))
        ),
        Why::Parts => "the parts of the run do not show the same".to_string(),
    };
    (Finding::Undecided, reason)
}

fn claimed(
    sources: Sources<'_>,
    claim: &Claim,
    tests: Vec<Tested>,
    silent: Option<&str>,
) -> Claimed {
    let verdict = combined(claim.combine, tests.iter().map(|test| test.verdict));
    let reason = match (&claim.needs, verdict) {
        (Some(needs), _) => needed(needs),
        (None, Finding::Undecided) if silent.is_some() => silent.unwrap_or_default().to_string(),
        (None, Finding::Supported | Finding::Refuted) => String::new(),
        (None, Finding::Undecided) => reason(&tests),
        (None, Finding::NotMeasured) => {
            tests.first().map_or(String::new(), |first| first.reason.clone())
        }
    };
    Claimed {
        id: claim.id.clone(),
        claim: claim.claim.clone(),
        verdict,
        reason,
        source: claim.source.name.clone(),
        year: claim.source.year,
        url: claim.source.url.clone(),
        counter: claim.counter.clone(),
        note: claim.note.clone(),
        any: claim.combine == Combine::Any,
        published: claim
            .published
            .iter()
            .map(|figure| published::beside(sources, figure, claim))
            .collect(),
        tests,
    }
}

/// One verdict from those of all tests. Nothing tested, nothing measured; what was not
/// measured leaves open what the others do not decide.
fn combined(combine: Combine, verdicts: impl Iterator<Item = Finding>) -> Finding {
    let verdicts: Vec<Finding> = verdicts.collect();
    let every = |finding: Finding| verdicts.iter().all(|verdict| *verdict == finding);
    let some = |finding: Finding| verdicts.contains(&finding);
    if every(Finding::NotMeasured) {
        return Finding::NotMeasured;
    }
    match combine {
        Combine::All if some(Finding::Refuted) => Finding::Refuted,
        Combine::All if every(Finding::Supported) => Finding::Supported,
        Combine::Any if some(Finding::Supported) => Finding::Supported,
        Combine::Any if every(Finding::Refuted) => Finding::Refuted,
        Combine::All | Combine::Any => Finding::Undecided,
    }
}

/// How many tests are open, and why the first is.
fn reason(tests: &[Tested]) -> String {
    let open: Vec<&Tested> = tests.iter().filter(|test| !test.reason.is_empty()).collect();
    match open.first() {
        None => String::new(),
        Some(first) if tests.len() == 1 => first.reason.clone(),
        Some(first) => {
            format!("{} of {} tests are open: {}", open.len(), tests.len(), first.reason)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Combine, Finding, combined};

    #[test]
    fn tests_make_one_verdict() {
        use Finding::{NotMeasured as N, Refuted as R, Supported as S, Undecided as U};
        let check = |verdicts: &[Finding], all: Finding, any: Finding| {
            let of = |combine| combined(combine, verdicts.iter().copied());
            assert_eq!((of(Combine::All), of(Combine::Any)), (all, any), "{verdicts:?}");
        };
        check(&[S], S, S);
        check(&[R], R, R);
        check(&[U], U, U);
        check(&[], N, N);
        check(&[N, N], N, N);
        check(&[S, S], S, S);
        check(&[S, R], R, S);
        check(&[S, U], U, S);
        check(&[R, U], R, U);
        check(&[S, N], U, S);
        check(&[R, N], R, U);
        check(&[U, N], U, U);
        check(&[R, R], R, R);
    }
}
