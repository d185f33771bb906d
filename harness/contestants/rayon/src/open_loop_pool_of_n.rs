//! A parallel iterator over the connections, on a pool of as many threads as
//! connections; each sleeps until the next request of its connection is due.
//!
//! Guide: rayon's "Parallel Iterators" and `ThreadPoolBuilder::num_threads`.
//! Deviates: a pool is meant to have as many threads as CPUs; threads that
//! wait leave their CPU to the others.

use std::net::SocketAddr;
use std::thread;

use anyhow::Result;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use triathlon_contract::{OpenLoop, Outcome, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::connection::Connection;

pub(crate) fn run(
    work: &OpenLoop,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let threads = work.connections as usize;
    let workers = ThreadPoolBuilder::new().num_threads(threads).build()?;
    let (connections, mut tally) =
        workers.install(|| connect(work, setting.server))?;
    let request = work.request(setting.server);
    let schedule = work.schedule(setting.pace);

    let clock = lab.clock();
    let lanes = lab.lanes(work.connections, work.laps);
    lab.open();
    let (lanes, part) = workers
        .install(|| gather(&schedule, connections, &request, clock, lanes))?;
    lab.close(lanes);
    tally.merge(part);
    Ok(Outcome::closed(tally, workers.current_num_threads() as u64))
}

/// Runs in the pool: one parallel iterator over all connections.
fn gather(
    schedule: &[Vec<u64>],
    connections: Vec<Connection>,
    request: &[u8],
    clock: Clock,
    waiting: Vec<Lane>,
) -> Result<(Vec<Lane>, Tally)> {
    let opened_ns = clock.now_ns();
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut tally = Tally::default();
    let done: Vec<_> = connections
        .into_par_iter()
        .zip(waiting)
        .zip(schedule)
        // One connection a job, so that who is idle can take any.
        .with_max_len(1)
        .map(|((connection, lane), offsets)| {
            let due = offsets.iter().map(|offset| opened_ns + offset);
            follow(due, connection, request, clock, lane)
        })
        .collect::<Result<_>>()?;
    for (lane, part) in done {
        lanes.push(lane);
        tally.merge(part);
    }
    Ok((lanes, tally))
}

/// The whole schedule of one connection: no request is left out, however late
/// it starts.
fn follow(
    due: impl Iterator<Item = u64>,
    mut connection: Connection,
    request: &[u8],
    clock: Clock,
    mut lane: Lane,
) -> Result<(Lane, Tally)> {
    let mut tally = Tally::default();
    for intended_ns in due {
        thread::sleep(clock.until(intended_ns));
        let started_ns = clock.now_ns();
        let received = connection.exchange(request)?;
        let done_ns = clock.now_ns();
        lane.log(Sample { intended_ns, started_ns, done_ns });
        tally.add(received);
    }
    Ok((lane, tally))
}

fn connect(
    work: &OpenLoop,
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
