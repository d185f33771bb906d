//! A scoped thread for every URL, all joined at the end of a lap.
//!
//! Guide: `std::thread::scope`, the standard library's own example.

use std::net::SocketAddr;
use std::thread;

use anyhow::{Context, Result, anyhow};
use triathlon_contract::{
    Connections, FanOut, Outcome, Received, Setting, Tally,
};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::connection::Connection;
use crate::pool::Pool;

pub(crate) fn run(
    work: &FanOut,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let server = setting.server;
    let (pool, mut tally) = warm_up(work, server)?;
    let request = work.request(server);

    let clock = lab.clock();
    let mut waiting = lab.lanes(work.fetches * work.laps, 1);
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut workers = 0;
    lab.open();
    for _ in 0..work.laps {
        thread::scope(|scope| -> Result<()> {
            let mut threads = Vec::with_capacity(work.fetches as usize);
            for lane in waiting.drain(..work.fetches as usize) {
                let (request, pool) = (&request, &pool);
                let fetch = move || fetch(server, request, pool, clock, lane);
                let thread = thread::Builder::new()
                    .spawn_scoped(scope, fetch)
                    .context("spawn")?;
                threads.push(thread);
            }
            workers = threads.len() as u64;
            for thread in threads {
                let fetched = thread.join().map_err(|_| anyhow!("panic"))?;
                let (lane, part) = fetched?;
                lanes.push(lane);
                tally.merge(part);
            }
            Ok(())
        })?;
    }
    lab.close(lanes);
    Ok(Outcome::closed(tally, workers))
}

/// One thread's life.
fn fetch(
    server: SocketAddr,
    request: &[u8],
    pool: &Option<Pool<Connection>>,
    clock: Clock,
    mut lane: Lane,
) -> Result<(Lane, Tally)> {
    let mut tally = Tally::default();
    let started_ns = clock.now_ns();
    let received: Received = match pool {
        Some(pool) => {
            let mut connection = pool.take();
            let received = connection.exchange(request);
            pool.give(connection);
            received?
        }
        None => {
            tally.connections += 1;
            Connection::open(server)?.exchange(request)?
        }
    };
    lane.log(Sample::closed(started_ns, clock.now_ns()));
    tally.add(received);
    Ok((lane, tally))
}

/// Opens the pool, if the policy names one, and fetches once without delay
/// over each of its connections, else over one that is closed again.
fn warm_up(
    work: &FanOut,
    server: SocketAddr,
) -> Result<(Option<Pool<Connection>>, Tally)> {
    let request = work.warm_up_request(server);
    let mut tally = Tally::default();
    let mut open = || -> Result<Connection> {
        let mut connection = Connection::open(server)?;
        tally.connections += 1;
        tally.add(connection.exchange(&request)?);
        Ok(connection)
    };
    let pool = match work.connections {
        Connections::PerFetch => {
            open()?;
            None
        }
        Connections::Pool(_) => {
            let connections = (0..work.in_flight()).map(|_| open());
            Some(Pool::new(connections.collect::<Result<_>>()?))
        }
    };
    Ok((pool, tally))
}
