//! A task for every connection, gathered in a `JoinSet`.
//!
//! Guide: tokio's tutorial, "Spawning", and the documentation of `JoinSet` and
//! of `time::timeout`.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use tokio::task::JoinSet;
use triathlon_contract::{Outcome, RequestLoop, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::connection::{Connection, Timed, timed_out};
use crate::runtime;

pub(crate) fn run(
    work: &RequestLoop,
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
    let gather = gather(
        work.clone(),
        setting.server,
        connections,
        request,
        clock,
        lanes,
    );
    lab.open();
    let driver = runtime.spawn(gather);
    let (lanes, part) = runtime.block_on(driver)??;
    lab.close(lanes);
    tally.merge(part);
    Ok(Outcome::closed(tally, runtime.metrics().num_workers() as u64))
}

/// The driver: spawns a task for every connection and joins them.
async fn gather(
    work: RequestLoop,
    server: SocketAddr,
    connections: Vec<Connection>,
    request: Arc<[u8]>,
    clock: Clock,
    waiting: Vec<Lane>,
) -> Result<(Vec<Lane>, Tally)> {
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut tally = Tally::default();
    let mut tasks = JoinSet::new();
    for (connection, lane) in connections.into_iter().zip(waiting) {
        let (laps, request) = (work.laps, Arc::clone(&request));
        match work.timeout {
            None => tasks.spawn(repeat(laps, connection, request, clock, lane)),
            Some(timeout) => {
                let timed = Timed::new(connection, server, timeout);
                tasks.spawn(repeat_timed(laps, timed, request, clock, lane))
            }
        };
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
        let started_ns = clock.now_ns();
        let received = connection.exchange(&request).await?;
        lane.log(Sample::closed(started_ns, clock.now_ns()));
        tally.add(received);
    }
    Ok((lane, tally))
}

/// The same with a timeout on every write and every read.
async fn repeat_timed(
    laps: u64,
    mut connection: Timed,
    request: Arc<[u8]>,
    clock: Clock,
    mut lane: Lane,
) -> Result<(Lane, Tally)> {
    let mut tally = Tally::default();
    for _ in 0..laps {
        let started_ns = clock.now_ns();
        let ended = connection.exchange(&request).await;
        lane.log(Sample::closed(started_ns, clock.now_ns()));
        match ended {
            Ok(received) => tally.add(received),
            Err(error) if timed_out(&error) => {
                tally.timed_out += 1;
                connection.reopen().await?;
                tally.connections += 1;
            }
            Err(error) => return Err(error),
        }
    }
    Ok((lane, tally))
}

async fn connect(
    work: RequestLoop,
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
