//! A scope for every batch, in which each task is spawned; the scope ends when
//! all have.
//!
//! Guide: rayon's `scope`, whose example hands out slots of a vector; from
//! outside the pool, `in_place_scope` starts from the calling thread. In a
//! worker it is the same as `scope`.

use anyhow::{Context, Result};
use rayon::{ThreadPool, ThreadPoolBuilder};
use triathlon_contract::spawn::{Origin, mark};
use triathlon_contract::{Outcome, Setting, Spawn, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

pub(crate) fn run(
    work: &Spawn,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let workers =
        ThreadPoolBuilder::new().num_threads(setting.workers).build()?;
    let clock = lab.clock();
    let mut tally = Tally::default();
    if let Some(warm_up) = work.warm_up() {
        let lane = lab.lane(warm_up.samples());
        tally.merge(drive(&workers, &warm_up, clock, lane)?.1);
    }

    let lane = lab.lane(work.samples());
    lab.open();
    let (lane, part) = drive(&workers, work, clock, lane)?;
    lab.close([lane]);
    tally.merge(part);
    Ok(Outcome::closed(tally, workers.current_num_threads() as u64))
}

/// Starts and joins from a worker, or from this thread.
fn drive(
    workers: &ThreadPool,
    work: &Spawn,
    clock: Clock,
    lane: Lane,
) -> Result<(Lane, Tally)> {
    match work.origin {
        Origin::Worker => {
            workers.install(|| start_all(workers, work, clock, lane))
        }
        Origin::Outside => start_all(workers, work, clock, lane),
    }
}

/// Batch after batch, each with a slot for the result of every task.
fn start_all(
    workers: &ThreadPool,
    work: &Spawn,
    clock: Clock,
    mut lane: Lane,
) -> Result<(Lane, Tally)> {
    let mut tally = Tally::default();
    let mut slots = vec![None; work.batch as usize];
    let mut started_ns = clock.now_ns();
    for batch in work.batches() {
        workers.in_place_scope(|scope| {
            for (index, slot) in batch.zip(&mut slots) {
                scope.spawn(move |_| *slot = Some(mark(index)));
            }
        });
        for slot in &mut slots {
            tally.add(slot.take().context("a task left no result")?);
        }
        let done_ns = clock.now_ns();
        lane.log(Sample::closed(started_ns, done_ns));
        started_ns = done_ns;
    }
    Ok((lane, tally))
}
