//! How long a call may block until everything else is twice as late as without it: a
//! sweep over the length of calls, each contestant against itself undisturbed.

use std::collections::{BTreeMap, HashMap};

use schemars::JsonSchema;
use serde::Serialize;
use triathlon_statistics::{Summary as Estimate, crossing};

use crate::chart::data::who;
use crate::ratio::{Executions, of_metric};
use crate::summary::{Cell, Spread, Status};
use crate::text::six_digits;

/// The workload that has calls which block.
pub(crate) const WORKLOAD: &str = "stall";

/// How late the operations beside the calls are.
const METRIC: &str = "lag_p99_us";

/// So many times as late as without a call.
const TIMES: f64 = 2.0;

/// The parameter that is swept.
const CALL_US: &str = "call_us";

/// The parameter that says how many make calls, and what it says for nobody and for as
/// many as there are workers.
const BLOCKED: (&str, u64, u64) = ("blocked", 0, 2);

/// The parameter that is above zero where calls compute.
const PIECES: &str = "pieces";

/// Fewest lengths of calls that are a sweep.
const LEAST: usize = 2;

/// Draws of the bootstrap.
const REPLICATES: usize = 2000;

/// Fewest rounds of which an interval says anything, as for all comparisons.
const LEAST_ROUNDS: usize = 6;

/// How long calls that sleep on all workers may be until the 99th percentile of the lag
/// is twice what it is without calls, of one contestant without a remedy.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Doubling {
    /// Contestant and flavour.
    pub who: String,
    /// 99th percentile of the lag without calls.
    pub undisturbed_us: Spread,
    /// Rounds that have all lengths of calls and one without.
    pub rounds: usize,
    /// Lengths of calls, ascending.
    pub calls_us: Vec<u64>,
    /// Median of the lag's 99th percentile at each, as a multiple of that without calls.
    pub times: Vec<f64>,
    /// Length from which on it is twice; the least measured if it is so everywhere, none
    /// if it is not with the longest.
    pub from_us: Option<f64>,
    /// 95 % interval of the same; none with fewer than six rounds.
    pub interval_us: Option<[Option<f64>; 2]>,
}

/// Of every contestant that was measured without calls and with some of several lengths,
/// in the order of the plan.
pub(crate) fn doublings(
    cells: &[Cell],
    good: &HashMap<&str, Executions>,
    seed: u64,
) -> Vec<Doubling> {
    let (blocked, nobody, all) = BLOCKED;
    let mut sweeps: Vec<(String, Sweep<'_>)> = Vec::new();
    for cell in cells.iter().filter(|cell| shown(cell)) {
        let parameter = |name: &str| cell.parameters.get(name).copied().unwrap_or(0);
        let place = sweeps.iter().position(|(known, _)| *known == who(cell)).unwrap_or_else(|| {
            sweeps.push((who(cell), Sweep::default()));
            sweeps.len() - 1
        });
        let sweep = &mut sweeps[place].1;
        match parameter(blocked) {
            made if made == nobody => sweep.undisturbed = Some(cell),
            made if made == all && parameter(PIECES) == 0 => {
                sweep.calls.insert(parameter(CALL_US), cell);
            }
            _ => {}
        }
    }
    sweeps.iter().filter_map(|(who, sweep)| doubling(who, sweep, good, seed)).collect()
}

/// The cells of one contestant in its plain way.
#[derive(Default)]
struct Sweep<'a> {
    undisturbed: Option<&'a Cell>,
    /// By the length of calls.
    calls: BTreeMap<u64, &'a Cell>,
}

/// Measured, and late in its plain way; a loop that is saturated has no lag to show.
fn shown(cell: &Cell) -> bool {
    let valid = matches!(cell.status, Status::Valid | Status::Degraded);
    let own = cell.workload == WORKLOAD && cell.way.is_empty();
    own && valid && cell.metrics.contains_key(METRIC)
}

fn doubling(
    who: &str,
    sweep: &Sweep<'_>,
    good: &HashMap<&str, Executions>,
    seed: u64,
) -> Option<Doubling> {
    let undisturbed = sweep.undisturbed?;
    if sweep.calls.len() < LEAST {
        return None;
    }
    let by_round = |cell: &Cell| -> BTreeMap<u64, f64> {
        let values = good.get(cell.id.as_str()).map(|values| of_metric(values, METRIC));
        values.unwrap_or_default().into_iter().collect()
    };
    let without = by_round(undisturbed);
    let columns: Vec<BTreeMap<u64, f64>> =
        sweep.calls.values().map(|cell| by_round(cell)).collect();
    let whole = |(round, base): (&u64, &f64)| -> Option<Vec<f64>> {
        columns.iter().map(|column| Some(column.get(round)? / (TIMES * base))).collect()
    };
    let rounds: Vec<Vec<f64>> = without.iter().filter_map(whole).collect();
    let at: Vec<f64> = sweep.calls.keys().map(|call_us| *call_us as f64).collect();
    let found = crossing(&at, &rounds, REPLICATES, seed)?;
    let median_at = |place: usize| {
        let values: Vec<f64> = rounds.iter().map(|row| TIMES * row[place]).collect();
        triathlon_statistics::median(&values).map(six_digits)
    };
    let bounded = |value: f64| value.is_finite().then_some(six_digits(value));
    Some(Doubling {
        who: who.to_string(),
        undisturbed_us: Estimate::of(&without.into_values().collect::<Vec<f64>>())?.into(),
        rounds: rounds.len(),
        times: (0..at.len()).filter_map(median_at).collect(),
        calls_us: sweep.calls.keys().copied().collect(),
        from_us: bounded(found.from),
        interval_us: (rounds.len() >= LEAST_ROUNDS)
            .then(|| [bounded(found.low), bounded(found.high)]),
    })
}
