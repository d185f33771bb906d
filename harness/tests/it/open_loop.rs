//! The open loop of every contestant: its schedule is kept, seen from the
//! server, and its response times hold what nobody waited for.

use std::path::Path;
use std::time::Duration;

use triathlon::machine::{self, Share};
use triathlon::server::{Counters, Server, Wanted};
use triathlon::{contestants, selection};
use triathlon_contract::record::{HistogramLine, OpenRecord, Record};
use triathlon_contract::{
    Arrival, Contestant, Entry, Load, OpenLoop, Pace, Setting, Way, Workload,
};
use triathlon_execute::open_window;
use triathlon_lab::{Lab, Sample};

use crate::support::{TRIATHLON, WORKERS, output, succeeds};

const CONNECTIONS: u64 = 16;

fn spec(rate_per_s: u64, arrival: Arrival, seconds: f64) -> OpenLoop {
    OpenLoop {
        connections: CONNECTIONS,
        delay: Duration::ZERO,
        body_bytes: 128,
        load: Load::PerSecond(rate_per_s),
        arrival,
        laps: (rate_per_s as f64 * seconds / CONNECTIONS as f64) as u64,
    }
}

/// What one cell did and what the server saw of it.
struct Done {
    samples: Vec<Sample>,
    open: OpenRecord,
    counters: Counters,
}

/// Runs a cell in this process; the server stalls at a time, if it is to.
fn run(
    server: &Server,
    way: &Way<OpenLoop>,
    setting: &Setting,
    work: &OpenLoop,
    stall: Option<(Duration, Duration)>,
) -> Done {
    let stamps = work.operations() + CONNECTIONS;
    let trial = server.open_trial_of(&Wanted { seed: 1, arrival_stamps: stamps }).unwrap();
    let setting = Setting { server: trial.address, ..setting.clone() };
    let mut lab = Lab::new(None);
    let outcome = std::thread::scope(|scope| {
        let stalling = stall.map(|(at, length)| {
            let trial = &trial;
            scope.spawn(move || {
                std::thread::sleep(at);
                server.stall(trial, length).unwrap();
            })
        });
        let outcome = (way.run)(work, &setting, &mut lab).unwrap();
        if let Some(stalling) = stalling {
            stalling.join().unwrap();
        }
        outcome
    });
    assert_eq!((outcome.ok, outcome.failed), (work.operations() + CONNECTIONS, 0));
    let samples = lab.finish().unwrap().samples;
    let (open, _) = open_window::of(&samples).unwrap();
    Done { samples, open, counters: server.close_counters(&trial).unwrap() }
}

/// Calls with every contestant, flavour and way that can do the work.
fn every_way(
    work: &OpenLoop,
    pace: Pace,
    mut call: impl FnMut(&str, &Way<OpenLoop>, &Setting),
) -> usize {
    let limits = machine::limits().unwrap();
    let mut count = 0;
    for contestant in contestants::ALL {
        let contestant: &Contestant = contestant;
        let Entry::Runs(ways) = &contestant.open_loop else { continue };
        for flavour in contestant.flavours {
            let setting = Setting { pace, ..contestants::planning(flavour, WORKERS, limits) };
            for way in ways.iter().filter(|way| (way.fits)(work, &setting).is_ok()) {
                let who = format!("{}:{}", contestants::who(contestant, flavour), way.name);
                call(&who, way, &setting);
                count += 1;
            }
        }
    }
    count
}

fn sorted(values: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut values: Vec<u64> = values.collect();
    values.sort_unstable();
    values
}

/// The same starts are intended by all, and arrive: the server's own stamps follow
/// the schedule.
#[test]
fn every_contestant_replays_the_same_schedule_and_it_arrives() {
    let server = Server::start(Path::new(TRIATHLON), &[]).unwrap();
    for (arrival, seed) in [(Arrival::Poisson, 7), (Arrival::Constant, 0)] {
        let work = spec(800, arrival, 0.6);
        let pace = Pace { rate_per_s: 800, seed };
        let schedule = sorted(work.schedule(pace).into_iter().flatten());
        let count = every_way(&work, pace, |who, way, setting| {
            let Done { samples, counters, .. } = run(&server, way, setting, &work, None);
            let intended = sorted(samples.iter().map(|sample| sample.intended_ns));
            let opened_ns: Vec<u64> =
                intended.iter().zip(&schedule).map(|(at, offset)| at - offset).collect();
            assert!(opened_ns.iter().all(|at| *at == opened_ns[0]), "{who}: one opening for all");
            let arrivals = &counters.arrival_ns[CONNECTIONS as usize..];
            assert_eq!(arrivals.len(), schedule.len(), "{who}");
            let late =
                arrivals.iter().zip(&schedule).map(|(at, offset)| *at as i64 - *offset as i64);
            let mut late: Vec<i64> = late.collect();
            late.sort_unstable();
            // All at once would be early by up to the whole schedule of 600 ms; the bounds
            // leave room for coarse timers and a busy machine.
            let [least, middle, most] = [20, 2, 1].map(|part| late[(late.len() - 1) / part]);
            assert!(middle - least < 100_000_000, "{who}: {} ns", middle - least);
            assert!(most - least < 400_000_000, "{who}: {} ns", most - least);
        });
        assert!(count >= 10, "{count}");
    }
}

/// Ground truth: in a window of 1.2 s the server answers nothing for 0.4 s. Who
/// starts late because of it has it in its response: with f = 1/3 a tenth of all
/// wait longer than 0.28 s, and the mean is 0.067 s more.
#[test]
fn a_stall_is_in_the_response_of_what_it_delayed() {
    let server = Server::start(Path::new(TRIATHLON), &[]).unwrap();
    let work = spec(800, Arrival::Constant, 1.2);
    let pace = Pace { rate_per_s: 800, seed: 1 };
    let (at, length) = (Duration::from_millis(500), Duration::from_millis(400));
    let count = every_way(&work, pace, |who, way, setting| {
        let Done { samples, open, .. } = run(&server, way, setting, &work, Some((at, length)));
        let OpenRecord { lag_us, service_us, response_us, .. } = open;
        assert!(response_us.max >= 370_000.0, "{who}: {response_us:?}");
        let p90 = response_us.p90.unwrap();
        assert!((150_000.0..600_000.0).contains(&p90), "{who}: {p90}");
        assert!((35_000.0..250_000.0).contains(&response_us.mean), "{who}: {response_us:?}");
        // What a closed loop would have told: one wait for each connection.
        assert!(service_us.mean < response_us.mean / 2.0, "{who}: {service_us:?}");
        assert!(lag_us.max >= 250_000.0, "{who}: {lag_us:?}");
        assert!((response_us.mean - lag_us.mean - service_us.mean).abs() < 1.0, "{who}");
        assert!(samples.iter().all(|s| s.started_ns >= s.intended_ns), "{who}");
    });
    assert!(count >= 10, "{count}");
}

fn records(directory: &Path) -> Vec<Record> {
    let text = std::fs::read_to_string(directory.join("out/latest/records.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn open_run(directory: &Path, filter: &str, rounds: &str) {
    let arguments = ["run", filter, "--rounds", rounds, "--quiet", "--keep-disturbed"];
    succeeds(directory, &[&arguments[..], &["--out", "out"]].concat());
}

/// A share of the capacity is one of what the same process reached; equal rates
/// and arrivals are equal, and others in each round.
#[test]
fn the_pace_of_a_run_is_a_share_of_the_capacity_or_the_same_for_all() {
    let directory = tempfile::tempdir().unwrap();
    let filter = "^open-loop@(c64-d0-p50|c64-d0-r1000)/(threads-per-op|smol/single)$";
    open_run(directory.path(), filter, "2");
    let records = records(directory.path());
    let open: Vec<&Record> = records.iter().filter(|record| record.open.is_some()).collect();
    assert_eq!(open.len(), 12, "two contestants and a twin in two presets, twice");
    let mut seeds: Vec<u64> = Vec::new();
    for record in open {
        let (pace, open) = (record.pace.as_ref().unwrap(), record.open.as_ref().unwrap());
        seeds.push(pace.seed);
        assert_eq!(pace.capacity.is_some(), record.id.contains("-p50"), "{}", record.id);
        let want = pace.capacity.map_or(1000.0, |capacity| capacity.per_s / 2.0);
        assert!((pace.rate_per_s as f64 - want).abs() <= 1.0, "{}: {pace:?}", record.id);
        let offered = open.offered_per_s / pace.rate_per_s as f64;
        assert!((0.85..1.15).contains(&offered), "{}: {offered}", record.id);
        if let Some(capacity) = pace.capacity {
            assert_eq!(capacity.requests, 64 * 300);
            assert!(capacity.per_s > 500.0, "{capacity:?}");
        }
        let line = record.sequence;
        assert_eq!(record.expected.samples, 64 * record.laps, "record {line}");
    }
    seeds.sort_unstable();
    seeds.dedup();
    assert_eq!(seeds.len(), 2, "one for each round");
    let verified = output(directory.path(), &["verify", "out/latest"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    let said = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert!(said.contains("12 distributions"), "{said}");
}

#[test]
fn a_distribution_that_was_edited_or_removed_is_found() {
    let directory = tempfile::tempdir().unwrap();
    open_run(directory.path(), "^open-loop@c64-d0-r1000/smol/single$", "2");
    let path = directory.path().join("out/latest/histograms.jsonl");
    let whole = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    assert_eq!(lines.len(), 4);
    let refused = |text: String, want: &str| {
        std::fs::write(&path, text).unwrap();
        let output = output(directory.path(), &["verify", "out/latest"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(want), "{said}");
    };
    let first: HistogramLine = serde_json::from_str(lines[0]).unwrap();
    let named = |text: &str| format!("{text} record {}", first.sequence);
    refused(lines[1..].join("\n") + "\n", &named("has no line of"));
    // The times of another execution in the place of its own.
    let times = |line: &str| line.split_once(r#""lag_ns""#).unwrap().1.to_string();
    let head = |line: &str| line.split_once(r#""lag_ns""#).unwrap().0.to_string();
    let moved = head(lines[0]) + r#""lag_ns""# + &times(lines[1]) + "\n";
    refused(moved + &lines[1..].join("\n") + "\n", &named("than"));
    refused(whole.clone() + "{}\n", "is none");
    std::fs::write(&path, whole).unwrap();
    succeeds(directory.path(), &["verify", "out/latest"]);
}

/// What `cargo bench` times are laps; the time of an open loop is its schedule's.
#[test]
fn open_loops_are_no_benchmarks_of_criterion() {
    let all = selection::all(&machine::placement(Share::Half), machine::limits().unwrap());
    let open = all.iter().filter(|selected| selected.case.load.is_some()).count();
    assert!(open >= 60, "{open}");
    for (target, workload) in [("network", "open-loop"), ("runtime", "stall")] {
        let filter = format!("^{workload}@");
        let words = ["bench", target, "--", "--bench", "--list", &filter];
        let output = output(Path::new("/"), &words);
        assert!(output.status.success());
        assert!(!String::from_utf8_lossy(&output.stdout).contains(workload));
    }
}
