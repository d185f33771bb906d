//! A task for every web socket, gathered in a `JoinSet`; it writes and reads
//! in turn.
//!
//! Guide: tokio's tutorial, "Spawning" and "I/O", and the documentation of
//! `JoinSet`.

use std::net::SocketAddr;

use anyhow::Result;
use tokio::task::JoinSet;
use triathlon_contract::{Outcome, Setting, Tally, Websocket};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::runtime;
use crate::socket::Socket;

pub(crate) fn run(
    work: &Websocket,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let runtime = runtime::build(setting)?;
    let clock = lab.clock();
    let connect = connect(work.clone(), setting.server, clock);
    let (sockets, mut tally) = runtime.block_on(runtime.spawn(connect))??;

    let lanes = lab.lanes(work.sockets, work.laps);
    let gather = gather(work.laps, sockets, clock, lanes);
    lab.open();
    let driver = runtime.spawn(gather);
    let (sockets, lanes, heard) = runtime.block_on(driver)??;
    lab.close(lanes);
    tally.merge(heard);
    runtime.block_on(runtime.spawn(part(sockets)))??;
    Ok(Outcome::closed(tally, runtime.metrics().num_workers() as u64))
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
    let mut tasks = JoinSet::new();
    for (socket, lane) in sockets.into_iter().zip(waiting) {
        tasks.spawn(converse(laps, socket, clock, lane));
    }
    while let Some(done) = tasks.join_next().await {
        let (socket, lane, part) = done??;
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
