//! Every URL is a job for a fixed pool of threads.
//!
//! Guide: the Rust book, "Turning our single-threaded server into a
//! multithreaded server".

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};

use anyhow::{Context, Result};
use triathlon_contract::{
    Connections, FanOut, Outcome, Received, Setting, Tally,
};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::connection::Connection;
use crate::workers::{Queue, Workers};

/// What a worker gives back for a job.
type Fetched = Result<(Lane, Tally)>;

pub(crate) fn run(
    work: &FanOut,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let server = setting.server;
    let (connections, mut tally) = warm_up(work, server)?;
    let request: Arc<[u8]> = work.request(server).into();

    let clock = lab.clock();
    let (jobs, queue) = Queue::new();
    let (results, fetched) = mpsc::channel::<Fetched>();
    let workers = Workers::start(connections.into_iter().map(|kept| {
        let (queue, results) = (queue.clone(), results.clone());
        let request = Arc::clone(&request);
        move || serve(server, &request, kept, clock, &queue, &results)
    }))?;
    drop((queue, results));

    let mut waiting = lab.lanes(work.fetches * work.laps, 1);
    let mut lanes = Vec::with_capacity(waiting.len());
    lab.open();
    for _ in 0..work.laps {
        for lane in waiting.drain(..work.fetches as usize) {
            jobs.send(lane).context("the pool is gone")?;
        }
        for _ in 0..work.fetches {
            let (lane, part) = fetched.recv().context("the pool is gone")??;
            lanes.push(lane);
            tally.merge(part);
        }
    }
    lab.close(lanes);
    let count = workers.count();
    drop(jobs);
    workers.join()?;
    Ok(Outcome::closed(tally, count))
}

/// One worker's life: a fetch for every lane that comes out of the queue.
fn serve(
    server: SocketAddr,
    request: &[u8],
    mut kept: Option<Connection>,
    clock: Clock,
    queue: &Queue<Lane>,
    results: &Sender<Fetched>,
) {
    while let Some(lane) = queue.next() {
        let fetched = fetch(server, request, &mut kept, clock, lane);
        if results.send(fetched).is_err() {
            return;
        }
    }
}

fn fetch(
    server: SocketAddr,
    request: &[u8],
    kept: &mut Option<Connection>,
    clock: Clock,
    mut lane: Lane,
) -> Fetched {
    let mut tally = Tally::default();
    let started_ns = clock.now_ns();
    let received: Received = match kept {
        Some(connection) => connection.exchange(request)?,
        None => {
            tally.connections += 1;
            Connection::open(server)?.exchange(request)?
        }
    };
    lane.log(Sample::closed(started_ns, clock.now_ns()));
    tally.add(received);
    Ok((lane, tally))
}

/// What each worker keeps: its connection of the pool, if the policy names
/// one, else nothing. Fetches once without delay over each connection, else
/// over one that is closed again.
fn warm_up(
    work: &FanOut,
    server: SocketAddr,
) -> Result<(Vec<Option<Connection>>, Tally)> {
    let request = work.warm_up_request(server);
    let mut tally = Tally::default();
    let mut open = || -> Result<Connection> {
        let mut connection = Connection::open(server)?;
        tally.connections += 1;
        tally.add(connection.exchange(&request)?);
        Ok(connection)
    };
    let workers = work.in_flight();
    let kept = match work.connections {
        Connections::PerFetch => {
            open()?;
            (0..workers).map(|_| None).collect()
        }
        Connections::Pool(_) => {
            let connections = (0..workers).map(|_| open().map(Some));
            connections.collect::<Result<_>>()?
        }
    };
    Ok((kept, tally))
}
