//! Backpressure: a slow sink bounds what is on its way and the memory that it takes,
//! and a queue without bound is found.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use triathlon::execution::{Due, Programs, Shared, execute};
use triathlon::interrupt::Interrupt;
use triathlon::machine::{self, Share};
use triathlon::plan;
use triathlon::selection::{self, Selected};
use triathlon::server::Server;
use triathlon::what::What;
use triathlon_contract::pipeline::{Pipeline, Sums, parse};
use triathlon_contract::record::{ExecutionStatus, Record};
use triathlon_contract::{Outcome, Tally, Workload, outcome};

use crate::support::TRIATHLON;

/// How many times the items of the preset go through where they are many.
const MANY: u64 = 8;

/// What few items and many may differ by: samples, and how the allocator finds room.
const FLAT_BYTES: u64 = 4 << 20;

/// Contestants that run at once: few enough that parsing stays faster than the sink.
const AT_A_TIME: usize = 3;

fn slow_sink() -> &'static Pipeline {
    let preset = Pipeline::presets().iter().find(|preset| preset.name == "slow-sink");
    &preset.unwrap().work
}

/// Executes the preset with so many laps; nothing takes part but the contestant.
fn record(selected: &Selected, laps: u64, server: &Server, shared: &Shared) -> Record {
    let expected = plan::work(&selected.case, laps);
    let what = What::Case(selected);
    let due = Due { what, laps, expected, sequence: 0, round: 1, twin: false, seed: 1 };
    let record = execute(due, server, shared, &Interrupt::default()).unwrap().unwrap().record;
    assert_eq!(record.status, ExecutionStatus::Ok, "{}: {}", record.id, record.reason);
    record
}

/// Eight times the items take no more memory, in every style; without a bound the
/// items that the sink has not reached would be 32 MiB more.
#[test]
fn a_slow_sink_holds_the_producer_back_and_memory_stays_flat() {
    let work = slow_sink();
    assert!(work.operations() * (MANY - 1) * work.item_bytes > 8 * FLAT_BYTES);
    let own = PathBuf::from(TRIATHLON);
    let server = Server::start(Path::new(TRIATHLON), &[]).unwrap();
    let (placement, limits) = (machine::placement(Share::Half), machine::limits().unwrap());
    let mut all = selection::all(&placement, limits);
    all.retain(|selected| selected.case.id.what() == "pipeline@slow-sink");
    assert!(all.len() >= 9 && all.iter().all(|selected| selected.case.absent.is_none()));
    let shared = Shared::new(Programs { own, guests: Vec::new() }, placement, limits);
    let (server, shared) = (&server, &shared);
    // Some at a time, because they do little but sleep.
    thread::scope(|scope| {
        for first in 0..AT_A_TIME {
            let mine = all.iter().skip(first).step_by(AT_A_TIME);
            scope.spawn(move || {
                for selected in mine {
                    let few = record(selected, 1, server, shared);
                    let many = record(selected, MANY, server, shared);
                    bounded(work, &few, &many);
                }
            });
        }
    });
}

fn bounded(work: &Pipeline, few: &Record, many: &Record) {
    let (id, high) = (&many.id, many.expected.queued_high);
    let queued = many.outcome.as_ref().unwrap().queued_peak;
    // Where there are channels the sink fills them all, so capacities are as asked for;
    // the others have no more on its way than they work at.
    let in_channels = 3 * work.capacity;
    let least = if high > in_channels { in_channels } else { 1 };
    assert!((least..=high).contains(&queued), "{id}: {queued} of {high}");
    let (few, many) = (few.window.as_ref().unwrap(), many.window.as_ref().unwrap());
    let sinks = work.sink * (work.operations() * MANY) as u32;
    assert!(Duration::from_nanos(many.elapsed_ns) >= sinks, "{id}: {} ns", many.elapsed_ns);
    let (few, many) = (few.peak_resident_bytes, many.peak_resident_bytes);
    assert!(many <= few + FLAT_BYTES, "{id}: {few} bytes for few items, {many} for many");
}

/// Does the whole work, but makes everything before anything goes on.
fn without_bound(work: &Pipeline) -> Outcome {
    let (source, mut sums, mut tally) = (work.source(), Sums::default(), Tally::default());
    let mut queue = VecDeque::new();
    for pipe in [work.warm_up(), work.clone()] {
        queue.extend(pipe.ids().map(|id| source.make(id, 0)));
    }
    let queued_peak = queue.len() as u64;
    for item in queue {
        tally.add(sums.fold(parse(item)).received);
    }
    tally.add_digest(sums.digest());
    Outcome { queued_peak, ..Outcome::closed(tally, 1) }
}

#[test]
fn a_queue_without_bound_is_caught_and_nothing_else_is_wrong_with_it() {
    let sink = Duration::ZERO;
    let work = Pipeline { items: 200, item_bytes: 64, capacity: 4, workers: 1, sink, laps: 2 };
    let (outcome, samples) = (without_bound(&work), work.operations());
    let expected = work.expects(work.in_flight());
    let fault = outcome::agree(&expected, 1, &outcome, samples, None).unwrap_err();
    assert_eq!(fault, "unequal work: queued at once: 401 instead of 1 to 16");
    let bounded = Outcome { queued_peak: 16, ..outcome };
    assert_eq!(outcome::agree(&expected, 1, &bounded, samples, None), Ok(()));
}
