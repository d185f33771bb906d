//! One thread serves all connections in the order of the schedule, one request
//! at a time; it sleeps until the next is due.
//!
//! Guide: `std::net::TcpStream` and `std::thread::sleep`, the standard
//! library's own examples.

use std::thread;

use anyhow::Result;
use triathlon_contract::{OpenLoop, Outcome, Setting, Tally};
use triathlon_lab::{Lab, Sample};

use crate::connection::Connection;

pub(crate) fn run(
    work: &OpenLoop,
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

    let schedule = work.schedule(setting.pace);
    let clock = lab.clock();
    let mut lanes = lab.lanes(work.connections, work.laps);
    lab.open();
    let opened_ns = clock.now_ns();
    for lap in 0..work.laps as usize {
        let all = connections.iter_mut().zip(&mut lanes).zip(&schedule);
        for ((connection, lane), offsets) in all {
            let intended_ns = opened_ns + offsets[lap];
            thread::sleep(clock.until(intended_ns));
            let started_ns = clock.now_ns();
            let received = connection.exchange(&request)?;
            let done_ns = clock.now_ns();
            lane.log(Sample { intended_ns, started_ns, done_ns });
            tally.add(received);
        }
    }
    drop(connections);
    lab.close(lanes);
    Ok(Outcome::closed(tally, 1))
}
