//! A task for every task; the handles of a batch in a vector, awaited in
//! order.
//!
//! Guide: async-std's book, "Tasks"; handles in a vector, awaited in turn, as
//! in its "Clean Shutdown".

use anyhow::Result;
use async_std::task;
use triathlon_contract::spawn::{Origin, mark};
use triathlon_contract::{Outcome, Setting, Spawn, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::runtime;

pub(crate) fn run(
    work: &Spawn,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    runtime::start(setting.workers);
    let clock = lab.clock();
    let mut tally = Tally::default();
    if let Some(warm_up) = work.warm_up() {
        let lane = lab.lane(warm_up.samples());
        tally.merge(drive(warm_up, clock, lane).1);
    }

    let lane = lab.lane(work.samples());
    lab.open();
    let (lane, part) = drive(work.clone(), clock, lane);
    lab.close([lane]);
    tally.merge(part);
    Ok(Outcome::closed(tally, runtime::workers()?))
}

/// Starts and joins from a task like theirs, or from this thread.
fn drive(work: Spawn, clock: Clock, lane: Lane) -> (Lane, Tally) {
    match work.origin {
        Origin::Worker => {
            runtime::block_on(task::spawn(start_all(work, clock, lane)))
        }
        Origin::Outside => start_outside(&work, clock, lane),
    }
}

/// The driver: batch after batch.
async fn start_all(work: Spawn, clock: Clock, mut lane: Lane) -> (Lane, Tally) {
    let mut tally = Tally::default();
    let mut tasks = Vec::with_capacity(work.batch as usize);
    let mut started_ns = clock.now_ns();
    for batch in work.batches() {
        for index in batch {
            tasks.push(task::spawn(async move { mark(index) }));
        }
        for task in tasks.drain(..) {
            tally.add(task.await);
        }
        let done_ns = clock.now_ns();
        lane.log(Sample::closed(started_ns, done_ns));
        started_ns = done_ns;
    }
    (lane, tally)
}

/// The same from a thread that is no worker.
fn start_outside(work: &Spawn, clock: Clock, mut lane: Lane) -> (Lane, Tally) {
    let mut tally = Tally::default();
    let mut tasks = Vec::with_capacity(work.batch as usize);
    let mut started_ns = clock.now_ns();
    for batch in work.batches() {
        for index in batch {
            tasks.push(task::spawn(async move { mark(index) }));
        }
        runtime::block_on(async {
            for task in tasks.drain(..) {
                tally.add(task.await);
            }
        });
        let done_ns = clock.now_ns();
        lane.log(Sample::closed(started_ns, done_ns));
        started_ns = done_ns;
    }
    (lane, tally)
}
