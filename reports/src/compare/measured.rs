//! The samples that are compared: per-round log ratios to the run's own reference.

use std::collections::BTreeMap;

use triathlon_statistics::verdict::{LEAST_MARGIN, margin};

use super::matter::Matter;
use crate::key;
use crate::metrics::{COMPARED, limitable};
use crate::ratio::of_metric;
use crate::summary::Cell;

/// A natural logarithm of a ratio by round.
pub(super) type Logs = BTreeMap<u64, f64>;

/// The metrics of a case that are compared: all that both have, but throughput beside
/// elapsed, which says the same, and nothing that may be the server's.
pub(super) fn metrics(cell: &Cell, other: &Cell) -> Vec<&'static str> {
    let both =
        |metric: &str| cell.metrics.contains_key(metric) && other.metrics.contains_key(metric);
    let limited = cell.ratio_limited || other.ratio_limited;
    let wanted = |metric: &&'static str| {
        both(metric)
            && !(limited && limitable(metric))
            && !(*metric == "throughput_per_s" && both("elapsed_s"))
    };
    COMPARED.into_iter().filter(wanted).collect()
}

/// A case against its reference, round by round.
pub(super) fn logs(matter: &Matter<'_>, cell: &Cell, metric: &str) -> Logs {
    let values = |id: &str| -> Logs {
        let executions = matter.good.get(id);
        let values = executions.map_or_else(Vec::new, |executions| of_metric(executions, metric));
        values.into_iter().rev().map(|(round, value)| (round, value.ln())).collect()
    };
    let Some(reference) = &cell.reference else { return Logs::new() };
    let (own, base) = (values(&cell.id), values(reference));
    let ratio = |(round, log): (&u64, &f64)| Some((*round, log - base.get(round)?));
    own.iter().filter_map(ratio).filter(|(_, log)| log.is_finite()).collect()
}

/// How far apart a preset's reference and its twin may be, as a ratio above 1.
pub(super) fn noise(matter: &Matter<'_>, cell: &Cell, metric: &str) -> f64 {
    let (own, twin) = twins(matter, cell, metric);
    if own.is_empty() { LEAST_MARGIN } else { margin(&twin, &own) }
}

/// Log ratios of the twin to the reference of a preset, round by round.
pub(super) fn aa(matter: &Matter<'_>, cell: &Cell, metric: &str) -> Logs {
    let (own, twin) = twins(matter, cell, metric);
    let own: BTreeMap<u64, f64> = own.into_iter().collect();
    let logs = twin.into_iter().filter_map(|(round, twin)| {
        Some((round, (twin / own.get(&round)?).ln())).filter(|(_, log)| log.is_finite())
    });
    logs.collect()
}

type Values = Vec<(u64, f64)>;

fn twins(matter: &Matter<'_>, cell: &Cell, metric: &str) -> (Values, Values) {
    let of_preset = |id: &&&str| {
        let parts = key::parts(id);
        (parts.workload, parts.preset) == (cell.workload.clone(), cell.preset.clone())
    };
    let twin = matter.twins.keys().filter(of_preset).min();
    let both = twin.and_then(|id| Some((matter.good.get(*id)?, &matter.twins[*id])));
    both.map_or_else(Default::default, |(own, twin)| {
        (of_metric(own, metric), of_metric(twin, metric))
    })
}
