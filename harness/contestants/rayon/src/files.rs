//! A parallel iterator over the lanes, on a pool of as many threads as CPUs: a
//! thread does all operations of one lane, then those of another.
//!
//! Guide: rayon's "Parallel Iterators" and the documentation of
//! `std::fs::read`; `direct.rs` has the calls.
//! Deviates: the documentation of `join` warns of jobs that wait, because
//! nobody uses their CPU meanwhile; what is not in the cache, and `fsync`,
//! wait.

use std::sync::Arc;

use anyhow::Result;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use triathlon_contract::files::{Ready, Share};
use triathlon_contract::{Files, Outcome, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::direct::Direct;

pub(crate) fn run(
    work: &Files,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let workers =
        ThreadPoolBuilder::new().num_threads(setting.workers).build()?;
    let ready = Arc::new(work.ready(setting)?);
    let (opened, mut tally) = workers.install(|| open(work, &ready))?;

    let clock = lab.clock();
    let lanes = lab.lanes(work.in_flight, work.quota());
    lab.open();
    let (lanes, part) =
        workers.install(|| gather(&ready, opened, clock, lanes))?;
    lab.close(lanes);
    tally.merge(part);
    Ok(Outcome::closed(tally, workers.current_num_threads() as u64))
}

/// Runs in the pool: one parallel iterator over all lanes.
fn gather(
    ready: &Ready,
    opened: Vec<Direct>,
    clock: Clock,
    waiting: Vec<Lane>,
) -> Result<(Vec<Lane>, Tally)> {
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut tally = Tally::default();
    let done: Vec<_> = opened
        .into_par_iter()
        .zip(waiting)
        .enumerate()
        // One lane a job, so that who is idle can take any.
        .with_max_len(1)
        .map(|(number, (direct, lane))| {
            repeat(ready.share(number as u64), direct, clock, lane)
        })
        .collect::<Result<_>>()?;
    for (lane, part) in done {
        lanes.push(lane);
        tally.merge(part);
    }
    Ok((lanes, tally))
}

/// The whole share of one lane.
fn repeat(
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
