//! A/A: the same contestant under two labels, in every round. Its ratio is the
//! noise floor; if it is ever called different, the run cannot be believed.

use std::collections::HashMap;

use triathlon_contract::CaseId;
use triathlon_statistics::verdict::{LEAST_MARGIN, Ratio, different, log_ratios, margin};
use triathlon_statistics::{deviation, holm};

use crate::family::Family;
use crate::key;
use crate::metrics::COMPARED;
use crate::ratio::{self, Executions, of_metric};
use crate::summary::{AaTest, Noise};
use crate::text::six_digits;

/// Level over all A/A comparisons of a run: a sound run fails once in a hundred.
const ALPHA: f64 = 0.01;

/// Misrate of the interval that is shown.
const MISRATE: f64 = 0.05;

/// Metrics of which each says something of its own: throughput is elapsed, seen
/// from the other side.
fn tested(metric: &str) -> bool {
    metric != "throughput_per_s"
}

/// The noise of each case and metric, in the order of `cases`; with a test where
/// the run has verdicts.
pub(crate) fn noises(
    cases: &[&str],
    twins: &HashMap<&str, Executions>,
    good: &HashMap<&str, Executions>,
    verdicts: bool,
) -> Vec<Noise> {
    let mut noises = Vec::new();
    let mut tests: Vec<(usize, Ratio, f64)> = Vec::new();
    for id in cases {
        let (Some(twin), Some(own)) = (twins.get(id), good.get(id)) else { continue };
        let spreads = ratio::ratios(twin, own);
        for metric in COMPARED {
            let Some(spread) = spreads.get(metric) else { continue };
            let (twin, own) = (of_metric(twin, metric), of_metric(own, metric));
            let deviation = deviation(&log_ratios(&twin, &own)).map(six_digits);
            if let Some(test) = different(&twin, &own, MISRATE).filter(|_| verdicts) {
                tests.push((noises.len(), test, margin(&twin, &own)));
            }
            let CaseId { workload, preset, way, .. } = key::parts(id);
            let metric = metric.to_string();
            let ratio = *spread;
            noises.push(Noise {
                id: (*id).to_string(),
                workload,
                preset,
                way,
                metric,
                ratio,
                spread: deviation,
                smallest_difference: None,
                test: None,
            });
        }
    }
    judge(&mut noises, &tests);
    noises
}

/// How much a program must change to be found, from what its two labels show and by the rule
/// for the rows of its preset; nothing where these have none that it takes part in.
pub(crate) fn add_smallest(
    noises: &mut [Noise],
    families: &[Family<'_>],
    twins: &HashMap<&str, Executions>,
) {
    for noise in noises {
        let (id, metric) = (noise.id.as_str(), noise.metric.as_str());
        noise.smallest_difference = twins.get(id).and_then(|twin| {
            let twin = of_metric(twin, metric);
            let mut own = families.iter().filter(|family| family.metric == metric);
            own.find_map(|family| family.of_itself(id, &twin))
        });
    }
}

/// Holm over the metrics that are tested; the others are shown alone.
fn judge(noises: &mut [Noise], tests: &[(usize, Ratio, f64)]) {
    let in_family: Vec<bool> = tests.iter().map(|(at, ..)| tested(&noises[*at].metric)).collect();
    let p: Vec<f64> = tests
        .iter()
        .zip(&in_family)
        .filter(|(_, own)| **own)
        .map(|((_, ratio, _), _)| ratio.p)
        .collect();
    let mut adjusted = holm::adjusted(&p).into_iter();
    for ((at, ratio, margin), own) in tests.iter().zip(in_family) {
        let p_holm = if own { adjusted.next() } else { None };
        let far = ratio.ratio.max(ratio.ratio.recip()) > LEAST_MARGIN;
        noises[*at].test = Some(AaTest {
            ratio: six_digits(ratio.ratio),
            low: six_digits(ratio.low),
            high: six_digits(ratio.high),
            confidence: six_digits(ratio.confidence),
            p_holm: p_holm.map(six_digits),
            margin: six_digits(*margin),
            different: far && p_holm.is_some_and(|p| p <= ALPHA),
        });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashMap};

    use triathlon_statistics::verdict::{Rounds, pairs};

    use super::{add_smallest, noises};
    use crate::family::{ALPHA, Family};
    use crate::ratio::Executions;
    use crate::summary::Noise;

    const ID: &str = "w@p/tokio/multi-thread";

    /// Log ratios whose smallest difference SciPy gives as 1.055 487 973 at a margin of 1.02
    /// and a level of 0.05/36, see `harness/statistics/tests/fixtures/python.json`.
    const LOGS: [f64; 15] = [
        0.035247, 0.038306, 0.051703, 0.025608, 0.010489, 0.084029, 0.070824, -0.013135, 0.054041,
        0.071255, 0.06564, 0.089871, 0.030552, 0.008828, 0.104466,
    ];

    fn executions(values: &[f64]) -> Executions {
        let all = (1..).zip(values);
        all.map(|(round, value)| (round, [("cpu_us_per_op", *value)].into())).collect()
    }

    /// So many contestants that are alike; the first is executed twice.
    fn family(members: Vec<&str>) -> Family<'_> {
        let values: Vec<Rounds> =
            vec![(1..=LOGS.len() as u64).map(|round| (round, 1.0)).collect(); members.len()];
        Family {
            workload: "w",
            preset: "p",
            way: "",
            metric: "cpu_us_per_op",
            margin: 1.02,
            pairs: pairs(&values, 1.02, ALPHA),
            members,
            values,
            split: BTreeSet::new(),
            ranks: Vec::new(),
            letters: Vec::new(),
        }
    }

    /// What a second label with these log ratios says within these families.
    fn noise(logs: &[f64], families: &[Family<'_>]) -> Noise {
        let of = |logs: &[f64]| executions(&logs.iter().map(|log| log.exp()).collect::<Vec<_>>());
        let (twin, own) = (of(logs), of(&vec![0.0; logs.len()]));
        let (twins, good) = (HashMap::from([(ID, twin)]), HashMap::from([(ID, own)]));
        let mut noises = noises(&[ID], &twins, &good, true);
        assert_eq!(noises.len(), 1);
        add_smallest(&mut noises, families, &twins);
        noises.remove(0)
    }

    #[test]
    fn a_change_of_one_program_is_found_by_the_rule_of_the_rows() {
        let nine = family(vec![ID, "b", "c", "d", "e", "f", "g", "h", "i"]);
        assert_eq!(nine.pairs.len(), 36);
        let found = noise(&LOGS, &[nine]).smallest_difference.unwrap();
        assert!((found - 1.055_487_973).abs() < 2e-5, "{found}");
        // Fewer comparisons ask for less.
        let two = noise(&LOGS, &[family(vec![ID, "b"])]).smallest_difference.unwrap();
        assert!(two > 1.03 && two < found - 0.005, "{two}");
        // No spread: just the margin.
        let steady = noise(&[0.01; 15], &[family(vec![ID, "b"])]).smallest_difference;
        assert_eq!(steady, Some(1.02));
    }

    #[test]
    fn without_rounds_or_a_row_there_is_none_and_no_zero() {
        let nine = || family(vec![ID, "b", "c", "d", "e", "f", "g", "h", "i"]);
        assert_eq!(noise(&LOGS[..10], &[nine()]).smallest_difference, None);
        assert_eq!(noise(&LOGS, &[]).smallest_difference, None);
        assert_eq!(noise(&LOGS, &[family(vec!["b", "c"])]).smallest_difference, None);
        let other = Family { metric: "elapsed_s", ..nine() };
        assert_eq!(noise(&LOGS, &[other]).smallest_difference, None);
        let text = serde_json::to_string(&noise(&LOGS, &[])).unwrap();
        assert!(!text.contains("smallest_difference"), "{text}");
    }
}
