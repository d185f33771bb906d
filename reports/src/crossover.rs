//! From how many clients on a server of tasks is ahead of one of threads: the crossover
//! of a sweep over clients, all else equal.

use std::collections::{BTreeMap, HashMap};

use triathlon_statistics::crossing;

use crate::chart::data::who;
use crate::metrics::more_is_better;
use crate::ratio::{Executions, of_metric};
use crate::summary::{Cell, Crossover, Status};
use crate::text::six_digits;

/// The workload whose contestants are servers.
pub(crate) const WORKLOAD: &str = "serve";

/// The parameter that is swept.
const CLIENTS: &str = "connections";

/// Parameters that follow from it.
const FOLLOWS: [&str; 3] = [CLIENTS, "pool", "laps"];

/// What the two are compared in: what all sides together did, and what the server took.
pub(crate) const METRICS: [&str; 2] = ["throughput_per_s", "cpu_us_per_op"];

/// Fewest numbers of clients that are a sweep.
const LEAST: usize = 3;

/// Draws of the bootstrap.
const REPLICATES: usize = 2000;

/// Fewest rounds of which an interval says anything, as for all comparisons.
const LEAST_ROUNDS: usize = 6;

/// Cells that differ in the number of clients alone, by it.
type Sweep<'a> = BTreeMap<u64, &'a Cell>;

/// Every crossover of the run, sweep by sweep.
pub(crate) fn crossovers(
    cells: &[Cell],
    good: &HashMap<&str, Executions>,
    seed: u64,
) -> Vec<Crossover> {
    let mut found = Vec::new();
    for Kind { preset, sweeps, .. } in kinds(cells) {
        let of_style = |style: &'static str| {
            let own = move |sweep: &&Sweep<'_>| sweep.values().all(|cell| cell.style == style);
            sweeps.iter().map(|(_, sweep)| sweep).filter(own)
        };
        for metric in METRICS {
            for of in of_style("async") {
                let each = of_style("threads");
                found.extend(each.filter_map(|to| crossover(preset, metric, of, to, good, seed)));
            }
        }
    }
    found
}

/// Sweeps that have everything but the number of clients in common.
struct Kind<'a> {
    /// Their parameters, without those that follow from it.
    same: BTreeMap<String, u64>,
    /// Name of the first preset.
    preset: &'a str,
    /// Contestants in the order of the plan.
    sweeps: Vec<(String, Sweep<'a>)>,
}

/// The sweeps of the plain ways, in the order of the plan.
fn kinds(cells: &[Cell]) -> Vec<Kind<'_>> {
    let mut kinds: Vec<Kind<'_>> = Vec::new();
    let shown = |cell: &&Cell| {
        let counts = cell.n > 0 && matches!(cell.status, Status::Valid | Status::Degraded);
        cell.workload == WORKLOAD && cell.way.is_empty() && counts
    };
    for cell in cells.iter().filter(shown) {
        let Some(clients) = cell.parameters.get(CLIENTS) else { continue };
        let mut same = cell.parameters.clone();
        same.retain(|name, _| !FOLLOWS.contains(&name.as_str()));
        let place = kinds.iter().position(|kind| kind.same == same).unwrap_or_else(|| {
            kinds.push(Kind { same, preset: &cell.preset, sweeps: Vec::new() });
            kinds.len() - 1
        });
        let sweeps = &mut kinds[place].sweeps;
        let name = who(cell);
        match sweeps.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sweep)) => _ = sweep.insert(*clients, cell),
            None => sweeps.push((name, BTreeMap::from([(*clients, cell)]))),
        }
    }
    kinds
}

fn crossover(
    preset: &str,
    metric: &str,
    of: &Sweep<'_>,
    to: &Sweep<'_>,
    good: &HashMap<&str, Executions>,
    seed: u64,
) -> Option<Crossover> {
    let clients: Vec<u64> =
        of.keys().filter(|clients| to.contains_key(*clients)).copied().collect();
    if clients.len() < LEAST {
        return None;
    }
    let by_round = |cell: &Cell| -> BTreeMap<u64, f64> {
        let values = good.get(cell.id.as_str()).map(|values| of_metric(values, metric));
        values.unwrap_or_default().into_iter().collect()
    };
    let ratio = |clients: &u64| {
        let (of, to) = (by_round(of[clients]), by_round(to[clients]));
        let ratio = |(round, value): (u64, f64)| {
            let other = to.get(&round)?;
            Some((round, if more_is_better(metric) { value / other } else { other / value }))
        };
        of.into_iter().filter_map(ratio).collect::<BTreeMap<u64, f64>>()
    };
    let columns: Vec<BTreeMap<u64, f64>> = clients.iter().map(ratio).collect();
    let whole = |round: &u64| -> Option<Vec<f64>> {
        columns.iter().map(|column| column.get(round).copied()).collect()
    };
    let rounds: Vec<Vec<f64>> = columns.first()?.keys().filter_map(whole).collect();
    let at: Vec<f64> = clients.iter().map(|clients| *clients as f64).collect();
    let found = crossing(&at, &rounds, REPLICATES, seed)?;
    let median_at = |place: usize| {
        let values: Vec<f64> = rounds.iter().map(|row| row[place]).collect();
        triathlon_statistics::median(&values).map(six_digits)
    };
    let bounded = |value: f64| value.is_finite().then_some(six_digits(value));
    let sure = rounds.len() >= LEAST_ROUNDS;
    let limited = clients.iter().any(|c| of[c].limited.is_some() || to[c].limited.is_some());
    Some(Crossover {
        preset: preset.to_string(),
        metric: metric.to_string(),
        of: who(of.values().next()?),
        to: who(to.values().next()?),
        rounds: rounds.len(),
        ratios: (0..clients.len()).filter_map(median_at).collect(),
        clients,
        from: bounded(found.from),
        interval: sure.then(|| [bounded(found.low), bounded(found.high)]),
        limited: limited && more_is_better(metric),
    })
}
