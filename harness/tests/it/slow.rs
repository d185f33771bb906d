//! Slow clients beside healthy ones, against every server: nobody is forgotten, whoever is
//! held up is counted, and nothing is left.

use std::path::PathBuf;
use std::thread;

use triathlon::execution::{Due, Programs, Shared, execute};
use triathlon::interrupt::Interrupt;
use triathlon::machine;
use triathlon::plan;
use triathlon::selection;
use triathlon::server::Server;
use triathlon::what::What;
use triathlon_contract::record::{ExecutionStatus, Record};
use triathlon_contract::serve_slow::HEALTHY;
use triathlon_contract::{ServeSlow, SlowClients, Workload};

use crate::interrupt::ctrl_c_leaves_nothing;
use crate::support::{TRIATHLON, summary};

/// One execution of every server at a preset whose name has this end, if it is asked for.
fn records(preset: &str, laps: u64, wanted: &[&str]) -> Vec<Record> {
    let own = PathBuf::from(TRIATHLON);
    let mock = Server::start(&own, &[]).unwrap();
    let (placement, limits) =
        (machine::placement(machine::Share::Half), machine::limits().unwrap());
    let all = selection::all(&placement, limits);
    let shared = Shared::new(Programs { own, guests: Vec::new() }, placement, limits);
    let due = all.iter().filter(|selected| {
        let id = &selected.case.id;
        let (who, way) = (id.who(), &id.way);
        let who = if way.is_empty() { who } else { format!("{who}:{way}") };
        let runs = selected.case.absent.is_none();
        let asked = wanted.is_empty() || wanted.contains(&who.as_str());
        id.workload == ServeSlow::NAME && id.preset == preset && runs && asked
    });
    let execute = |selected| {
        let what = What::Case(selected);
        let expected = plan::work(&selected.case, laps);
        let due = Due { what, laps, expected, sequence: 0, round: 1, twin: false, seed: 1 };
        execute(due, &mock, &shared, &Interrupt::default()).unwrap().unwrap().record
    };
    let records: Vec<Record> = due.map(execute).collect();
    for record in &records {
        assert_eq!(record.status, ExecutionStatus::Ok, "{}: {}", record.id, record.reason);
    }
    assert!(wanted.is_empty() || records.len() == wanted.len(), "{preset}: {wanted:?}");
    records
}

fn counts(record: &Record) -> SlowClients {
    record.driven.as_ref().unwrap().generator.slow.unwrap()
}

#[test]
fn every_server_answers_whom_it_kept_waiting() {
    for (preset, queries) in [("send-crud-n5-10k-k50", 5), ("read-crud-n1-256k-k50", 1)] {
        let records = records(preset, 2, &[]);
        assert!(records.len() >= 2 + 5 + 5 + 2, "{preset}: {}", records.len());
        for record in &records {
            let (id, counts) = (&record.id, counts(record));
            assert_eq!((counts.slow, counts.finished, counts.let_go), (50, 50, 0), "{id}");
            assert_eq!(counts.late, HEALTHY, "{id}");
            let ok = HEALTHY + counts.answered + HEALTHY + 50;
            let (driven, outcome) =
                (record.driven.as_ref().unwrap(), record.outcome.as_ref().unwrap());
            assert_eq!((driven.generator.ok, outcome.ok), (ok, ok), "{id}");
            assert_eq!((outcome.connections, outcome.unfinished), (150, 0), "{id}");
            assert_eq!(driven.database.one_row, ok * queries + 100, "{id}");
            let window = record.window.as_ref().unwrap();
            assert_eq!(window.samples, counts.answered, "{id}");
            assert!(window.elapsed_ns >= counts.window_ns, "{id}");
            // A machine that is busy may have nothing for who reads so soon.
            let reads = preset.starts_with("read");
            assert!(reads || counts.slow_bytes > 0, "{id}: nobody was slow");
        }
    }
}

/// A thread that writes to a slow reader cannot do anything else; a task waits beside others.
#[test]
fn slow_readers_hold_a_pool_of_as_many_threads_and_no_runtime() {
    let servers = ["threads-per-op", "threads-pool", "tokio/current-thread"];
    let records = records("read-crud-n1-256k-k100", 30, &servers);
    let answered = |who: &str| {
        let record = records.iter().find(|record| record.id.ends_with(who)).unwrap();
        counts(record).answered
    };
    // Some are before the last thread is held, on a machine that is busy.
    assert!(answered("threads-pool") < HEALTHY / 2, "{}", answered("threads-pool"));
    for others in ["threads-per-op", "tokio/current-thread"] {
        assert!(answered(others) >= HEALTHY, "{others}: {}", answered(others));
    }
}

/// Five seconds for one read begin anew with each byte; for a whole request they do not.
#[test]
fn a_timeout_lets_go_whom_it_bounds() {
    let check = |who: &str, let_go: u64| {
        let records = records("send-plain-timeouts-k100", 130, &[who]);
        let counts = counts(&records[0]);
        let want = (let_go, 100 - let_go);
        assert_eq!((counts.let_go, counts.finished), want, "{who}");
    };
    thread::scope(|scope| {
        for (who, let_go) in [
            ("threads-per-op", 0),
            ("threads-pool", 100),
            ("tokio/current-thread", 0),
            ("tokio/multi-thread:stack", 100),
        ] {
            scope.spawn(move || check(who, let_go));
        }
    });
}

#[test]
fn ctrl_c_among_slow_clients_leaves_nothing() {
    let directory =
        ctrl_c_leaves_nothing("^serve-slow@send-crud-n5-10k-k50/threads-per-op", "slow");
    assert_eq!(summary(&directory.path().join("out"))["interrupted"], true);
}
