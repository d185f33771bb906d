//! What a sleeper holds, or an idle connection of a server: a slope over their number, round
//! by round.
//!
//! One process holds more than its sleepers: a runtime, its threads, what an allocator
//! keeps. A slope over several numbers of sleepers leaves that out.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use triathlon_contract::record::{AsleepRecord, Record, RunFile};
use triathlon_contract::sleepers;
use triathlon_statistics::{Summary as Estimate, signed_rank};

use crate::summary::Spread;
use crate::{key, status, text};

/// The workload that has sleepers.
pub(crate) const WORKLOAD: &str = "sleepers";

/// The workload whose sleepers are connections of a server.
pub(crate) const IDLE: &str = "serve-idle";

/// What these are said to sleep in.
pub(crate) const CONNECTION: &str = "connection";

/// Fewest numbers of sleepers that make a slope: with two, nobody could see that it is
/// no line.
const NUMBERS: usize = 3;

/// Probability that an interval misses.
const MISRATE: f64 = 0.05;

/// What is read of sleepers, and how.
type Reading = (&'static str, fn(&AsleepRecord) -> Option<i64>);

/// What is read of sleepers, by the names of the files.
pub(crate) const READINGS: [Reading; 5] = [
    ("resident_bytes", |read| Some(read.resident_bytes)),
    ("page_table_bytes", |read| Some(read.page_table_bytes)),
    ("kernel_stack_bytes", |read| read.kernel_stack_bytes),
    ("slab_bytes", |read| read.slab_bytes),
    ("virtual_bytes", |read| Some(read.virtual_bytes)),
];

/// What is read of idle connections besides.
pub(crate) const OF_SOCKETS: [Reading; 2] = [
    ("reclaimable_bytes", |read| read.reclaimable_bytes),
    ("buffer_bytes", |read| read.buffer_bytes),
];

/// What a sleeper of one contestant in one variant holds.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Slope {
    /// Contestant, flavour and way.
    pub who: String,
    /// What it sleeps in.
    pub variant: String,
    /// Numbers of sleepers, ascending, that all rounds of the slope have.
    pub sleepers: Vec<u64>,
    /// Bytes for each sleeper, by what is read.
    pub bytes: BTreeMap<String, Each>,
    /// CPU time of the process in a second of idleness, at the highest number.
    pub idle_cpu_us_per_s: Spread,
    /// Why there is no slope; none if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

/// Bytes for each sleeper: a slope by least squares in each round.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Each {
    /// Median and range over rounds.
    pub over_rounds: Spread,
    /// 95 % interval of the Hodges–Lehmann centre over rounds; none for fewer than six.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<[f64; 2]>,
}

/// Contestant and way, and what it sleeps in.
type Row = (String, &'static str);

/// Executions of one contestant in one variant: by round, then by number of sleepers.
type Rounds<'a> = BTreeMap<u64, BTreeMap<u64, &'a AsleepRecord>>;

/// The slopes of a run, in the order of its plan.
pub(crate) fn slopes(run: &RunFile, records: &[Record]) -> Vec<Slope> {
    let mut order: Vec<Row> = Vec::new();
    let mut cases: BTreeMap<&str, Row> = BTreeMap::new();
    for case in &run.cases {
        let id = key::parts(&case.id);
        let variant = match id.workload.as_str() {
            WORKLOAD => case.parameters.get("variant").map(|code| sleepers::variant_name(*code)),
            IDLE => Some(CONNECTION),
            _ => None,
        };
        if let Some(variant) = variant {
            let row = (key::who_and_way(&id), variant);
            if !order.contains(&row) {
                order.push(row.clone());
            }
            cases.insert(&case.id, row);
        }
    }
    let mut rows: BTreeMap<&Row, Rounds<'_>> = BTreeMap::new();
    for record in records.iter().filter(|record| status::counts(record) && !record.twin) {
        let known = cases.get(record.id.as_str()).zip(record.asleep.as_ref());
        if let Some((row, asleep)) = known
            && status::disturbed(run, record).is_none()
        {
            let round = rows.entry(row).or_default().entry(record.round).or_default();
            round.insert(asleep.sleepers, asleep);
        }
    }
    order.iter().filter_map(|row| slope(row, rows.get(row)?)).collect()
}

fn slope((who, variant): &Row, rounds: &Rounds<'_>) -> Option<Slope> {
    // A round that was cut short has fewer.
    let numbers: BTreeSet<u64> = rounds.values().flat_map(BTreeMap::keys).copied().collect();
    let whole = || rounds.values().filter(|round| round.len() == numbers.len());
    let sleepers: Vec<u64> = numbers.iter().copied().collect();
    let few = sleepers.len() < NUMBERS;
    let of_what = if *variant == CONNECTION { "connections" } else { "sleepers" };
    let missing = match (few, whole().count()) {
        (true, _) => Some(format!(
            "{} of {}; a slope needs {NUMBERS}",
            match sleepers.len() {
                1 => "1 number".to_string(),
                count => format!("{count} numbers"),
            },
            of_what
        )),
        (false, 0) => Some(format!("no round has all numbers of {of_what}")),
        _ => None,
    };
    let of = |read: fn(&AsleepRecord) -> Option<i64>| {
        let of_round = |round: &BTreeMap<u64, &AsleepRecord>| {
            let points = round.iter().map(|(x, asleep)| Some((*x as f64, read(asleep)? as f64)));
            least_squares(&points.collect::<Option<Vec<_>>>()?)
        };
        each(&whole().map(of_round).collect::<Option<Vec<f64>>>()?)
    };
    let sockets = OF_SOCKETS.iter().filter(|_| *variant == CONNECTION);
    let bytes = READINGS.iter().chain(sockets).filter(|_| missing.is_none());
    let bytes = bytes.filter_map(|(name, read)| Some(((*name).to_string(), of(*read)?)));
    let highest = rounds.values().filter_map(|round| round.get(sleepers.last()?));
    let idle: Vec<f64> = highest.filter_map(|asleep| idle_us_per_s(asleep)).collect();
    Some(Slope {
        who: who.clone(),
        variant: (*variant).to_string(),
        bytes: bytes.collect(),
        idle_cpu_us_per_s: Estimate::of(&idle)?.into(),
        sleepers,
        missing,
    })
}

fn idle_us_per_s(read: &AsleepRecord) -> Option<f64> {
    let seconds = read.idle_ns as f64 / 1e9;
    (seconds > 0.0).then(|| read.idle_cpu_ns as f64 / 1e3 / seconds)
}

fn each(slopes: &[f64]) -> Option<Each> {
    let interval = signed_rank::centre(slopes, MISRATE);
    let interval = interval.map(|centre| [centre.low, centre.high].map(text::six_digits));
    Some(Each { over_rounds: Estimate::of(slopes)?.into(), interval })
}

/// Slope of a line through points by least squares; none if all lie above one another.
///
/// Source: Draper and Smith (1998), "Applied regression analysis", §1.2.
pub(crate) fn least_squares(points: &[(f64, f64)]) -> Option<f64> {
    let n = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let across: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    let along: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    (across > 0.0).then(|| along / across)
}

#[cfg(test)]
mod tests {
    use super::{each, least_squares};

    #[test]
    fn slopes_of_lines_and_of_scattered_points() {
        assert_eq!(least_squares(&[(1.0, 5.0), (2.0, 7.0), (4.0, 11.0)]), Some(2.0));
        // By hand: means 6 and 10.8; Σ(x − 6)(y − 10.8) = 34, Σ(x − 6)² = 14.
        let scattered = [(4.0, 2.0), (4.0, 10.0), (7.0, 4.0), (7.0, 22.0), (8.0, 16.0)];
        let slope = least_squares(&scattered).unwrap();
        assert!((slope - 34.0 / 14.0).abs() < 1e-12, "{slope}");
        assert_eq!(least_squares(&[(1.0, 2.0), (1.0, 3.0)]), None);
        assert_eq!(least_squares(&[]), None);
    }

    #[test]
    fn an_interval_needs_six_rounds() {
        let five = each(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert_eq!((five.over_rounds.median, five.over_rounds.n, five.interval), (3.0, 5, None));
        let six = each(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
        assert_eq!(six.interval, Some([1.0, 6.0]));
        assert_eq!(each(&[]), None);
    }
}
