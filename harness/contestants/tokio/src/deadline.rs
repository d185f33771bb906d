//! A task for every connection, gathered in a `JoinSet`; each exchange within a
//! `timeout`.
//!
//! Guide: tokio's tutorial, "Spawning", and the documentation of
//! `time::timeout`: when it is over, the future is dropped where it awaits.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use tokio::task::JoinSet;
use tokio::time::timeout;
use triathlon_contract::deadline::Requests;
use triathlon_contract::{Deadline, Outcome, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::connection::Connection;
use crate::runtime;

pub(crate) fn run(
    work: &Deadline,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let runtime = runtime::build(setting)?;
    let (server, clock) = (setting.server, lab.clock());
    let connect = runtime.spawn(connect(work.clone(), server));
    let (connections, mut tally) = runtime.block_on(connect)??;

    let lanes = lab.lanes(work.connections, work.laps);
    let late = lab.lanes(work.connections, work.laps);
    let lanes = lanes.into_iter().zip(late).collect();
    let requests = Arc::new(work.requests(server));
    let gather = gather(server, connections, requests, clock, lanes);
    lab.open();
    let driver = runtime.spawn(gather);
    let (lanes, part) = runtime.block_on(driver)??;
    let (lanes, late): (Vec<_>, Vec<_>) = lanes.into_iter().unzip();
    lab.close(lanes);
    lab.beside(late);
    tally.merge(part);
    Ok(Outcome::closed(tally, runtime.metrics().num_workers() as u64))
}

/// The driver: spawns a task for every connection and joins them.
async fn gather(
    server: SocketAddr,
    connections: Vec<Connection>,
    requests: Arc<Requests>,
    clock: Clock,
    waiting: Vec<(Lane, Lane)>,
) -> Result<(Vec<(Lane, Lane)>, Tally)> {
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut tally = Tally::default();
    let mut tasks = JoinSet::new();
    for ((index, connection), own) in (0..).zip(connections).zip(waiting) {
        let requests = Arc::clone(&requests);
        let life = repeat(server, index, connection, requests, clock, own);
        tasks.spawn(life);
    }
    while let Some(done) = tasks.join_next().await {
        let (own, part) = done??;
        lanes.push(own);
        tally.merge(part);
    }
    Ok((lanes, tally))
}

/// One task's life.
async fn repeat(
    server: SocketAddr,
    index: u64,
    mut connection: Connection,
    requests: Arc<Requests>,
    clock: Clock,
    (mut lane, mut late): (Lane, Lane),
) -> Result<((Lane, Lane), Tally)> {
    let (work, mut tally) = (&requests.work, Tally::default());
    for number in 0..work.laps {
        let started_ns = clock.now_ns();
        let exchange = connection.exchange(requests.of(index, number));
        let ended = timeout(work.deadline, exchange).await;
        let done_ns = clock.now_ns();
        lane.log(Sample::closed(started_ns, done_ns));
        match ended {
            Ok(received) => tally.add(received?),
            Err(_) => {
                let deadline_ns = started_ns + work.deadline_ns();
                late.log(Sample::closed(deadline_ns, done_ns));
                tally.timed_out += 1;
                // What came late would be taken for the next response.
                drop(connection);
                connection = Connection::open(server).await?;
                tally.connections += 1;
            }
        }
    }
    Ok(((lane, late), tally))
}

async fn connect(
    work: Deadline,
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
