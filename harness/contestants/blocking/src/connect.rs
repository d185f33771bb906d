//! One thread does the loops in turn, one connection at a time.
//!
//! Guide: `std::net::TcpStream`, the standard library's own example: dropping
//! it closes it.

use anyhow::Result;
use triathlon_contract::{Connect, Outcome, Setting, Tally};
use triathlon_lab::{Lab, Sample};

use crate::connection::Connection;

pub(crate) fn run(
    work: &Connect,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let addresses = work.addresses_of(setting.server);
    let request = work.request(setting.server);
    let mut tally = Tally::default();
    for &address in &addresses {
        tally.connections += 1;
        tally.add(Connection::open(address)?.exchange(&request)?);
    }

    let clock = lab.clock();
    let mut lanes = lab.lanes(work.in_flight, work.laps);
    lab.open();
    for _ in 0..work.laps {
        for (&address, lane) in addresses.iter().zip(&mut lanes) {
            let started_ns = clock.now_ns();
            let received = Connection::open(address)?.exchange(&request)?;
            lane.log(Sample::closed(started_ns, clock.now_ns()));
            tally.connections += 1;
            tally.add(received);
        }
    }
    lab.close(lanes);
    Ok(Outcome::closed(tally, 1))
}
