//! A scoped thread for every lane.
//!
//! Guide: `std::thread::scope`, the standard library's own example, and the
//! documentation of `std::fs::read`; `direct.rs` has the calls.

use std::sync::{Arc, Barrier};
use std::thread;

use anyhow::{Context, Result, anyhow};
use triathlon_contract::files::{Ready, Share};
use triathlon_contract::{Files, Outcome, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::direct::Direct;

pub(crate) fn run(
    work: &Files,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let ready = Arc::new(work.ready(setting)?);
    let (opened, mut tally) = open(work, &ready)?;

    let clock = lab.clock();
    let lanes = lab.lanes(work.in_flight, work.quota());
    // All threads exist and wait here when the window opens.
    let start = Barrier::new(opened.len() + 1);
    let (lanes, workers) = thread::scope(|scope| -> Result<_> {
        let mut threads = Vec::with_capacity(opened.len());
        for (number, (direct, lane)) in (0..).zip(opened.into_iter().zip(lanes))
        {
            let (start, share) = (&start, ready.share(number));
            let operate = move || {
                start.wait();
                repeat(share, direct, clock, lane)
            };
            let thread = thread::Builder::new().spawn_scoped(scope, operate);
            // Those that wait at the barrier could never be joined.
            threads.push(thread.context("spawn").unwrap_or_else(|e| abort(&e)));
        }
        lab.open();
        start.wait();
        let workers = threads.len() as u64;
        let mut lanes = Vec::with_capacity(threads.len());
        for thread in threads {
            let done = thread.join().map_err(|_| anyhow!("panic"))?;
            let (lane, part) = done?;
            lanes.push(lane);
            tally.merge(part);
        }
        Ok((lanes, workers))
    })?;
    lab.close(lanes);
    Ok(Outcome::closed(tally, workers))
}

/// One thread's life behind the barrier.
fn repeat(
    share: Share,
    mut direct: Direct,
    clock: Clock,
    mut lane: Lane,
) -> Result<(Lane, Tally)> {
    let mut tally = Tally::default();
    for operation in share {
        let started_ns = clock.now_ns();
        let done = direct.operate(operation)?;
        lane.log(Sample::closed(started_ns, clock.now_ns()));
        tally.add(done);
    }
    Ok((lane, tally))
}

fn open(work: &Files, ready: &Arc<Ready>) -> Result<(Vec<Direct>, Tally)> {
    let mut opened = Vec::new();
    for _ in 0..work.in_flight {
        opened.push(Direct::open(ready)?);
    }
    let mut tally = Tally::default();
    tally.add(opened[0].operate(ready.warm_up())?);
    Ok((opened, tally))
}

fn abort(error: &anyhow::Error) -> ! {
    eprintln!("{error:#}");
    std::process::exit(1)
}
