//! Two cells: which reference a cell is compared with, and by how much.

use std::collections::{BTreeMap, HashMap};

use triathlon_contract::CaseId;
use triathlon_contract::record::Record;
use triathlon_statistics::paired_ratio;

use crate::metrics::{self, COMPARED, Cpus};
use crate::summary::{Cell, Spread};

/// Values of one case, one per counting execution: `(round, metrics)`.
pub(crate) type Executions = Vec<(u64, BTreeMap<&'static str, f64>)>;

/// The values of the records given, in their order.
pub(crate) fn executions<'a>(
    records: impl IntoIterator<Item = &'a Record>,
    cpus: Cpus,
) -> Executions {
    records.into_iter().map(|record| (record.round, metrics::of(record, cpus))).collect()
}

/// The reference's case with the same workload, preset and way, or with the
/// plain way; none if the plan has neither.
pub(crate) fn reference<'a>(
    cell: &CaseId,
    reference: &str,
    cases: &'a HashMap<CaseId, String>,
) -> Option<&'a str> {
    let (contestant, flavour) = reference.split_once('/').unwrap_or((reference, ""));
    let with_way = |way: &str| {
        let id = CaseId {
            contestant: contestant.to_string(),
            flavour: flavour.to_string(),
            way: way.to_string(),
            ..cell.clone()
        };
        cases.get(&id).map(String::as_str)
    };
    with_way(&cell.way).or_else(|| with_way(""))
}

/// Whether a cell is what others are compared with; a run without the
/// reference has none.
pub(crate) fn is_reference(cell: &Cell, reference: &str) -> bool {
    cell.reference.is_none() && crate::chart::data::who(cell) == reference
}

/// Per-round ratio of every compared metric that both have.
pub(crate) fn ratios(of: &Executions, to: &Executions) -> BTreeMap<String, Spread> {
    let pick = |executions: &Executions, metric: &str| -> Vec<(u64, f64)> {
        executions
            .iter()
            .filter_map(|(round, values)| Some((*round, *values.get(metric)?)))
            .collect()
    };
    COMPARED
        .iter()
        .filter_map(|metric| {
            let ratio = paired_ratio(&pick(of, metric), &pick(to, metric))?;
            Some(((*metric).to_string(), Spread::from(ratio)))
        })
        .collect()
}
