//! From how many clients on a server of tasks is ahead of one of threads, by more than the
//! least margin of all comparisons: the crossover of a sweep over clients, all else equal.

use std::collections::{BTreeMap, HashMap};

use triathlon_statistics::verdict::LEAST_MARGIN;
use triathlon_statistics::{crossing, median, median_interval};

use crate::chart::data::who;
use crate::metrics::more_is_better;
use crate::ratio::{Executions, of_metric};
use crate::summary::{Cell, Crossover, Status};
use crate::text::{self, six_digits, whole};

/// The workload whose contestants are servers.
pub(crate) const WORKLOAD: &str = "serve";

/// The parameter that is swept.
const CLIENTS: &str = "connections";

/// Parameters that follow from it.
const FOLLOWS: [&str; 3] = [CLIENTS, "pool", "laps"];

/// What the two are compared in: what all sides together did, and what the server took.
pub(crate) const METRICS: [&str; 3] = ["throughput_per_s", "cpu_us_per_op", "peak_rss_bytes"];

/// The server with a thread for every connection, which the others are held against.
pub(crate) const THREADS: &str = "threads-per-op";

/// Fewest numbers of clients that are a sweep.
const LEAST: usize = 3;

/// Draws of the bootstrap.
const REPLICATES: usize = 2000;

/// Fewest rounds of which an interval says anything, as for all comparisons.
const LEAST_ROUNDS: usize = 6;

/// A preset without its number of clients, in few characters.
pub(crate) fn kind(preset: &str) -> String {
    text::short(preset.rsplit_once("-c").map_or(preset, |(kind, _)| kind), 60)
}

/// A number of clients, in words.
pub(crate) fn clients(number: f64) -> String {
    match about(number).as_str() {
        "1" => "1 client".to_string(),
        number => format!("{number} clients"),
    }
}

/// A number between those that were measured: below ten to a tenth, so that it lies within its
/// own interval.
pub(crate) fn about(number: f64) -> String {
    let tenths = (number * 10.0).round() as u64;
    match (tenths / 10, tenths % 10) {
        (below @ 0..10, tenth @ 1..) => format!("{below}.{tenth}"),
        _ => whole(number.round() as u64),
    }
}

/// From how many clients on a server is ahead, in kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Never,
    Always,
    /// Between the fewest and the most.
    From,
    Undecided,
}

impl Crossover {
    /// By its interval if there is one, otherwise by the medians.
    pub(crate) fn answer(&self) -> Answer {
        let fewest = self.clients.first().copied().unwrap_or(0) as f64;
        match (self.from, self.interval) {
            (None, None) | (_, Some([None, _])) => Answer::Never,
            (Some(from), None) if from <= fewest => Answer::Always,
            (_, Some([Some(_), Some(high)])) if high <= fewest => Answer::Always,
            (Some(_), None | Some([Some(_), Some(_)])) => Answer::From,
            (_, Some([Some(_), _])) => Answer::Undecided,
        }
    }

    /// The greatest advantage, and with how many clients.
    pub(crate) fn greatest(&self) -> Option<(f64, u64)> {
        let pairs = self.ratios.iter().copied().zip(self.clients.iter().copied());
        pairs.max_by(|(one, _), (other, _)| one.total_cmp(other))
    }
}

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
        let same = all_else(cell);
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

/// Parameters of a cell without those that follow from the number of clients.
fn all_else(cell: &Cell) -> BTreeMap<String, u64> {
    let mut same = cell.parameters.clone();
    same.retain(|name, _| !FOLLOWS.contains(&name.as_str()));
    same
}

/// The cell of a server in the sweep that a preset begins, at a number of clients.
pub(crate) fn cell_of<'a>(
    cells: &'a [Cell],
    preset: &str,
    server: &str,
    clients: u64,
) -> Option<&'a Cell> {
    let plain = || cells.iter().filter(|cell| cell.workload == WORKLOAD && cell.way.is_empty());
    let same = all_else(plain().find(|cell| cell.preset == preset)?);
    plain().find(|cell| {
        cell.parameters.get(CLIENTS) == Some(&clients)
            && who(cell) == server
            && all_else(cell) == same
    })
}

/// By how much one cell is ahead of another in the rounds that have both, above 1 where it
/// is.
pub(crate) fn advantage(
    metric: &str,
    of: &Cell,
    to: &Cell,
    good: &HashMap<&str, Executions>,
) -> BTreeMap<u64, f64> {
    let by_round = |cell: &Cell| -> BTreeMap<u64, f64> {
        let values = good.get(cell.id.as_str()).map(|values| of_metric(values, metric));
        values.unwrap_or_default().into_iter().collect()
    };
    let to = by_round(to);
    let ratio = |(round, value): (u64, f64)| {
        let other = to.get(&round)?;
        Some((round, if more_is_better(metric) { value / other } else { other / value }))
    };
    by_round(of).into_iter().filter_map(ratio).collect()
}

/// Of a median, rounded.
pub(crate) fn interval(values: &[f64]) -> Option<[f64; 2]> {
    median_interval(values).map(|ends| ends.map(six_digits))
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
    let ratio = |clients: &u64| advantage(metric, of[clients], to[clients], good);
    let columns: Vec<BTreeMap<u64, f64>> = clients.iter().map(ratio).collect();
    let whole = |round: &u64| -> Option<Vec<f64>> {
        columns.iter().map(|column| column.get(round).copied()).collect()
    };
    let rounds: Vec<Vec<f64>> = columns.first()?.keys().filter_map(whole).collect();
    let at: Vec<f64> = clients.iter().map(|clients| *clients as f64).collect();
    // Where both only wait, ratios lie at 1 and pass it by chance.
    let ahead: Vec<Vec<f64>> =
        rounds.iter().map(|row| row.iter().map(|ratio| ratio / LEAST_MARGIN).collect()).collect();
    let found = crossing(&at, &ahead, REPLICATES, seed)?;
    let values_at = |place: usize| rounds.iter().map(|row| row[place]).collect::<Vec<f64>>();
    let places = 0..clients.len();
    let ratios = places.clone().filter_map(|place| median(&values_at(place))).map(six_digits);
    let ratios = ratios.collect();
    let intervals = places.filter_map(|place| interval(&values_at(place))).collect();
    let bounded = |value: f64| value.is_finite().then_some(six_digits(value));
    let sure = rounds.len() >= LEAST_ROUNDS;
    let limited = clients.iter().any(|c| of[c].limited.is_some() || to[c].limited.is_some());
    Some(Crossover {
        preset: preset.to_string(),
        metric: metric.to_string(),
        of: who(of.values().next()?),
        to: who(to.values().next()?),
        rounds: rounds.len(),
        ratios,
        intervals,
        clients,
        from: bounded(found.from),
        interval: sure.then(|| [bounded(found.low), bounded(found.high)]),
        limited: limited && more_is_better(metric),
    })
}
