//! The clients of a contestant that serves: a generator, in a process of its own.

mod closed;
mod idle;
mod paced;
mod slow;

use anyhow::{Context, Result, bail};
use triathlon_contract::{Outcome, Serve, ServeIdle, ServeLoad, ServeSlow, Workload};
use triathlon_execute::Task;
use triathlon_lab::Lab;

/// What stands in an id in the place of the contestant; no contestant has this name.
pub const CONTESTANT: &str = "generator";

/// Brings the load of a task to its server.
///
/// # Errors
/// What went wrong on which connection.
pub fn execute(task: &Task<'_>, lab: &mut Lab) -> Result<Outcome> {
    match task.id.workload.as_str() {
        Serve::NAME => closed::execute(&work(task)?, task.server, lab),
        ServeIdle::NAME => idle::execute(&work(task)?, task, task.server, lab),
        ServeSlow::NAME => slow::execute(&work(task)?, task.server, lab),
        ServeLoad::NAME => paced::execute(&work(task)?, task, lab),
        other => bail!("there are no clients for {other}"),
    }
}

/// What a task asks for.
fn work<W: Workload>(task: &Task<'_>) -> Result<W> {
    let preset = W::presets().iter().find(|preset| preset.name == task.id.preset);
    Ok(preset.context("no such preset")?.work.with_laps(task.job.laps))
}
