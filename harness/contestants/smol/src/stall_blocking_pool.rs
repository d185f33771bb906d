//! A task for every heart; `unblock` makes the calls of the others.
//!
//! Guide: the documentation of `unblock`; the pool keeps its own limit of 500
//! threads.

use std::sync::Arc;

use anyhow::Result;
use smol::{Executor, Timer, unblock};
use triathlon_contract::stall::{Call, Job, beat};
use triathlon_contract::{Outcome, Setting, Stall, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::runtime;

pub(crate) fn run(
    work: &Stall,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let runtime = runtime::build(setting)?;
    let workers = runtime::workers(setting);
    let clock = lab.clock();
    let beats = lab.lanes(work.hearts, work.beats());
    let calls = lab.lanes(work.blockers(workers), work.calls());
    let executor = Arc::clone(&runtime.executor);
    let job = Arc::new(work.job());
    let gather = gather(work.clone(), executor, job, clock, beats, calls);
    lab.open();
    let driver = runtime.executor.spawn(gather);
    let (beats, calls, tally) = runtime.block_on(driver);
    lab.close(beats);
    lab.beside(calls);
    Ok(Outcome::closed(tally, runtime.workers()))
}

/// The driver: spawns a task for every heart and every blocker and joins them.
async fn gather(
    work: Stall,
    executor: Arc<Executor<'static>>,
    job: Arc<Job>,
    clock: Clock,
    beats: Vec<Lane>,
    calls: Vec<Lane>,
) -> (Vec<Lane>, Vec<Lane>, Tally) {
    let opened_ns = clock.now_ns();
    let mut hearts = Vec::new();
    for ((heart, lane), due) in (0..).zip(beats).zip(work.schedule()) {
        let due = due.into_iter().map(move |offset| opened_ns + offset);
        hearts.push(executor.spawn(live(due, heart, clock, lane)));
    }
    let mut blockers = Vec::new();
    for (blocker, lane) in (0..).zip(calls) {
        let due = work.call_schedule().into_iter();
        let due = due.map(move |offset| opened_ns + offset);
        let block = block(due, blocker, Arc::clone(&job), clock, lane);
        blockers.push(executor.spawn(block));
    }
    let (mut beats, mut calls) = (Vec::new(), Vec::new());
    let mut tally = Tally::default();
    for heart in hearts {
        let (lane, part) = heart.await;
        beats.push(lane);
        tally.merge(part);
    }
    for blocker in blockers {
        let (lane, part) = blocker.await;
        calls.push(lane);
        tally.merge(part);
    }
    (beats, calls, tally)
}

/// One heart's life: no beat is left out, however late it comes.
async fn live(
    due: impl Iterator<Item = u64>,
    heart: u64,
    clock: Clock,
    mut lane: Lane,
) -> (Lane, Tally) {
    let mut tally = Tally::default();
    for (number, intended_ns) in (0..).zip(due) {
        if clock.now_ns() < intended_ns {
            Timer::at(clock.instant(intended_ns)).await;
        }
        let started_ns = clock.now_ns();
        tally.add(beat(heart, number));
        let done_ns = clock.now_ns();
        lane.log(Sample { intended_ns, started_ns, done_ns });
    }
    (lane, tally)
}

/// One blocker's life: the pool makes each call, its worker goes on.
async fn block(
    due: impl Iterator<Item = u64>,
    blocker: u64,
    job: Arc<Job>,
    clock: Clock,
    mut lane: Lane,
) -> (Lane, Tally) {
    let mut tally = Tally::default();
    for (number, intended_ns) in (0..).zip(due) {
        if clock.now_ns() < intended_ns {
            Timer::at(clock.instant(intended_ns)).await;
        }
        let call = Call { blocker, number };
        let started_ns = clock.now_ns();
        let job = Arc::clone(&job);
        let received = unblock(move || job.call(call)).await;
        tally.add(received);
        let done_ns = clock.now_ns();
        lane.log(Sample { intended_ns, started_ns, done_ns });
    }
    (lane, tally)
}
