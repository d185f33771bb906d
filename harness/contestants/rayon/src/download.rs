//! A parallel iterator over the connections, on a pool of as many threads as
//! CPUs: a thread reads all bodies of one connection, piece by piece, then
//! those of another.
//!
//! Guide: rayon's "Parallel Iterators".
//! Deviates: the documentation of `join` warns of jobs that wait, because
//! nobody uses their CPU meanwhile; that is what is measured.

use std::net::SocketAddr;

use anyhow::Result;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use triathlon_contract::{
    Download, Mebibytes, Outcome, Received, Setting, Tally,
};
use triathlon_lab::{Clock, Lab, Lane};

use crate::connection::Connection;

pub(crate) fn run(
    work: &Download,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let workers =
        ThreadPoolBuilder::new().num_threads(setting.workers).build()?;
    let (connections, mut tally) =
        workers.install(|| connect(work, setting.server))?;
    let request = work.request(setting.server);

    let clock = lab.clock();
    let lanes = lab.lanes(work.connections, work.samples_per_connection());
    lab.open();
    let (lanes, part) = workers
        .install(|| gather(work.laps, connections, &request, clock, lanes))?;
    lab.close(lanes);
    tally.merge(part);
    Ok(Outcome::closed(tally, workers.current_num_threads() as u64))
}

/// Runs in the pool: one parallel iterator over all connections.
fn gather(
    laps: u64,
    connections: Vec<Connection>,
    request: &[u8],
    clock: Clock,
    waiting: Vec<Lane>,
) -> Result<(Vec<Lane>, Tally)> {
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut tally = Tally::default();
    let done: Vec<_> = connections
        .into_par_iter()
        .zip(waiting)
        // One connection a job, so that who is idle can take any.
        .with_max_len(1)
        .map(|(connection, lane)| {
            repeat(laps, connection, request, clock, lane)
        })
        .collect::<Result<_>>()?;
    for (lane, part) in done {
        lanes.push(lane);
        tally.merge(part);
    }
    Ok((lanes, tally))
}

/// The whole loop of one connection.
fn repeat(
    laps: u64,
    mut connection: Connection,
    request: &[u8],
    clock: Clock,
    mut lane: Lane,
) -> Result<(Lane, Tally)> {
    let mut tally = Tally::default();
    for _ in 0..laps {
        tally.add(fetch(&mut connection, request, clock, &mut lane)?);
    }
    Ok((lane, tally))
}

/// One body, hashed piece by piece; each MiB of it is an operation.
fn fetch(
    connection: &mut Connection,
    request: &[u8],
    clock: Clock,
    lane: &mut Lane,
) -> Result<Received> {
    let mut mebibytes = Mebibytes::start(clock);
    connection.send(request)?;
    loop {
        match connection.receive()? {
            None => mebibytes.log(connection.passed(), clock, lane),
            Some(received) => {
                mebibytes.log(received.bytes, clock, lane);
                return Ok(received);
            }
        }
    }
}

fn connect(
    work: &Download,
    server: SocketAddr,
) -> Result<(Vec<Connection>, Tally)> {
    let mut tally = Tally::default();
    let mut connections = Vec::new();
    for index in 0..work.connections {
        let mut connection =
            Connection::open_buffered(server, Download::BUFFER_BYTES)?;
        tally.connections += 1;
        for request in work.warm_up_requests(index, server) {
            tally.add(connection.exchange(&request)?);
        }
        connections.push(connection);
    }
    Ok((connections, tally))
}
