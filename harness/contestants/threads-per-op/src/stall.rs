//! A scoped thread for every heart and for everybody who makes calls: there is
//! no loop that a call could block.
//!
//! Guide: `std::thread::scope` and `std::thread::sleep`, the standard library's
//! own examples.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, Scope, ScopedJoinHandle};

use anyhow::{Context, Result, anyhow};
use triathlon_contract::stall::{Call, Job, beat};
use triathlon_contract::{Outcome, Setting, Stall, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

pub(crate) fn run(
    work: &Stall,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let clock = lab.clock();
    let blockers = work.blockers(setting.workers as u64);
    let beats = lab.lanes(work.hearts, work.beats());
    let calls = lab.lanes(blockers, work.calls());
    let (schedule, job) = (work.schedule(), work.job());
    let call_schedule = work.call_schedule();
    // All threads exist and wait here when the window opens.
    let start = Barrier::new((work.hearts + blockers + 1) as usize);
    let opened_ns = AtomicU64::new(0);
    let open = || {
        start.wait();
        opened_ns.load(Ordering::Relaxed)
    };
    let (beats, calls, tally, workers) = thread::scope(|scope| -> Result<_> {
        let hearts: Vec<_> = (0..)
            .zip(beats)
            .zip(&schedule)
            .map(|((heart, lane), due)| {
                spawn(scope, move || live(open(), due, heart, clock, lane))
            })
            .collect();
        let blockers: Vec<_> = (0..)
            .zip(calls)
            .map(|(blocker, lane)| {
                let (due, job) = (&call_schedule, &job);
                let block =
                    move || block(open(), due, blocker, job, clock, lane);
                spawn(scope, block)
            })
            .collect();
        let workers = (hearts.len() + blockers.len()) as u64;
        lab.open();
        opened_ns.store(clock.now_ns(), Ordering::Relaxed);
        start.wait();
        let mut tally = Tally::default();
        let beats = join(hearts, &mut tally)?;
        let calls = join(blockers, &mut tally)?;
        Ok((beats, calls, tally, workers))
    })?;
    lab.close(beats);
    lab.beside(calls);
    Ok(Outcome::closed(tally, workers))
}

/// One heart's life behind the barrier: no beat is left out, however late it
/// comes.
fn live(
    opened_ns: u64,
    due: &[u64],
    heart: u64,
    clock: Clock,
    mut lane: Lane,
) -> (Lane, Tally) {
    let mut tally = Tally::default();
    for (number, offset) in (0..).zip(due) {
        let intended_ns = opened_ns + offset;
        thread::sleep(clock.until(intended_ns));
        let started_ns = clock.now_ns();
        tally.add(beat(heart, number));
        let done_ns = clock.now_ns();
        lane.log(Sample { intended_ns, started_ns, done_ns });
    }
    (lane, tally)
}

/// One blocker's life behind the barrier: each call holds its own thread.
fn block(
    opened_ns: u64,
    due: &[u64],
    blocker: u64,
    job: &Job,
    clock: Clock,
    mut lane: Lane,
) -> (Lane, Tally) {
    let mut tally = Tally::default();
    for (number, offset) in (0..).zip(due) {
        let intended_ns = opened_ns + offset;
        thread::sleep(clock.until(intended_ns));
        let call = Call { blocker, number };
        let started_ns = clock.now_ns();
        tally.add(job.call(call));
        let done_ns = clock.now_ns();
        lane.log(Sample { intended_ns, started_ns, done_ns });
    }
    (lane, tally)
}

fn spawn<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    life: impl FnOnce() -> T + Send + 'scope,
) -> ScopedJoinHandle<'scope, T> {
    let thread = thread::Builder::new().spawn_scoped(scope, life);
    // Those that wait at the barrier could never be joined.
    thread.context("spawn").unwrap_or_else(|error| abort(&error))
}

fn join(
    threads: Vec<ScopedJoinHandle<'_, (Lane, Tally)>>,
    tally: &mut Tally,
) -> Result<Vec<Lane>> {
    let mut lanes = Vec::with_capacity(threads.len());
    for thread in threads {
        let (lane, part) = thread.join().map_err(|_| anyhow!("panic"))?;
        lanes.push(lane);
        tally.merge(part);
    }
    Ok(lanes)
}

fn abort(error: &anyhow::Error) -> ! {
    eprintln!("{error:#}");
    std::process::exit(1)
}
