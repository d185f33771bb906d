//! A task for every heart; the others make their calls in `block_in_place`.
//!
//! Guide: the documentation of `block_in_place`: the thread stays with the call
//! and hands everything else of its worker to a thread of the blocking pool.

use std::sync::Arc;

use anyhow::Result;
use tokio::task::{JoinSet, block_in_place};
use tokio::time::sleep_until;
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
    let job = Arc::new(work.job());
    let gather = gather(work.clone(), job, clock, beats, calls);
    lab.open();
    let driver = runtime.spawn(gather);
    let (beats, calls, tally) = runtime.block_on(driver)??;
    lab.close(beats);
    lab.beside(calls);
    Ok(Outcome::closed(tally, runtime.metrics().num_workers() as u64))
}

/// The driver: spawns a task for every heart and every blocker and joins them.
async fn gather(
    work: Stall,
    job: Arc<Job>,
    clock: Clock,
    beats: Vec<Lane>,
    calls: Vec<Lane>,
) -> Result<(Vec<Lane>, Vec<Lane>, Tally)> {
    let opened_ns = clock.now_ns();
    let mut hearts = JoinSet::new();
    for ((heart, lane), due) in (0..).zip(beats).zip(work.schedule()) {
        let due = due.into_iter().map(move |offset| opened_ns + offset);
        hearts.spawn(live(due, heart, clock, lane));
    }
    let mut blockers = JoinSet::new();
    for (blocker, lane) in (0..).zip(calls) {
        let due = work.call_schedule().into_iter();
        let due = due.map(move |offset| opened_ns + offset);
        blockers.spawn(block(due, blocker, Arc::clone(&job), clock, lane));
    }
    let (mut beats, mut calls) = (Vec::new(), Vec::new());
    let mut tally = Tally::default();
    while let Some(done) = hearts.join_next().await {
        let (lane, part) = done?;
        beats.push(lane);
        tally.merge(part);
    }
    while let Some(done) = blockers.join_next().await {
        let (lane, part) = done?;
        calls.push(lane);
        tally.merge(part);
    }
    Ok((beats, calls, tally))
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
            sleep_until(clock.instant(intended_ns).into()).await;
        }
        let started_ns = clock.now_ns();
        tally.add(beat(heart, number));
        let done_ns = clock.now_ns();
        lane.log(Sample { intended_ns, started_ns, done_ns });
    }
    (lane, tally)
}

/// One blocker's life: another thread becomes the worker during each call.
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
            sleep_until(clock.instant(intended_ns).into()).await;
        }
        let call = Call { blocker, number };
        let started_ns = clock.now_ns();
        let received = block_in_place(|| job.call(call));
        tally.add(received);
        let done_ns = clock.now_ns();
        lane.log(Sample { intended_ns, started_ns, done_ns });
    }
    (lane, tally)
}
