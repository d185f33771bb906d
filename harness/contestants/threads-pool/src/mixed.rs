//! A connection is a job: after every operation it goes back to the queue. The
//! worker that received the response computes with it.
//!
//! Guide: the Rust book, "Turning our single-threaded server into a
//! multithreaded server".

use std::sync::Arc;
use std::sync::mpsc::{self, Sender};

use anyhow::{Context, Result};
use triathlon_contract::{Mixed, Outcome, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

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
    work: &Mixed,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let (connections, mut tally) = connect(work, setting)?;
    let request: Arc<[u8]> = work.request(setting.server).into();

    let clock = lab.clock();
    let (jobs, queue) = Queue::new();
    let (results, done) = mpsc::channel();
    let workers = Workers::start((0..work.connections).map(|_| {
        let (queue, jobs) = (queue.clone(), jobs.clone());
        let (results, request) = (results.clone(), Arc::clone(&request));
        let work = work.clone();
        move || serve(&work, &request, clock, &queue, &jobs, &results)
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

/// One worker's life: one operation for every turn that comes out of the
/// queue.
fn serve(
    work: &Mixed,
    request: &[u8],
    clock: Clock,
    queue: &Queue<Job>,
    jobs: &Sender<Job>,
    results: &Sender<Result<Turn>>,
) {
    while let Some(Job::Serve(mut turn)) = queue.next() {
        if let Err(error) = operate(work, request, clock, &mut turn) {
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

fn operate(
    work: &Mixed,
    request: &[u8],
    clock: Clock,
    turn: &mut Turn,
) -> Result<()> {
    let started_ns = clock.now_ns();
    let received = turn.connection.exchange(request)?;
    let digest = work.digest(turn.connection.body())?;
    turn.lane.log(Sample::closed(started_ns, clock.now_ns()));
    turn.tally.add(received);
    turn.tally.add_digest(digest);
    turn.left -= 1;
    Ok(())
}

fn connect(
    work: &Mixed,
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
