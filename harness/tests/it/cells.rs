//! Equal work: every cell that runs here does what its spec says, by its own
//! account and by the server's.

use std::path::PathBuf;
use std::time::Duration;

use triathlon::child::environment::REMOVED;
use triathlon::execution::{Due, Programs, Shared, execute};
use triathlon::interrupt::Interrupt;
use triathlon::server::Server;
use triathlon::what::What;
use triathlon::{machine, plan, selection};
use triathlon_contract::record::ExecutionStatus;
use triathlon_contract::{Sleepers, Workload};

use crate::support::TRIATHLON;

/// Sleepers that are planned to take longer are left out here.
const PATIENCE: Duration = Duration::from_secs(2);

#[test]
fn every_cell_does_equal_work_at_one_lap() {
    let placement = machine::placement(machine::Share::Half);
    let limits = machine::limits().unwrap();
    let own = PathBuf::from(TRIATHLON);
    let server = Server::start(&own, &[]).unwrap();
    let all = selection::all(&placement, limits);
    let shared = Shared::new(Programs { own, guests: Vec::new() }, placement, limits);
    let (mut ran, mut faults) = (0, Vec::new());
    for (sequence, selected) in all.iter().enumerate() {
        // A million sleepers take their time, and as many threads as there can be want the
        // machine for themselves: they have tests of their own, with fewer.
        let many =
            selected.case.id.workload == Sleepers::NAME && plan::work(&selected.case, 1) > PATIENCE;
        if selected.case.absent.is_some() || many {
            continue;
        }
        let due = Due {
            what: What::Case(selected),
            laps: 1,
            expected: Duration::from_secs(3),
            sequence: sequence as u64,
            round: 1,
            twin: false,
            seed: 1,
        };
        let record = execute(due, &server, &shared, &Interrupt::default()).unwrap().unwrap().record;
        ran += 1;
        if record.status != ExecutionStatus::Ok {
            faults.push(format!("{}: {}", record.id, record.reason));
        }
        check_costs(&record, &mut faults);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(ran >= 90, "only {ran} cases ran");
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
