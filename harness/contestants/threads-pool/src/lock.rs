//! A pool with a thread for every contender, on the standard library's mutex;
//! to contend is one job.
//!
//! Guide: the Rust book, "Turning our single-threaded server into a
//! multithreaded server", and the documentation of `std::sync::Mutex`.
//! Deviates: computing needs no more threads than CPUs; who contends in a job
//! holds its thread to the end, so here there are as many as contenders.

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use triathlon_contract::lock::{Guarded, tally};
use triathlon_contract::{Lock, Outcome, Setting, Shares};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::workers::{Queue, Workers};

/// A job on its way through the queue: what to contend for, and its lane.
type Job = (Arc<Mutex<Guarded>>, Lane);

/// The lanes, how often each contender had the mutex, and the chain.
type Ended = (Vec<Lane>, Vec<u64>, u64);

pub(crate) fn run(
    work: &Lock,
    _setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let (jobs, queue) = Queue::new();
    let (results, done) = mpsc::channel();
    let contest = |work: &Lock, clock: Clock, lanes: Vec<Lane>| {
        contest(work, clock, lanes, &jobs, &done)
    };
    let pool = Workers::start((0..work.contenders).map(|_| {
        let (queue, results) = (queue.clone(), results.clone());
        let clock = lab.clock();
        move || serve(&queue, clock, &results)
    }))?;
    drop((queue, results));
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
    let workers = pool.count();
    drop(jobs);
    pool.join()?;
    let shares = Shares::of(&entered);
    Ok(Outcome { shares, ..Outcome::closed(total, workers) })
}

/// Hands out a job for every lane and waits for all.
fn contest(
    work: &Lock,
    clock: Clock,
    waiting: Vec<Lane>,
    jobs: &Sender<Job>,
    done: &Receiver<(Lane, u64)>,
) -> Result<Ended> {
    let mutex = Arc::new(Mutex::new(work.guarded()));
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut entered = Vec::with_capacity(waiting.len());
    // Nobody begins before all are there.
    let mut gate = mutex.lock().unwrap_or_else(PoisonError::into_inner);
    for lane in waiting {
        let job = (Arc::clone(&mutex), lane);
        jobs.send(job).ok().context("the pool is gone")?;
    }
    gate.begin(clock.now_ns());
    drop(gate);
    for _ in 0..work.contenders {
        let (lane, turns) = done.recv().context("the pool is gone")?;
        lanes.push(lane);
        entered.push(turns);
    }
    let guarded = mutex.lock().unwrap_or_else(PoisonError::into_inner);
    Ok((lanes, entered, guarded.chain()))
}

/// One worker's life.
fn serve(queue: &Queue<Job>, clock: Clock, results: &Sender<(Lane, u64)>) {
    while let Some((mutex, lane)) = queue.next() {
        if results.send(contend(&mutex, clock, lane)).is_err() {
            return;
        }
    }
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
