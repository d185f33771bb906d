//! A task for every connection; `spawn_blocking` computes.
//!
//! Guide: tokio's documentation, "CPU-bound tasks and blocking code"; the pool
//! keeps its own limit of 512 threads.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use tokio::task::{JoinSet, spawn_blocking};
use triathlon_contract::{Mixed, Outcome, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::connection::Connection;
use crate::runtime;

pub(crate) fn run(
    work: &Mixed,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let runtime = runtime::build(setting)?;
    let connect = connect(work.clone(), setting.server);
    let (connections, mut tally) =
        runtime.block_on(runtime.spawn(connect))??;
    let request: Arc<[u8]> = work.request(setting.server).into();

    let clock = lab.clock();
    let lanes = lab.lanes(work.connections, work.laps);
    let gather = gather(work.clone(), connections, request, clock, lanes);
    lab.open();
    let driver = runtime.spawn(gather);
    let (lanes, part) = runtime.block_on(driver)??;
    lab.close(lanes);
    tally.merge(part);
    Ok(Outcome::closed(tally, runtime.metrics().num_workers() as u64))
}

/// The driver: spawns a task for every connection and joins them.
async fn gather(
    work: Mixed,
    connections: Vec<Connection>,
    request: Arc<[u8]>,
    clock: Clock,
    waiting: Vec<Lane>,
) -> Result<(Vec<Lane>, Tally)> {
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut tally = Tally::default();
    let mut tasks = JoinSet::new();
    for (connection, lane) in connections.into_iter().zip(waiting) {
        let (work, request) = (work.clone(), Arc::clone(&request));
        tasks.spawn(repeat(work, connection, request, clock, lane));
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
    work: Mixed,
    mut connection: Connection,
    request: Arc<[u8]>,
    clock: Clock,
    mut lane: Lane,
) -> Result<(Lane, Tally)> {
    let mut tally = Tally::default();
    for _ in 0..work.laps {
        let started_ns = clock.now_ns();
        let received = connection.exchange(&request).await?;
        let (work, document) = (work.clone(), connection.body().to_vec());
        let digest = spawn_blocking(move || work.digest(&document)).await??;
        lane.log(Sample::closed(started_ns, clock.now_ns()));
        tally.add(received);
        tally.add_digest(digest);
    }
    Ok((lane, tally))
}

async fn connect(
    work: Mixed,
    server: SocketAddr,
) -> Result<(Vec<Connection>, Tally)> {
    let request = work.warm_up_request(server);
    let mut tally = Tally::default();
    let mut connections = Vec::new();
    for _ in 0..work.connections {
        let mut connection = Connection::open(server).await?;
        tally.connections += 1;
        tally.add(connection.exchange(&request).await?);
        connections.push(connection);
    }
    Ok((connections, tally))
}
