//! A task for every task; the handles of a batch in a vector, awaited in
//! order.
//!
//! Guide: the documentation of `tokio::spawn`, whose example keeps handles in a
//! vector; from outside, `Runtime::spawn` and `Runtime::block_on` of tokio's
//! topic "Bridging with sync code".

use anyhow::Result;
use tokio::runtime::Runtime;
use triathlon_contract::spawn::{Origin, mark};
use triathlon_contract::{Outcome, Setting, Spawn, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::runtime;

pub(crate) fn run(
    work: &Spawn,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let runtime = runtime::build(setting)?;
    let clock = lab.clock();
    let mut tally = Tally::default();
    if let Some(warm_up) = work.warm_up() {
        let lane = lab.lane(warm_up.samples());
        tally.merge(drive(&runtime, warm_up, clock, lane)?.1);
    }

    let lane = lab.lane(work.samples());
    lab.open();
    let (lane, part) = drive(&runtime, work.clone(), clock, lane)?;
    lab.close([lane]);
    tally.merge(part);
    Ok(Outcome::closed(tally, runtime.metrics().num_workers() as u64))
}

/// Starts and joins from a task like theirs, or from this thread.
fn drive(
    runtime: &Runtime,
    work: Spawn,
    clock: Clock,
    lane: Lane,
) -> Result<(Lane, Tally)> {
    match work.origin {
        Origin::Worker => {
            let driver = runtime.spawn(start_all(work, clock, lane));
            runtime.block_on(driver)?
        }
        Origin::Outside => start_outside(runtime, &work, clock, lane),
    }
}

/// The driver: batch after batch.
async fn start_all(
    work: Spawn,
    clock: Clock,
    mut lane: Lane,
) -> Result<(Lane, Tally)> {
    let mut tally = Tally::default();
    let mut tasks = Vec::with_capacity(work.batch as usize);
    let mut started_ns = clock.now_ns();
    for batch in work.batches() {
        for index in batch {
            tasks.push(tokio::spawn(async move { mark(index) }));
        }
        for task in tasks.drain(..) {
            tally.add(task.await?);
        }
        let done_ns = clock.now_ns();
        lane.log(Sample::closed(started_ns, done_ns));
        started_ns = done_ns;
    }
    Ok((lane, tally))
}

/// The same from a thread that is no worker.
fn start_outside(
    runtime: &Runtime,
    work: &Spawn,
    clock: Clock,
    mut lane: Lane,
) -> Result<(Lane, Tally)> {
    let mut tally = Tally::default();
    let mut tasks = Vec::with_capacity(work.batch as usize);
    let mut started_ns = clock.now_ns();
    for batch in work.batches() {
        for index in batch {
            tasks.push(runtime.spawn(async move { mark(index) }));
        }
        runtime.block_on(async {
            for task in tasks.drain(..) {
                tally.add(task.await?);
            }
            anyhow::Ok(())
        })?;
        let done_ns = clock.now_ns();
        lane.log(Sample::closed(started_ns, done_ns));
        started_ns = done_ns;
    }
    Ok((lane, tally))
}
