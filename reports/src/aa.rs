//! A/A: the same contestant under two labels, in every round. Its ratio is the
//! noise floor; if it is ever called different, the run cannot be believed.

use std::collections::HashMap;

use triathlon_contract::CaseId;
use triathlon_statistics::verdict::{LEAST_MARGIN, Ratio, different, log_ratios, margin};
use triathlon_statistics::{deviation, holm};

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
                test: None,
            });
        }
    }
    judge(&mut noises, &tests);
    noises
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
