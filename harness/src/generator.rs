//! The clients of a contestant that serves: the bare generator, in a process of its own.

use std::time::Duration;

use anyhow::{Context, Result};
use triathlon_contract::{Outcome, Serve, Workload};
use triathlon_execute::Task;
use triathlon_lab::Lab;
use triathlon_load::{ClosedLoop, Plan};

/// What stands in an id in the place of the contestant; no contestant has this name.
pub const CONTESTANT: &str = "generator";

/// The generator gives up after this; the harness' wall limit is shorter or
/// kills it later.
const DEADLINE: Duration = Duration::from_secs(60);

/// Asks the server of a task for its page: connects, makes one request on each
/// connection, waits until the harness lets it begin, makes all others.
///
/// # Errors
/// What went wrong on which connection.
pub fn execute(task: &Task<'_>, lab: &mut Lab) -> Result<Outcome> {
    let preset = Serve::presets().iter().find(|preset| preset.name == task.id.preset);
    let work = preset.context("no such preset")?.work.with_laps(task.job.laps);
    let plan = Plan {
        server: task.server,
        connections: work.connections,
        request: work.request(&task.server.to_string()),
        requests_per_connection: work.laps,
        deadline: DEADLINE,
    };
    let mut clients = ClosedLoop::connect(&plan, lab)?;
    clients.warm_up()?;
    triathlon_execute::ready()?;
    lab.open();
    let totals = clients.run()?;
    lab.close([totals.lane]);
    triathlon_execute::over()?;
    Ok(Outcome::closed(totals.tally, 1))
}
