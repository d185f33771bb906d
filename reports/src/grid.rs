//! By how much servers are ahead of the one with a thread per connection where queries,
//! delays and bytes vary and the number of clients does not.

use std::collections::{BTreeSet, HashMap};

use triathlon_statistics::median;

use crate::chart::data::who;
use crate::crossover::{METRICS, THREADS, WORKLOAD, advantage, interval};
use crate::metrics::more_is_better;
use crate::ratio::Executions;
use crate::summary::{Advantage, Cell, Status};
use crate::text::six_digits;

/// Fewest presets with the same clients that are a grid.
const LEAST: usize = 3;

/// Every advantage, preset by preset in the order of the plan.
pub(crate) fn advantages(cells: &[Cell], good: &HashMap<&str, Executions>) -> Vec<Advantage> {
    let measured: Vec<&Cell> = cells.iter().filter(|cell| is_shown(cell)).collect();
    let presets_with = |clients: u64| {
        let own = measured.iter().filter(|cell| parameter(cell, "connections") == clients);
        own.map(|cell| &cell.preset).collect::<BTreeSet<_>>().len()
    };
    let mut found = Vec::new();
    for of in &measured {
        let to = measured.iter().find(|to| to.contestant == THREADS && to.preset == of.preset);
        let Some(to) = to.filter(|to| to.id != of.id) else { continue };
        if presets_with(parameter(of, "connections")) >= LEAST {
            found.extend(METRICS.iter().filter_map(|metric| one(metric, of, to, good)));
        }
    }
    found
}

/// A plain way, with queries and without timeouts.
fn is_shown(cell: &Cell) -> bool {
    cell.workload == WORKLOAD
        && cell.way.is_empty()
        && cell.n > 0
        && matches!(cell.status, Status::Valid | Status::Degraded)
        && parameter(cell, "queries") > 0
        && parameter(cell, "timeout_ms") == 0
}

fn parameter(cell: &Cell, name: &str) -> u64 {
    cell.parameters.get(name).copied().unwrap_or(0)
}

fn one(metric: &str, of: &Cell, to: &Cell, good: &HashMap<&str, Executions>) -> Option<Advantage> {
    let rounds: Vec<f64> = advantage(metric, of, to, good).into_values().collect();
    Some(Advantage {
        preset: of.preset.clone(),
        connections: parameter(of, "connections"),
        queries: parameter(of, "queries"),
        delay_us: parameter(of, "delay_us"),
        bytes: parameter(of, "bytes"),
        metric: metric.to_string(),
        of: who(of),
        to: who(to),
        rounds: rounds.len(),
        ratio: six_digits(median(&rounds)?),
        interval: interval(&rounds),
        limited: more_is_better(metric) && (of.limited.is_some() || to.limited.is_some()),
    })
}
