//! A parallel iterator over the connections, on a pool of as many threads as
//! connections.
//!
//! Guide: rayon's "Parallel Iterators" and `ThreadPoolBuilder::num_threads`;
//! `TcpStream::set_read_timeout`.
//! Deviates: a pool is meant to have as many threads as CPUs; threads that
//! wait leave their CPU to the others.

use std::net::SocketAddr;

use anyhow::Result;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use triathlon_contract::{Outcome, RequestLoop, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::connection::{Connection, timed_out};

pub(crate) fn run(
    work: &RequestLoop,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let threads = work.connections as usize;
    let workers = ThreadPoolBuilder::new().num_threads(threads).build()?;
    let (connections, mut tally) =
        workers.install(|| connect(work, setting.server))?;
    let request = work.request(setting.server);

    let clock = lab.clock();
    let lanes = lab.lanes(work.connections, work.laps);
    lab.open();
    let (lanes, part) = workers.install(|| {
        gather(work, setting.server, connections, &request, clock, lanes)
    })?;
    lab.close(lanes);
    tally.merge(part);
    Ok(Outcome::closed(tally, workers.current_num_threads() as u64))
}

/// Runs in the pool: one parallel iterator over all connections.
fn gather(
    work: &RequestLoop,
    server: SocketAddr,
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
            repeat(work, server, connection, request, clock, lane)
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
    work: &RequestLoop,
    server: SocketAddr,
    mut connection: Connection,
    request: &[u8],
    clock: Clock,
    mut lane: Lane,
) -> Result<(Lane, Tally)> {
    let mut tally = Tally::default();
    for _ in 0..work.laps {
        let started_ns = clock.now_ns();
        let ended = connection.exchange(request);
        lane.log(Sample::closed(started_ns, clock.now_ns()));
        match ended {
            Ok(received) => tally.add(received),
            Err(error) if timed_out(&error) => {
                tally.timed_out += 1;
                // What came late would be taken for the next response.
                drop(connection);
                connection = Connection::open_with(server, work.timeout)?;
                tally.connections += 1;
            }
            Err(error) => return Err(error),
        }
    }
    Ok((lane, tally))
}

fn connect(
    work: &RequestLoop,
    server: SocketAddr,
) -> Result<(Vec<Connection>, Tally)> {
    let request = work.warm_up_request(server);
    let mut tally = Tally::default();
    let mut connections = Vec::new();
    for _ in 0..work.connections {
        let mut connection = Connection::open_with(server, work.timeout)?;
        tally.connections += 1;
        tally.add(connection.exchange(&request)?);
        connections.push(connection);
    }
    Ok((connections, tally))
}
