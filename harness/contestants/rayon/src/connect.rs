//! A parallel iterator over the loops, on a pool of as many threads as CPUs: a
//! thread makes all connections of one loop, then those of another.
//!
//! Guide: rayon's "Parallel Iterators"; `std::net::TcpStream`: dropping it
//! closes it.
//! Deviates: the documentation of `join` warns of jobs that wait, because
//! nobody uses their CPU meanwhile; that is what is measured.

use std::net::SocketAddr;

use anyhow::Result;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use triathlon_contract::{Connect, Outcome, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::connection::Connection;

pub(crate) fn run(
    work: &Connect,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let workers =
        ThreadPoolBuilder::new().num_threads(setting.workers).build()?;
    let addresses = work.addresses_of(setting.server);
    let request = work.request(setting.server);
    let mut tally = workers.install(|| warm_up(&addresses, &request))?;

    let clock = lab.clock();
    let lanes = lab.lanes(work.in_flight, work.laps);
    lab.open();
    let (lanes, part) = workers
        .install(|| gather(work.laps, addresses, &request, clock, lanes))?;
    lab.close(lanes);
    tally.merge(part);
    Ok(Outcome::closed(tally, workers.current_num_threads() as u64))
}

/// Runs in the pool: one parallel iterator over all loops.
fn gather(
    laps: u64,
    addresses: Vec<SocketAddr>,
    request: &[u8],
    clock: Clock,
    waiting: Vec<Lane>,
) -> Result<(Vec<Lane>, Tally)> {
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut tally = Tally::default();
    let done: Vec<_> = addresses
        .into_par_iter()
        .zip(waiting)
        // One loop a job, so that who is idle can take any.
        .with_max_len(1)
        .map(|(address, lane)| repeat(laps, address, request, clock, lane))
        .collect::<Result<_>>()?;
    for (lane, part) in done {
        lanes.push(lane);
        tally.merge(part);
    }
    Ok((lanes, tally))
}

/// All connections of one loop.
fn repeat(
    laps: u64,
    address: SocketAddr,
    request: &[u8],
    clock: Clock,
    mut lane: Lane,
) -> Result<(Lane, Tally)> {
    let mut tally = Tally::default();
    for _ in 0..laps {
        let started_ns = clock.now_ns();
        let received = Connection::open(address)?.exchange(request)?;
        lane.log(Sample::closed(started_ns, clock.now_ns()));
        tally.connections += 1;
        tally.add(received);
    }
    Ok((lane, tally))
}

fn warm_up(addresses: &[SocketAddr], request: &[u8]) -> Result<Tally> {
    let mut tally = Tally::default();
    for &address in addresses {
        tally.connections += 1;
        tally.add(Connection::open(address)?.exchange(request)?);
    }
    Ok(tally)
}
