//! `unblock` for every job, gathered from a `Vec`.
//!
//! Guide: the documentation of `unblock`; the pool keeps its own limit of 500
//! threads.
//! Deviates: the pool is meant for blocking I/O; smol has no other.

use std::sync::Arc;

use anyhow::Result;
use smol::unblock;
use triathlon_contract::cpu::Jobs;
use triathlon_contract::{Cpu, Outcome, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::runtime;

pub(crate) fn run(
    work: &Cpu,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let runtime = runtime::build(setting)?;
    let jobs = Arc::new(work.ready());
    let clock = lab.clock();
    let (first, lane) = (Arc::clone(&jobs), lab.lane(1));
    let warm_up = unblock(move || compute(&first, 0, clock, lane));
    let (_, mut tally) = runtime.block_on(warm_up);

    let lanes = lab.lanes(work.jobs * work.laps, 1);
    let gather = gather(work.jobs, jobs, clock, lanes);
    lab.open();
    let driver = runtime.executor.spawn(gather);
    let (lanes, part) = runtime.block_on(driver);
    lab.close(lanes);
    tally.merge(part);
    Ok(Outcome::closed(tally, runtime.workers()))
}

/// The driver: lap after lap, hands every job to the pool and joins them.
async fn gather(
    count: u64,
    jobs: Arc<Jobs>,
    clock: Clock,
    mut waiting: Vec<Lane>,
) -> (Vec<Lane>, Tally) {
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut tally = Tally::default();
    while !waiting.is_empty() {
        let mut tasks = Vec::new();
        for (job, lane) in (0..count).zip(waiting.drain(..count as usize)) {
            let jobs = Arc::clone(&jobs);
            let compute = move || compute(&jobs, job, clock, lane);
            tasks.push(unblock(compute));
        }
        for task in tasks {
            let (lane, part) = task.await;
            lanes.push(lane);
            tally.merge(part);
        }
    }
    (lanes, tally)
}

/// One call on a thread of the blocking pool.
fn compute(
    jobs: &Jobs,
    job: u64,
    clock: Clock,
    mut lane: Lane,
) -> (Lane, Tally) {
    let mut tally = Tally::default();
    let started_ns = clock.now_ns();
    tally.add(jobs.compute(job));
    lane.log(Sample::closed(started_ns, clock.now_ns()));
    (lane, tally)
}
