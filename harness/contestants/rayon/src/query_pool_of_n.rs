//! A parallel iterator over the callers, on a pool of as many threads as can
//! have a connection at once.
//!
//! Guide: rayon's "Parallel Iterators" and `ThreadPoolBuilder::num_threads`.
//! Deviates: a pool is meant to have as many threads as CPUs; threads that
//! wait leave their CPU to the others.

use anyhow::Result;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use triathlon_contract::{Batches, Outcome, Query, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::database::Database;
use crate::pool::Pool;

pub(crate) fn run(
    work: &Query,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let threads = work.lent() as usize;
    let workers = ThreadPoolBuilder::new().num_threads(threads).build()?;
    let (pool, mut tally) = workers.install(|| connect(work, setting))?;

    let clock = lab.clock();
    let lanes = lab.lanes(work.callers, work.of_each());
    lab.open();
    let (lanes, part) =
        workers.install(|| gather(work, &pool, clock, lanes))?;
    lab.close(lanes);
    tally.merge(part);
    Ok(Outcome::closed(tally, workers.current_num_threads() as u64))
}

/// Runs in the pool: one parallel iterator over all callers.
fn gather(
    work: &Query,
    pool: &Pool<Database>,
    clock: Clock,
    waiting: Vec<Lane>,
) -> Result<(Vec<Lane>, Tally)> {
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut tally = Tally::default();
    let called: Vec<_> = waiting
        .into_par_iter()
        .enumerate()
        // One caller a job, so that who is idle can take any of them.
        .with_max_len(1)
        .map(|(caller, lane)| {
            call(work.batches(caller as u64), pool, clock, lane)
        })
        .collect::<Result<_>>()?;
    for (lane, part) in called {
        lanes.push(lane);
        tally.merge(part);
    }
    Ok((lanes, tally))
}

/// One job: takes a connection for every batch.
fn call(
    batches: Batches,
    pool: &Pool<Database>,
    clock: Clock,
    mut lane: Lane,
) -> Result<(Lane, Tally)> {
    let mut tally = Tally::default();
    for batch in batches {
        let started_ns = clock.now_ns();
        let mut database = pool.take();
        let ask = || -> Result<()> {
            database.dialogue.ask(batch)?;
            while let Some(answer) = database.answer()? {
                lane.log(Sample::closed(started_ns, clock.now_ns()));
                tally.add(answer);
            }
            Ok(())
        };
        let asked = ask();
        pool.give(database);
        asked?;
    }
    Ok((lane, tally))
}

/// Fills the pool, and asks once without delay over each connection.
fn connect(work: &Query, setting: &Setting) -> Result<(Pool<Database>, Tally)> {
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
    Ok((Pool::new(databases), tally))
}
