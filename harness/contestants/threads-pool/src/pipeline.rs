//! Every worker of a stage is a job of the pool that lives as long as the pipe,
//! and a `sync_channel` lies between two stages; who finds it full or empty
//! blocks.
//!
//! As in `threads-per-op`, except that the threads are there before the window.
//! The pool must have a thread for every one of these jobs: with one less, a
//! stage would wait for the end of another that waits for it.
//!
//! A stage ends when all senders to it are gone: so the end of the items runs
//! through the pipe, and an error runs back, where a receiver is gone.
//!
//! Guide: the Rust book, "Turning our single-threaded server into a
//! multithreaded server", for the pool and for workers that share a receiver;
//! the documentation of `std::sync::mpsc::sync_channel`.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender, sync_channel};
use std::thread;

use anyhow::{Context, Result};
use triathlon_contract::pipeline::{
    Backlog, Item, Parsed, Row, Source, Sums, parse,
};
use triathlon_contract::{Outcome, Pipeline, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::inlet::Inlet;
use crate::workers::{Queue, Workers};

/// A job as in the book.
type Job = Box<dyn FnOnce() + Send>;

/// What a job says when it ends.
enum Done {
    /// The most that was on its way at once.
    Produced(u64),
    Parsed,
    /// What a worker has summed.
    Folded(u64),
    Taken(Lane, Tally),
}

pub(crate) fn run(
    work: &Pipeline,
    _setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let source = Arc::new(work.source());
    let clock = lab.clock();
    let (jobs, queue) = Queue::new();
    let workers = Workers::start((0..work.hands()).map(|_| {
        let queue = queue.clone();
        move || serve(&queue)
    }))?;
    drop(queue);
    let warm_up = work.warm_up();
    let warm_up = flow(&warm_up, &source, clock, lab.lane(1), &jobs);
    let (_, mut tally, _) = warm_up?;

    let lane = lab.lane(work.items * work.laps);
    lab.open();
    let (lane, part, queued_peak) = flow(work, &source, clock, lane, &jobs)?;
    lab.close([lane]);
    tally.merge(part);
    let count = workers.count();
    drop(jobs);
    workers.join()?;
    Ok(Outcome { queued_peak, ..Outcome::closed(tally, count) })
}

/// One pool thread's life: does every job that comes out of the queue.
fn serve(queue: &Queue<Job>) {
    while let Some(job) = queue.next() {
        job();
    }
}

/// Hands out the jobs of all stages and waits for their ends.
fn flow(
    work: &Pipeline,
    source: &Arc<Source>,
    clock: Clock,
    lane: Lane,
    jobs: &Sender<Job>,
) -> Result<(Lane, Tally, u64)> {
    let capacity = work.capacity as usize;
    let (items, to_parse) = sync_channel(capacity);
    let (parsed, to_fold) = sync_channel(capacity);
    let (rows, to_take) = sync_channel(capacity);
    let backlog = Arc::new(Backlog::default());
    let (results, done) = mpsc::channel();

    let (pipe, source) = (work.clone(), Arc::clone(source));
    let ahead = Arc::clone(&backlog);
    let produce = move || produce(&pipe, &source, clock, &items, &ahead);
    post(jobs, &results, produce)?;
    for inlet in Inlet::split(to_parse, work.workers) {
        let parsed = parsed.clone();
        post(jobs, &results, move || parse_all(&inlet, &parsed))?;
    }
    for inlet in Inlet::split(to_fold, work.workers) {
        let rows = rows.clone();
        post(jobs, &results, move || fold_all(&inlet, &rows))?;
    }
    let pipe = work.clone();
    let take = move || take_all(&pipe, to_take, clock, lane, &backlog);
    post(jobs, &results, take)?;
    drop((parsed, rows, results));

    let (mut sink, mut digest, mut queued_peak) = (None, 0u64, 0);
    for end in done {
        match end? {
            Done::Produced(peak) => queued_peak = peak,
            Done::Parsed => {}
            Done::Folded(part) => digest = digest.wrapping_add(part),
            Done::Taken(lane, tally) => sink = Some((lane, tally)),
        }
    }
    let (lane, mut tally) = sink.context("the pool is gone")?;
    tally.add_digest(digest);
    Ok((lane, tally, queued_peak))
}

/// Hands one job to the pool.
fn post(
    jobs: &Sender<Job>,
    results: &Sender<Result<Done>>,
    life: impl FnOnce() -> Result<Done> + Send + 'static,
) -> Result<()> {
    let results = results.clone();
    let job = move || {
        // Nobody receives it if an error came first.
        results.send(life()).ok();
    };
    jobs.send(Box::new(job)).ok().context("the pool is gone")
}

/// The producer's life.
fn produce(
    work: &Pipeline,
    source: &Source,
    clock: Clock,
    items: &SyncSender<Item>,
    backlog: &Backlog,
) -> Result<Done> {
    let (mut made, mut queued_peak) = (0, 0);
    for id in work.ids() {
        let item = source.make(id, clock.now_ns());
        items.send(item).context("parse is gone")?;
        made += 1;
        queued_peak = queued_peak.max(backlog.of(made));
    }
    Ok(Done::Produced(queued_peak))
}

/// The life of a worker in parse.
fn parse_all(items: &Inlet<Item>, parsed: &SyncSender<Parsed>) -> Result<Done> {
    while let Some(item) = items.recv() {
        parsed.send(parse(item)).context("aggregate is gone")?;
    }
    Ok(Done::Parsed)
}

/// The life of a worker in aggregate.
fn fold_all(parsed: &Inlet<Parsed>, rows: &SyncSender<Row>) -> Result<Done> {
    let mut sums = Sums::default();
    while let Some(parsed) = parsed.recv() {
        rows.send(sums.fold(parsed)).context("the sink is gone")?;
    }
    Ok(Done::Folded(sums.digest()))
}

/// The sink's life.
fn take_all(
    work: &Pipeline,
    rows: Receiver<Row>,
    clock: Clock,
    mut lane: Lane,
    backlog: &Backlog,
) -> Result<Done> {
    let mut tally = Tally::default();
    for row in rows {
        if !work.sink.is_zero() {
            thread::sleep(work.sink);
        }
        lane.log(Sample::closed(row.started_ns, clock.now_ns()));
        tally.add(row.received);
        backlog.take();
    }
    Ok(Done::Taken(lane, tally))
}
