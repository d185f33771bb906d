//! One thread serves all connections in turn: it reads one body to its end,
//! piece by piece, before it asks for the next.
//!
//! Guide: `std::net::TcpStream` and `std::io::Read`, the standard library's own
//! examples.

use std::net::SocketAddr;

use anyhow::Result;
use triathlon_contract::{
    Download, Mebibytes, Outcome, Received, Setting, Tally,
};
use triathlon_lab::{Clock, Lab, Lane};

use crate::connection::Connection;

pub(crate) fn run(
    work: &Download,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let (mut connections, mut tally) = connect(work, setting.server)?;
    let request = work.request(setting.server);

    let clock = lab.clock();
    let mut lanes = lab.lanes(work.connections, work.samples_per_connection());
    lab.open();
    for _ in 0..work.laps {
        for (connection, lane) in connections.iter_mut().zip(&mut lanes) {
            tally.add(fetch(connection, &request, clock, lane)?);
        }
    }
    drop(connections);
    lab.close(lanes);
    Ok(Outcome::closed(tally, 1))
}

/// One body, hashed piece by piece; each MiB of it is an operation.
fn fetch(
    connection: &mut Connection,
    request: &[u8],
    clock: Clock,
    lane: &mut Lane,
) -> Result<Received> {
    let mut mebibytes = Mebibytes::start(clock);
    connection.send(request)?;
    loop {
        match connection.receive()? {
            None => mebibytes.log(connection.passed(), clock, lane),
            Some(received) => {
                mebibytes.log(received.bytes, clock, lane);
                return Ok(received);
            }
        }
    }
}

fn connect(
    work: &Download,
    server: SocketAddr,
) -> Result<(Vec<Connection>, Tally)> {
    let mut tally = Tally::default();
    let mut connections = Vec::new();
    for index in 0..work.connections {
        let mut connection =
            Connection::open_buffered(server, Download::BUFFER_BYTES)?;
        tally.connections += 1;
        for request in work.warm_up_requests(index, server) {
            tally.add(connection.exchange(&request)?);
        }
        connections.push(connection);
    }
    Ok((connections, tally))
}
