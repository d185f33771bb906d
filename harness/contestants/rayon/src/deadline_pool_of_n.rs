//! A parallel iterator over the connections, on a pool of as many threads as
//! connections; each read has what is left of the deadline as its timeout.
//!
//! Guide: rayon's "Parallel Iterators" and `ThreadPoolBuilder::num_threads`;
//! `TcpStream::set_read_timeout`.
//! Deviates: a pool is meant to have as many threads as CPUs; threads that
//! wait leave their CPU to the others.

use std::net::SocketAddr;

use anyhow::Result;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use triathlon_contract::deadline::Requests;
use triathlon_contract::{Deadline, Outcome, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::connection::Connection;

pub(crate) fn run(
    work: &Deadline,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let threads = work.connections as usize;
    let workers = ThreadPoolBuilder::new().num_threads(threads).build()?;
    let server = setting.server;
    let (connections, mut tally) = workers.install(|| connect(work, server))?;
    let requests = work.requests(server);

    let clock = lab.clock();
    let lanes = lab.lanes(work.connections, work.laps);
    let late = lab.lanes(work.connections, work.laps);
    let lanes = lanes.into_iter().zip(late).collect();
    lab.open();
    let (lanes, part) = workers
        .install(|| gather(server, connections, &requests, clock, lanes))?;
    let (lanes, late): (Vec<_>, Vec<_>) = lanes.into_iter().unzip();
    lab.close(lanes);
    lab.beside(late);
    tally.merge(part);
    Ok(Outcome::closed(tally, workers.current_num_threads() as u64))
}

/// Runs in the pool: one parallel iterator over all connections.
fn gather(
    server: SocketAddr,
    connections: Vec<Connection>,
    requests: &Requests,
    clock: Clock,
    waiting: Vec<(Lane, Lane)>,
) -> Result<(Vec<(Lane, Lane)>, Tally)> {
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut tally = Tally::default();
    let done: Vec<_> = connections
        .into_par_iter()
        .zip(waiting)
        .enumerate()
        // One connection a job, so that who is idle can take any.
        .with_max_len(1)
        .map(|(index, (connection, own))| {
            repeat(server, index as u64, connection, requests, clock, own)
        })
        .collect::<Result<_>>()?;
    for (own, part) in done {
        lanes.push(own);
        tally.merge(part);
    }
    Ok((lanes, tally))
}

/// The whole loop of one connection and those that take its place.
fn repeat(
    server: SocketAddr,
    index: u64,
    mut connection: Connection,
    requests: &Requests,
    clock: Clock,
    (mut lane, mut late): (Lane, Lane),
) -> Result<((Lane, Lane), Tally)> {
    let (work, mut tally) = (&requests.work, Tally::default());
    for number in 0..work.laps {
        let request = requests.of(index, number);
        let started_ns = clock.now_ns();
        let deadline_ns = started_ns + work.deadline_ns();
        let ended = connection.exchange_by(request, clock, deadline_ns)?;
        let done_ns = clock.now_ns();
        lane.log(Sample::closed(started_ns, done_ns));
        match ended {
            Some(received) => tally.add(received),
            None => {
                late.log(Sample::closed(deadline_ns, done_ns));
                tally.timed_out += 1;
                // What came late would be taken for the next response.
                drop(connection);
                connection = Connection::open(server)?;
                tally.connections += 1;
            }
        }
    }
    Ok(((lane, late), tally))
}

fn connect(
    work: &Deadline,
    server: SocketAddr,
) -> Result<(Vec<Connection>, Tally)> {
    let request = work.warm_up_request(server);
    let mut tally = Tally::default();
    let mut connections = Vec::new();
    for _ in 0..work.connections {
        let mut connection = Connection::open(server)?;
        tally.connections += 1;
        tally.add(connection.exchange(&request)?);
        connections.push(connection);
    }
    Ok((connections, tally))
}
