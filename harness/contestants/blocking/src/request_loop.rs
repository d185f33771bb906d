//! One thread serves all connections in turn, one request at a time.
//!
//! Guide: `std::net::TcpStream`, the standard library's own example, and its
//! `set_read_timeout`.

use anyhow::Result;
use triathlon_contract::{Outcome, RequestLoop, Setting, Tally};
use triathlon_lab::{Lab, Sample};

use crate::connection::{Connection, timed_out};

pub(crate) fn run(
    work: &RequestLoop,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let request = work.request(setting.server);
    let warm_up = work.warm_up_request(setting.server);
    let mut tally = Tally::default();
    let mut connections = Vec::new();
    for _ in 0..work.connections {
        let mut connection =
            Connection::open_with(setting.server, work.timeout)?;
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
            let ended = connection.exchange(&request);
            lane.log(Sample::closed(started_ns, clock.now_ns()));
            match ended {
                Ok(received) => tally.add(received),
                Err(error) if timed_out(&error) => {
                    tally.timed_out += 1;
                    // What came late would be taken for the next response.
                    *connection =
                        Connection::open_with(setting.server, work.timeout)?;
                    tally.connections += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }
    drop(connections);
    lab.close(lanes);
    Ok(Outcome::closed(tally, 1))
}
