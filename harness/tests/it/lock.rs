//! Contenders of one mutex: all take part, and what they had adds up.

use std::path::{Path, PathBuf};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::Duration;

use triathlon::execution::{Due, Programs, Shared, execute};
use triathlon::interrupt::Interrupt;
use triathlon::machine::{self, Share};
use triathlon::selection;
use triathlon::server::Server;
use triathlon::what::What;
use triathlon_contract::lock::{Guarded, Lock, TURN, tally};
use triathlon_contract::record::{ExecutionStatus, Record};
use triathlon_contract::{Outcome, Tally, Workload, outcome};

use crate::support::TRIATHLON;

const LAPS: u64 = 4;

/// What each case of `what` whose id `wanted` takes did, in a process of its own.
fn records(what: &str, wanted: fn(&str) -> bool) -> Vec<Record> {
    let own = PathBuf::from(TRIATHLON);
    let server = Server::start(Path::new(TRIATHLON), &[]).unwrap();
    let (placement, limits) = (machine::placement(Share::Half), machine::limits().unwrap());
    let mut all = selection::all(&placement, limits);
    all.retain(|selected| {
        let (id, absent) = (&selected.case.id, &selected.case.absent);
        id.what() == what && absent.is_none() && wanted(&id.to_string())
    });
    let shared = Shared::new(Programs { own, guests: Vec::new() }, placement, limits);
    let done = |selected| {
        let expected = Duration::from_secs(3);
        let what = What::Case(selected);
        let due = Due { what, laps: LAPS, expected, sequence: 0, round: 1, twin: false, seed: 1 };
        let record = execute(due, &server, &shared, &Interrupt::default()).unwrap().unwrap().record;
        assert_eq!(record.status, ExecutionStatus::Ok, "{}: {}", record.id, record.reason);
        record
    };
    all.iter().map(done).collect()
}

fn spec(preset: &str) -> Lock {
    let found = Lock::presets().iter().find(|known| known.name == preset);
    found.unwrap().work.with_laps(LAPS)
}

#[test]
fn shares_add_up_and_each_lap_is_a_sample() {
    for preset in ["w1-1us", "w2-0us", "w8-1us"] {
        let work = spec(preset);
        let all = records(&format!("lock@{preset}"), |_| true);
        assert!(all.len() >= 12, "{preset}: {}", all.len());
        for record in all {
            let (id, window) = (&record.id, record.window.as_ref().unwrap());
            let shares = record.outcome.as_ref().unwrap().shares.unwrap();
            let (all, others) = (work.operations(), work.contenders - 1);
            assert!(shares.least + others * shares.most >= all, "{id}: {shares:?} of {all}");
            assert!(shares.most + others * shares.least <= all, "{id}: {shares:?} of {all}");
            assert_eq!(shares.contenders, work.contenders, "{id}");
            // Equal shares have the least squares, one that has all the greatest.
            let (contenders, squares) = (work.contenders, shares.squares);
            assert!(squares * contenders >= all * all && squares <= all * all, "{id}: {shares:?}");
            assert!(squares >= shares.most * shares.most, "{id}: {shares:?}");
            assert_eq!((window.samples, window.operations), (LAPS, Some(all)), "{id}");
            // Laps follow one another without a gap, so they are nearly all of the window.
            let service = window.service_us.unwrap();
            assert!(service.mean * LAPS as f64 * 1e3 <= window.elapsed_ns as f64, "{id}");
        }
    }
}

/// On one thread nobody but a task itself lets others run, and it does so after every
/// turn; without that the first would have it all.
#[test]
fn tasks_of_one_thread_take_turns() {
    let one = |id: &str| id.contains("current-thread") || id.contains("/single");
    let all = records("lock@w8-0us", one);
    assert_eq!(all.len(), 4, "two runtimes, two mutexes");
    let work = spec("w8-0us");
    for record in all {
        let shares = record.outcome.as_ref().unwrap().shares.unwrap();
        let even = work.operations() / work.contenders;
        // The order within a round may change, so one may be ahead by some turns.
        let (low, high) = (even - 8 * TURN, even + 8 * TURN);
        assert!(shares.least >= low && shares.most <= high, "{}: {shares:?}", record.id);
    }
}

/// One turn: what is protected is taken out, gone on with, and put back.
fn held(mutex: &Mutex<Guarded>) -> bool {
    on(&mut mutex.lock().unwrap())
}

/// The same with nothing held between taking out and putting back.
fn let_go(mutex: &Mutex<Guarded>) -> bool {
    let mut guarded = mutex.lock().unwrap().clone();
    thread::yield_now();
    let entered = on(&mut guarded);
    *mutex.lock().unwrap() = guarded;
    entered
}

fn on(guarded: &mut Guarded) -> bool {
    let entered = guarded.enter();
    if entered && guarded.ends_lap() {
        guarded.next_lap(0);
    }
    entered
}

/// The accounts of two threads that contend in that way; warm-up first.
fn verdict(enter: fn(&Mutex<Guarded>) -> bool) -> Result<(), String> {
    let work = spec("w2-0us").with_laps(1);
    let mut total = Tally::default();
    for work in [work.warm_up(), work.clone()] {
        let (mutex, both) = (Mutex::new(work.guarded()), Barrier::new(2));
        let contend = || {
            both.wait();
            let mut entered = 0;
            while enter(&mutex) {
                entered += 1;
            }
            entered
        };
        let entered = thread::scope(|scope| {
            let threads = [scope.spawn(contend), scope.spawn(contend)];
            threads.map(|thread| thread.join().unwrap())
        });
        total.merge(tally(&entered, mutex.into_inner().unwrap().chain()));
    }
    let expected = work.expects(work.contenders);
    outcome::agree(&expected, 2, &Outcome::closed(total, 2), expected.samples, None)
}

/// Whatever gets lost between two that are inside at once, somebody had it.
#[test]
fn a_contest_without_a_mutex_is_caught() {
    assert_eq!(verdict(held), Ok(()));
    let fault = verdict(let_go).unwrap_err();
    assert!(fault.starts_with("unequal work: operations: "), "{fault}");
}
