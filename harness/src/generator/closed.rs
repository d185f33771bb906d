//! Clients that each send the next request when their last answer is complete.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use triathlon_contract::record::FairnessRecord;
use triathlon_contract::{Outcome, Serve};
use triathlon_execute::Done;
use triathlon_lab::Lab;
use triathlon_load::{ClosedLoop, Plan};

/// The generator gives up after this; the harness' wall limit is shorter or
/// kills it later.
const DEADLINE: Duration = Duration::from_secs(60);

/// Asks a server for its page: connects, makes one request on each connection, waits until
/// the harness lets it begin, makes all others. Says who had how many answers when the first
/// had all of its own.
pub(super) fn execute(work: &Serve, server: SocketAddr, lab: &mut Lab) -> Result<Done> {
    let plan = Plan {
        server,
        connections: work.connections,
        request: work.request(&server.to_string()),
        requests_per_connection: work.laps,
        deadline: DEADLINE,
    };
    let mut clients = ClosedLoop::connect(&plan, lab)?;
    clients.warm_up()?;
    triathlon_execute::ready()?;
    lab.open();
    let (totals, standing) = clients.run_compared()?;
    lab.close([totals.lane]);
    triathlon_execute::over()?;
    let (outcome, fairness) = (Outcome::closed(totals.tally, 1), FairnessRecord::of(&standing));
    Ok(Done { outcome, fairness, ..Done::default() })
}
