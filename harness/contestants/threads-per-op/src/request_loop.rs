//! A scoped thread for every connection.
//!
//! Guide: `std::thread::scope`, the standard library's own example.

use std::sync::Barrier;
use std::thread;

use anyhow::{Context, Result, anyhow};
use triathlon_contract::{Outcome, RequestLoop, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::connection::Connection;

pub(crate) fn run(
    work: &RequestLoop,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let (connections, mut tally) = connect(work, setting)?;
    let request = work.request(setting.server);

    let clock = lab.clock();
    let mut lanes = lab.lanes(work.connections, work.laps);
    // All threads exist and wait here when the window opens.
    let start = Barrier::new(connections.len() + 1);
    let workers = thread::scope(|scope| -> Result<u64> {
        let mut threads = Vec::with_capacity(connections.len());
        for (connection, lane) in connections.into_iter().zip(&mut lanes) {
            let exchange = || {
                start.wait();
                repeat(work.laps, connection, &request, clock, lane)
            };
            let thread = thread::Builder::new().spawn_scoped(scope, exchange);
            // Those that wait at the barrier could never be joined.
            threads.push(thread.context("spawn").unwrap_or_else(|e| abort(&e)));
        }
        lab.open();
        start.wait();
        let workers = threads.len() as u64;
        for thread in threads {
            let done = thread.join().map_err(|_| anyhow!("panic"))?;
            tally.merge(done?);
        }
        Ok(workers)
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
    lane: &mut Lane,
) -> Result<Tally> {
    let mut tally = Tally::default();
    for _ in 0..laps {
        let started_ns = clock.now_ns();
        let received = connection.exchange(request)?;
        lane.log(Sample::closed(started_ns, clock.now_ns()));
        tally.add(received);
    }
    Ok(tally)
}

fn connect(
    work: &RequestLoop,
    setting: &Setting,
) -> Result<(Vec<Connection>, Tally)> {
    let request = work.warm_up_request(setting.server);
    let mut tally = Tally::default();
    let mut connections = Vec::new();
    for _ in 0..work.connections {
        let mut connection = Connection::open(setting.server)?;
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
