//! `triathlon execute`: cases in this fresh process, one in a run.
//!
//! A job as JSON on standard input, an answer as JSON on standard output; the
//! same contract that a contestant in another language speaks.

use triathlon_contract::ceiling::WORKLOAD;
use triathlon_execute::Done;

use crate::{ceiling, contestants, generator};

/// Does the jobs on standard input, see [`triathlon_execute::jobs`].
///
/// # Errors
/// In words that end up as the reason of a failed cell.
pub fn run() -> crate::Result<()> {
    triathlon_execute::jobs(|task, lab| match task.id.workload.as_str() {
        WORKLOAD => {
            let shape = task.id.preset.parse()?;
            ceiling::execute(&shape, task.server, task.job.laps, lab).map(Done::from)
        }
        _ if task.id.contestant == generator::CONTESTANT => generator::execute(task, lab),
        _ => task.cell(&contestants::ALL, lab).map(Done::from),
    })?;
    Ok(())
}
