//! A scoped thread for every worker of a stage and a `sync_channel` between two
//! stages; who finds it full or empty blocks.
//!
//! A stage ends when all senders to it are gone: so the end of the items runs
//! through the pipe, and an error runs back, where a receiver is gone.
//!
//! Guide: the documentation of `std::sync::mpsc::sync_channel`; the Rust book,
//! "Sending Requests to Threads via Channels", for workers that share a
//! receiver.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, Scope, ScopedJoinHandle};

use anyhow::{Context, Result, anyhow};
use triathlon_contract::pipeline::{
    Backlog, Item, Parsed, Row, Source, Sums, parse,
};
use triathlon_contract::{Outcome, Pipeline, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::inlet::Inlet;

pub(crate) fn run(
    work: &Pipeline,
    _setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let source = work.source();
    let clock = lab.clock();
    let warm_up = flow(&work.warm_up(), &source, clock, lab.lane(1));
    let (_, mut tally, ..) = warm_up?;

    let lane = lab.lane(work.items * work.laps);
    lab.open();
    let (lane, part, queued_peak, workers) = flow(work, &source, clock, lane)?;
    lab.close([lane]);
    tally.merge(part);
    Ok(Outcome { queued_peak, ..Outcome::closed(tally, workers) })
}

/// Starts the threads of all stages and joins them.
fn flow(
    work: &Pipeline,
    source: &Source,
    clock: Clock,
    lane: Lane,
) -> Result<(Lane, Tally, u64, u64)> {
    let capacity = work.capacity as usize;
    let (items, to_parse) = sync_channel(capacity);
    let (parsed, to_fold) = sync_channel(capacity);
    let (rows, to_take) = sync_channel(capacity);
    let to_parse = Inlet::split(to_parse, work.workers);
    let to_fold = Inlet::split(to_fold, work.workers);
    let backlog = &Backlog::default();
    thread::scope(|scope| {
        let produce = move || produce(work, source, clock, &items, backlog);
        let producer = start(scope, produce)?;
        let mut parsers = Vec::new();
        for inlet in to_parse {
            let parsed = parsed.clone();
            parsers.push(start(scope, move || parse_all(&inlet, &parsed))?);
        }
        let mut folders = Vec::new();
        for inlet in to_fold {
            let rows = rows.clone();
            folders.push(start(scope, move || fold_all(&inlet, &rows))?);
        }
        drop((parsed, rows));
        let take = move || take_all(work, to_take, clock, lane, backlog);
        let sink = start(scope, take)?;

        let workers = 2 + (parsers.len() + folders.len()) as u64;
        let queued_peak = join(producer)??;
        for parser in parsers {
            join(parser)??;
        }
        let mut digests = Vec::new();
        for folder in folders {
            digests.push(join(folder)??);
        }
        let (lane, mut tally) = join(sink)?;
        digests.into_iter().for_each(|digest| tally.add_digest(digest));
        Ok((lane, tally, queued_peak, workers))
    })
}

/// The producer's life; the most that was on its way at once.
fn produce(
    work: &Pipeline,
    source: &Source,
    clock: Clock,
    items: &SyncSender<Item>,
    backlog: &Backlog,
) -> Result<u64> {
    let (mut made, mut queued_peak) = (0, 0);
    for id in work.ids() {
        let item = source.make(id, clock.now_ns());
        items.send(item).context("parse is gone")?;
        made += 1;
        queued_peak = queued_peak.max(backlog.of(made));
    }
    Ok(queued_peak)
}

/// The life of a worker in parse.
fn parse_all(items: &Inlet<Item>, parsed: &SyncSender<Parsed>) -> Result<()> {
    while let Some(item) = items.recv() {
        parsed.send(parse(item)).context("aggregate is gone")?;
    }
    Ok(())
}

/// The life of a worker in aggregate; what it has summed.
fn fold_all(parsed: &Inlet<Parsed>, rows: &SyncSender<Row>) -> Result<u64> {
    let mut sums = Sums::default();
    while let Some(parsed) = parsed.recv() {
        rows.send(sums.fold(parsed)).context("the sink is gone")?;
    }
    Ok(sums.digest())
}

/// The sink's life.
fn take_all(
    work: &Pipeline,
    rows: Receiver<Row>,
    clock: Clock,
    mut lane: Lane,
    backlog: &Backlog,
) -> (Lane, Tally) {
    let mut tally = Tally::default();
    for row in rows {
        if !work.sink.is_zero() {
            thread::sleep(work.sink);
        }
        lane.log(Sample::closed(row.started_ns, clock.now_ns()));
        tally.add(row.received);
        backlog.take();
    }
    (lane, tally)
}

fn start<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    life: impl FnOnce() -> T + Send + 'scope,
) -> Result<ScopedJoinHandle<'scope, T>> {
    thread::Builder::new().spawn_scoped(scope, life).context("spawn")
}

fn join<T>(thread: ScopedJoinHandle<'_, T>) -> Result<T> {
    thread.join().map_err(|_| anyhow!("panic"))
}
