//! Every job goes to a pool of as many threads as CPUs; computing gains
//! nothing from more.
//!
//! Guide: the Rust book, "Turning our single-threaded server into a
//! multithreaded server", and `std::thread::available_parallelism` for the
//! size.

use std::sync::Arc;
use std::sync::mpsc::{self, Sender};

use anyhow::{Context, Result};
use triathlon_contract::cpu::Jobs;
use triathlon_contract::{Cpu, Outcome, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::workers::{Queue, Workers};

/// A job on its way through the queue: its number and its lane.
type Job = (u64, Lane);

pub(crate) fn run(
    work: &Cpu,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let ready = Arc::new(work.ready());
    let clock = lab.clock();
    let (jobs, queue) = Queue::new();
    let (results, computed) = mpsc::channel();
    let workers = Workers::start((0..setting.workers).map(|_| {
        let (queue, results) = (queue.clone(), results.clone());
        let ready = Arc::clone(&ready);
        move || serve(&ready, clock, &queue, &results)
    }))?;
    drop((queue, results));
    jobs.send((0, lab.lane(1))).context("the pool is gone")?;
    let (_, mut tally) = computed.recv().context("the pool is gone")?;

    let mut waiting = lab.lanes(work.jobs * work.laps, 1);
    let mut lanes = Vec::with_capacity(waiting.len());
    lab.open();
    for _ in 0..work.laps {
        for job in (0..work.jobs).zip(waiting.drain(..work.jobs as usize)) {
            jobs.send(job).context("the pool is gone")?;
        }
        for _ in 0..work.jobs {
            let (lane, part) = computed.recv().context("the pool is gone")?;
            lanes.push(lane);
            tally.merge(part);
        }
    }
    lab.close(lanes);
    let count = workers.count();
    drop(jobs);
    workers.join()?;
    Ok(Outcome::closed(tally, count))
}

/// One worker's life: computes every job that comes out of the queue.
fn serve(
    ready: &Jobs,
    clock: Clock,
    queue: &Queue<Job>,
    results: &Sender<(Lane, Tally)>,
) {
    while let Some((job, lane)) = queue.next() {
        if results.send(compute(ready, job, clock, lane)).is_err() {
            return;
        }
    }
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
