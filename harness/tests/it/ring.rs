//! A ring of threads is one of threads and a ring of tasks is none, on as many CPUs as
//! the preset says: the kernel's word, not the contestant's.

use std::path::{Path, PathBuf};

use triathlon::execution::{Due, Programs, Shared, execute};
use triathlon::interrupt::Interrupt;
use triathlon::machine::{self, Share};
use triathlon::plan;
use triathlon::selection::{self, Selected};
use triathlon::server::Server;
use triathlon::what::What;
use triathlon_contract::Workload;
use triathlon_contract::record::{ExecutionStatus, Placement, Record};
use triathlon_contract::ring::{Medium, Ring};

use crate::support::TRIATHLON;

/// Threads that a process may have beside its workers without any for a member: the
/// main thread, one for a reactor, one for timers or blocking calls.
const STANDING: u64 = 3;

/// Executes every case of the ring that runs here with so many laps.
fn records(share: Share, laps: u64, wanted: impl Fn(&Ring) -> bool) -> Vec<(Ring, Record)> {
    let own = PathBuf::from(TRIATHLON);
    let server = Server::start(Path::new(TRIATHLON), &[]).unwrap();
    let (placement, limits) = (machine::placement(share), machine::limits().unwrap());
    let all = selection::all(&placement, limits);
    let shared = Shared::new(Programs { own, guests: Vec::new() }, placement, limits);
    let execute = |selected: &Selected| {
        let expected = plan::work(&selected.case, laps);
        let what = What::Case(selected);
        let due = Due { what, laps, expected, sequence: 0, round: 1, twin: false, seed: 1 };
        execute(due, &server, &shared, &Interrupt::default()).unwrap().unwrap().record
    };
    let mut records = Vec::new();
    for selected in all.iter().filter(|selected| selected.case.absent.is_none()) {
        let id = &selected.case.id;
        let preset = Ring::presets().iter().find(|preset| preset.name == id.preset);
        let work = preset.filter(|_| id.workload == Ring::NAME).map(|preset| preset.work.clone());
        if let Some(work) = work.filter(&wanted) {
            let record = execute(selected);
            assert_eq!(record.status, ExecutionStatus::Ok, "{}: {}", record.id, record.reason);
            records.push((work, record));
        }
    }
    records
}

fn who(record: &Record) -> &str {
    record.id.split_once('/').unwrap().1
}

fn placement(share: Share) -> Placement {
    let placement = machine::placement(share);
    assert!(!placement.alone_cpus.is_empty(), "nobody can be pinned here: {placement:?}");
    placement
}

#[test]
fn threads_have_a_thread_for_every_member_and_tasks_have_workers_alone() {
    let records = records(Share::Half, 2, |work| work.members == 100 && !work.one_cpu);
    assert_eq!(records.len(), 2 * 7, "in memory and over sockets");
    for (work, record) in &records {
        let (window, workers) = (record.window.as_ref().unwrap(), record.expected.workers);
        let threads = (window.threads_open, window.threads_close);
        let many = |count| (count, count);
        match who(record) {
            // The main thread is a member.
            "threads-per-op" => assert_eq!(threads, many(work.members), "{}", record.id),
            "threads-pool" => assert_eq!(threads, many(work.members + 1), "{}", record.id),
            _ => {
                let standing = workers..=workers + STANDING;
                assert!(standing.contains(&window.threads_open), "{}: {threads:?}", record.id);
                assert!(standing.contains(&window.threads_close), "{}: {threads:?}", record.id);
            }
        }
        let hops = work.members * 2;
        assert_eq!((window.samples, window.operations), (2, Some(hops)), "{}", record.id);
        assert_eq!(record.outcome.as_ref().unwrap().ok, hops + work.members, "{}", record.id);
    }
}

/// What the kernel lets the process use, and the workers that it has then.
#[test]
fn a_preset_about_one_cpu_has_one_and_all_others_have_all_that_there_are() {
    let (half, one) = (placement(Share::Half), placement(Share::One));
    let check = |share, placement: &Placement, fewer: bool| {
        let records = records(share, 1, |work| work.members == 2);
        assert_eq!(records.len(), 4 * 7);
        for (work, record) in &records {
            let alone = placement.alone_cpus.len() as u64;
            let cpus = if work.one_cpu { 1 } else { alone };
            assert_eq!(record.window.as_ref().unwrap().cpus, Some(cpus), "{}", record.id);
            let workers = match who(record) {
                "threads-per-op" | "threads-pool" => work.members,
                "tokio/current-thread" | "smol/single" => 1,
                _ => cpus,
            };
            assert_eq!(record.expected.workers, workers, "{}", record.id);
            assert_eq!(record.outcome.as_ref().unwrap().workers, workers, "{}", record.id);
        }
        assert_eq!(placement.alone_cpus.len() > 1, fewer, "{placement:?}");
    };
    check(Share::Half, &half, true);
    // The user asked for one CPU: the presets about one have the same.
    check(Share::One, &one, false);
    let (asked, _) = half.within(false, Some(1));
    assert_eq!(asked, one.alone_cpus);
}

/// A thread that has no token sleeps, and must be woken for its hop; a task on the only
/// worker goes on where the one before it stopped. With wide head room.
#[test]
fn a_hop_between_threads_is_a_switch_and_one_between_tasks_is_none() {
    let records = records(Share::Half, 30, |work| work.members == 100);
    let mut seen = [0; 3];
    for (work, record) in &records {
        let window = record.window.as_ref().unwrap();
        let hops = window.operations() as f64;
        let switches = window.voluntary_switches as f64 / hops;
        let threads = who(record).starts_with("threads-");
        if threads {
            seen[0] += 1;
            assert!((0.7..3.0).contains(&switches), "{}: {switches} a hop", record.id);
        } else if record.expected.workers == 1 && work.medium == Medium::Memory {
            seen[1] += 1;
            assert!(switches < 0.1, "{}: {switches} a hop", record.id);
        } else {
            // Another worker may wake and look, or wait for sockets.
            seen[2] += 1;
            assert!(switches < 5.0, "{}: {switches} a hop", record.id);
        }
    }
    // On one CPU all five flavours have one worker, otherwise two of them; the others are
    // in memory with more workers, and over sockets in both places.
    assert_eq!(seen, [4 * 2, 5 + 2, 3 + 5 + 5]);
}
