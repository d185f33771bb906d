//! A scoped thread for every web socket, which writes and reads in turn.
//!
//! Guide: `std::thread::scope`, the standard library's own example, and
//! `std::net::TcpStream`.

use std::net::SocketAddr;
use std::sync::Barrier;
use std::thread;

use anyhow::{Context, Result, anyhow};
use triathlon_contract::{Outcome, Setting, Tally, Websocket};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::socket::Socket;

pub(crate) fn run(
    work: &Websocket,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let clock = lab.clock();
    let (sockets, mut tally) = connect(work, setting.server, clock)?;

    let lanes = lab.lanes(work.sockets, work.laps);
    let mut ended = Vec::with_capacity(sockets.len());
    // All threads exist and wait here when the window opens.
    let start = Barrier::new(sockets.len() + 1);
    let (lanes, workers) = thread::scope(|scope| -> Result<_> {
        let mut threads = Vec::with_capacity(sockets.len());
        for (socket, lane) in sockets.into_iter().zip(lanes) {
            let start = &start;
            let converse = move || {
                start.wait();
                converse(work.laps, socket, clock, lane)
            };
            let thread = thread::Builder::new().spawn_scoped(scope, converse);
            // Those that wait at the barrier could never be joined.
            threads.push(thread.context("spawn").unwrap_or_else(|e| abort(&e)));
        }
        lab.open();
        start.wait();
        let workers = threads.len() as u64;
        let mut lanes = Vec::with_capacity(threads.len());
        for thread in threads {
            let done = thread.join().map_err(|_| anyhow!("panic"))?;
            let (socket, lane, part) = done?;
            ended.push(socket);
            lanes.push(lane);
            tally.merge(part);
        }
        Ok((lanes, workers))
    })?;
    lab.close(lanes);
    part(ended)?;
    Ok(Outcome::closed(tally, workers))
}

/// One thread's life behind the barrier.
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

fn abort(error: &anyhow::Error) -> ! {
    eprintln!("{error:#}");
    std::process::exit(1)
}
