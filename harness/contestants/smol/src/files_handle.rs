//! A task for every lane; it opens each small file and reads it in chunks.
//!
//! Guide: smol-macros' example `thread_executor_arc`, and the documentation of
//! `File` and `AsyncReadExt::read`. Inside, a hop to the blocking pool for
//! opening and one for asking where the file stands; a task of the pool then
//! reads it through a pipe of 8 MiB that is made for it.

use std::io;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use smol::Executor;
use smol::fs::File;
use smol::io::AsyncReadExt;
use triathlon_contract::files::Ready;
use triathlon_contract::{Files, Outcome, Received, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::runtime;

pub(crate) fn run(
    work: &Files,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let runtime = runtime::build(setting)?;
    let ready = Arc::new(work.ready(setting)?);
    let first = runtime.executor.spawn(first(ready.clone()));
    let mut tally = runtime.block_on(first)?;

    let clock = lab.clock();
    let lanes = lab.lanes(work.in_flight, work.quota());
    let executor = Arc::clone(&runtime.executor);
    let gather = gather(executor, ready, clock, lanes);
    lab.open();
    let driver = runtime.executor.spawn(gather);
    let (lanes, part) = runtime.block_on(driver)?;
    lab.close(lanes);
    tally.merge(part);
    Ok(Outcome::closed(tally, runtime.workers()))
}

/// The driver: spawns a task for every lane and joins them.
async fn gather(
    executor: Arc<Executor<'static>>,
    ready: Arc<Ready>,
    clock: Clock,
    waiting: Vec<Lane>,
) -> Result<(Vec<Lane>, Tally)> {
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut tally = Tally::default();
    let mut tasks = Vec::new();
    for (number, lane) in (0..).zip(waiting) {
        let repeat = repeat(number, Arc::clone(&ready), clock, lane);
        tasks.push(executor.spawn(repeat));
    }
    for task in tasks {
        let (lane, part) = task.await?;
        lanes.push(lane);
        tally.merge(part);
    }
    Ok((lanes, tally))
}

/// One task's life.
async fn repeat(
    number: u64,
    ready: Arc<Ready>,
    clock: Clock,
    mut lane: Lane,
) -> Result<(Lane, Tally)> {
    let mut tally = Tally::default();
    let mut chunk = vec![0; ready.chunk_bytes()];
    for operation in ready.share(number) {
        let started_ns = clock.now_ns();
        let done = read(ready.path(operation), &mut chunk).await?;
        lane.log(Sample::closed(started_ns, clock.now_ns()));
        tally.add(done);
    }
    Ok((lane, tally))
}

/// All of a file, in chunks.
async fn read(path: &Path, chunk: &mut [u8]) -> io::Result<Received> {
    let mut file = File::open(path).await?;
    let mut content = Vec::new();
    loop {
        match file.read(chunk).await? {
            0 => return Ok(Received::whole(200, &content)),
            count => content.extend_from_slice(&chunk[..count]),
        }
    }
}

async fn first(ready: Arc<Ready>) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut chunk = vec![0; ready.chunk_bytes()];
    tally.add(read(ready.path(ready.warm_up()), &mut chunk).await?);
    Ok(tally)
}
