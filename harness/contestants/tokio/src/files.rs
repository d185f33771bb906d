//! A task for every lane, gathered in a `JoinSet`; it awaits `tokio::fs`.
//!
//! Guide: tokio's tutorial, "Spawning", and the documentation of `tokio::fs`;
//! `fs.rs` has the calls and what happens inside.

use std::sync::Arc;

use anyhow::Result;
use tokio::task::JoinSet;
use triathlon_contract::files::{Ready, Share};
use triathlon_contract::{Files, Outcome, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::fs::Fs;
use crate::runtime;

pub(crate) fn run(
    work: &Files,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let runtime = runtime::build(setting)?;
    let ready = Arc::new(work.ready(setting)?);
    let open = open(work.clone(), Arc::clone(&ready));
    let (opened, mut tally) = runtime.block_on(runtime.spawn(open))??;

    let clock = lab.clock();
    let lanes = lab.lanes(work.in_flight, work.quota());
    let gather = gather(ready, opened, clock, lanes);
    lab.open();
    let driver = runtime.spawn(gather);
    let (lanes, part) = runtime.block_on(driver)??;
    lab.close(lanes);
    tally.merge(part);
    Ok(Outcome::closed(tally, runtime.metrics().num_workers() as u64))
}

/// The driver: spawns a task for every lane and joins them.
async fn gather(
    ready: Arc<Ready>,
    opened: Vec<Fs>,
    clock: Clock,
    waiting: Vec<Lane>,
) -> Result<(Vec<Lane>, Tally)> {
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut tally = Tally::default();
    let mut tasks = JoinSet::new();
    let turns = opened.into_iter().zip(waiting);
    for (number, (fs, lane)) in (0..).zip(turns) {
        let repeat = repeat(ready.share(number), fs, clock, lane);
        tasks.spawn(repeat);
    }
    while let Some(done) = tasks.join_next().await {
        let (lane, part) = done??;
        lanes.push(lane);
        tally.merge(part);
    }
    Ok((lanes, tally))
}

/// One task's life.
async fn repeat(
    share: Share,
    mut fs: Fs,
    clock: Clock,
    mut lane: Lane,
) -> Result<(Lane, Tally)> {
    let mut tally = Tally::default();
    for operation in share {
        let started_ns = clock.now_ns();
        let done = fs.operate(operation).await?;
        lane.log(Sample::closed(started_ns, clock.now_ns()));
        tally.add(done);
    }
    Ok((lane, tally))
}

async fn open(work: Files, ready: Arc<Ready>) -> Result<(Vec<Fs>, Tally)> {
    let mut opened = Vec::new();
    for _ in 0..work.in_flight {
        opened.push(Fs::open(&ready).await?);
    }
    let mut tally = Tally::default();
    tally.add(opened[0].operate(ready.warm_up()).await?);
    Ok((opened, tally))
}
