//! A scoped thread for every contender, on the standard library's mutex.
//!
//! Guide: the documentation of `std::thread::scope` and of `std::sync::Mutex`.

use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, anyhow};
use triathlon_contract::lock::{Guarded, tally};
use triathlon_contract::{Lock, Outcome, Setting, Shares};
use triathlon_lab::{Clock, Lab, Lane, Sample};

/// The lanes, how often each contender had the mutex, and the chain.
type Ended = (Vec<Lane>, Vec<u64>, u64);

pub(crate) fn run(
    work: &Lock,
    _setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let clock = lab.clock();
    let warm_up = work.warm_up();
    let lanes = lab.lanes(warm_up.contenders, warm_up.laps);
    let (_, entered, chain) = contest(&warm_up, clock, lanes)?;
    let mut total = tally(&entered, chain);

    let lanes = lab.lanes(work.contenders, work.laps);
    lab.open();
    let (lanes, entered, chain) = contest(work, clock, lanes)?;
    lab.close(lanes);
    total.merge(tally(&entered, chain));
    let workers = entered.len() as u64;
    let shares = Shares::of(&entered);
    Ok(Outcome { shares, ..Outcome::closed(total, workers) })
}

/// Starts a thread for every lane and joins them.
fn contest(work: &Lock, clock: Clock, waiting: Vec<Lane>) -> Result<Ended> {
    let mutex = &Mutex::new(work.guarded());
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut entered = Vec::with_capacity(waiting.len());
    thread::scope(|scope| -> Result<()> {
        let mut threads = Vec::with_capacity(waiting.len());
        // Nobody begins before all are there.
        let mut gate = mutex.lock().unwrap_or_else(PoisonError::into_inner);
        for lane in waiting {
            let contend = move || contend(mutex, clock, lane);
            let thread = thread::Builder::new().spawn_scoped(scope, contend);
            threads.push(thread.context("spawn")?);
        }
        gate.begin(clock.now_ns());
        drop(gate);
        for thread in threads {
            let (lane, turns) = thread.join().map_err(|_| anyhow!("panic"))?;
            lanes.push(lane);
            entered.push(turns);
        }
        Ok(())
    })?;
    let guarded = mutex.lock().unwrap_or_else(PoisonError::into_inner);
    Ok((lanes, entered, guarded.chain()))
}

/// One thread's life; how often it had the mutex.
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
