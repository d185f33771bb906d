//! One thread serves all connections in turn; it computes before it asks the
//! next.
//!
//! Guide: `std::net::TcpStream`, the standard library's own example.

use anyhow::Result;
use triathlon_contract::{Mixed, Outcome, Setting, Tally};
use triathlon_lab::{Lab, Sample};

use crate::connection::Connection;

pub(crate) fn run(
    work: &Mixed,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let request = work.request(setting.server);
    let warm_up = work.warm_up_request(setting.server);
    let mut tally = Tally::default();
    let mut connections = Vec::new();
    for _ in 0..work.connections {
        let mut connection = Connection::open(setting.server)?;
        tally.connections += 1;
        tally.add(connection.exchange(&warm_up)?);
        connections.push(connection);
    }

    let clock = lab.clock();
    let mut lanes = lab.lanes(work.connections, work.laps);
    lab.open();
    for _ in 0..work.laps {
        for (connection, lane) in connections.iter_mut().zip(&mut lanes) {
            let started_ns = clock.now_ns();
            let received = connection.exchange(&request)?;
            let digest = work.digest(connection.body())?;
            lane.log(Sample::closed(started_ns, clock.now_ns()));
            tally.add(received);
            tally.add_digest(digest);
        }
    }
    drop(connections);
    lab.close(lanes);
    Ok(Outcome::closed(tally, 1))
}
