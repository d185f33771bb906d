//! A parallel iterator over the web sockets, on a pool of as many threads as
//! CPUs: a thread carries on one conversation to its end, then another.
//!
//! Guide: rayon's "Parallel Iterators"; `std::net::TcpStream`.
//! Deviates: the documentation of `join` warns of jobs that wait, because
//! nobody uses their CPU meanwhile; that is what is measured.

use std::net::SocketAddr;

use anyhow::Result;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use triathlon_contract::{Outcome, Setting, Tally, Websocket};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::socket::Socket;

pub(crate) fn run(
    work: &Websocket,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let workers =
        ThreadPoolBuilder::new().num_threads(setting.workers).build()?;
    let clock = lab.clock();
    let (sockets, mut tally) =
        workers.install(|| connect(work, setting.server, clock))?;

    let lanes = lab.lanes(work.sockets, work.laps);
    lab.open();
    let (sockets, lanes, heard) =
        workers.install(|| gather(work.laps, sockets, clock, lanes))?;
    lab.close(lanes);
    tally.merge(heard);
    workers.install(|| part(sockets))?;
    Ok(Outcome::closed(tally, workers.current_num_threads() as u64))
}

/// Runs in the pool: one parallel iterator over all sockets.
fn gather(
    laps: u64,
    sockets: Vec<Socket>,
    clock: Clock,
    waiting: Vec<Lane>,
) -> Result<(Vec<Socket>, Vec<Lane>, Tally)> {
    let mut ended = Vec::with_capacity(sockets.len());
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut tally = Tally::default();
    let done: Vec<_> = sockets
        .into_par_iter()
        .zip(waiting)
        // One socket a job, so that who is idle can take any.
        .with_max_len(1)
        .map(|(socket, lane)| converse(laps, socket, clock, lane))
        .collect::<Result<_>>()?;
    for (socket, lane, part) in done {
        ended.push(socket);
        lanes.push(lane);
        tally.merge(part);
    }
    Ok((ended, lanes, tally))
}

/// All messages of one socket.
fn converse(
    laps: u64,
    mut socket: Socket,
    clock: Clock,
    mut lane: Lane,
) -> Result<(Socket, Lane, Tally)> {
    let mut tally = Tally::default();
    socket.echoes.ask(laps);
    while !socket.echoes.is_done() {
        socket.turn()?;
        while let Some(echo) = socket.echoes.echo()? {
            lane.log(Sample::closed(echo.started_ns, clock.now_ns()));
            tally.add(echo.received);
        }
    }
    Ok((socket, lane, tally))
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
