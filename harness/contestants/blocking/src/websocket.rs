//! One thread carries on one conversation after the other, each to its end.
//!
//! Guide: `std::net::TcpStream` and `std::io::{Read, Write}`, the standard
//! library's own examples.

use std::net::SocketAddr;

use anyhow::Result;
use triathlon_contract::{Outcome, Setting, Tally, Websocket};
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::socket::Socket;

pub(crate) fn run(
    work: &Websocket,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let clock = lab.clock();
    let (mut sockets, mut tally) = connect(work, setting.server, clock)?;

    let mut lanes = lab.lanes(work.sockets, work.laps);
    lab.open();
    for (socket, lane) in sockets.iter_mut().zip(&mut lanes) {
        tally.merge(converse(work.laps, socket, clock, lane)?);
    }
    lab.close(lanes);
    part(sockets)?;
    Ok(Outcome::closed(tally, 1))
}

/// All messages of one socket.
fn converse(
    laps: u64,
    socket: &mut Socket,
    clock: Clock,
    lane: &mut Lane,
) -> Result<Tally> {
    let mut tally = Tally::default();
    socket.echoes.ask(laps);
    while !socket.echoes.is_done() {
        socket.turn()?;
        while let Some(echo) = socket.echoes.echo()? {
            lane.log(Sample::closed(echo.started_ns, clock.now_ns()));
            tally.add(echo.received);
        }
    }
    Ok(tally)
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
