//! Clients whose requests start when a schedule says so, whether or not the ones before
//! have been answered.

use std::time::Duration;

use anyhow::{Context, Result};
use triathlon_contract::{Outcome, ServeLoad};
use triathlon_execute::Task;
use triathlon_lab::Lab;
use triathlon_load::{ClosedLoop, Paced, Plan};

/// The generator gives up after this; the harness' wall limit is shorter or
/// kills it later.
const DEADLINE: Duration = Duration::from_secs(60);

/// Asks a server for its page on a schedule: connects, makes one request on each
/// connection, waits until the harness lets it begin, makes all others. How late it was
/// although a connection was free goes beside the samples: that is not the server's doing.
pub(super) fn execute(work: &ServeLoad, task: &Task<'_>, lab: &mut Lab) -> Result<Outcome> {
    let schedule = work.schedule(task.job.pace.context("a load without a pace")?);
    let plan = Plan {
        server: task.server,
        connections: work.serve.connections,
        request: work.serve.request(&task.server.to_string()),
        requests_per_connection: work.serve.laps,
        deadline: DEADLINE,
    };
    let own_lag = lab.lane(schedule.len() as u64);
    let mut clients = ClosedLoop::connect(&plan, lab)?;
    clients.warm_up()?;
    triathlon_execute::ready()?;
    lab.open();
    let Paced { totals, own_lag } = clients.run_paced(&schedule, own_lag)?;
    lab.close([totals.lane]);
    lab.beside([own_lag]);
    triathlon_execute::over()?;
    Ok(Outcome::closed(totals.tally, 1))
}
