//! A pool of as many threads as web sockets; a socket goes back to the queue
//! after each time that something came.
//!
//! Guide: the Rust book, "From Single-Threaded to Multithreaded Server";
//! `std::net::TcpStream`.

use std::net::SocketAddr;
use std::sync::mpsc::{self, Sender};

use anyhow::{Context, Result};
use triathlon_contract::{Outcome, Setting, Tally, Websocket};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::socket::Socket;
use crate::workers::{Queue, Workers};

/// One socket on its way through the queue; it knows what is left to do.
struct Turn {
    socket: Socket,
    lane: Lane,
    tally: Tally,
}

/// Workers hold senders themselves, so the queue never ends by itself: each
/// worker gets one `Stop` when all sockets are done.
enum Job {
    Serve(Box<Turn>),
    Stop,
}

pub(crate) fn run(
    work: &Websocket,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let clock = lab.clock();
    let (sockets, mut tally) = connect(work, setting.server, clock)?;

    let (jobs, queue) = Queue::new();
    let (results, done) = mpsc::channel();
    let workers = Workers::start((0..work.sockets).map(|_| {
        let (queue, jobs) = (queue.clone(), jobs.clone());
        let results = results.clone();
        move || serve(clock, &queue, &jobs, &results)
    }))?;
    drop((queue, results));

    let lanes = lab.lanes(work.sockets, work.laps);
    let turns: Vec<_> = sockets
        .into_iter()
        .zip(lanes)
        .map(|(socket, lane)| Turn { socket, lane, tally: Tally::default() })
        .map(Box::new)
        .collect();
    let mut lanes = Vec::with_capacity(work.sockets as usize);
    let mut ended = Vec::with_capacity(work.sockets as usize);
    lab.open();
    for mut turn in turns {
        turn.socket.echoes.ask(work.laps);
        jobs.send(Job::Serve(turn)).context("the pool is gone")?;
    }
    for _ in 0..work.sockets {
        let turn: Box<Turn> = done.recv().context("the pool is gone")??;
        ended.push(turn.socket);
        lanes.push(turn.lane);
        tally.merge(turn.tally);
    }
    lab.close(lanes);
    for _ in 0..workers.count() {
        jobs.send(Job::Stop).context("the pool is gone")?;
    }
    let count = workers.count();
    workers.join()?;
    part(ended)?;
    Ok(Outcome::closed(tally, count))
}

/// One worker's life: one write and one read for every turn that comes out of
/// the queue.
fn serve(
    clock: Clock,
    queue: &Queue<Job>,
    jobs: &Sender<Job>,
    results: &Sender<Result<Box<Turn>>>,
) {
    while let Some(Job::Serve(mut turn)) = queue.next() {
        if let Err(error) = exchange(&mut turn, clock) {
            // Nobody receives it if another error came first.
            results.send(Err(error)).ok();
            return;
        }
        let handed_on = if turn.socket.echoes.is_done() {
            results.send(Ok(turn)).is_ok()
        } else {
            jobs.send(Job::Serve(turn)).is_ok()
        };
        if !handed_on {
            return;
        }
    }
}

fn exchange(turn: &mut Turn, clock: Clock) -> Result<()> {
    turn.socket.turn()?;
    while let Some(echo) = turn.socket.echoes.echo()? {
        turn.lane.log(Sample::closed(echo.started_ns, clock.now_ns()));
        turn.tally.add(echo.received);
    }
    Ok(())
}

fn connect(
    work: &Websocket,
    server: SocketAddr,
    clock: Clock,
) -> Result<(Vec<Socket>, Tally)> {
    let mut tally = Tally::default();
    let mut sockets = Vec::new();
    for echoes in work.echoes(server) {
        let mut socket = Socket::open(server, echoes, clock)?;
        tally.connections += 1;
        tally.add(socket.warm_up()?);
        sockets.push(socket);
    }
    Ok((sockets, tally))
}

fn part(sockets: Vec<Socket>) -> Result<()> {
    sockets.into_iter().try_for_each(Socket::close)
}
