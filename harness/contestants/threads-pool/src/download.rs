//! A connection is a job: after every body, which one worker reads piece by
//! piece, it goes back to the queue.
//!
//! Guide: the Rust book, "Turning our single-threaded server into a
//! multithreaded server".

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};

use anyhow::{Context, Result};
use triathlon_contract::{
    Download, Mebibytes, Outcome, Received, Setting, Tally,
};
use triathlon_lab::{Clock, Lab, Lane};

use crate::connection::Connection;
use crate::workers::{Queue, Workers};

/// One connection on its way through the queue, with what is left to do.
struct Turn {
    connection: Connection,
    lane: Lane,
    tally: Tally,
    left: u64,
}

/// Workers hold senders themselves, so the queue never ends by itself: each
/// worker gets one `Stop` when all connections are done.
enum Job {
    Serve(Turn),
    Stop,
}

pub(crate) fn run(
    work: &Download,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let (connections, mut tally) = connect(work, setting.server)?;
    let request: Arc<[u8]> = work.request(setting.server).into();

    let clock = lab.clock();
    let (jobs, queue) = Queue::new();
    let (results, done) = mpsc::channel();
    let workers = Workers::start((0..work.connections).map(|_| {
        let (queue, jobs) = (queue.clone(), jobs.clone());
        let (results, request) = (results.clone(), Arc::clone(&request));
        move || serve(&request, clock, &queue, &jobs, &results)
    }))?;
    drop((queue, results));

    let lanes = lab.lanes(work.connections, work.samples_per_connection());
    let turns = connections.into_iter().zip(lanes);
    let mut lanes = Vec::with_capacity(work.connections as usize);
    lab.open();
    for (connection, lane) in turns {
        let turn =
            Turn { connection, lane, tally: Tally::default(), left: work.laps };
        jobs.send(Job::Serve(turn)).context("the pool is gone")?;
    }
    for _ in 0..work.connections {
        let turn: Turn = done.recv().context("the pool is gone")??;
        lanes.push(turn.lane);
        tally.merge(turn.tally);
    }
    lab.close(lanes);
    for _ in 0..workers.count() {
        jobs.send(Job::Stop).context("the pool is gone")?;
    }
    let count = workers.count();
    workers.join()?;
    Ok(Outcome::closed(tally, count))
}

/// One worker's life: one body for every turn that comes out of the queue.
fn serve(
    request: &[u8],
    clock: Clock,
    queue: &Queue<Job>,
    jobs: &Sender<Job>,
    results: &Sender<Result<Turn>>,
) {
    while let Some(Job::Serve(mut turn)) = queue.next() {
        let Turn { connection, lane, tally, left } = &mut turn;
        match fetch(connection, request, clock, lane) {
            Ok(received) => tally.add(received),
            Err(error) => {
                // Nobody receives it if another error came first.
                results.send(Err(error)).ok();
                return;
            }
        }
        *left -= 1;
        let handed_on = match turn.left {
            0 => results.send(Ok(turn)).is_ok(),
            _ => jobs.send(Job::Serve(turn)).is_ok(),
        };
        if !handed_on {
            return;
        }
    }
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
