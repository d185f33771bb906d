//! A task for every job, on the workers, gathered from a `Vec`.
//!
//! Guide: smol-macros' example `thread_executor_arc`: a `Vec` of tasks, awaited
//! one after the other.

use std::sync::Arc;

use anyhow::Result;
use smol::Executor;
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
    let warm_up = compute(Arc::clone(&jobs), 0, clock, lab.lane(1));
    let (_, mut tally) = runtime.block_on(runtime.executor.spawn(warm_up));

    let lanes = lab.lanes(work.jobs * work.laps, 1);
    let executor = Arc::clone(&runtime.executor);
    let gather = gather(executor, work.jobs, jobs, clock, lanes);
    lab.open();
    let driver = runtime.executor.spawn(gather);
    let (lanes, part) = runtime.block_on(driver);
    lab.close(lanes);
    tally.merge(part);
    Ok(Outcome::closed(tally, runtime.workers()))
}

/// The driver: lap after lap, spawns a task for every job and joins them.
async fn gather(
    executor: Arc<Executor<'static>>,
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
            let compute = compute(Arc::clone(&jobs), job, clock, lane);
            tasks.push(executor.spawn(compute));
        }
        for task in tasks {
            let (lane, part) = task.await;
            lanes.push(lane);
            tally.merge(part);
        }
    }
    (lanes, tally)
}

/// One task's life.
async fn compute(
    jobs: Arc<Jobs>,
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
