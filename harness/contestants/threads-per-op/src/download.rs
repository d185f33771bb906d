//! A scoped thread for every connection; it reads one piece of a body after the
//! other.
//!
//! Guide: `std::thread::scope` and `std::io::Read`, the standard library's own
//! examples.

use std::net::SocketAddr;
use std::sync::Barrier;
use std::thread;

use anyhow::{Context, Result, anyhow};
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
    let (connections, mut tally) = connect(work, setting.server)?;
    let request = work.request(setting.server);

    let clock = lab.clock();
    let lanes = lab.lanes(work.connections, work.samples_per_connection());
    // All threads exist and wait here when the window opens.
    let start = Barrier::new(connections.len() + 1);
    let (lanes, workers) = thread::scope(|scope| -> Result<_> {
        let mut threads = Vec::with_capacity(connections.len());
        for (connection, lane) in connections.into_iter().zip(lanes) {
            let (start, request) = (&start, &request);
            let exchange = move || {
                start.wait();
                repeat(work.laps, connection, request, clock, lane)
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

fn abort(error: &anyhow::Error) -> ! {
    eprintln!("{error:#}");
    std::process::exit(1)
}
