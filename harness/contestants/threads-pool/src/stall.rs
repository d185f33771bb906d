//! The calling thread sleeps until the next beat or call is due and hands it to
//! a pool of as many threads as CPUs, which takes them in that order.
//!
//! Guide: the Rust book, "Turning our single-threaded server into a
//! multithreaded server".
//! Deviates: calls that block have threads of their own in a careful design;
//! what it costs if they have none is measured.

use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread;

use anyhow::{Context, Result};
use triathlon_contract::stall::{Job, Part, beat};
use triathlon_contract::{Outcome, Setting, Stall, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::workers::{Queue, Workers};

/// What is due, for whoever of the pool takes it.
struct Turn {
    intended_ns: u64,
    part: Part,
}

/// What a worker keeps; each has room for all, because any may take any.
struct Hand {
    beats: Lane,
    calls: Lane,
    tally: Tally,
}

pub(crate) fn run(
    work: &Stall,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let clock = lab.clock();
    let blockers = work.blockers(setting.workers as u64);
    let job = Arc::new(work.job());
    let hand = |lab: &Lab| Hand {
        beats: lab.lane(work.hearts * work.beats()),
        calls: lab.lane(blockers * work.calls()),
        tally: Tally::default(),
    };
    let (turns, queue) = Queue::new();
    let (results, done) = mpsc::channel();
    let count = setting.workers as u64;
    let workers = Workers::start((0..count).map(|_| {
        let (queue, results) = (queue.clone(), results.clone());
        let (job, hand) = (Arc::clone(&job), hand(lab));
        move || serve(&job, clock, &queue, hand, &results)
    }))?;
    drop((queue, results));

    lab.open();
    let opened_ns = clock.now_ns();
    for (offset, part) in work.turns(blockers) {
        let intended_ns = opened_ns + offset;
        thread::sleep(clock.until(intended_ns));
        turns.send(Turn { intended_ns, part }).context("the pool is gone")?;
    }
    // The workers leave their loops, each with what it kept.
    drop(turns);
    let (mut beats, mut calls) = (Vec::new(), Vec::new());
    let mut tally = Tally::default();
    for hand in done {
        beats.push(hand.beats);
        calls.push(hand.calls);
        tally.merge(hand.tally);
    }
    lab.close(beats);
    lab.beside(calls);
    let count = workers.count();
    workers.join()?;
    Ok(Outcome::closed(tally, count))
}

/// One worker's life: a beat or a call for every turn that comes out of the
/// queue.
fn serve(
    job: &Job,
    clock: Clock,
    queue: &Queue<Turn>,
    mut hand: Hand,
    results: &Sender<Hand>,
) {
    while let Some(Turn { intended_ns, part }) = queue.next() {
        let started_ns = clock.now_ns();
        let (received, lane) = match part {
            Part::Beat(heart, number) => (beat(heart, number), &mut hand.beats),
            Part::Call(call) => (job.call(call), &mut hand.calls),
        };
        hand.tally.add(received);
        let done_ns = clock.now_ns();
        lane.log(Sample { intended_ns, started_ns, done_ns });
    }
    // Nobody receives it if the run has failed.
    results.send(hand).ok();
}
