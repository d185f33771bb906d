//! A connection is a job: after every response it goes back to the queue.
//!
//! Guide: the Rust book, "Turning our single-threaded server into a
//! multithreaded server"; `TcpStream::set_read_timeout`.

use std::sync::Arc;
use std::sync::mpsc::{self, Sender};

use anyhow::{Context, Result};
use triathlon_contract::{Outcome, Received, RequestLoop, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::connection::{Connection, timed_out};
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
    work: &RequestLoop,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let (connections, mut tally) = connect(work, setting)?;
    let request: Arc<[u8]> = work.request(setting.server).into();

    let clock = lab.clock();
    let (jobs, queue) = Queue::new();
    let (results, done) = mpsc::channel();
    let (server, timeout) = (setting.server, work.timeout);
    let reopen = move || Connection::open_with(server, timeout);
    let workers = Workers::start((0..work.connections).map(|_| {
        let (queue, jobs) = (queue.clone(), jobs.clone());
        let (results, request) = (results.clone(), Arc::clone(&request));
        move || serve(reopen, &request, clock, &queue, &jobs, &results)
    }))?;
    drop((queue, results));

    let lanes = lab.lanes(work.connections, work.laps);
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

/// One worker's life: one request for every turn that comes out of the queue.
fn serve(
    reopen: impl Fn() -> Result<Connection>,
    request: &[u8],
    clock: Clock,
    queue: &Queue<Job>,
    jobs: &Sender<Job>,
    results: &Sender<Result<Turn>>,
) {
    while let Some(Job::Serve(mut turn)) = queue.next() {
        let started_ns = clock.now_ns();
        let ended = turn.connection.exchange(request);
        turn.lane.log(Sample::closed(started_ns, clock.now_ns()));
        turn.left -= 1;
        if let Err(error) = settle(&mut turn, ended, &reopen) {
            // Nobody receives it if another error came first.
            results.send(Err(error)).ok();
            return;
        }
        let handed_on = match turn.left {
            0 => results.send(Ok(turn)).is_ok(),
            _ => jobs.send(Job::Serve(turn)).is_ok(),
        };
        if !handed_on {
            return;
        }
    }
}

/// What one request came to; after a timeout the turn has a new connection.
fn settle(
    turn: &mut Turn,
    ended: Result<Received>,
    reopen: impl Fn() -> Result<Connection>,
) -> Result<()> {
    match ended {
        Ok(received) => turn.tally.add(received),
        Err(error) if timed_out(&error) => {
            turn.tally.timed_out += 1;
            // What came late would be taken for the next response.
            turn.connection = reopen()?;
            turn.tally.connections += 1;
        }
        Err(error) => return Err(error),
    }
    Ok(())
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
