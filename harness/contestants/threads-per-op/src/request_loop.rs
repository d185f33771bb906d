//! A scoped thread for every connection.
//!
//! Guide: `std::thread::scope`, the standard library's own example, and
//! `TcpStream::set_read_timeout`.

use std::net::SocketAddr;
use std::sync::Barrier;
use std::thread;

use anyhow::{Context, Result, anyhow};
use triathlon_contract::{Outcome, RequestLoop, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::connection::{Connection, timed_out};

pub(crate) fn run(
    work: &RequestLoop,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let (connections, mut tally) = connect(work, setting)?;
    let request = work.request(setting.server);

    let clock = lab.clock();
    let lanes = lab.lanes(work.connections, work.laps);
    // All threads exist and wait here when the window opens.
    let start = Barrier::new(connections.len() + 1);
    let (lanes, workers) = thread::scope(|scope| -> Result<_> {
        let mut threads = Vec::with_capacity(connections.len());
        for (connection, lane) in connections.into_iter().zip(lanes) {
            let (start, request) = (&start, &request);
            let exchange = move || {
                start.wait();
                repeat(work, setting.server, connection, request, clock, lane)
            };
            let thread = thread::Builder::new().spawn_scoped(scope, exchange);
            // Those that wait at the barrier could never be joined.
            threads.push(thread.context("spawn").unwrap_or_else(|e| abort(&e)));
        }
        lab.open();
        start.wait();
        let workers = threads.len() as u64;
        let mut lanes = Vec::with_capacity(threads.len());
        for thread in threads {
            let done = thread.join().map_err(|_| anyhow!("panic"))?;
            let (lane, part) = done?;
            lanes.push(lane);
            tally.merge(part);
        }
        Ok((lanes, workers))
    })?;
    lab.close(lanes);
    Ok(Outcome::closed(tally, workers))
}

/// One thread's life behind the barrier.
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
    setting: &Setting,
) -> Result<(Vec<Connection>, Tally)> {
    let request = work.warm_up_request(setting.server);
    let mut tally = Tally::default();
    let mut connections = Vec::new();
    for _ in 0..work.connections {
        let mut connection =
            Connection::open_with(setting.server, work.timeout)?;
        tally.connections += 1;
        tally.add(connection.exchange(&request)?);
        connections.push(connection);
    }
    Ok((connections, tally))
}

fn abort(error: &anyhow::Error) -> ! {
    eprintln!("{error:#}");
    std::process::exit(1)
}
