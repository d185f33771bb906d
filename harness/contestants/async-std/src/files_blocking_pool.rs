//! A task for every lane; each operation is one call of `spawn_blocking`.
//!
//! Guide: async-std's book, "Tasks", and the documentation of `spawn_blocking`;
//! the pool keeps its own limit of 500 threads. `direct.rs` has the calls that
//! block, all of an operation in one hop.

use std::sync::Arc;

use anyhow::Result;
use async_std::task;
use triathlon_contract::files::{Ready, Share};
use triathlon_contract::{Files, Outcome, Received, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::direct::Direct;
use crate::runtime;

pub(crate) fn run(
    work: &Files,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    runtime::start(setting.workers);
    let ready = Arc::new(work.ready(setting)?);
    let open = open(work.clone(), Arc::clone(&ready));
    let (opened, mut tally) = runtime::block_on(task::spawn(open))?;

    let clock = lab.clock();
    let lanes = lab.lanes(work.in_flight, work.quota());
    let gather = gather(ready, opened, clock, lanes);
    lab.open();
    let driver = task::spawn(gather);
    let (lanes, part) = runtime::block_on(driver)?;
    lab.close(lanes);
    tally.merge(part);
    Ok(Outcome::closed(tally, runtime::workers()?))
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
    let mut tasks = Vec::new();
    let turns = opened.into_iter().zip(waiting);
    for (number, (direct, lane)) in (0..).zip(turns) {
        let repeat = repeat(ready.share(number), direct, clock, lane);
        tasks.push(task::spawn(repeat));
    }
    for task in tasks {
        let (lane, part) = task.await?;
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
        let (back, done) = operate(direct, operation).await?;
        direct = back;
        lane.log(Sample::closed(started_ns, clock.now_ns()));
        tally.add(done);
    }
    Ok((lane, tally))
}

/// One operation on a thread of the pool, to which the lane's files go with it.
async fn operate(
    mut direct: Direct,
    operation: u64,
) -> Result<(Direct, Received)> {
    let (direct, done) = task::spawn_blocking(move || {
        let done = direct.operate(operation);
        (direct, done)
    })
    .await;
    Ok((direct, done?))
}

async fn open(work: Files, ready: Arc<Ready>) -> Result<(Vec<Direct>, Tally)> {
    let first = Direct::open(&ready)?;
    let (first, done) = operate(first, ready.warm_up()).await?;
    let mut tally = Tally::default();
    tally.add(done);
    let mut opened = vec![first];
    for _ in 1..work.in_flight {
        opened.push(Direct::open(&ready)?);
    }
    Ok((opened, tally))
}
