//! A task for every worker of a stage and a bounded `mpsc` channel between two
//! stages; who finds it full or empty awaits.
//!
//! A stage ends when all senders to it are gone: so the end of the items runs
//! through the pipe, and an error runs back, where a receiver is gone.
//!
//! Guide: tokio's tutorial, "Channels", with "Backpressure and bounded
//! channels".
//! Deviates: where several workers receive, the tutorial points to the crate
//! `async-channel`, which is smol's; here they share tokio's own receiver
//! behind tokio's mutex.

use std::sync::Arc;

use anyhow::{Context, Result};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::time::sleep;
use triathlon_contract::pipeline::{
    Backlog, Item, Parsed, Row, Source, Sums, parse,
};
use triathlon_contract::{Outcome, Pipeline, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::inlet::Inlet;
use crate::runtime;

pub(crate) fn run(
    work: &Pipeline,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let runtime = runtime::build(setting)?;
    let source = Arc::new(work.source());
    let clock = lab.clock();
    let warm_up = flow(work.warm_up(), Arc::clone(&source), clock, lab.lane(1));
    let (_, mut tally, _) = runtime.block_on(runtime.spawn(warm_up))??;

    let lane = lab.lane(work.items * work.laps);
    let flow = flow(work.clone(), source, clock, lane);
    lab.open();
    let driver = runtime.spawn(flow);
    let (lane, part, queued_peak) = runtime.block_on(driver)??;
    lab.close([lane]);
    tally.merge(part);
    let workers = runtime.metrics().num_workers() as u64;
    Ok(Outcome { queued_peak, ..Outcome::closed(tally, workers) })
}

/// The driver: spawns the tasks of all stages and joins them.
async fn flow(
    work: Pipeline,
    source: Arc<Source>,
    clock: Clock,
    lane: Lane,
) -> Result<(Lane, Tally, u64)> {
    let capacity = work.capacity as usize;
    let (items, to_parse) = mpsc::channel(capacity);
    let (parsed, to_fold) = mpsc::channel(capacity);
    let (rows, to_take) = mpsc::channel(capacity);
    let backlog = Arc::new(Backlog::default());

    let ahead = Arc::clone(&backlog);
    let produce = produce(work.clone(), source, clock, items, ahead);
    let producer = tokio::spawn(produce);
    let mut parsers = Vec::new();
    for inlet in Inlet::split(to_parse, work.workers) {
        parsers.push(tokio::spawn(parse_all(inlet, parsed.clone())));
    }
    let mut folders = Vec::new();
    for inlet in Inlet::split(to_fold, work.workers) {
        folders.push(tokio::spawn(fold_all(inlet, rows.clone())));
    }
    drop((parsed, rows));
    let sink = tokio::spawn(take_all(work, to_take, clock, lane, backlog));

    let queued_peak = producer.await??;
    for parser in parsers {
        parser.await??;
    }
    let mut digests = Vec::new();
    for folder in folders {
        digests.push(folder.await??);
    }
    let (lane, mut tally) = sink.await?;
    digests.into_iter().for_each(|digest| tally.add_digest(digest));
    Ok((lane, tally, queued_peak))
}

/// The producer's life; the most that was on its way at once.
async fn produce(
    work: Pipeline,
    source: Arc<Source>,
    clock: Clock,
    items: Sender<Item>,
    backlog: Arc<Backlog>,
) -> Result<u64> {
    let (mut made, mut queued_peak) = (0, 0);
    for id in work.ids() {
        let item = source.make(id, clock.now_ns());
        items.send(item).await.context("parse is gone")?;
        made += 1;
        queued_peak = queued_peak.max(backlog.of(made));
    }
    Ok(queued_peak)
}

/// The life of a worker in parse.
async fn parse_all(
    mut items: Inlet<Item>,
    parsed: Sender<Parsed>,
) -> Result<()> {
    while let Some(item) = items.recv().await {
        parsed.send(parse(item)).await.context("aggregate is gone")?;
    }
    Ok(())
}

/// The life of a worker in aggregate; what it has summed.
async fn fold_all(mut parsed: Inlet<Parsed>, rows: Sender<Row>) -> Result<u64> {
    let mut sums = Sums::default();
    while let Some(parsed) = parsed.recv().await {
        rows.send(sums.fold(parsed)).await.context("the sink is gone")?;
    }
    Ok(sums.digest())
}

/// The sink's life.
async fn take_all(
    work: Pipeline,
    mut rows: Receiver<Row>,
    clock: Clock,
    mut lane: Lane,
    backlog: Arc<Backlog>,
) -> (Lane, Tally) {
    let mut tally = Tally::default();
    while let Some(row) = rows.recv().await {
        if !work.sink.is_zero() {
            sleep(work.sink).await;
        }
        lane.log(Sample::closed(row.started_ns, clock.now_ns()));
        tally.add(row.received);
        backlog.take();
    }
    (lane, tally)
}
