//! A sequential producer, bridged into parallel work: whoever is free pulls one
//! item and takes it through all further stages.
//!
//! No channels and no stages of their own: what waited for room in a channel
//! would keep a thread of the pool from making that room, on one thread for
//! ever (rayon's issue 835). So whatever is begun is also worked at, nothing
//! queues, and neither `capacity` nor `workers` changes anything. The one sink
//! lies behind a mutex; who arrives while another is there waits.
//!
//! Guide: the documentation of `ParallelBridge`, for "iterators that are
//! difficult to parallelize by other means, like channels"; `fold` and `reduce`
//! of `ParallelIterator` for a sum in each worker.

use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::Result;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use triathlon_contract::pipeline::{Backlog, Row, Source, Sums, parse};
use triathlon_contract::{Outcome, Pipeline, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

/// What the one sink writes to.
struct Sink {
    lane: Lane,
    tally: Tally,
}

pub(crate) fn run(
    work: &Pipeline,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let workers =
        ThreadPoolBuilder::new().num_threads(setting.workers).build()?;
    let source = work.source();
    let clock = lab.clock();
    let (warm_up, lane) = (work.warm_up(), lab.lane(1));
    let warm_up = workers.install(|| flow(&warm_up, &source, clock, lane));
    let (_, mut tally, _) = warm_up;

    let lane = lab.lane(work.items * work.laps);
    lab.open();
    let (lane, part, queued_peak) =
        workers.install(|| flow(work, &source, clock, lane));
    lab.close([lane]);
    tally.merge(part);
    let count = workers.current_num_threads() as u64;
    Ok(Outcome { queued_peak, ..Outcome::closed(tally, count) })
}

/// Runs in the pool. Who pulls holds the bridge's own lock, so items are made
/// one after the other.
fn flow(
    work: &Pipeline,
    source: &Source,
    clock: Clock,
    lane: Lane,
) -> (Lane, Tally, u64) {
    let sink = Mutex::new(Sink { lane, tally: Tally::default() });
    let backlog = Backlog::default();
    let (mut made, mut queued_peak) = (0, 0);
    let items = work.ids().map(|id| {
        let item = source.make(id, clock.now_ns());
        made += 1;
        queued_peak = queued_peak.max(backlog.of(made));
        item
    });
    let digest = items
        .par_bridge()
        .map(parse)
        .fold(Sums::default, |mut sums, parsed| {
            take(work, sums.fold(parsed), clock, &sink, &backlog);
            sums
        })
        .map(Sums::digest)
        .reduce(|| 0, u64::wrapping_add);
    let Sink { lane, mut tally } =
        sink.into_inner().unwrap_or_else(PoisonError::into_inner);
    tally.add_digest(digest);
    (lane, tally, queued_peak)
}

/// The sink, for whoever arrives; the others wait.
fn take(
    work: &Pipeline,
    row: Row,
    clock: Clock,
    sink: &Mutex<Sink>,
    backlog: &Backlog,
) {
    let mut sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
    if !work.sink.is_zero() {
        thread::sleep(work.sink);
    }
    sink.lane.log(Sample::closed(row.started_ns, clock.now_ns()));
    sink.tally.add(row.received);
    backlog.take();
}
