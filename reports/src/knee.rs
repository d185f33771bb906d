//! Up to which load a service is borne: its response times over the offered load, and the
//! knee of that curve.
//!
//! The bound is the same for all contestants: what the database pauses for a request, and
//! [`QUEUEING`] on top of it. A multiple of the contestant's own times at the lowest rate
//! would ask least of whoever is slow there.

use std::collections::{BTreeMap, HashMap};

use schemars::JsonSchema;
use serde::Serialize;
use triathlon_contract::record::{OpenRecord, Record, RunFile};
use triathlon_contract::serve_load::QUEUEING;
use triathlon_statistics::{Summary as Estimate, crossing};

use crate::saturated::{self, ANSWERED};
use crate::summary::{Cell, Spread};
use crate::text::six_digits;
use crate::{key, status};

/// The workload whose servers are asked at a ladder of rates.
pub(crate) const WORKLOAD: &str = "serve-load";

/// The parameter that is swept.
const RATE: &str = "rate_per_s";

/// Parameters that follow from it.
const FOLLOWS: [&str; 2] = [RATE, "laps"];

/// Fewest rates that are a curve.
const LEAST: usize = 3;

/// Draws of the bootstrap.
const REPLICATES: usize = 2000;

/// Fewest rounds of which an interval says anything, as for all comparisons.
const LEAST_ROUNDS: usize = 6;

/// Response times of one contestant over the offered load.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct LoadCurve {
    /// Preset without its rate.
    pub preset: String,
    /// Contestant, flavour and way.
    pub who: String,
    /// Highest 99th percentile of response that is borne, in microseconds.
    pub bound_us: f64,
    /// One for each rate, ascending.
    pub points: Vec<LoadPoint>,
    /// Rounds that have all rates; the knee rests on them.
    pub rounds: usize,
    /// Requests per second up to which the load is borne: the lowest rate of the ladder if
    /// not even that is, none if the highest still is.
    pub knee_per_s: Option<f64>,
    /// 95 % interval of the same; none with fewer than six rounds.
    pub interval: Option<[Option<f64>; 2]>,
    /// Whether beyond the knee clients and database, who share CPUs, may have been the
    /// limit.
    pub limited: bool,
    /// Why there is no knee to speak of; none if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

/// One rate of a curve.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct LoadPoint {
    /// Requests per second that the schedule was made for.
    pub rate_per_s: u64,
    /// The case.
    pub id: String,
    /// Median response, over executions.
    pub p50_us: Option<Spread>,
    /// 99th percentile of response, over executions; what depends on how long the server
    /// stays beyond its capacity included.
    pub p99_us: Option<Spread>,
    /// Responses per second until the last intended start.
    pub answered_per_s: Spread,
    /// Whether most executions were beyond the server's capacity.
    pub beyond: bool,
}

impl LoadCurve {
    /// Whether not even the lowest rate is borne.
    pub(crate) fn is_below(&self) -> bool {
        let lowest = self.points.first().map_or(0.0, |point| point.rate_per_s as f64);
        self.knee_per_s.is_some_and(|knee| knee <= lowest)
    }
}

/// Cells of one contestant that have everything but the rate in common.
struct Ladder<'a> {
    /// Their parameters, without those that follow from it.
    same: BTreeMap<String, u64>,
    who: String,
    cells: Vec<&'a Cell>,
}

/// Every curve of the run, in the order of its plan.
pub(crate) fn curves(
    run: &RunFile,
    records: &[Record],
    cells: &[Cell],
    good: &HashMap<&str, crate::ratio::Executions>,
) -> Vec<LoadCurve> {
    let mut ladders: Vec<Ladder<'_>> = Vec::new();
    // A case of which more than half was disturbed is in none.
    let shown = |cell: &&Cell| cell.workload == WORKLOAD && good.contains_key(cell.id.as_str());
    for cell in cells.iter().filter(shown) {
        if rate(cell) == 0 {
            continue;
        }
        let mut same = cell.parameters.clone();
        same.retain(|name, _| !FOLLOWS.contains(&name.as_str()));
        let who = key::who_and_way(&key::parts(&cell.id));
        match ladders.iter_mut().find(|ladder| ladder.same == same && ladder.who == who) {
            Some(ladder) => ladder.cells.push(cell),
            None => ladders.push(Ladder { same, who, cells: vec![cell] }),
        }
    }
    let mut by_case: HashMap<&str, Vec<&Record>> = HashMap::new();
    let counting = records.iter().filter(|record| status::counts(record) && !record.twin);
    for record in counting.filter(|record| status::disturbed(run, record).is_none()) {
        by_case.entry(&record.id).or_default().push(record);
    }
    ladders.into_iter().filter_map(|ladder| curve(ladder, &by_case, run.seed)).collect()
}

fn rate(cell: &Cell) -> u64 {
    cell.parameters.get(RATE).copied().unwrap_or(0)
}

fn curve(
    ladder: Ladder<'_>,
    by_case: &HashMap<&str, Vec<&Record>>,
    seed: u64,
) -> Option<LoadCurve> {
    let Ladder { same, who, mut cells } = ladder;
    cells.sort_by_key(|cell| rate(cell));
    let of = |name: &str| same.get(name).copied().unwrap_or(0);
    let bound_us = (of("queries") * of("delay_us")) as f64 + QUEUEING.as_micros() as f64;
    let none = Vec::new();
    let executions = |cell: &Cell| by_case.get(cell.id.as_str()).unwrap_or(&none);
    let points: Vec<LoadPoint> =
        cells.iter().map(|cell| point(cell, executions(cell))).collect::<Option<_>>()?;
    let at: Vec<f64> = points.iter().map(|point| point.rate_per_s as f64).collect();
    let columns = cells.iter().map(|cell| strains(executions(cell), bound_us));
    let rounds = whole_rounds(&columns.collect::<Vec<_>>());
    let enough = at.len() >= LEAST;
    let found = if enough { crossing(&at, &rounds, REPLICATES, seed) } else { None };
    let missing = match found {
        Some(_) => None,
        None if enough => Some("no round has a 99th percentile at every rate".to_string()),
        None => Some(format!("{} of at least {LEAST} rates", at.len())),
    };
    let bounded = |value: f64| value.is_finite().then_some(six_digits(value));
    let knee_per_s = found.and_then(|found| bounded(found.from));
    // The rate that is the first not to be borne.
    let first = cells.iter().find(|cell| knee_per_s.is_some_and(|knee| rate(cell) as f64 >= knee));
    let sure = found.filter(|_| rounds.len() >= LEAST_ROUNDS);
    let preset = cells.first().map_or("", |cell| cell.preset.as_str());
    Some(LoadCurve {
        preset: preset.rsplit_once("-r").map_or(preset, |(kind, _)| kind).to_string(),
        who,
        bound_us,
        rounds: rounds.len(),
        knee_per_s,
        interval: sure.map(|found| [found.low, found.high].map(bounded)),
        limited: first.is_some_and(|cell| cell.limited.is_some()),
        missing,
        points,
    })
}

fn point(cell: &Cell, executions: &[&Record]) -> Option<LoadPoint> {
    let open = || executions.iter().filter_map(|record| record.open.as_ref());
    let over = |which: fn(&OpenRecord) -> Option<f64>| {
        let values: Vec<f64> = open().filter_map(which).collect();
        Some(Spread::from(Estimate::of(&values)?))
    };
    let beyond = executions.iter().filter(|record| saturated::is(record)).count();
    Some(LoadPoint {
        rate_per_s: rate(cell),
        id: cell.id.clone(),
        p50_us: over(|open| open.response_us.p50),
        p99_us: over(|open| open.response_us.p99),
        answered_per_s: over(|open| Some(open.achieved_per_s))?,
        beyond: saturated::most(beyond, executions.len()),
    })
}

/// By round how far an execution was strained: up to 1 its load was borne.
fn strains(executions: &[&Record], bound_us: f64) -> BTreeMap<u64, f64> {
    let of = |record: &&Record| Some((record.round, strain(record.open.as_ref()?, bound_us)?));
    executions.iter().filter_map(of).collect()
}

/// What it took of what is borne: of the bound of its 99th percentile, or of the share that
/// must be answered when the schedule ends, whichever is more.
fn strain(open: &OpenRecord, bound_us: f64) -> Option<f64> {
    let waited = open.response_us.p99? / bound_us;
    // Who answers less than one request a second is strained enough.
    let behind = ANSWERED * open.offered_per_s / open.achieved_per_s.max(1.0);
    let strain = waited.max(behind);
    Some(if open.saturated { strain.max(1.0 / ANSWERED) } else { strain })
}

/// The rounds that have a value in every column, as rows.
fn whole_rounds(columns: &[BTreeMap<u64, f64>]) -> Vec<Vec<f64>> {
    let Some(first) = columns.first() else {
        return Vec::new();
    };
    let row = |round: &u64| columns.iter().map(|column| column.get(round).copied()).collect();
    first.keys().filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::{strain, whole_rounds};
    use std::collections::BTreeMap;
    use triathlon_contract::record::{OpenRecord, OpenTimes};

    #[test]
    fn a_load_is_borne_if_answers_come_in_time_and_keep_up() {
        let check = |p99: Option<f64>, achieved_per_s: f64, saturated: bool, want: Option<f64>| {
            let response_us = OpenTimes { p99, ..OpenTimes::default() };
            let offered_per_s = 1000.0;
            let open = OpenRecord {
                offered_per_s,
                achieved_per_s,
                saturated,
                response_us,
                ..OpenRecord::default()
            };
            let got = strain(&open, 25_000.0);
            let same = match (got, want) {
                (Some(got), Some(want)) => (got - want).abs() < 1e-12,
                (got, want) => got == want,
            };
            assert!(same, "{p99:?} {achieved_per_s} {saturated}: {got:?}");
        };
        check(Some(25_000.0), 1000.0, false, Some(1.0));
        check(Some(12_500.0), 1000.0, false, Some(0.95));
        check(Some(50_000.0), 1000.0, false, Some(2.0));
        check(Some(12_500.0), 950.0, false, Some(1.0));
        check(Some(12_500.0), 475.0, false, Some(2.0));
        check(Some(12_500.0), 1000.0, true, Some(1.0 / 0.95));
        check(Some(12_500.0), 0.0, true, Some(950.0));
        check(None, 1000.0, false, None);
    }

    #[test]
    fn a_round_that_lacks_a_rate_is_no_row() {
        let column = |rounds: &[(u64, f64)]| rounds.iter().copied().collect::<BTreeMap<_, _>>();
        let columns = [column(&[(1, 0.5), (2, 0.6), (3, 0.7)]), column(&[(1, 1.5), (3, 1.7)])];
        assert_eq!(whole_rounds(&columns), [[0.5, 1.5], [0.7, 1.7]]);
        assert!(whole_rounds(&[]).is_empty());
    }
}
