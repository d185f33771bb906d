//! The tool against situations whose right answer is known, on this machine.
//!
//! A *check* makes one or several loads of the mock server's process, by the
//! code behind `triathlon load`, and gives one or several *rows*. What is
//! measured is judged by pure functions, whose tests feed them what wrong tools
//! say. Bounds have head room: a machine may be busy. A row is *spoiled* where the
//! tool itself says that a load must not be believed, or where the machine can
//! only have made it worse; then the check is made again, and at last the row
//! fails: nothing can be believed here then.
//!
//! # Layout
//! - [`run`]: all checks of a form, in order; `live`: server and loads.
//! - `figure`: figures, bounds, verdicts. `text`: lines.
//! - `stall`, `laws`, `timer`, `accounts`, `recorder`, `queue`, `sensitivity`: the rows, by
//!   theme.

mod accounts;
mod checks;
mod figure;
mod laws;
mod live;
mod queue;
mod recorder;
mod sensitivity;
mod stall;
mod text;
mod timer;

use std::time::{Duration, Instant};

use anyhow::Context;
use triathlon_contract::record::{RowStatus, SCHEMA, SelftestRecord, SelftestRow};

use crate::interrupt::Interrupt;
use crate::{Failure, Result, build, machine, time};

use checks::Check;
use figure::{Found, Verdict};
use live::Live;
pub use text::{line, summary};

/// How often a check is made if it is spoiled, and how many seconds all
/// repetitions may take together.
const ATTEMPTS: usize = 3;
const AGAIN_S: f64 = 15.0;

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Twenty seconds.
    Quick,
    /// The quick rows, and those that take minutes.
    Full,
}

/// What is told while it goes on.
pub trait Watch {
    /// A check begins that takes so many seconds: number, of how many.
    fn begin(&mut self, rows: &str, number: usize, of: usize, seconds: f64);
    /// A row is known.
    fn row(&mut self, row: &SelftestRow);
}

/// Time that a form takes as a rule.
pub fn planned(form: Form) -> Duration {
    checks::of(form).iter().map(|check| Duration::from_secs_f64(check.seconds)).sum()
}

/// Makes all checks of a form; what was found until the end or an interruption.
///
/// # Errors
/// If the server does not start, or a load fails for another reason than what
/// it measures.
pub fn run(form: Form, interrupt: Interrupt, watch: &mut dyn Watch) -> Result<SelftestRecord> {
    let (started, started_at) = (Instant::now(), time::utc(time::now_s()));
    let checks = checks::of(form);
    // A run that measures meanwhile is told that it is not alone.
    let _hold = machine::alone::hold();
    let allowed = machine::cpus::allowed().context("read the CPUs of this process")?;
    let live = Live::start(interrupt)?;
    let (mut rows, mut interrupted, mut again_s) = (Vec::new(), false, AGAIN_S);
    for (index, check) in checks.iter().enumerate() {
        watch.begin(&check.rows.join(", "), index + 1, checks.len(), check.seconds);
        match measure(check, &live, &mut again_s) {
            Ok(found) => rows.extend(found.into_iter().map(row).inspect(|row| watch.row(row))),
            Err(Failure::Interrupted(_)) => {
                interrupted = true;
                break;
            }
            Err(failure) => return Err(failure),
        }
    }
    // The loads leave the CPUs that measure; whoever measures next needs them all.
    if machine::cpus::allowed().is_ok_and(|now| now != allowed) {
        machine::pin(&allowed).context("give the harness its CPUs back")?;
    }
    let count = |status| rows.iter().filter(|row| row.status == status).count() as u64;
    Ok(SelftestRecord {
        schema: SCHEMA,
        started_at,
        duration_s: (started.elapsed().as_secs_f64() * 10.0).round() / 10.0,
        commit: build::COMMIT.to_string(),
        dirty: build::dirty(),
        optimised: build::optimised(),
        machine: machine::machine().id,
        form: if form == Form::Full { "full" } else { "quick" }.to_string(),
        interrupted,
        passed: count(RowStatus::Ok),
        failed: count(RowStatus::Failed),
        not_measured: count(RowStatus::NotMeasured),
        rows,
    })
}

/// The rows of A/A and power alone.
///
/// # Errors
/// As [`run`].
pub fn sensitivity(interrupt: Interrupt) -> Result<Vec<SelftestRow>> {
    let live = Live::start(interrupt)?;
    Ok(sensitivity::aa_and_power(&live)?.into_iter().map(row).collect())
}

/// A check, and again as long as a row is spoiled and there is time for it.
fn measure(check: &Check, live: &Live, again_s: &mut f64) -> Result<Vec<Found>> {
    live.go_on()?;
    let spoiled = |found: &Found| matches!(found.verdict, Verdict::Spoiled(_));
    let mut rows = (check.measure)(live)?;
    for _ in 1..ATTEMPTS {
        if !rows.iter().any(spoiled) || *again_s < check.seconds {
            break;
        }
        let began = Instant::now();
        let again = (check.measure)(live)?;
        *again_s -= began.elapsed().as_secs_f64();
        // What was judged once is not judged again.
        rows.iter_mut()
            .zip(again)
            .filter(|(row, _)| spoiled(row))
            .for_each(|(row, new)| *row = new);
    }
    Ok(rows)
}

fn row(found: Found) -> SelftestRow {
    let Found { name, wanted, got, verdict, figures } = found;
    let (status, reason) = match verdict {
        Verdict::Ok => (RowStatus::Ok, None),
        Verdict::Failed(reason) => (RowStatus::Failed, Some(reason)),
        Verdict::Spoiled(reason) => {
            (RowStatus::Failed, Some(format!("in every attempt: {reason}")))
        }
        Verdict::NotMeasured(reason) => (RowStatus::NotMeasured, Some(reason)),
    };
    SelftestRow { name: name.to_string(), wanted, got, status, reason, figures }
}
