//! A task for every caller, gathered from a `Vec`; all of them borrow
//! connections from one pool.
//!
//! Guide: smol-macros' example `thread_executor_arc`: a `Vec` of tasks, awaited
//! one after the other; the documentation of async-lock's `Semaphore`.

use std::sync::Arc;

use anyhow::Result;
use smol::Executor;
use triathlon_contract::{Batches, Outcome, Query, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::database::Database;
use crate::pool::Pool;
use crate::runtime;

pub(crate) fn run(
    work: &Query,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let runtime = runtime::build(setting)?;
    let connect = connect(work.clone(), setting.clone());
    let connect = runtime.executor.spawn(connect);
    let (pool, mut tally) = runtime.block_on(connect)?;

    let clock = lab.clock();
    let lanes = lab.lanes(work.callers, work.of_each());
    let executor = Arc::clone(&runtime.executor);
    let gather = gather(executor, work.clone(), pool, clock, lanes);
    lab.open();
    let driver = runtime.executor.spawn(gather);
    let (lanes, part) = runtime.block_on(driver)?;
    lab.close(lanes);
    tally.merge(part);
    Ok(Outcome::closed(tally, runtime.workers()))
}

/// The driver: spawns a task for every caller and joins them.
async fn gather(
    executor: Arc<Executor<'static>>,
    work: Query,
    pool: Arc<Pool<Database>>,
    clock: Clock,
    waiting: Vec<Lane>,
) -> Result<(Vec<Lane>, Tally)> {
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut tally = Tally::default();
    let mut tasks = Vec::new();
    for (caller, lane) in (0..).zip(waiting) {
        let (batches, pool) = (work.batches(caller), Arc::clone(&pool));
        let call = call(batches, pool, clock, lane);
        tasks.push(executor.spawn(call));
    }
    for task in tasks {
        let (lane, part) = task.await?;
        lanes.push(lane);
        tally.merge(part);
    }
    Ok((lanes, tally))
}

/// One task's life: takes a connection for every batch.
async fn call(
    batches: Batches,
    pool: Arc<Pool<Database>>,
    clock: Clock,
    mut lane: Lane,
) -> Result<(Lane, Tally)> {
    let mut tally = Tally::default();
    for batch in batches {
        let started_ns = clock.now_ns();
        let mut database = pool.take().await?;
        let asked = async {
            database.dialogue.ask(batch)?;
            while let Some(answer) = database.answer().await? {
                lane.log(Sample::closed(started_ns, clock.now_ns()));
                tally.add(answer);
            }
            anyhow::Ok(())
        };
        let asked = asked.await;
        pool.give(database);
        asked?;
    }
    Ok((lane, tally))
}

/// Fills the pool, and asks once without delay over each connection.
async fn connect(
    work: Query,
    setting: Setting,
) -> Result<(Arc<Pool<Database>>, Tally)> {
    let mut tally = Tally::default();
    let mut databases = Vec::new();
    for place in 0..work.lent() {
        let dialogue = work.dialogue(&setting)?;
        let mut database = Database::open(setting.server, dialogue).await?;
        tally.connections += 1;
        database.dialogue.warm_up(work.warm_up(place))?;
        while let Some(answer) = database.answer().await? {
            tally.add(answer);
        }
        databases.push(database);
    }
    Ok((Arc::new(Pool::new(databases)), tally))
}
