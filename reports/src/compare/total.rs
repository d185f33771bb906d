//! Contestants as a whole, and the reference as all others see it.
//!
//! A slowdown of one contestant is in all its cases, where each alone may be too noisy;
//! a slowdown of the reference is in nobody's ratio but everybody's.

use std::collections::BTreeMap;

use triathlon_statistics::median;
use triathlon_statistics::signed_rank::hodges_lehmann;
use triathlon_statistics::verdict::{LEAST_MARGIN, Rounds, margin};

use super::matter::Matter;
use super::measured::{self, Logs};
use crate::key;
use crate::summary::Cell;

/// A sample of each run, and how far apart they may be without meaning anything.
#[derive(Clone, Debug)]
pub(super) struct Samples {
    pub(super) before: Vec<f64>,
    pub(super) after: Vec<f64>,
    /// A ratio of at least 1.02.
    pub(super) margin: f64,
}

/// A contestant over all its cases, in one metric.
pub(super) struct Total {
    pub(super) who: String,
    pub(super) metric: &'static str,
    /// Cases that it is made of.
    pub(super) cases: usize,
    before: Logs,
    after: Logs,
    margin: f64,
}

impl Total {
    pub(super) fn samples(&self) -> Samples {
        Samples {
            before: self.before.values().copied().collect(),
            after: self.after.values().copied().collect(),
            margin: self.margin,
        }
    }
}

/// Every contestant and way with at least two cases, by metric.
pub(super) fn totals(a: &Matter<'_>, b: &Matter<'_>, both: &[(&Cell, &Cell)]) -> Vec<Total> {
    let mut cases: BTreeMap<(String, &'static str), Vec<(&Cell, &Cell)>> = BTreeMap::new();
    for &(cell, other) in both.iter().filter(|(cell, _)| cell.reference.is_some()) {
        let who = key::who_and_way(&key::parts(&cell.id));
        for metric in measured::metrics(cell, other) {
            cases.entry((who.clone(), metric)).or_default().push((cell, other));
        }
    }
    let totals = cases.into_iter().filter_map(|((who, metric), cases)| {
        let logs = cases.iter().map(|(cell, other)| {
            (measured::logs(a, cell, metric), measured::logs(b, other, metric))
        });
        let (before, after) = means(logs);
        let enough = cases.len() > 1 && before.len() > 1 && after.len() > 1;
        let margin = wider(a, b, &cases, metric);
        enough.then_some(Total { who, metric, cases: cases.len(), before, after, margin })
    });
    totals.collect()
}

/// The mean over some cases by round, of each run.
///
/// Where the run before has a case at is taken from both, so that a round in which a
/// case is missing is not another mixture.
fn means(cases: impl Iterator<Item = (Logs, Logs)>) -> (Logs, Logs) {
    let mut all: [BTreeMap<u64, Vec<f64>>; 2] = [BTreeMap::new(), BTreeMap::new()];
    for (before, after) in cases {
        let values: Vec<f64> = before.values().copied().collect();
        let Some(centre) = hodges_lehmann(&values) else { continue };
        for (sums, logs) in all.iter_mut().zip([before, after]) {
            for (round, log) in logs {
                sums.entry(round).or_default().push(log - centre);
            }
        }
    }
    let [before, after] = all.map(|rounds| {
        let mean = |of: Vec<f64>| of.iter().sum::<f64>() / of.len() as f64;
        rounds.into_iter().map(|(round, of)| (round, mean(of))).collect()
    });
    (before, after)
}

/// The margin of some cases together: that of the mean of their twins.
fn wider(a: &Matter<'_>, b: &Matter<'_>, cases: &[(&Cell, &Cell)], metric: &str) -> f64 {
    let of = |matter: &Matter<'_>| {
        let mut rounds: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
        for (cell, _) in cases {
            for (round, log) in measured::aa(matter, cell, metric) {
                rounds.entry(round).or_default().push(log);
            }
        }
        let twin: Rounds = rounds
            .into_iter()
            .map(|(round, logs)| (round, (logs.iter().sum::<f64>() / logs.len() as f64).exp()))
            .collect();
        let one: Rounds = twin.iter().map(|(round, _)| (*round, 1.0)).collect();
        if twin.is_empty() { LEAST_MARGIN } else { margin(&twin, &one) }
    };
    of(a).max(of(b))
}

/// The reference against the median of all others, by metric: where at least three
/// contestants have a total.
pub(super) fn reference(totals: &[Total]) -> Vec<(&'static str, Samples)> {
    let mut metrics: Vec<&'static str> = totals.iter().map(|total| total.metric).collect();
    metrics.dedup();
    metrics.sort_unstable();
    metrics.dedup();
    let of = |metric: &'static str| {
        let own: Vec<&Total> = totals.iter().filter(|total| total.metric == metric).collect();
        let turned = |of: fn(&Total) -> &Logs| -> Vec<f64> {
            let mut rounds: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
            for (round, log) in own.iter().flat_map(|total| of(total)) {
                rounds.entry(*round).or_default().push(*log);
            }
            rounds.values().filter_map(|logs| Some(-median(logs)?)).collect()
        };
        let margin = own.iter().map(|total| total.margin).fold(LEAST_MARGIN, f64::max);
        let samples =
            Samples { before: turned(|t| &t.before), after: turned(|t| &t.after), margin };
        (own.len() >= 3).then_some((metric, samples))
    };
    metrics.into_iter().filter_map(of).collect()
}
