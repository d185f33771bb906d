//! A scoped thread for every caller; all of them borrow connections from one
//! pool.
//!
//! Guide: `std::thread::scope` and `std::sync::Condvar`, the standard library's
//! own examples.

use std::thread;

use anyhow::{Context, Result, anyhow};
use triathlon_contract::{Batches, Outcome, Query, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::database::Database;
use crate::pool::Pool;

pub(crate) fn run(
    work: &Query,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let (pool, mut tally) = connect(work, setting)?;

    let clock = lab.clock();
    let waiting = lab.lanes(work.callers, work.of_each());
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut workers = 0;
    lab.open();
    thread::scope(|scope| -> Result<()> {
        let mut threads = Vec::with_capacity(waiting.len());
        for (caller, lane) in (0..).zip(waiting) {
            let (batches, pool) = (work.batches(caller), &pool);
            let call = move || call(batches, pool, clock, lane);
            let thread = thread::Builder::new()
                .spawn_scoped(scope, call)
                .context("spawn")?;
            threads.push(thread);
        }
        workers = threads.len() as u64;
        for thread in threads {
            let called = thread.join().map_err(|_| anyhow!("panic"))?;
            let (lane, part) = called?;
            lanes.push(lane);
            tally.merge(part);
        }
        Ok(())
    })?;
    lab.close(lanes);
    Ok(Outcome::closed(tally, workers))
}

/// One thread's life: takes a connection for every batch.
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
