//! A task for every lane; it opens each small file and reads it in chunks.
//!
//! Guide: tokio's tutorial, "Spawning", and the second example of the
//! documentation of `tokio::fs`. Inside, a hop to the blocking pool for
//! opening, one for each read, one for the end of the file; the file is closed
//! on the worker.

use std::io;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tokio::task::JoinSet;
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
    let first = first(Arc::clone(&ready));
    let mut tally = runtime.block_on(runtime.spawn(first))??;

    let clock = lab.clock();
    let lanes = lab.lanes(work.in_flight, work.quota());
    let gather = gather(ready, clock, lanes);
    lab.open();
    let driver = runtime.spawn(gather);
    let (lanes, part) = runtime.block_on(driver)??;
    lab.close(lanes);
    tally.merge(part);
    Ok(Outcome::closed(tally, runtime.metrics().num_workers() as u64))
}

/// The driver: spawns a task for every lane and joins them.
async fn gather(
    ready: Arc<Ready>,
    clock: Clock,
    waiting: Vec<Lane>,
) -> Result<(Vec<Lane>, Tally)> {
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut tally = Tally::default();
    let mut tasks = JoinSet::new();
    for (number, lane) in (0..).zip(waiting) {
        let repeat = repeat(number, Arc::clone(&ready), clock, lane);
        tasks.spawn(repeat);
    }
    while let Some(done) = tasks.join_next().await {
        let (lane, part) = done??;
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
