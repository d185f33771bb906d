//! A scoped thread for every connection; each read has what is left of the
//! deadline as its timeout.
//!
//! Guide: `std::thread::scope`, the standard library's own example, and
//! `TcpStream::set_read_timeout`.

use std::net::SocketAddr;
use std::sync::Barrier;
use std::thread;

use anyhow::{Context, Result, anyhow};
use triathlon_contract::deadline::Requests;
use triathlon_contract::{Deadline, Outcome, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::connection::Connection;

pub(crate) fn run(
    work: &Deadline,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let server = setting.server;
    let (connections, mut tally) = connect(work, server)?;
    let requests = work.requests(server);

    let clock = lab.clock();
    let lanes = lab.lanes(work.connections, work.laps);
    let late = lab.lanes(work.connections, work.laps);
    let lanes = lanes.into_iter().zip(late);
    // All threads exist and wait here when the window opens.
    let start = Barrier::new(connections.len() + 1);
    let (lanes, workers) = thread::scope(|scope| -> Result<_> {
        let mut threads = Vec::with_capacity(connections.len());
        for ((index, connection), own) in (0..).zip(connections).zip(lanes) {
            let (start, requests) = (&start, &requests);
            let exchange = move || {
                start.wait();
                repeat(server, index, connection, requests, clock, own)
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
            let (own, part) = done?;
            lanes.push(own);
            tally.merge(part);
        }
        Ok((lanes, workers))
    })?;
    let (lanes, late): (Vec<_>, Vec<_>) = lanes.into_iter().unzip();
    lab.close(lanes);
    lab.beside(late);
    Ok(Outcome::closed(tally, workers))
}

/// One thread's life behind the barrier.
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

fn abort(error: &anyhow::Error) -> ! {
    eprintln!("{error:#}");
    std::process::exit(1)
}
