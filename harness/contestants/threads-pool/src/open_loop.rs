//! A connection is a job: whoever takes it sleeps until its next request is
//! due; after every response it goes back to the queue.
//!
//! Guide: the Rust book, "Turning our single-threaded server into a
//! multithreaded server".

use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::{thread, vec};

use anyhow::{Context, Result};
use triathlon_contract::{OpenLoop, Outcome, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::connection::Connection;
use crate::workers::{Queue, Workers};

/// One connection on its way through the queue, with the starts that are left.
struct Turn {
    connection: Connection,
    lane: Lane,
    tally: Tally,
    due: vec::IntoIter<u64>,
}

/// Workers hold senders themselves, so the queue never ends by itself: each
/// worker gets one `Stop` when all connections are done.
#[allow(clippy::large_enum_variant, reason = "a box is one more allocation")]
enum Job {
    Serve(Turn),
    Stop,
}

pub(crate) fn run(
    work: &OpenLoop,
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
        move || serve(&request, clock, &queue, &jobs, &results)
    }))?;
    drop((queue, results));

    let lanes = lab.lanes(work.connections, work.laps);
    let schedule = work.schedule(setting.pace);
    let turns = connections.into_iter().zip(lanes).zip(schedule);
    let mut lanes = Vec::with_capacity(work.connections as usize);
    lab.open();
    let opened_ns = clock.now_ns();
    for ((connection, lane), mut due) in turns {
        due.iter_mut().for_each(|offset| *offset += opened_ns);
        let (tally, due) = (Tally::default(), due.into_iter());
        let turn = Turn { connection, lane, tally, due };
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
    request: &[u8],
    clock: Clock,
    queue: &Queue<Job>,
    jobs: &Sender<Job>,
    results: &Sender<Result<Turn>>,
) {
    while let Some(Job::Serve(mut turn)) = queue.next() {
        let Some(intended_ns) = turn.due.next() else {
            // Nobody receives it if an error came first.
            results.send(Ok(turn)).ok();
            continue;
        };
        thread::sleep(clock.until(intended_ns));
        let started_ns = clock.now_ns();
        match turn.connection.exchange(request) {
            Ok(received) => {
                let done_ns = clock.now_ns();
                turn.lane.log(Sample { intended_ns, started_ns, done_ns });
                turn.tally.add(received);
            }
            Err(error) => {
                // Nobody receives it if another error came first.
                results.send(Err(error)).ok();
                return;
            }
        }
        if jobs.send(Job::Serve(turn)).is_err() {
            return;
        }
    }
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
