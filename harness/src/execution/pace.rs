//! The pace of an open loop: fixed, or a share of what the contestant reaches
//! just before, with the same code in a process of its own.

use anyhow::Result;
use triathlon_contract::record::{CapacityRecord, PaceRecord};
use triathlon_contract::{Load, Pace};

use super::{Attempt, Due, World, attempt};

/// How an execution is paced.
pub(super) struct Paced {
    /// Repetitions.
    pub(super) laps: u64,
    /// When starts are due; none in a closed loop.
    pub(super) pace: Option<Pace>,
    /// The same, as kept.
    pub(super) record: Option<PaceRecord>,
}

/// Finds the pace. `None` if the user asked to stop meanwhile.
///
/// A contestant that fails here will fail again at the least pace, and that
/// failure is what is kept.
pub(super) fn of(due: Due<'_>, world: &World<'_>) -> Result<Option<Paced>> {
    let Some(load) = due.what.load() else {
        return Ok(Some(Paced { laps: due.laps, pace: None, record: None }));
    };
    let percent = match load {
        Load::PerSecond(rate_per_s) => {
            return Ok(Some(paced(due, rate_per_s, due.laps, None)));
        }
        Load::OfCapacity(percent) => percent,
    };
    let at_once = Paced { laps: due.laps, pace: Some(Pace::default()), record: None };
    let Some(attempt) = attempt(due, &at_once, world)? else {
        return Ok(None);
    };
    let capacity = capacity(&attempt);
    let per_s = capacity.map_or(0.0, |capacity| capacity.per_s);
    let rate_per_s = ((per_s * percent as f64 / 100.0) as u64).max(1);
    let laps = due.what.laps_at(rate_per_s, due.laps)?;
    Ok(Some(paced(due, rate_per_s, laps, capacity)))
}

fn paced(due: Due<'_>, rate_per_s: u64, laps: u64, capacity: Option<CapacityRecord>) -> Paced {
    let pace = Pace { rate_per_s, seed: due.seed };
    let record = PaceRecord { rate_per_s, seed: due.seed, capacity };
    Paced { laps, pace: Some(pace), record: Some(record) }
}

/// What was reached, if it was reached with equal work.
fn capacity(attempt: &Attempt) -> Option<CapacityRecord> {
    let window = &attempt.answer.as_ref().ok().filter(|_| attempt.verdict.is_ok())?.window;
    let (requests, elapsed_ns) = (window.samples, window.elapsed_ns);
    let per_s = requests as f64 / (elapsed_ns.max(1) as f64 / 1e9);
    Some(CapacityRecord { per_s, requests, elapsed_ns })
}
