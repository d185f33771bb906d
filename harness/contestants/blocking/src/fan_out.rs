//! Fetch one URL after the other on the calling thread.
//!
//! Guide: `std::net::TcpStream`, the standard library's own example.

use std::net::SocketAddr;

use anyhow::Result;
use triathlon_contract::{
    Connections, FanOut, Outcome, Received, Setting, Tally,
};
use triathlon_lab::{Lab, Sample};

use crate::connection::Connection;

pub(crate) fn run(
    work: &FanOut,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let server = setting.server;
    let request = work.request(server);
    let mut tally = Tally::default();
    let mut kept = match work.connections {
        Connections::PerFetch => None,
        Connections::Pool(_) => {
            tally.connections += 1;
            Some(Connection::open(server)?)
        }
    };
    let warm_up = work.warm_up_request(server);
    tally.connections += u64::from(kept.is_none());
    tally.add(fetch(server, &warm_up, &mut kept)?);

    let clock = lab.clock();
    let mut lane = lab.lane(work.fetches * work.laps);
    lab.open();
    for _ in 0..work.fetches * work.laps {
        let started_ns = clock.now_ns();
        let received = fetch(server, &request, &mut kept)?;
        lane.log(Sample::closed(started_ns, clock.now_ns()));
        tally.connections += u64::from(kept.is_none());
        tally.add(received);
    }
    lab.close([lane]);
    Ok(Outcome::closed(tally, 1))
}

/// Over the kept connection, or over one of its own.
fn fetch(
    server: SocketAddr,
    request: &[u8],
    kept: &mut Option<Connection>,
) -> Result<Received> {
    match kept {
        Some(connection) => connection.exchange(request),
        None => Connection::open(server)?.exchange(request),
    }
}
