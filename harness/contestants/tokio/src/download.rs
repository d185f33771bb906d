//! A task for every connection, gathered in a `JoinSet`; it awaits one piece of
//! a body after the other.
//!
//! Guide: tokio's tutorial, "Spawning" and "I/O", there `async fn read()`, and
//! the documentation of `JoinSet`.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use tokio::task::JoinSet;
use triathlon_contract::{
    Download, Mebibytes, Outcome, Received, Setting, Tally,
};
use triathlon_lab::{Clock, Lab, Lane};

use crate::connection::Connection;
use crate::runtime;

pub(crate) fn run(
    work: &Download,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let runtime = runtime::build(setting)?;
    let connect = connect(work.clone(), setting.server);
    let (connections, mut tally) =
        runtime.block_on(runtime.spawn(connect))??;
    let request: Arc<[u8]> = work.request(setting.server).into();

    let clock = lab.clock();
    let lanes = lab.lanes(work.connections, work.samples_per_connection());
    let gather = gather(work.laps, connections, request, clock, lanes);
    lab.open();
    let driver = runtime.spawn(gather);
    let (lanes, part) = runtime.block_on(driver)??;
    lab.close(lanes);
    tally.merge(part);
    Ok(Outcome::closed(tally, runtime.metrics().num_workers() as u64))
}

/// The driver: spawns a task for every connection and joins them.
async fn gather(
    laps: u64,
    connections: Vec<Connection>,
    request: Arc<[u8]>,
    clock: Clock,
    waiting: Vec<Lane>,
) -> Result<(Vec<Lane>, Tally)> {
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut tally = Tally::default();
    let mut tasks = JoinSet::new();
    for (connection, lane) in connections.into_iter().zip(waiting) {
        let request = Arc::clone(&request);
        tasks.spawn(repeat(laps, connection, request, clock, lane));
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
    laps: u64,
    mut connection: Connection,
    request: Arc<[u8]>,
    clock: Clock,
    mut lane: Lane,
) -> Result<(Lane, Tally)> {
    let mut tally = Tally::default();
    for _ in 0..laps {
        let received =
            fetch(&mut connection, &request, clock, &mut lane).await?;
        tally.add(received);
    }
    Ok((lane, tally))
}

/// One body, hashed piece by piece; each MiB of it is an operation.
async fn fetch(
    connection: &mut Connection,
    request: &[u8],
    clock: Clock,
    lane: &mut Lane,
) -> Result<Received> {
    let mut mebibytes = Mebibytes::start(clock);
    connection.send(request).await?;
    loop {
        match connection.receive().await? {
            None => mebibytes.log(connection.passed(), clock, lane),
            Some(received) => {
                mebibytes.log(received.bytes, clock, lane);
                return Ok(received);
            }
        }
    }
}

async fn connect(
    work: Download,
    server: SocketAddr,
) -> Result<(Vec<Connection>, Tally)> {
    let mut tally = Tally::default();
    let mut connections = Vec::new();
    for index in 0..work.connections {
        let mut connection =
            Connection::open_buffered(server, Download::BUFFER_BYTES).await?;
        tally.connections += 1;
        for request in work.warm_up_requests(index, server) {
            tally.add(connection.exchange(&request).await?);
        }
        connections.push(connection);
    }
    Ok((connections, tally))
}
