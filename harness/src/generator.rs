//! The clients of a contestant that serves: a generator, in a process of its own.

mod closed;
mod idle;
mod overload;
mod paced;
mod slow;

use anyhow::{Context, Result, bail};
use triathlon_contract::{Serve, ServeIdle, ServeLoad, ServeOverload, ServeSlow, Workload};
use triathlon_execute::{Done, Task};
use triathlon_lab::Lab;

/// What stands in an id in the place of the contestant; no contestant has this name.
pub const CONTESTANT: &str = "generator";

/// Brings the load of a task to its server.
///
/// # Errors
/// What went wrong on which connection.
pub fn execute(task: &Task<'_>, lab: &mut Lab) -> Result<Done> {
    match task.id.workload.as_str() {
        Serve::NAME => closed::execute(&work(task)?, task.server, lab),
        ServeIdle::NAME => idle::execute(&work(task)?, task, task.server, lab).map(Done::from),
        ServeSlow::NAME => slow::execute(&work(task)?, task.server, lab).map(Done::from),
        ServeLoad::NAME => paced::execute(&work(task)?, task, lab).map(Done::from),
        ServeOverload::NAME => overload::execute(&work(task)?, task.server, lab),
        other => bail!("there are no clients for {other}"),
    }
}

/// What a task asks for.
fn work<W: Workload>(task: &Task<'_>) -> Result<W> {
    let preset = W::presets().iter().find(|preset| preset.name == task.id.preset);
    Ok(preset.context("no such preset")?.work.with_laps(task.job.laps))
}
