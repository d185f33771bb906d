//! One thread that acquires the standard library's mutex again and again;
//! nobody contends with it.
//!
//! Guide: the documentation of `std::sync::Mutex`.

use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use triathlon_contract::lock::{Guarded, tally};
use triathlon_contract::{Lock, Outcome, Setting, Shares};
use triathlon_lab::{Clock, Lab, Lane, Sample};

pub(crate) fn run(
    work: &Lock,
    _setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let clock = lab.clock();
    let warm_up = work.warm_up();
    let (_, entered, chain) = contest(&warm_up, clock, lab.lane(warm_up.laps));
    let mut total = tally(&[entered], chain);

    let lane = lab.lane(work.laps);
    lab.open();
    let (lane, entered, chain) = contest(work, clock, lane);
    lab.close([lane]);
    total.merge(tally(&[entered], chain));
    let shares = Shares::of(&[entered]);
    Ok(Outcome { shares, ..Outcome::closed(total, 1) })
}

/// The lane, how often the one had the mutex, and the chain.
fn contest(work: &Lock, clock: Clock, mut lane: Lane) -> (Lane, u64, u64) {
    let mutex = Mutex::new(work.guarded());
    let mut guarded = mutex.lock().unwrap_or_else(PoisonError::into_inner);
    guarded.begin(clock.now_ns());
    drop(guarded);
    let mut entered = 0;
    while enter(&mutex, clock, &mut lane) {
        entered += 1;
    }
    let guarded = mutex.into_inner().unwrap_or_else(PoisonError::into_inner);
    (lane, entered, guarded.chain())
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
