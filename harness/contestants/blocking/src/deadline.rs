//! One thread serves all connections in turn; each read has what is left of the
//! deadline as its timeout, and everybody else waits meanwhile.
//!
//! Guide: `std::net::TcpStream`, the standard library's own example, and its
//! `set_read_timeout`.

use anyhow::Result;
use triathlon_contract::{Deadline, Outcome, Setting, Tally};
use triathlon_lab::{Lab, Sample};

use crate::connection::Connection;

pub(crate) fn run(
    work: &Deadline,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let requests = work.requests(setting.server);
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
    let mut lane = lab.lane(work.connections * work.laps);
    let mut late = lab.lane(work.connections * work.laps);
    lab.open();
    for number in 0..work.laps {
        for (index, connection) in (0..).zip(&mut connections) {
            let request = requests.of(index, number);
            let started_ns = clock.now_ns();
            let deadline_ns = started_ns + work.deadline_ns();
            let ended = connection.exchange_by(request, clock, deadline_ns)?;
            let done_ns = clock.now_ns();
            lane.log(Sample::closed(started_ns, done_ns));
            match ended {
                Some(received) => tally.add(received),
                None => {
                    late.log(Sample::closed(deadline_ns, done_ns));
                    tally.timed_out += 1;
                    // What came late would be taken for the next response.
                    *connection = Connection::open(setting.server)?;
                    tally.connections += 1;
                }
            }
        }
    }
    drop(connections);
    lab.close([lane]);
    lab.beside([late]);
    Ok(Outcome::closed(tally, 1))
}
