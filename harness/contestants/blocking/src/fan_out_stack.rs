//! Fetch one URL after the other with ureq.
//!
//! Guide: ureq's own documentation; an agent keeps connections alive, a
//! fetch without one opens its own.

use anyhow::Result;
use triathlon_contract::{Connections, FanOut, Outcome, Setting, Tally};
use triathlon_lab::{Lab, Sample};

use crate::client;

pub(crate) fn run(
    work: &FanOut,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let url = format!("http://{}{}", setting.server, work.path());
    let mut tally = Tally { connections: 1, ..Tally::default() };
    let warm_up = format!("http://{}{}", setting.server, work.warm_up_path());
    let agent = client::agent();
    tally.add(client::get(&agent, &warm_up)?);
    let kept = match work.connections {
        Connections::PerFetch => None,
        Connections::Pool(_) => Some(agent),
    };

    let clock = lab.clock();
    let mut lane = lab.lane(work.fetches * work.laps);
    lab.open();
    for _ in 0..work.fetches * work.laps {
        let started_ns = clock.now_ns();
        let received = match &kept {
            Some(agent) => client::get(agent, &url)?,
            None => {
                tally.connections += 1;
                client::get(&client::agent(), &url)?
            }
        };
        lane.log(Sample::closed(started_ns, clock.now_ns()));
        tally.add(received);
    }
    lab.close([lane]);
    Ok(Outcome::closed(tally, 1))
}
