//! A scoped thread for every loop.
//!
//! Guide: `std::thread::scope` and `std::net::TcpStream`, the standard
//! library's own examples: dropping a stream closes it.

use std::net::SocketAddr;
use std::sync::Barrier;
use std::thread;

use anyhow::{Context, Result, anyhow};
use triathlon_contract::{Connect, Outcome, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::connection::Connection;

pub(crate) fn run(
    work: &Connect,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let addresses = work.addresses_of(setting.server);
    let request = work.request(setting.server);
    let mut tally = warm_up(&addresses, &request)?;

    let clock = lab.clock();
    let lanes = lab.lanes(work.in_flight, work.laps);
    // All threads exist and wait here when the window opens.
    let start = Barrier::new(addresses.len() + 1);
    let (lanes, workers) = thread::scope(|scope| -> Result<_> {
        let mut threads = Vec::with_capacity(addresses.len());
        for (address, lane) in addresses.into_iter().zip(lanes) {
            let (start, request) = (&start, &request);
            let exchange = move || {
                start.wait();
                repeat(work.laps, address, request, clock, lane)
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

fn abort(error: &anyhow::Error) -> ! {
    eprintln!("{error:#}");
    std::process::exit(1)
}
