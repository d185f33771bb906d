//! A task for every loop, gathered in a `JoinSet`.
//!
//! Guide: tokio's tutorial, "Spawning", and the documentation of `JoinSet` and
//! of `TcpStream`: dropping it closes it.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use tokio::task::JoinSet;
use triathlon_contract::{Connect, Outcome, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::connection::Connection;
use crate::runtime;

pub(crate) fn run(
    work: &Connect,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let runtime = runtime::build(setting)?;
    let addresses = work.addresses_of(setting.server);
    let request: Arc<[u8]> = work.request(setting.server).into();
    let warm_up = warm_up(addresses.clone(), Arc::clone(&request));
    let mut tally = runtime.block_on(runtime.spawn(warm_up))??;

    let clock = lab.clock();
    let lanes = lab.lanes(work.in_flight, work.laps);
    let gather = gather(work.laps, addresses, request, clock, lanes);
    lab.open();
    let driver = runtime.spawn(gather);
    let (lanes, part) = runtime.block_on(driver)??;
    lab.close(lanes);
    tally.merge(part);
    Ok(Outcome::closed(tally, runtime.metrics().num_workers() as u64))
}

/// The driver: spawns a task for every loop and joins them.
async fn gather(
    laps: u64,
    addresses: Vec<SocketAddr>,
    request: Arc<[u8]>,
    clock: Clock,
    waiting: Vec<Lane>,
) -> Result<(Vec<Lane>, Tally)> {
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut tally = Tally::default();
    let mut tasks = JoinSet::new();
    for (address, lane) in addresses.into_iter().zip(waiting) {
        let request = Arc::clone(&request);
        tasks.spawn(repeat(laps, address, request, clock, lane));
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
    address: SocketAddr,
    request: Arc<[u8]>,
    clock: Clock,
    mut lane: Lane,
) -> Result<(Lane, Tally)> {
    let mut tally = Tally::default();
    for _ in 0..laps {
        let started_ns = clock.now_ns();
        let received =
            Connection::open(address).await?.exchange(&request).await?;
        lane.log(Sample::closed(started_ns, clock.now_ns()));
        tally.connections += 1;
        tally.add(received);
    }
    Ok((lane, tally))
}

async fn warm_up(
    addresses: Vec<SocketAddr>,
    request: Arc<[u8]>,
) -> Result<Tally> {
    let mut tally = Tally::default();
    for address in addresses {
        tally.connections += 1;
        let mut connection = Connection::open(address).await?;
        tally.add(connection.exchange(&request).await?);
    }
    Ok(tally)
}
