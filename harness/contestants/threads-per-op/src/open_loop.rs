//! A scoped thread for every connection, which sleeps until each of its
//! requests is due.
//!
//! Guide: `std::thread::scope` and `std::thread::sleep`, the standard library's
//! own examples.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use anyhow::{Context, Result, anyhow};
use triathlon_contract::{OpenLoop, Outcome, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::connection::Connection;

pub(crate) fn run(
    work: &OpenLoop,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let (connections, mut tally) = connect(work, setting)?;
    let request = work.request(setting.server);
    let schedule = work.schedule(setting.pace);

    let clock = lab.clock();
    let lanes = lab.lanes(work.connections, work.laps);
    // All threads exist and wait here when the window opens.
    let start = Barrier::new(connections.len() + 1);
    let opened_ns = AtomicU64::new(0);
    let (lanes, workers) = thread::scope(|scope| -> Result<_> {
        let mut threads = Vec::with_capacity(connections.len());
        let connections = connections.into_iter().zip(lanes);
        for ((connection, lane), offsets) in connections.zip(&schedule) {
            let (start, request) = (&start, &request);
            let opened_ns = &opened_ns;
            let exchange = move || {
                start.wait();
                let opened_ns = opened_ns.load(Ordering::Relaxed);
                let due = offsets.iter().map(|offset| opened_ns + offset);
                follow(due, connection, request, clock, lane)
            };
            let thread = thread::Builder::new().spawn_scoped(scope, exchange);
            // Those that wait at the barrier could never be joined.
            threads.push(thread.context("spawn").unwrap_or_else(|e| abort(&e)));
        }
        lab.open();
        opened_ns.store(clock.now_ns(), Ordering::Relaxed);
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

/// One thread's life behind the barrier: no request is left out, however late
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
