//! A task for every contender, on the standard library's mutex, which is never
//! held across an await.
//!
//! Guide: tokio's tutorial, "Shared state": a blocking mutex for short
//! sections, locked in functions that are not async.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use async_std::task;
use triathlon_contract::lock::{Guarded, TURN, tally};
use triathlon_contract::{Lock, Outcome, Setting, Shares};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::runtime;

/// The lanes, how often each contender had the mutex, and the chain.
type Ended = (Vec<Lane>, Vec<u64>, u64);

pub(crate) fn run(
    work: &Lock,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    runtime::start(setting.workers);
    let clock = lab.clock();
    let warm_up = work.warm_up();
    let lanes = lab.lanes(warm_up.contenders, warm_up.laps);
    let (_, entered, chain) =
        runtime::block_on(task::spawn(contest(warm_up, clock, lanes)));
    let mut total = tally(&entered, chain);

    let lanes = lab.lanes(work.contenders, work.laps);
    let contest = contest(work.clone(), clock, lanes);
    lab.open();
    let (lanes, entered, chain) = runtime::block_on(task::spawn(contest));
    lab.close(lanes);
    total.merge(tally(&entered, chain));
    let workers = runtime::workers()?;
    let shares = Shares::of(&entered);
    Ok(Outcome { shares, ..Outcome::closed(total, workers) })
}

/// The driver: spawns a task for every lane and joins them.
async fn contest(work: Lock, clock: Clock, waiting: Vec<Lane>) -> Ended {
    let mutex = Arc::new(Mutex::new(work.guarded()));
    let mut tasks = Vec::with_capacity(waiting.len());
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut entered = Vec::with_capacity(waiting.len());
    // Nobody begins before all are there.
    {
        let mut gate = mutex.lock().unwrap_or_else(PoisonError::into_inner);
        for lane in waiting {
            let contend = contend(Arc::clone(&mutex), clock, lane);
            tasks.push(task::spawn(contend));
        }
        gate.begin(clock.now_ns());
    }
    for task in tasks {
        let (lane, turns) = task.await;
        lanes.push(lane);
        entered.push(turns);
    }
    let chain = mutex.lock().unwrap_or_else(PoisonError::into_inner).chain();
    (lanes, entered, chain)
}

/// One task's life; how often it had the mutex.
async fn contend(
    mutex: Arc<Mutex<Guarded>>,
    clock: Clock,
    mut lane: Lane,
) -> (Lane, u64) {
    let mut entered = 0;
    while enter(&mutex, clock, &mut lane) {
        entered += 1;
        // Nothing else lets others run.
        if entered % TURN == 0 {
            task::yield_now().await;
        }
    }
    (lane, entered)
}

/// One turn with the mutex; false once all is done.
fn enter(mutex: &Mutex<Guarded>, clock: Clock, lane: &mut Lane) -> bool {
    let mut guarded = mutex.lock().unwrap_or_else(PoisonError::into_inner);
    let entered = guarded.enter();
    if entered && guarded.ends_lap() {
        let done_ns = clock.now_ns();
        lane.log(Sample::closed(guarded.next_lap(done_ns), done_ns));
    }
    entered
}
