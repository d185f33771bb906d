//! Two cells: which reference a cell is compared with, and by how much.

use std::collections::{BTreeMap, HashMap};

use triathlon_contract::{CaseId, STACK};
use triathlon_statistics::paired_ratio;

use crate::input::Input;
use crate::metrics::{self, COMPARED, Cpus};
use crate::summary::{Cell, Spread};
use crate::{key, saturated, status};

/// Values of one case, one per counting execution: `(round, metrics)`.
pub(crate) type Executions = Vec<(u64, BTreeMap<&'static str, f64>)>;

/// The values of the executions that count and that nothing else disturbed, by
/// id, in the order of the records: of the cases, or of those under a second
/// label. A case of which more than half were disturbed has none; an open loop
/// of which more than half were saturated has no times that depend on the queue.
pub(crate) fn executions(input: &Input, twins: bool) -> HashMap<&str, Executions> {
    let mut by_case: HashMap<&str, Executions> = HashMap::new();
    let mut disturbed: HashMap<&str, usize> = HashMap::new();
    let counting = input.records.iter().filter(|record| status::counts(record));
    let mut saturated: HashMap<&str, (usize, usize)> = HashMap::new();
    for record in counting.filter(|record| record.twin == twins) {
        let (count, all) = saturated.entry(&record.id).or_default();
        *count += usize::from(saturated::is(record));
        *all += 1;
        if status::disturbed(&input.run, record).is_some() {
            *disturbed.entry(&record.id).or_default() += 1;
            continue;
        }
        let server = metrics::with_server(&input.run, &key::parts(&record.id).workload);
        let values = metrics::of(record, Cpus::of(&input.run, server));
        by_case.entry(&record.id).or_default().push((record.round, values));
    }
    for (id, values) in &mut by_case {
        let (count, all) = saturated.get(id).copied().unwrap_or_default();
        if saturated::most(count, all) {
            for (_, values) in values {
                values.retain(|metric, _| !metrics::of_the_queue(metric));
            }
        }
    }
    by_case.retain(|id, values| {
        let disturbed = disturbed.get(id).copied().unwrap_or(0);
        !status::too_many(disturbed, values.len() + disturbed)
    });
    by_case
}

/// The case of the reference in its plain way with the same workload and
/// preset, so that another way shows what it changes. The way that uses another
/// client has its own, so that only the style differs, if the plan has it.
/// None if the plan has neither.
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
    let own = (cell.way == STACK).then(|| with_way(STACK)).flatten();
    own.or_else(|| with_way(""))
}

/// Whether a cell is what others are compared with; a run without the
/// reference has none.
pub(crate) fn is_reference(cell: &Cell, reference: &str) -> bool {
    cell.reference.is_none() && crate::chart::data::who(cell) == reference
}

/// The values of one metric with their rounds.
pub(crate) fn of_metric(executions: &Executions, metric: &str) -> Vec<(u64, f64)> {
    let values = executions.iter();
    values.filter_map(|(round, values)| Some((*round, *values.get(metric)?))).collect()
}

/// Per-round ratio of every compared metric that both have.
pub(crate) fn ratios(of: &Executions, to: &Executions) -> BTreeMap<String, Spread> {
    let ratio = |metric: &str| paired_ratio(&of_metric(of, metric), &of_metric(to, metric));
    COMPARED
        .iter()
        .filter_map(|metric| Some(((*metric).to_string(), Spread::from(ratio(metric)?))))
        .collect()
}

/// In how many rounds the ratio of a metric is below 1, and above it.
pub(crate) fn sides(of: &Executions, to: &Executions, metric: &str) -> (usize, usize) {
    let to = of_metric(to, metric);
    let mut rounds: BTreeMap<u64, f64> = BTreeMap::new();
    for (round, value) in of_metric(of, metric) {
        if let Some(ratio) = paired_ratio(&[(round, value)], &to) {
            rounds.entry(round).or_insert(ratio.median);
        }
    }
    let below = rounds.values().filter(|ratio| **ratio < 1.0).count();
    (below, rounds.values().filter(|ratio| **ratio > 1.0).count())
}
