//! Equal work: every cell that runs here does what its spec says, by its own
//! account and by the server's.

use std::path::PathBuf;
use std::time::Duration;

use triathlon::execution::{Due, Programs, Shared, execute};
use triathlon::interrupt::Interrupt;
use triathlon::server::Server;
use triathlon::{machine, selection};
use triathlon_contract::record::ExecutionStatus;

use crate::support::TRIATHLON;

#[test]
fn every_cell_does_equal_work_at_one_lap() {
    let placement = machine::placement();
    let limits = machine::limits().unwrap();
    let own = PathBuf::from(TRIATHLON);
    let server = Server::start(&own, &[]).unwrap();
    let workers = placement.workers as usize;
    let shared = Shared::new(Programs { own, guests: Vec::new() }, placement, limits);
    let (mut ran, mut faults) = (0, Vec::new());
    for (sequence, selected) in selection::all(workers, limits).iter().enumerate() {
        if selected.case.absent.is_some() {
            continue;
        }
        let due = Due {
            selected,
            laps: 1,
            expected: Duration::from_secs(3),
            sequence: sequence as u64,
            round: 1,
            twin: false,
        };
        let record = execute(due, &server, &shared, &Interrupt::default()).unwrap().unwrap();
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
