//! Equal work of a server: what clients, server and database counted, and what is said
//! when one of them lies or goes away.

use std::path::PathBuf;

use triathlon::execution::{Due, Programs, Shared, execute};
use triathlon::interrupt::Interrupt;
use triathlon::machine;
use triathlon::plan;
use triathlon::server::Server;
use triathlon::what::What;
use triathlon_contract::record::{ExecutionStatus, FairnessRecord, Record};
use triathlon_statistics::fairness::jain_of_sums;

use super::server::servers;
use crate::support::TRIATHLON;

fn records(preset: &str, laps: u64) -> Vec<Record> {
    let own = PathBuf::from(TRIATHLON);
    let mock = Server::start(&own, &[]).unwrap();
    let (placement, limits) =
        (machine::placement(machine::Share::Half), machine::limits().unwrap());
    let shared = Shared::new(Programs { own, guests: Vec::new() }, placement, limits);
    let execute = |selected| {
        let what = What::Case(selected);
        let expected = plan::work(&selected.case, laps);
        let due = Due { what, laps, expected, sequence: 0, round: 1, twin: false, seed: 1 };
        execute(due, &mock, &shared, &Interrupt::default()).unwrap().unwrap().record
    };
    servers(&[preset]).iter().map(execute).collect()
}

#[test]
fn clients_server_and_database_agree_and_are_processes_of_their_own() {
    let records = records("crud-n5-10k-1ms-c64", 3);
    assert!(records.len() >= 2 + 5 + 5 + 2, "{}", records.len());
    for record in records {
        let id = &record.id;
        assert_eq!(record.status, ExecutionStatus::Ok, "{id}: {}", record.reason);
        let (driven, outcome) = (record.driven.unwrap(), record.outcome.unwrap());
        let requests = 64 * (3 + 1);
        assert_eq!((driven.generator.ok, outcome.ok), (requests, requests), "{id}");
        assert_eq!(driven.generator.checksum, outcome.checksum, "{id}");
        assert_eq!((driven.generator.connections, outcome.connections), (64, 64), "{id}");
        assert_eq!((driven.sessions, driven.queries), (64, requests * 5 + 64), "{id}");
        assert_eq!(driven.database.one_row, driven.queries, "{id}");
        let window = record.window.unwrap();
        assert_eq!(window.samples, 64 * 3, "{id}");
        // The server's window holds that of its clients, by one clock of the machine.
        assert!(driven.server_elapsed_ns >= window.elapsed_ns, "{id}: {driven:?} {window:?}");
        assert!(driven.generator_cpu_ns > 0 && driven.database_cpu_ns > 0, "{id}: {driven:?}");
        // Five pauses of a millisecond, one after the other.
        let service = window.service_us.unwrap();
        assert!(service.p50.unwrap() >= 5000.0, "{id}: {service:?}");
    }
}

#[test]
fn a_page_without_queries_asks_the_database_nothing() {
    for record in records("plain-c16", 2) {
        assert_eq!(record.status, ExecutionStatus::Ok, "{}: {}", record.id, record.reason);
        let driven = record.driven.unwrap();
        assert_eq!((driven.database.sessions, driven.database.one_row), (0, 0), "{}", record.id);
        assert_eq!(record.witness.unwrap().requests, 16 * 3, "{}", record.id);
    }
}

/// Two hundred requests each: a client that had no answer until another had all of them would
/// have been left out, and no server here does that.
#[test]
fn many_clients_share_a_server_and_one_shares_with_nobody() {
    let many = records("plain-c16", 200);
    assert!(many.len() >= 2 + 5 + 5 + 2, "{}", many.len());
    for record in many {
        let id = &record.id;
        assert_eq!(record.status, ExecutionStatus::Ok, "{id}: {}", record.reason);
        let FairnessRecord { answers, shares } = record.driven.unwrap().fairness.unwrap();
        assert_eq!((shares.contenders, shares.most), (16, 200), "{id}");
        assert!((200..=16 * 200).contains(&answers), "{id}: {answers} {shares:?}");
        let (all, each) = (answers as f64, answers as f64 / 16.0);
        let (least, greatest) = (shares.least as f64 / each, shares.most as f64 / each);
        assert!(0.0 < least && least <= 1.0 && greatest >= 1.0, "{id}: {shares:?}");
        let jain = jain_of_sums(16, all, shares.squares as f64);
        assert!(0.0 < jain && jain <= 1.0, "{id}: {jain} {shares:?}");
    }
    for record in records("plain-c1", 3) {
        assert_eq!(record.status, ExecutionStatus::Ok, "{}: {}", record.id, record.reason);
        assert_eq!(record.driven.unwrap().fairness, None, "{}", record.id);
    }
}

/// Styles by the threads that they have, the kernel's word: one for every client, those of
/// the pool, the workers of a runtime; and the conductor in all of them.
#[test]
fn a_server_has_the_threads_of_its_style() {
    for record in records("crud-n5-10k-1ms-c256", 1) {
        assert_eq!(record.status, ExecutionStatus::Ok, "{}: {}", record.id, record.reason);
        let threads = record.window.as_ref().unwrap().threads_open;
        let who = record.id.split_once('/').unwrap().1;
        let want = match who {
            "threads-per-op" => 256 + 2..=256 + 2,
            "threads-pool" => 100 + 2..=100 + 2,
            // The main thread, a reactor, a thread for timers or blocking calls.
            _ => 2..=2 + record.expected.workers + 3,
        };
        assert!(want.contains(&threads), "{}: {threads} instead of {want:?}", record.id);
    }
}
