//! A task for every web socket, gathered from a `Vec`; it writes and reads in
//! turn.
//!
//! Guide: smol-macros' example `thread_executor_arc`: a `Vec` of tasks, awaited
//! one after the other; the documentation of `smol::net::TcpStream`.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use smol::Executor;
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
    let connect = runtime.executor.spawn(connect);
    let (sockets, mut tally) = runtime.block_on(connect)?;

    let lanes = lab.lanes(work.sockets, work.laps);
    let executor = Arc::clone(&runtime.executor);
    let gather = gather(executor, work.laps, sockets, clock, lanes);
    lab.open();
    let driver = runtime.executor.spawn(gather);
    let (sockets, lanes, heard) = runtime.block_on(driver)?;
    lab.close(lanes);
    tally.merge(heard);
    runtime.block_on(runtime.executor.spawn(part(sockets)))?;
    Ok(Outcome::closed(tally, runtime.workers()))
}

/// The driver: spawns a task for every socket and joins them.
async fn gather(
    executor: Arc<Executor<'static>>,
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
        tasks.push(executor.spawn(converse(laps, socket, clock, lane)));
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
