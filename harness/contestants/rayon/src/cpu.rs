//! A parallel iterator over the jobs, on a pool of as many threads as CPUs.
//!
//! Guide: rayon's "Parallel Iterators"; how far to split is left to rayon.

use anyhow::Result;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use triathlon_contract::cpu::Jobs;
use triathlon_contract::{Cpu, Outcome, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

pub(crate) fn run(
    work: &Cpu,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let workers =
        ThreadPoolBuilder::new().num_threads(setting.workers).build()?;
    let jobs = work.ready();
    let clock = lab.clock();
    let lane = lab.lane(1);
    let (_, mut tally) = workers.install(|| compute(&jobs, 0, clock, lane));

    let lanes = lab.lanes(work.jobs * work.laps, 1);
    lab.open();
    let (lanes, part) =
        workers.install(|| gather(work.jobs, &jobs, clock, lanes));
    lab.close(lanes);
    tally.merge(part);
    Ok(Outcome::closed(tally, workers.current_num_threads() as u64))
}

/// Runs in the pool: lap after lap, one parallel iterator over all jobs.
fn gather(
    count: u64,
    jobs: &Jobs,
    clock: Clock,
    mut waiting: Vec<Lane>,
) -> (Vec<Lane>, Tally) {
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut tally = Tally::default();
    while !waiting.is_empty() {
        let computed: Vec<_> = waiting
            .par_drain(..count as usize)
            .enumerate()
            .map(|(job, lane)| compute(jobs, job as u64, clock, lane))
            .collect();
        for (lane, part) in computed {
            lanes.push(lane);
            tally.merge(part);
        }
    }
    (lanes, tally)
}

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
