//! A loop is a job: after every connection it goes back to the queue.
//!
//! Guide: the Rust book, "Turning our single-threaded server into a
//! multithreaded server"; `std::net::TcpStream`: dropping it closes it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};

use anyhow::{Context, Result};
use triathlon_contract::{Connect, Outcome, Setting, Tally};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::connection::Connection;
use crate::workers::{Queue, Workers};

/// One loop on its way through the queue, with what is left to do.
struct Turn {
    address: SocketAddr,
    lane: Lane,
    tally: Tally,
    left: u64,
}

/// Workers hold senders themselves, so the queue never ends by itself: each
/// worker gets one `Stop` when all loops are done.
enum Job {
    Serve(Turn),
    Stop,
}

pub(crate) fn run(
    work: &Connect,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let addresses = work.addresses_of(setting.server);
    let request: Arc<[u8]> = work.request(setting.server).into();
    let mut tally = warm_up(&addresses, &request)?;

    let clock = lab.clock();
    let (jobs, queue) = Queue::new();
    let (results, done) = mpsc::channel();
    let workers = Workers::start((0..work.in_flight).map(|_| {
        let (queue, jobs) = (queue.clone(), jobs.clone());
        let (results, request) = (results.clone(), Arc::clone(&request));
        move || serve(&request, clock, &queue, &jobs, &results)
    }))?;
    drop((queue, results));

    let lanes = lab.lanes(work.in_flight, work.laps);
    let turns = addresses.into_iter().zip(lanes);
    let mut lanes = Vec::with_capacity(work.in_flight as usize);
    lab.open();
    for (address, lane) in turns {
        let turn =
            Turn { address, lane, tally: Tally::default(), left: work.laps };
        jobs.send(Job::Serve(turn)).context("the pool is gone")?;
    }
    for _ in 0..work.in_flight {
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

/// One worker's life: one connection for every turn that comes out of the
/// queue.
fn serve(
    request: &[u8],
    clock: Clock,
    queue: &Queue<Job>,
    jobs: &Sender<Job>,
    results: &Sender<Result<Turn>>,
) {
    while let Some(Job::Serve(mut turn)) = queue.next() {
        if let Err(error) = exchange(request, clock, &mut turn) {
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

fn exchange(request: &[u8], clock: Clock, turn: &mut Turn) -> Result<()> {
    let started_ns = clock.now_ns();
    let received = Connection::open(turn.address)?.exchange(request)?;
    turn.lane.log(Sample::closed(started_ns, clock.now_ns()));
    turn.tally.connections += 1;
    turn.tally.add(received);
    turn.left -= 1;
    Ok(())
}

fn warm_up(addresses: &[SocketAddr], request: &[u8]) -> Result<Tally> {
    let mut tally = Tally::default();
    for &address in addresses {
        tally.connections += 1;
        tally.add(Connection::open(address)?.exchange(request)?);
    }
    Ok(tally)
}
