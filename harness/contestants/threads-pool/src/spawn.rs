//! Every task is a boxed closure for a pool of as many threads as CPUs; it
//! sends its result through a channel, and who started a batch receives as
//! many.
//!
//! Guide: the Rust book, "Turning our single-threaded server into a
//! multithreaded server", whose `execute` takes any closure, and
//! `std::thread::available_parallelism` for the size.

use std::sync::mpsc::{self, Sender};

use anyhow::{Context, Result};
use triathlon_contract::spawn::{Origin, mark};
use triathlon_contract::{Outcome, Setting, Spawn, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::workers::{Queue, Workers};

/// What the pool runs.
type Job = Box<dyn FnOnce() + Send>;

pub(crate) fn run(
    work: &Spawn,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let clock = lab.clock();
    let (jobs, queue) = Queue::new();
    let workers = Workers::start((0..setting.workers).map(|_| {
        let queue = queue.clone();
        move || serve(&queue)
    }))?;
    drop(queue);
    let mut tally = Tally::default();
    if let Some(warm_up) = work.warm_up() {
        let lane = lab.lane(warm_up.samples());
        tally.merge(drive(&jobs, warm_up, clock, lane)?.1);
    }

    let lane = lab.lane(work.samples());
    lab.open();
    let (lane, part) = drive(&jobs, work.clone(), clock, lane)?;
    lab.close([lane]);
    tally.merge(part);
    let count = workers.count();
    drop(jobs);
    workers.join()?;
    Ok(Outcome::closed(tally, count))
}

/// One worker's life.
fn serve(queue: &Queue<Job>) {
    while let Some(job) = queue.next() {
        job();
    }
}

/// Starts and joins from a job like theirs, which holds its worker meanwhile,
/// or from this thread.
fn drive(
    jobs: &Sender<Job>,
    work: Spawn,
    clock: Clock,
    lane: Lane,
) -> Result<(Lane, Tally)> {
    match work.origin {
        Origin::Worker => {
            let (result, done) = mpsc::channel();
            let own = jobs.clone();
            let driver = move || {
                // Who waits for it is gone only if it has failed.
                _ = result.send(start_all(&own, &work, clock, lane));
            };
            jobs.send(Box::new(driver)).ok().context("the pool is gone")?;
            done.recv().context("the driver is gone")?
        }
        Origin::Outside => start_all(jobs, &work, clock, lane),
    }
}

/// Batch after batch; each bounds what waits in the queue.
fn start_all(
    jobs: &Sender<Job>,
    work: &Spawn,
    clock: Clock,
    mut lane: Lane,
) -> Result<(Lane, Tally)> {
    let mut tally = Tally::default();
    let (results, done) = mpsc::channel();
    let mut started_ns = clock.now_ns();
    for batch in work.batches() {
        for index in batch {
            let results = results.clone();
            let task = move || {
                // As above.
                _ = results.send(mark(index));
            };
            jobs.send(Box::new(task)).ok().context("the pool is gone")?;
        }
        for _ in 0..work.batch {
            tally.add(done.recv().context("the pool is gone")?);
        }
        let done_ns = clock.now_ns();
        lane.log(Sample::closed(started_ns, done_ns));
        started_ns = done_ns;
    }
    Ok((lane, tally))
}
