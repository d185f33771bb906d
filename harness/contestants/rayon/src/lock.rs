//! A spawned job for every contender, on the standard library's mutex, in a
//! pool of as many threads as CPUs.
//!
//! Guide: rayon's `scope`, and the documentation of `std::sync::Mutex`.
//! Deviates: rayon's own advice is not to block in its pool; here a job holds
//! its thread to the end, because that is what is measured.

use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use rayon::{ThreadPool, ThreadPoolBuilder};
use triathlon_contract::lock::{Guarded, tally};
use triathlon_contract::{Lock, Outcome, Setting, Shares};
use triathlon_lab::{Clock, Lab, Lane, Sample};

/// The lanes, how often each contender had the mutex, and the chain.
type Ended = (Vec<Lane>, Vec<u64>, u64);

pub(crate) fn run(
    work: &Lock,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let pool = ThreadPoolBuilder::new().num_threads(setting.workers).build()?;
    let clock = lab.clock();
    let warm_up = work.warm_up();
    let lanes = lab.lanes(warm_up.contenders, warm_up.laps);
    let (_, entered, chain) = contest(&pool, &warm_up, clock, lanes)?;
    let mut total = tally(&entered, chain);

    let lanes = lab.lanes(work.contenders, work.laps);
    lab.open();
    let (lanes, entered, chain) = contest(&pool, work, clock, lanes)?;
    lab.close(lanes);
    total.merge(tally(&entered, chain));
    let workers = pool.current_num_threads() as u64;
    let shares = Shares::of(&entered);
    Ok(Outcome { shares, ..Outcome::closed(total, workers) })
}

/// Spawns a job for every lane and waits for the scope to end.
fn contest(
    pool: &ThreadPool,
    work: &Lock,
    clock: Clock,
    waiting: Vec<Lane>,
) -> Result<Ended> {
    let mutex = &Mutex::new(work.guarded());
    let mut slots: Vec<_> = waiting.iter().map(|_| None).collect();
    pool.in_place_scope(|scope| {
        // Nobody begins before all are there.
        let mut gate = mutex.lock().unwrap_or_else(PoisonError::into_inner);
        for (lane, slot) in waiting.into_iter().zip(&mut slots) {
            scope.spawn(move |_| *slot = Some(contend(mutex, clock, lane)));
        }
        gate.begin(clock.now_ns());
    });
    let mut lanes = Vec::with_capacity(slots.len());
    let mut entered = Vec::with_capacity(slots.len());
    for slot in slots {
        let (lane, turns) = slot.context("a job left no result")?;
        lanes.push(lane);
        entered.push(turns);
    }
    let guarded = mutex.lock().unwrap_or_else(PoisonError::into_inner);
    Ok((lanes, entered, guarded.chain()))
}

/// One job; how often it had the mutex.
fn contend(
    mutex: &Mutex<Guarded>,
    clock: Clock,
    mut lane: Lane,
) -> (Lane, u64) {
    let mut entered = 0;
    while enter(mutex, clock, &mut lane) {
        entered += 1;
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
