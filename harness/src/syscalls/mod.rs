//! What cases ask of the kernel, counted by a tracer: never a time.
//!
//! A case is executed two times a repeat, the second time with three times as many laps. What the
//! second process calls more than the first is what its operations call: start, connecting
//! and end are the same in both and fall away.
//!
//! - `cases`: which ones.
//! - `plan`: how many laps a case does, or why it sits out.
//! - `slope`: from the counts of processes to calls per operation.
//! - `text`: what is said before and after.

mod cases;
mod plan;
mod slope;
mod text;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use triathlon_contract::record::{Placement, SCHEMA, SyscallsCase, SyscallsFile};
use triathlon_contract::{Files, Limits};

use crate::execution::laps::Stop;
use crate::execution::traced::{Counted, count};
use crate::execution::{Due, Programs, Shared};
use crate::interrupt::Interrupt;
use crate::machine::alone::Hold;
use crate::selection::Selected;
use crate::server::Server;
use crate::tracer::Refused;
use crate::what::What;
use crate::{Failure, Result, build, machine, time};

pub use cases::select;
pub use plan::{Planned, planned, workers};
pub use text::{plan, table};

/// Shortest wall limit: whoever is traced on a busy machine waits for its tracer's turn, too.
const WALL_LEAST: Duration = Duration::from_secs(90);

/// What to count, and how often.
pub struct Wanted {
    /// The cases, and how each is counted.
    pub cases: Vec<(Selected, Planned)>,
    /// How often each is counted.
    pub repeats: u64,
    /// Who runs where.
    pub placement: Placement,
    /// Limits of the machine.
    pub limits: Limits,
    /// The program that executes contestants.
    pub own: PathBuf,
    /// The command, for the record.
    pub command: String,
    /// Whether to show no progress.
    pub quiet: bool,
}

impl Wanted {
    fn say(&self, line: &str) {
        if !self.quiet {
            eprintln!("{line}");
        }
    }

    /// Files that the processes need.
    fn files(&self) -> impl Iterator<Item = (&Files, u64)> {
        self.cases.iter().filter_map(|(selected, planned)| match planned {
            Planned::Counts { laps, .. } => {
                Some((selected.case.files.as_ref()?, plan::TIMES * laps))
            }
            Planned::SitsOut(_) => None,
        })
    }
}

/// Counts everything that is wanted; writes nothing.
///
/// # Errors
/// A usage failure if the kernel does not permit to trace; an interruption; a failure if
/// nothing could be counted.
pub fn measure(wanted: &Wanted, interrupt: &Interrupt) -> Result<SyscallsFile> {
    machine::limits::raise_descriptors()?;
    let hold = machine::alone::hold();
    let started_at = time::utc(time::now_s());
    let programs = Programs { own: wanted.own.clone(), guests: Vec::new() };
    let mut shared = Shared::new(programs, wanted.placement.clone(), wanted.limits);
    shared.wall_least = WALL_LEAST;
    shared.files.prepare(wanted.files())?;
    let allowed = machine::cpus::allowed().context("read the CPUs of this process")?;
    machine::pin(&shared.placement.server_cpus).context("pin the harness")?;
    let cases = all(wanted, &shared, interrupt);
    if !shared.placement.server_cpus.is_empty() {
        machine::pin(&allowed).context("give the harness its CPUs back")?;
    }
    let cases = cases?;
    let mut reasons = Vec::new();
    if let Hold::Shared = hold {
        let reason = "a run measured on this machine at the same time: what depends on time \
                      may differ without it";
        reasons.push(reason.to_string());
    }
    if !build::optimised() {
        reasons.push("the suite was built without optimisation".to_string());
    }
    let facts = machine::machine();
    let fact = |name: &str| facts.facts.get(name).cloned().unwrap_or_default();
    Ok(SyscallsFile {
        schema: SCHEMA,
        started_at,
        commit: build::COMMIT.to_string(),
        dirty: build::dirty(),
        machine: facts.id.clone(),
        kernel: fact("kernel"),
        architecture: fact("architecture"),
        repeats: wanted.repeats,
        placement: wanted.placement.clone(),
        command: wanted.command.clone(),
        reasons,
        cases,
    })
}

/// One case after the other, with one server for all.
fn all(wanted: &Wanted, shared: &Shared, interrupt: &Interrupt) -> Result<Vec<SyscallsCase>> {
    let server = shared.start_server()?;
    let mut cases = Vec::new();
    let mut fault = None;
    for (place, (selected, planned)) in wanted.cases.iter().enumerate() {
        let counted = match planned {
            Planned::SitsOut(reason) => slope::out(selected, reason),
            Planned::Counts { laps, expected } => {
                let case = Repeated { selected, laps: *laps, expected: *expected };
                let counted = case.count(wanted.repeats, &server, shared, interrupt)?;
                fault = fault.or(counted.reason.clone());
                let what = counted.reason.as_ref().map_or_else(
                    || text::line(&counted),
                    |why| format!("{} failed: {why}", counted.id),
                );
                wanted.say(&format!("{}/{}: {}", place + 1, wanted.cases.len(), what.trim_end()));
                counted
            }
        };
        cases.push(counted);
    }
    if cases.iter().all(|case| case.reason.is_some()) {
        let first = fault.or_else(|| cases.iter().find_map(|case| case.reason.clone()));
        let reason = first.unwrap_or_else(|| "there is no case".to_string());
        return Err(anyhow::anyhow!("nothing was counted: {reason}").into());
    }
    Ok(cases)
}

/// A case that is counted.
struct Repeated<'a> {
    selected: &'a Selected,
    laps: u64,
    expected: Duration,
}

impl Repeated<'_> {
    /// All repeats, or how the first of its processes failed that did.
    fn count(
        &self,
        repeats: u64,
        server: &Server,
        shared: &Shared,
        interrupt: &Interrupt,
    ) -> Result<SyscallsCase> {
        let mut both = Vec::new();
        for repeat in 1..=repeats {
            let process = |laps| {
                let due = Due {
                    what: What::Case(self.selected),
                    laps,
                    expected: self.expected,
                    sequence: 0,
                    round: repeat,
                    twin: false,
                    seed: repeat,
                };
                count(due, server, shared, interrupt)
            };
            let counted =
                process(self.laps).and_then(|fewer| Ok((fewer, process(plan::TIMES * self.laps)?)));
            match counted {
                Ok(counted) => both.push(counted),
                Err(Stop::Failed(reason)) => return Ok(slope::out(self.selected, &reason)),
                Err(Stop::Interrupted) => return Err(interrupted()),
                Err(Stop::Broken(error)) => return Err(broken(error)),
            }
        }
        let grows = |(fewer, more): &(Counted, Counted)| more.operations > fewer.operations;
        match both.iter().all(grows) {
            true => Ok(slope::case(self.selected, self.laps, &both)),
            false => Ok(slope::out(self.selected, plan::NO_MORE)),
        }
    }
}

/// That the kernel refuses is for the user to mend.
fn broken(error: anyhow::Error) -> Failure {
    match error.downcast_ref::<Refused>() {
        Some(refused) => Failure::usage(refused),
        None => error.into(),
    }
}

fn interrupted() -> Failure {
    Failure::Interrupted("interrupted; nothing was written, and nothing is left".to_string())
}
