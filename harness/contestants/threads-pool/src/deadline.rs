//! A connection is a job: after every response, and after every deadline, it
//! goes back to the queue. Each read has what is left of the deadline as its
//! timeout.
//!
//! Guide: the Rust book, "Turning our single-threaded server into a
//! multithreaded server"; `TcpStream::set_read_timeout`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};

use anyhow::{Context, Result};
use triathlon_contract::deadline::Requests;
use triathlon_contract::{Deadline, Outcome, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::connection::Connection;
use crate::workers::{Queue, Workers};

/// One connection on its way through the queue, with what is done already.
struct Turn {
    connection: Connection,
    index: u64,
    number: u64,
    lane: Lane,
    late: Lane,
    tally: Tally,
}

/// Workers hold senders themselves, so the queue never ends by itself: each
/// worker gets one `Stop` when all connections are done.
enum Job {
    Serve(Box<Turn>),
    Stop,
}

pub(crate) fn run(
    work: &Deadline,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let server = setting.server;
    let (connections, mut tally) = connect(work, server)?;
    let requests = Arc::new(work.requests(server));

    let clock = lab.clock();
    let (jobs, queue) = Queue::new();
    let (results, done) = mpsc::channel();
    let workers = Workers::start((0..work.connections).map(|_| {
        let (queue, jobs) = (queue.clone(), jobs.clone());
        let (results, requests) = (results.clone(), Arc::clone(&requests));
        move || serve(server, &requests, clock, &queue, &jobs, &results)
    }))?;
    drop((queue, results));

    let turn = |(index, connection)| {
        let (lane, late) = (lab.lane(work.laps), lab.lane(work.laps));
        let tally = Tally::default();
        Box::new(Turn { connection, index, number: 0, lane, late, tally })
    };
    let turns: Vec<_> = (0..).zip(connections).map(turn).collect();
    let mut lanes = Vec::with_capacity(work.connections as usize);
    let mut late = Vec::with_capacity(work.connections as usize);
    lab.open();
    for turn in turns {
        jobs.send(Job::Serve(turn)).context("the pool is gone")?;
    }
    for _ in 0..work.connections {
        let turn: Box<Turn> = done.recv().context("the pool is gone")??;
        lanes.push(turn.lane);
        late.push(turn.late);
        tally.merge(turn.tally);
    }
    lab.close(lanes);
    lab.beside(late);
    for _ in 0..workers.count() {
        jobs.send(Job::Stop).context("the pool is gone")?;
    }
    let count = workers.count();
    workers.join()?;
    Ok(Outcome::closed(tally, count))
}

/// One worker's life: one request for every turn that comes out of the queue.
fn serve(
    server: SocketAddr,
    requests: &Requests,
    clock: Clock,
    queue: &Queue<Job>,
    jobs: &Sender<Job>,
    results: &Sender<Result<Box<Turn>>>,
) {
    while let Some(Job::Serve(mut turn)) = queue.next() {
        if let Err(error) = exchange(server, requests, clock, &mut turn) {
            // Nobody receives it if another error came first.
            results.send(Err(error)).ok();
            return;
        }
        let handed_on = if turn.number == requests.work.laps {
            results.send(Ok(turn)).is_ok()
        } else {
            jobs.send(Job::Serve(turn)).is_ok()
        };
        if !handed_on {
            return;
        }
    }
}

/// One request; after its deadline the turn has a new connection.
fn exchange(
    server: SocketAddr,
    requests: &Requests,
    clock: Clock,
    turn: &mut Turn,
) -> Result<()> {
    let request = requests.of(turn.index, turn.number);
    let started_ns = clock.now_ns();
    let deadline_ns = started_ns + requests.work.deadline_ns();
    let ended = turn.connection.exchange_by(request, clock, deadline_ns)?;
    let done_ns = clock.now_ns();
    turn.lane.log(Sample::closed(started_ns, done_ns));
    turn.number += 1;
    match ended {
        Some(received) => turn.tally.add(received),
        None => {
            turn.late.log(Sample::closed(deadline_ns, done_ns));
            turn.tally.timed_out += 1;
            // What came late would be taken for the next response.
            turn.connection = Connection::open(server)?;
            turn.tally.connections += 1;
        }
    }
    Ok(())
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
