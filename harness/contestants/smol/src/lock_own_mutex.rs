//! A task for every contender, on smol's own mutex: who finds it held awaits.
//!
//! Guide: the documentation of `smol::lock::Mutex`.
//! Deviates: tokio advises the standard library's mutex where nothing is
//! awaited while it is held, as here; the plain way has that.

use std::sync::Arc;

use anyhow::Result;
use smol::Executor;
use smol::future::yield_now;
use smol::lock::Mutex;
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
    let runtime = runtime::build(setting)?;
    let executor = &runtime.executor;
    let clock = lab.clock();
    let warm_up = work.warm_up();
    let lanes = lab.lanes(warm_up.contenders, warm_up.laps);
    let first = contest(Arc::clone(executor), warm_up, clock, lanes);
    let (_, entered, chain) = runtime.block_on(executor.spawn(first));
    let mut total = tally(&entered, chain);

    let lanes = lab.lanes(work.contenders, work.laps);
    let contest = contest(Arc::clone(executor), work.clone(), clock, lanes);
    lab.open();
    let (lanes, entered, chain) = runtime.block_on(executor.spawn(contest));
    lab.close(lanes);
    total.merge(tally(&entered, chain));
    let workers = runtime.workers();
    let shares = Shares::of(&entered);
    Ok(Outcome { shares, ..Outcome::closed(total, workers) })
}

/// The driver: spawns a task for every lane and joins them.
async fn contest(
    executor: Arc<Executor<'static>>,
    work: Lock,
    clock: Clock,
    waiting: Vec<Lane>,
) -> Ended {
    let mutex = Arc::new(Mutex::new(work.guarded()));
    let mut tasks = Vec::with_capacity(waiting.len());
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut entered = Vec::with_capacity(waiting.len());
    // Nobody begins before all are there.
    {
        let mut gate = mutex.lock().await;
        for lane in waiting {
            let contend = contend(Arc::clone(&mutex), clock, lane);
            tasks.push(executor.spawn(contend));
        }
        gate.begin(clock.now_ns());
    }
    for task in tasks {
        let (lane, turns) = task.await;
        lanes.push(lane);
        entered.push(turns);
    }
    let chain = mutex.lock().await.chain();
    (lanes, entered, chain)
}

/// One task's life; how often it had the mutex.
async fn contend(
    mutex: Arc<Mutex<Guarded>>,
    clock: Clock,
    mut lane: Lane,
) -> (Lane, u64) {
    let mut entered = 0;
    while enter(&mutex, clock, &mut lane).await {
        entered += 1;
        // A lock that is free may let nobody else run.
        if entered % TURN == 0 {
            yield_now().await;
        }
    }
    (lane, entered)
}

/// One turn with the mutex; false once all is done.
async fn enter(mutex: &Mutex<Guarded>, clock: Clock, lane: &mut Lane) -> bool {
    let mut guarded = mutex.lock().await;
    let entered = guarded.enter();
    if entered && guarded.ends_lap() {
        let done_ns = clock.now_ns();
        lane.log(Sample::closed(guarded.next_lap(done_ns), done_ns));
    }
    entered
}
