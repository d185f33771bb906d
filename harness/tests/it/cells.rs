//! Equal work: every cell that runs here does what its spec says, by its own
//! account and by the server's.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use triathlon::child::environment::REMOVED;
use triathlon::execution::{Due, Programs, Shared, execute};
use triathlon::interrupt::Interrupt;
use triathlon::selection::Selected;
use triathlon::server::Server;
use triathlon::what::What;
use triathlon::{machine, plan, selection};
use triathlon_contract::record::ExecutionStatus;
use triathlon_contract::{ServeIdle, ServeOverload, Sleepers, Workload};

use crate::support::TRIATHLON;

/// What is planned to take longer is left out unless a run has it without a filter.
const PATIENCE: Duration = Duration::from_millis(900);

/// So many operations at once are a matter for a machine that does nothing else.
const CROWD: u64 = 5000;

/// Executed at the same time: most of them wait.
const AT_ONCE: usize = 3;

#[test]
fn every_cell_does_equal_work_at_one_lap() {
    let placement = machine::placement(machine::Share::Half);
    let limits = machine::limits().unwrap();
    let own = PathBuf::from(TRIATHLON);
    let server = Server::start(&own, &[]).unwrap();
    let all = selection::all(&placement, limits);
    let shared = Shared::new(Programs { own, guests: Vec::new() }, placement, limits);
    let executed = |selected: &Selected| {
        let due = Due {
            what: What::Case(selected),
            laps: 1,
            expected: Duration::from_secs(3),
            sequence: 0,
            round: 1,
            twin: false,
            seed: 1,
        };
        let record = execute(due, &server, &shared, &Interrupt::default()).unwrap().unwrap().record;
        let mut faults = Vec::new();
        if record.status != ExecutionStatus::Ok {
            faults.push(format!("{}: {}", record.id, record.reason));
        }
        check_costs(&record, &mut faults);
        faults
    };
    let wanted: Vec<&Selected> = all.iter().filter(|selected| is_wanted(selected)).collect();
    let both = wanted.iter().copied().partition(|selected| is_alone(selected));
    let (alone, beside): (Vec<&Selected>, Vec<&Selected>) = both;
    let next = AtomicUsize::new(0);
    let mut faults: Vec<String> = thread::scope(|scope| {
        let work = || {
            let next = || beside.get(next.fetch_add(1, Ordering::Relaxed));
            std::iter::from_fn(next).flat_map(|selected| executed(selected)).collect::<Vec<_>>()
        };
        let threads = [(); AT_ONCE].map(|()| scope.spawn(work));
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    faults.extend(alone.iter().flat_map(|selected| executed(selected)));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(wanted.len() >= 500, "only {} cases ran", wanted.len());
}

/// What takes long is here if a run has it without a filter: a million sleepers, ten thousand
/// requests to give up, sweeps of servers and idle crowds have tests of their own, with fewer.
fn is_wanted(selected: &Selected) -> bool {
    let case = &selected.case;
    let one_of_many = case.serves && case.id.preset != "plain-c1";
    let crowded = case.at_once.is_some_and(|wanted| wanted > CROWD);
    let long = one_of_many || crowded || plan::work(case, 1) > PATIENCE;
    let idle = case.id.workload == ServeIdle::NAME && case.id.preset != "n100";
    case.absent.is_none() && !idle && (case.by_default || !long)
}

/// Who shares files with others, is judged by the clock, or is a crowd.
fn is_alone(selected: &Selected) -> bool {
    let Selected { case, .. } = selected;
    let alone = ["deadline", Sleepers::NAME, ServeIdle::NAME, ServeOverload::NAME];
    case.files.is_some() || alone.contains(&case.id.workload.as_str())
}

/// The window's figures must be possible, and agree with the parent's account.
fn check_costs(record: &triathlon_contract::record::Record, faults: &mut Vec<String>) {
    let (Some(window), Some(process)) = (&record.window, &record.process) else {
        return;
    };
    let mut must = |holds: bool, what: &str| {
        if !holds {
            faults.push(format!("{}: {what}: {window:?} {process:?}", record.id));
        }
    };
    let cpu = window.user_ns + window.system_ns;
    must(window.elapsed_ns > 0 && cpu > 0, "time passes and work costs CPU");
    // The kernel scales user and system time; a tick of slack covers it.
    let slack = 10_000_000;
    must(cpu <= process.user_ns + process.system_ns + slack, "window ≤ whole life, CPU");
    must(window.elapsed_ns <= process.wall_ns, "window ≤ whole life, wall");
    must(window.voluntary_switches <= process.voluntary_switches, "window ≤ whole life, switches");
    must(window.peak_resident_bytes >= window.resident_close_bytes, "peak ≥ last");
    let service = window.service_us.unwrap_or_default();
    must(service.max * 1e3 <= window.elapsed_ns as f64, "no operation outlasts the window");
    must(service.mean <= service.max && service.p50 <= Some(service.max), "order of service times");
}

/// What a user set for programs of their own must not size a contestant.
#[test]
fn the_environment_sizes_no_pool() {
    let directory = tempfile::tempdir().unwrap();
    let arguments = ["run", "^cpu@fine-uniform/", "--profile", "smoke", "--quiet", "--out", "out"];
    let mut command = crate::support::triathlon(directory.path(), &arguments);
    for name in REMOVED.into_iter().filter(|name| *name != "RUST_MIN_STACK") {
        command.env(name, "7");
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let records = std::fs::read_to_string(directory.path().join("out/latest/records.jsonl"));
    let records = records.unwrap();
    assert!(records.lines().count() >= 14);
    for line in records.lines() {
        let record: triathlon_contract::record::Record = serde_json::from_str(line).unwrap();
        assert_eq!(record.status, ExecutionStatus::Ok, "{}: {}", record.id, record.reason);
    }
}
