//! A thread for every task; the handles of a batch in a vector, joined in
//! order.
//!
//! Guide: the Rust book, "Waiting for All Threads to Finish": handles in a
//! vector, joined one after the other.

use std::thread;

use anyhow::{Context, Result, anyhow};
use triathlon_contract::spawn::{Origin, mark};
use triathlon_contract::{Outcome, Setting, Spawn, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

pub(crate) fn run(
    work: &Spawn,
    _setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let clock = lab.clock();
    let mut tally = Tally::default();
    if let Some(warm_up) = work.warm_up() {
        let lane = lab.lane(warm_up.samples());
        tally.merge(drive(warm_up, clock, lane)?.1);
    }

    let lane = lab.lane(work.samples());
    lab.open();
    let (lane, part, workers) = drive(work.clone(), clock, lane)?;
    lab.close([lane]);
    tally.merge(part);
    Ok(Outcome::closed(tally, workers))
}

/// Starts and joins from a thread like theirs, or from this one.
fn drive(work: Spawn, clock: Clock, lane: Lane) -> Result<(Lane, Tally, u64)> {
    match work.origin {
        Origin::Worker => {
            let start_all = move || start_all(&work, clock, lane);
            let driver = thread::Builder::new().spawn(start_all);
            driver.context("spawn")?.join().map_err(|_| anyhow!("panic"))?
        }
        Origin::Outside => start_all(&work, clock, lane),
    }
}

/// Batch after batch; at the end the most threads that were there at once.
fn start_all(
    work: &Spawn,
    clock: Clock,
    mut lane: Lane,
) -> Result<(Lane, Tally, u64)> {
    let mut tally = Tally::default();
    let mut threads = Vec::with_capacity(work.batch as usize);
    let mut at_once = 0;
    let mut started_ns = clock.now_ns();
    for batch in work.batches() {
        for index in batch {
            let task = move || mark(index);
            let thread = thread::Builder::new().spawn(task).context("spawn")?;
            threads.push(thread);
        }
        at_once = threads.len().max(at_once);
        for thread in threads.drain(..) {
            tally.add(thread.join().map_err(|_| anyhow!("panic"))?);
        }
        let done_ns = clock.now_ns();
        lane.log(Sample::closed(started_ns, done_ns));
        started_ns = done_ns;
    }
    Ok((lane, tally, at_once as u64))
}
