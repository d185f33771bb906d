//! A task for every URL, gathered from a vector of handles.
//!
//! Guide: async-std's book, "Tasks"; handles in a vector, awaited in turn, as
//! in its "Clean Shutdown".

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use async_std::task;
use triathlon_contract::{
    Connections, FanOut, Outcome, Received, Setting, Tally,
};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::connection::Connection;
use crate::pool::Pool;
use crate::runtime;

pub(crate) fn run(
    work: &FanOut,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    runtime::start(setting.workers);
    let server = setting.server;
    let warm_up = warm_up(work.clone(), server);
    let (pool, mut tally) = runtime::block_on(task::spawn(warm_up))?;
    let request: Arc<[u8]> = work.request(server).into();

    let clock = lab.clock();
    let lanes = lab.lanes(work.fetches * work.laps, 1);
    let gather = gather(work.fetches, server, request, pool, clock, lanes);
    lab.open();
    let driver = task::spawn(gather);
    let (lanes, part) = runtime::block_on(driver)?;
    lab.close(lanes);
    tally.merge(part);
    Ok(Outcome::closed(tally, runtime::workers()?))
}

/// The driver: lap after lap, spawns a task for every lane and joins them.
async fn gather(
    fetches: u64,
    server: SocketAddr,
    request: Arc<[u8]>,
    pool: Option<Arc<Pool<Connection>>>,
    clock: Clock,
    mut waiting: Vec<Lane>,
) -> Result<(Vec<Lane>, Tally)> {
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut tally = Tally::default();
    while !waiting.is_empty() {
        let mut tasks = Vec::new();
        for lane in waiting.drain(..fetches as usize) {
            let (request, pool) = (Arc::clone(&request), pool.clone());
            tasks.push(task::spawn(fetch(server, request, pool, clock, lane)));
        }
        for task in tasks {
            let (lane, part) = task.await?;
            lanes.push(lane);
            tally.merge(part);
        }
    }
    Ok((lanes, tally))
}

/// One task's life.
async fn fetch(
    server: SocketAddr,
    request: Arc<[u8]>,
    pool: Option<Arc<Pool<Connection>>>,
    clock: Clock,
    mut lane: Lane,
) -> Result<(Lane, Tally)> {
    let mut tally = Tally::default();
    let started_ns = clock.now_ns();
    let received: Received = match pool {
        Some(pool) => {
            let mut connection = pool.take().await?;
            let received = connection.exchange(&request).await;
            pool.give(connection);
            received?
        }
        None => {
            tally.connections += 1;
            Connection::open(server).await?.exchange(&request).await?
        }
    };
    lane.log(Sample::closed(started_ns, clock.now_ns()));
    tally.add(received);
    Ok((lane, tally))
}

/// Opens the pool, if the policy names one, and fetches once without delay
/// over each of its connections, else over one that is closed again.
async fn warm_up(
    work: FanOut,
    server: SocketAddr,
) -> Result<(Option<Arc<Pool<Connection>>>, Tally)> {
    let request = work.warm_up_request(server);
    let mut tally = Tally::default();
    let mut connections = Vec::new();
    for _ in 0..work.pooled(work.in_flight()).max(1) {
        let mut connection = Connection::open(server).await?;
        tally.connections += 1;
        tally.add(connection.exchange(&request).await?);
        connections.push(connection);
    }
    let pool = match work.connections {
        Connections::PerFetch => None,
        Connections::Pool(_) => Some(Arc::new(Pool::new(connections))),
    };
    Ok((pool, tally))
}
