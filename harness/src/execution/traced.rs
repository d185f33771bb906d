//! One execution whose system calls are counted: the same process, the same work and the
//! same proof of it as in a run, and no time that anybody may read.

use anyhow::anyhow;
use triathlon_contract::record::Job;
use triathlon_contract::{Load, Pace};

use super::answered::answer;
use super::laps::Stop;
use super::{Due, Shared, holds, job, open_trial, order};
use crate::child::{End, Ended, Live, Reply};
use crate::interrupt::Interrupt;
use crate::server::Server;
use crate::tracer::{Calls, Tracing};

/// What one process called, from its start to its end.
pub struct Counted {
    /// Operations inside its window.
    pub operations: u64,
    /// Calls of all of its threads.
    pub calls: Calls,
}

/// Executes one case under a tracer; its contestant must be no server.
///
/// # Errors
/// Why nothing was counted; [`crate::tracer::Refused`] inside what is broken.
pub fn count(
    due: Due<'_>,
    server: &Server,
    shared: &Shared,
    interrupt: &Interrupt,
) -> Result<Counted, Stop> {
    if interrupt.asked() {
        return Err(Stop::Interrupted);
    }
    let Due { what, laps, .. } = due;
    let trial = open_trial(what, server)?;
    let demand = shared.demand(what, laps)?;
    let beside = trial.as_ref().map(|trial| (server, trial));
    let files = shared.files_before(what, laps)?;
    let job = Job { pace: pace(due), files, ..job(what, laps, beside, shared) };
    let order = order(due, &job, shared)?;
    // It waits for its job, so it has one thread, when it is taken.
    let live = Live::start(&order)?;
    let tracing = Tracing::attach(live.pid()?)?;
    let ended = match live.ask(&order, interrupt)? {
        Reply::Line(live, line) => Ended { output: line, ..live.finish()? },
        Reply::Ended(ended) => ended,
        Reply::Later(_) => return Err(Stop::Broken(anyhow!("a job without patience"))),
    };
    let calls = tracing.calls()?;
    let witness = trial.map(|trial| server.close_trial(&trial)).transpose()?;
    if let End::Interrupted = ended.end {
        return Err(Stop::Interrupted);
    }
    let answer = answer(&ended).map_err(Stop::Failed)?;
    holds(due, &demand, &answer, witness.as_ref()).map_err(Stop::Failed)?;
    shared.pinned(what, &answer).map_err(Stop::Failed)?;
    shared.files_after(what, laps).map_err(Stop::Failed)?;
    let operations = answer.window.spanning(demand.per_sample).operations();
    Ok(Counted { operations, calls })
}

/// When starts are due in an open loop at a fixed rate.
fn pace(due: Due<'_>) -> Option<Pace> {
    match due.what.load() {
        Some(Load::PerSecond(rate_per_s)) => Some(Pace { rate_per_s, seed: due.seed }),
        Some(Load::OfCapacity(_)) | None => None,
    }
}
