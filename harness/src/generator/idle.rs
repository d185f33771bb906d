//! Clients that come, ask once, do nothing for a while and ask once more.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use triathlon_contract::serve::FROM_ONE_ADDRESS;
use triathlon_contract::{Outcome, Serve, ServeIdle};
use triathlon_execute::Task;
use triathlon_lab::Lab;
use triathlon_load::{Arrivals, ClosedLoop, Plan};

/// The generator gives up after this; the harness' wall limit is shorter or
/// kills it later.
const DEADLINE: Duration = Duration::from_secs(60);

/// Clients that come before the first of them has to be answered: no more than any
/// backlog takes in.
const TOGETHER: u64 = 1000;

/// Connects and makes one request on each connection. While the harness does not let it
/// begin, the server is watched. Then it makes one more request on each.
pub(super) fn execute(
    work: &ServeIdle,
    task: &Task<'_>,
    server: SocketAddr,
    lab: &mut Lab,
) -> Result<Outcome> {
    let serve = Serve { connections: connections(task)?, ..work.serve };
    let plan = Plan {
        server,
        connections: serve.connections,
        request: serve.request(&server.to_string()),
        requests_per_connection: serve.laps,
        deadline: DEADLINE,
    };
    let arrivals = Arrivals { together: TOGETHER, from_one_address: FROM_ONE_ADDRESS };
    let clients = ClosedLoop::arrive(&plan, arrivals, lab)?;
    triathlon_execute::ready()?;
    lab.open();
    let totals = clients.run()?;
    lab.close([totals.lane]);
    triathlon_execute::over()?;
    Ok(Outcome::closed(totals.tally, 1))
}

/// How many there are was decided for the server: where as many come as there can be, the
/// preset does not say it.
fn connections(task: &Task<'_>) -> Result<u64> {
    let connections = task.job.parameters.get("connections").copied();
    connections.context("the job does not say how many connections there are")
}
