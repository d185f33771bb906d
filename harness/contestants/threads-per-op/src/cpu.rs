//! A scoped thread for every job, all joined at the end of a lap.
//!
//! Guide: `std::thread::scope`, the standard library's own example.
//! Deviates: computing needs no more threads than
//! `std::thread::available_parallelism` says, as `threads-pool` has; here each
//! job has one, to show what they cost.

use std::thread;

use anyhow::{Context, Result, anyhow};
use triathlon_contract::cpu::Jobs;
use triathlon_contract::{Cpu, Outcome, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

pub(crate) fn run(
    work: &Cpu,
    _setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let jobs = work.ready();
    let clock = lab.clock();
    let lane = lab.lane(1);
    let warm_up = || compute(&jobs, 0, clock, lane);
    let warm_up = thread::scope(|scope| scope.spawn(warm_up).join());
    let (_, mut tally) = warm_up.map_err(|_| anyhow!("panic"))?;

    let mut waiting = lab.lanes(work.jobs * work.laps, 1);
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut workers = 0;
    lab.open();
    for _ in 0..work.laps {
        thread::scope(|scope| -> Result<()> {
            let mut threads = Vec::with_capacity(work.jobs as usize);
            let of_lap = waiting.drain(..work.jobs as usize);
            for (job, lane) in (0..work.jobs).zip(of_lap) {
                let jobs = &jobs;
                let compute = move || compute(jobs, job, clock, lane);
                let thread = thread::Builder::new()
                    .spawn_scoped(scope, compute)
                    .context("spawn")?;
                threads.push(thread);
            }
            workers = threads.len() as u64;
            for thread in threads {
                let done = thread.join().map_err(|_| anyhow!("panic"))?;
                let (lane, part) = done;
                lanes.push(lane);
                tally.merge(part);
            }
            Ok(())
        })?;
    }
    lab.close(lanes);
    Ok(Outcome::closed(tally, workers))
}

/// One thread's life.
fn compute(
    jobs: &Jobs,
    job: u64,
    clock: Clock,
    mut lane: Lane,
) -> (Lane, Tally) {
    let mut tally = Tally::default();
    let started_ns = clock.now_ns();
    tally.add(jobs.compute(job));
    lane.log(Sample::closed(started_ns, clock.now_ns()));
    (lane, tally)
}
