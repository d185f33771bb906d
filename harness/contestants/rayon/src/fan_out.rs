//! A parallel iterator over the URLs, on a pool of as many threads as CPUs:
//! each blocks in one fetch after the other.
//!
//! Guide: rayon's "Parallel Iterators".
//! Deviates: the documentation of `join` warns of jobs that wait, because
//! nobody uses their CPU meanwhile; that is what is measured.

use std::net::SocketAddr;

use anyhow::Result;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use triathlon_contract::{
    Connections, FanOut, Outcome, Received, Setting, Tally,
};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::connection::Connection;
use crate::pool::Pool;

pub(crate) fn run(
    work: &FanOut,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let workers =
        ThreadPoolBuilder::new().num_threads(setting.workers).build()?;
    let server = setting.server;
    let at_once = work.in_flight().min(workers.current_num_threads() as u64);
    let (pool, mut tally) =
        workers.install(|| warm_up(work, server, at_once))?;
    let request = work.request(server);

    let clock = lab.clock();
    let lanes = lab.lanes(work.fetches * work.laps, 1);
    lab.open();
    let (lanes, part) = workers.install(|| {
        gather(work.fetches, server, &request, &pool, clock, lanes)
    })?;
    lab.close(lanes);
    tally.merge(part);
    Ok(Outcome::closed(tally, workers.current_num_threads() as u64))
}

/// Runs in the pool: lap after lap, one parallel iterator over all fetches.
fn gather(
    fetches: u64,
    server: SocketAddr,
    request: &[u8],
    pool: &Option<Pool<Connection>>,
    clock: Clock,
    mut waiting: Vec<Lane>,
) -> Result<(Vec<Lane>, Tally)> {
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut tally = Tally::default();
    while !waiting.is_empty() {
        let fetched: Vec<_> = waiting
            .par_drain(..fetches as usize)
            // One fetch a job, so that who is idle can take any of them.
            .with_max_len(1)
            .map(|lane| fetch(server, request, pool, clock, lane))
            .collect::<Result<_>>()?;
        for (lane, part) in fetched {
            lanes.push(lane);
            tally.merge(part);
        }
    }
    Ok((lanes, tally))
}

fn fetch(
    server: SocketAddr,
    request: &[u8],
    pool: &Option<Pool<Connection>>,
    clock: Clock,
    mut lane: Lane,
) -> Result<(Lane, Tally)> {
    let mut tally = Tally::default();
    let started_ns = clock.now_ns();
    let received: Received = match pool {
        Some(pool) => {
            let mut connection = pool.take();
            let received = connection.exchange(request);
            pool.give(connection);
            received?
        }
        None => {
            tally.connections += 1;
            Connection::open(server)?.exchange(request)?
        }
    };
    lane.log(Sample::closed(started_ns, clock.now_ns()));
    tally.add(received);
    Ok((lane, tally))
}

/// Opens the pool, if the policy names one, with no more connections than can
/// be in use, and fetches once without delay over each of them, else over one
/// that is closed again.
fn warm_up(
    work: &FanOut,
    server: SocketAddr,
    at_once: u64,
) -> Result<(Option<Pool<Connection>>, Tally)> {
    let request = work.warm_up_request(server);
    let mut tally = Tally::default();
    let mut connections = Vec::new();
    for _ in 0..work.pooled(at_once).max(1) {
        let mut connection = Connection::open(server)?;
        tally.connections += 1;
        tally.add(connection.exchange(&request)?);
        connections.push(connection);
    }
    let pool = match work.connections {
        Connections::PerFetch => None,
        Connections::Pool(_) => Some(Pool::new(connections)),
    };
    Ok((pool, tally))
}
