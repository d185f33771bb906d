//! A lane is a job: after every operation it goes back to the queue.
//!
//! Guide: the Rust book, "Turning our single-threaded server into a
//! multithreaded server"; `direct.rs` has the calls.

use std::sync::Arc;
use std::sync::mpsc::{self, Sender};

use anyhow::{Context, Result};
use triathlon_contract::files::{Ready, Share};
use triathlon_contract::{Files, Outcome, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::direct::Direct;
use crate::workers::{Queue, Workers};

/// One lane on its way through the queue, with what is left to do.
struct Turn {
    direct: Direct,
    lane: Lane,
    tally: Tally,
    share: Share,
}

/// Workers hold senders themselves, so the queue never ends by itself: each
/// worker gets one `Stop` when all lanes are done.
enum Job {
    Serve(Turn),
    Stop,
}

pub(crate) fn run(
    work: &Files,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let ready = Arc::new(work.ready(setting)?);
    let (opened, mut tally) = open(work, &ready)?;

    let clock = lab.clock();
    let (jobs, queue) = Queue::new();
    let (results, done) = mpsc::channel();
    let workers = Workers::start((0..work.in_flight).map(|_| {
        let (queue, jobs) = (queue.clone(), jobs.clone());
        let results = results.clone();
        move || serve(clock, &queue, &jobs, &results)
    }))?;
    drop((queue, results));

    let lanes = lab.lanes(work.in_flight, work.quota());
    let turns = (0..).zip(opened.into_iter().zip(lanes));
    let mut lanes = Vec::with_capacity(work.in_flight as usize);
    lab.open();
    for (number, (direct, lane)) in turns {
        let (tally, share) = (Tally::default(), ready.share(number));
        let turn = Turn { direct, lane, tally, share };
        jobs.send(Job::Serve(turn)).context("the pool is gone")?;
    }
    for _ in 0..work.in_flight {
        let turn: Turn = done.recv().context("the pool is gone")??;
        lanes.push(turn.lane);
        tally.merge(turn.tally);
    }
    lab.close(lanes);
    for _ in 0..workers.count() {
        jobs.send(Job::Stop).context("the pool is gone")?;
    }
    let count = workers.count();
    workers.join()?;
    Ok(Outcome::closed(tally, count))
}

/// One worker's life: one operation for every turn that comes out of the
/// queue.
fn serve(
    clock: Clock,
    queue: &Queue<Job>,
    jobs: &Sender<Job>,
    results: &Sender<Result<Turn>>,
) {
    while let Some(Job::Serve(mut turn)) = queue.next() {
        let handed_on = match turn.share.next() {
            None => results.send(Ok(turn)).is_ok(),
            Some(operation) => match operate(operation, clock, &mut turn) {
                Ok(()) => jobs.send(Job::Serve(turn)).is_ok(),
                Err(error) => {
                    // Nobody receives it if another error came first.
                    results.send(Err(error)).ok();
                    false
                }
            },
        };
        if !handed_on {
            return;
        }
    }
}

fn operate(operation: u64, clock: Clock, turn: &mut Turn) -> Result<()> {
    let started_ns = clock.now_ns();
    let done = turn.direct.operate(operation)?;
    turn.lane.log(Sample::closed(started_ns, clock.now_ns()));
    turn.tally.add(done);
    Ok(())
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
