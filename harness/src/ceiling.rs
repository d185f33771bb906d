//! The null ceiling: the bare generator in the place of a contestant.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use triathlon_contract::registry::Demand;
use triathlon_contract::{Ceiling, Outcome, http};
use triathlon_lab::Lab;
use triathlon_load::{ClosedLoop, Plan};

/// The generator gives up after this; the harness' wall limit is shorter or
/// kills it later.
const DEADLINE: Duration = Duration::from_secs(60);

/// What must come out of so many requests on each connection.
pub fn demand(ceiling: &Ceiling, requests_per_connection: u64) -> Demand {
    let expected = ceiling.expects(requests_per_connection);
    Demand { expected, workers: 1, per_sample: 1, asleep: None, backend: None, each: None }
}

/// Carries it out in this process: connects, opens the window, makes every
/// request, closes it.
///
/// # Errors
/// What went wrong on which connection.
pub fn execute(
    ceiling: &Ceiling,
    server: SocketAddr,
    requests_per_connection: u64,
    lab: &mut Lab,
) -> Result<Outcome> {
    let plan = Plan {
        server,
        connections: ceiling.connections,
        request: http::get(&ceiling.document.path(), &server.to_string()),
        requests_per_connection,
        deadline: DEADLINE,
    };
    let ready = ClosedLoop::connect(&plan, lab)?;
    lab.open();
    let totals = ready.run()?;
    lab.close([totals.lane]);
    Ok(Outcome::closed(totals.tally, 1))
}
