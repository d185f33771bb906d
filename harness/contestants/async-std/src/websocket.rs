//! A task for every web socket, gathered from a vector of handles; it writes
//! and reads in turn.
//!
//! Guide: async-std's book, "Tasks"; handles in a vector, awaited in turn, as
//! in its "Clean Shutdown"; the example of `TcpStream`.

use std::net::SocketAddr;

use anyhow::Result;
use async_std::task;
use triathlon_contract::{Outcome, Setting, Tally, Websocket};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::runtime;
use crate::socket::Socket;

pub(crate) fn run(
    work: &Websocket,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    runtime::start(setting.workers);
    let clock = lab.clock();
    let connect = connect(work.clone(), setting.server, clock);
    let (sockets, mut tally) = runtime::block_on(task::spawn(connect))?;

    let lanes = lab.lanes(work.sockets, work.laps);
    let gather = gather(work.laps, sockets, clock, lanes);
    lab.open();
    let driver = task::spawn(gather);
    let (sockets, lanes, heard) = runtime::block_on(driver)?;
    lab.close(lanes);
    tally.merge(heard);
    runtime::block_on(task::spawn(part(sockets)))?;
    Ok(Outcome::closed(tally, runtime::workers()?))
}

/// The driver: spawns a task for every socket and joins them.
async fn gather(
    laps: u64,
    sockets: Vec<Socket>,
    clock: Clock,
    waiting: Vec<Lane>,
) -> Result<(Vec<Socket>, Vec<Lane>, Tally)> {
    let mut ended = Vec::with_capacity(sockets.len());
    let mut lanes = Vec::with_capacity(waiting.len());
    let mut tally = Tally::default();
    let mut tasks = Vec::new();
    for (socket, lane) in sockets.into_iter().zip(waiting) {
        tasks.push(task::spawn(converse(laps, socket, clock, lane)));
    }
    for task in tasks {
        let (socket, lane, part) = task.await?;
        ended.push(socket);
        lanes.push(lane);
        tally.merge(part);
    }
    Ok((ended, lanes, tally))
}

/// One task's life: what is due goes out before it reads on.
async fn converse(
    laps: u64,
    mut socket: Socket,
    clock: Clock,
    mut lane: Lane,
) -> Result<(Socket, Lane, Tally)> {
    let mut tally = Tally::default();
    socket.echoes.ask(laps);
    while !socket.echoes.is_done() {
        socket.turn().await?;
        while let Some(echo) = socket.echoes.echo()? {
            lane.log(Sample::closed(echo.started_ns, clock.now_ns()));
            tally.add(echo.received);
        }
    }
    Ok((socket, lane, tally))
}

async fn connect(
    work: Websocket,
    server: SocketAddr,
    clock: Clock,
) -> Result<(Vec<Socket>, Tally)> {
    let mut tally = Tally::default();
    let mut sockets = Vec::new();
    for echoes in work.echoes(server) {
        let mut socket = Socket::open(server, echoes, clock).await?;
        tally.connections += 1;
        tally.add(socket.warm_up().await?);
        sockets.push(socket);
    }
    Ok((sockets, tally))
}

async fn part(sockets: Vec<Socket>) -> Result<()> {
    for socket in sockets {
        socket.close().await?;
    }
    Ok(())
}
