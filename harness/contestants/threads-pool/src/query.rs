//! A batch of queries is a job for a fixed pool of threads, each with a
//! connection of its own: the pool of threads is the pool of connections.
//!
//! Guide: the Rust book, "Turning our single-threaded server into a
//! multithreaded server".

use std::ops::Range;
use std::sync::mpsc::{self, Sender};

use anyhow::{Context, Result};
use triathlon_contract::{Batches, Outcome, Query, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::database::Database;
use crate::workers::{Queue, Workers};

/// One caller on its way through the queue, with what it has left to ask.
struct Turn {
    batches: Batches,
    batch: Range<u64>,
    /// When it began to wait for a worker.
    started_ns: u64,
    lane: Lane,
    tally: Tally,
}

/// Workers hold senders themselves, so the queue never ends by itself: each
/// worker gets one `Stop` when all callers are done.
enum Job {
    Ask(Turn),
    Stop,
}

pub(crate) fn run(
    work: &Query,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let (databases, mut tally) = connect(work, setting)?;

    let clock = lab.clock();
    let (jobs, queue) = Queue::new();
    let (results, done) = mpsc::channel();
    let workers = Workers::start(databases.into_iter().map(|database| {
        let (queue, jobs) = (queue.clone(), jobs.clone());
        let results = results.clone();
        move || serve(database, clock, &queue, &jobs, &results)
    }))?;
    drop((queue, results));

    let waiting = lab.lanes(work.callers, work.of_each());
    let mut lanes = Vec::with_capacity(waiting.len());
    lab.open();
    for (caller, lane) in (0..).zip(waiting) {
        let mut batches = work.batches(caller);
        let batch = batches.next().context("a caller has nothing to ask")?;
        let (started_ns, tally) = (clock.now_ns(), Tally::default());
        let turn = Turn { batches, batch, started_ns, lane, tally };
        jobs.send(Job::Ask(turn)).context("the pool is gone")?;
    }
    for _ in 0..work.callers {
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

/// One worker's life: one batch for every turn that comes out of the queue.
fn serve(
    mut database: Database,
    clock: Clock,
    queue: &Queue<Job>,
    jobs: &Sender<Job>,
    results: &Sender<Result<Turn>>,
) {
    while let Some(Job::Ask(mut turn)) = queue.next() {
        if let Err(error) = ask(&mut database, &mut turn, clock) {
            // Nobody receives it if another error came first.
            results.send(Err(error)).ok();
            return;
        }
        let handed_on = match turn.batches.next() {
            None => results.send(Ok(turn)).is_ok(),
            Some(batch) => {
                let started_ns = clock.now_ns();
                let turn = Turn { batch, started_ns, ..turn };
                jobs.send(Job::Ask(turn)).is_ok()
            }
        };
        if !handed_on {
            return;
        }
    }
}

fn ask(database: &mut Database, turn: &mut Turn, clock: Clock) -> Result<()> {
    database.dialogue.ask(turn.batch.clone())?;
    while let Some(answer) = database.answer()? {
        turn.lane.log(Sample::closed(turn.started_ns, clock.now_ns()));
        turn.tally.add(answer);
    }
    Ok(())
}

/// Opens a connection for every worker, and asks once without delay over each.
fn connect(work: &Query, setting: &Setting) -> Result<(Vec<Database>, Tally)> {
    let mut tally = Tally::default();
    let mut databases = Vec::new();
    for place in 0..work.lent() {
        let dialogue = work.dialogue(setting)?;
        let mut database = Database::open(setting.server, dialogue)?;
        tally.connections += 1;
        database.dialogue.warm_up(work.warm_up(place))?;
        while let Some(answer) = database.answer()? {
            tally.add(answer);
        }
        databases.push(database);
    }
    Ok((databases, tally))
}
