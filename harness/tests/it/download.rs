//! Bodies are streamed: what a contestant holds does not grow with them.

use std::path::PathBuf;
use std::time::Duration;

use triathlon::execution::{Due, Programs, Shared, execute};
use triathlon::interrupt::Interrupt;
use triathlon::machine;
use triathlon::selection::{self, Selected};
use triathlon::server::Server;
use triathlon::what::What;
use triathlon_contract::record::{ExecutionStatus, WindowRecord};
use triathlon_contract::{Download, Preset, Workload};

use crate::support::TRIATHLON;

const SMALL: &str = "c1-1mib";
const LARGE: &str = "c16-64mib";

/// How much more memory sixteen large bodies at once may take than one small.
const MORE_BYTES: u64 = 32 << 20;

/// Executes cases, one after the other, with one lap.
struct Bench {
    shared: Shared,
    server: Server,
}

impl Bench {
    fn new() -> Self {
        let own = PathBuf::from(TRIATHLON);
        let server = Server::start(&own, &[]).unwrap();
        let programs = Programs { own, guests: Vec::new() };
        let placement = machine::placement(machine::Share::Half);
        Self { shared: Shared::new(programs, placement, machine::limits().unwrap()), server }
    }

    fn window(&self, selected: &Selected) -> WindowRecord {
        let due = Due {
            what: What::Case(selected),
            laps: 1,
            expected: Duration::from_secs(3),
            sequence: 0,
            round: 1,
            twin: false,
            seed: 1,
        };
        let executed = execute(due, &self.server, &self.shared, &Interrupt::default()).unwrap();
        let record = executed.unwrap().record;
        assert_eq!(record.status, ExecutionStatus::Ok, "{}: {}", record.id, record.reason);
        record.window.unwrap()
    }
}

fn work(preset: &str) -> &'static Download {
    let named = |known: &&Preset<Download>| known.name == preset;
    &Download::presets().iter().find(named).unwrap().work
}

#[test]
fn sixteen_large_bodies_at_once_take_little_more_memory_than_a_small_one() {
    let bench = Bench::new();
    let all = selection::all(&bench.shared.placement, bench.shared.limits);
    let (small, large) = (work(SMALL), work(LARGE));
    // Who held one of them would be found.
    assert!(large.body_bytes >= 2 * MORE_BYTES && large.connections == 16);
    assert_eq!((small.body_bytes, small.connections), (1 << 20, 1));
    let mut pairs = Vec::new();
    for selected in all.iter().filter(|selected| selected.case.id.preset == LARGE) {
        assert_eq!(selected.case.absent, None, "{}", selected.case.id);
        let mut id = selected.case.id.clone();
        id.preset = SMALL.to_string();
        pairs.push((all.iter().find(|other| other.case.id == id).unwrap(), selected));
    }
    // One way each, another one of rayon's, and two flavours of two.
    assert!(pairs.len() >= 10, "{}", pairs.len());
    for (small, large) in pairs {
        let [base, most] = [small, large].map(|case| bench.window(case).peak_resident_bytes);
        let id = &large.case.id;
        assert!(most <= base + MORE_BYTES, "{id}: {most} bytes, {base} for a small body");
    }
}

/// Those of one connection follow one another without a gap inside a body, so they
/// fill the window once: not with the time since the request, and not in bundles.
#[test]
fn every_mebibyte_has_its_own_time() {
    let bench = Bench::new();
    let all = selection::all(&bench.shared.placement, bench.shared.limits);
    for who in ["blocking", "threads-per-op", "tokio/current-thread", "smol/multi-thread"] {
        let id = format!("download@c1-64mib/{who}");
        let selected = all.iter().find(|one| one.case.id.to_string() == id).unwrap();
        let window = bench.window(selected);
        assert_eq!(window.samples, 64, "{who}");
        let service = window.service_us.unwrap();
        let filled = service.mean * 64.0 / (window.elapsed_ns as f64 / 1e3);
        assert!((0.33..=1.02).contains(&filled), "{who}: {filled} of the window");
    }
}
