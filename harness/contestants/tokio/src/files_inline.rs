//! A task for every lane; it reads and writes where it awaits nothing.
//!
//! Guide: tokio's tutorial, "Spawning"; `direct.rs` has the calls.
//! Deviates: all guides send what blocks to other threads, as `tokio::fs` does.
//! A task here holds its worker to the end; what that saves is the question.

use std::sync::Arc;

use anyhow::Result;
use tokio::task::JoinSet;
use triathlon_contract::files::{Ready, Share};
use triathlon_contract::{Files, Outcome, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::direct::Direct;
use crate::runtime;

pub(crate) fn run(
    work: &Files,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let runtime = runtime::build(setting)?;
    let ready = Arc::new(work.ready(setting)?);
    let (opened, mut tally) = open(work, &ready)?;

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
    opened: Vec<Direct>,
    clock: Clock,
    waiting: Vec<Lane>,
) -> Result<(Vec<Lane>, Tally)> {
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut tally = Tally::default();
    let mut tasks = JoinSet::new();
    let turns = opened.into_iter().zip(waiting);
    for (number, (direct, lane)) in (0..).zip(turns) {
        let repeat = repeat(ready.share(number), direct, clock, lane);
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
    mut direct: Direct,
    clock: Clock,
    mut lane: Lane,
) -> Result<(Lane, Tally)> {
    let mut tally = Tally::default();
    for operation in share {
        let started_ns = clock.now_ns();
        let done = direct.operate(operation)?;
        lane.log(Sample::closed(started_ns, clock.now_ns()));
        tally.add(done);
    }
    Ok((lane, tally))
}

fn open(work: &Files, ready: &Arc<Ready>) -> Result<(Vec<Direct>, Tally)> {
    let mut opened = Vec::new();
    for _ in 0..work.in_flight {
        opened.push(Direct::open(ready)?);
    }
    let mut tally = Tally::default();
    tally.add(opened[0].operate(ready.warm_up())?);
    Ok((opened, tally))
}
