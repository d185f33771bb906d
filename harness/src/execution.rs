//! One execution: a trial, a fresh process, the comparison of three accounts,
//! one record. [`laps`] does the same for criterion, sample by sample, [`traced`] for who
//! counts system calls.

mod agreed;
mod answered;
mod asleep;
mod beside;
mod in_flight;
pub mod laps;
mod pace;
mod pinned;
mod serving;
mod shared;
pub mod slices;
pub mod traced;

use std::time::Duration;

use anyhow::Result;
use serde::Serialize;
use triathlon_contract::record::{
    Answer, DrivenRecord, ExecutionStatus, ExpectedRecord, Histograms, Job, KernelRecord,
    PerOperation, PostgresCounts, ProcessRecord, Record, SCHEMA, SlicesRecord, WitnessRecord,
};
use triathlon_contract::registry::Demand;
use triathlon_contract::{Outcome, outcome};

use crate::child::Order;
use crate::database::{self, Database};
use crate::files;
use crate::interrupt::Interrupt;
use crate::machine::{self, foreign};
use crate::server::{Server, Trial};
use crate::what::What;
use answered::answer;
use pace::Paced;
use serving::Served;
pub use shared::{Programs, Shared};

/// A contestant may take so many times what was planned.
const WALL_FACTOR: u32 = 10;

/// One execution that is due.
#[derive(Clone, Copy)]
pub struct Due<'a> {
    /// A case, or a null ceiling.
    pub what: What<'a>,
    /// Repetitions.
    pub laps: u64,
    /// Time it is expected to take.
    pub expected: Duration,
    /// Place in the run, from 0.
    pub sequence: u64,
    /// Round, from 1.
    pub round: u64,
    /// Whether it is the reference under its second label.
    pub twin: bool,
    /// Seed of schedules; the same for all cases of a round.
    pub seed: u64,
}

/// A record, and the distributions that belong to it.
pub struct Executed {
    /// The record.
    pub record: Record,
    /// Of an open loop.
    pub histograms: Option<Histograms>,
}

/// Executes one case. `None` if the user asked to stop meanwhile.
///
/// # Errors
/// If the server or the kernel fails; whatever the contestant does wrong is a
/// record with the status `failed`.
pub fn execute(
    due: Due<'_>,
    server: &Server,
    context: &Shared,
    interrupt: &Interrupt,
) -> Result<Option<Executed>> {
    let started_ms = context.started.elapsed().as_millis() as u64;
    let world = World { server, context, interrupt };
    let Some(pace) = pace::of(due, &world)? else {
        return Ok(None);
    };
    let Some(attempt) = attempt(due, &pace, &world)? else {
        return Ok(None);
    };
    Ok(Some(record(due, started_ms, pace, attempt, context)))
}

/// Where an execution takes place.
struct World<'a> {
    server: &'a Server,
    context: &'a Shared,
    interrupt: &'a Interrupt,
}

/// One process and everything that is known of it.
struct Attempt {
    demand: Demand,
    answer: Result<Answer, String>,
    /// Whether the accounts agree.
    verdict: Result<(), String>,
    witness: Option<WitnessRecord>,
    /// Who asked a server, and whom it asked.
    driven: Option<DrivenRecord>,
    /// What the database of the user counted.
    postgres: Option<PostgresCounts>,
    kernel: KernelRecord,
    /// None where nobody else can be told from the database.
    foreign_ns: Option<u64>,
    process: ProcessRecord,
    /// How it took turns with others.
    slices: Option<SlicesRecord>,
}

/// Runs one process in a trial of its own. `None` if the user asked to stop.
fn attempt(due: Due<'_>, pace: &Paced, world: &World<'_>) -> Result<Option<Attempt>> {
    let World { server, context, interrupt } = world;
    let named = context.named_database(due.what);
    let trial = if named.is_some() { None } else { open_trial(due.what, server)? };
    let demand = context.demand(due.what, pace.laps)?;
    let marks = named.map(Database::before).transpose()?;
    let before = machine::drops()?;
    let beside = trial.as_ref().map(|trial| (*server, trial));
    let files = context.files_before(due.what, pace.laps)?;
    let job = Job { pace: pace.pace, files, ..job(due.what, pace.laps, beside, context) };
    let others = foreign::reading()?;
    let Some(Served { ended, clients }) = serving::run(due, &job, context, interrupt)? else {
        return Ok(None);
    };
    let demand = agreed::demanded(demand, &clients);
    let kernel = machine::drops::since(&before, &machine::drops()?);
    let own = [std::process::id(), server.pid()];
    let foreign_ns = match named {
        None => Some(foreign::since(&others, &context.cpus_of(due.what), &own)?),
        Some(_) => None,
    };
    let witness = trial.map(|trial| server.close_trial(&trial)).transpose()?;
    let (answer, witness, driven) = serving::accounts(answer(&ended), clients, witness, &demand);
    let wanted = database::expected(&demand, &due.what.parameters());
    let seen = named.zip(marks).filter(|_| answer.is_ok());
    let postgres = seen.map(|(database, marks)| database.after(&marks, &wanted)).transpose()?;
    let verdict = match &answer {
        Ok(answer) => {
            let held = holds(due, &demand, answer, witness.as_ref());
            let driven = driven.as_ref().map_or(Ok(()), |d| agreed::agree(&demand.expected, d));
            let held = held.and(driven);
            let held = held.and_then(|()| context.pinned(due.what, answer));
            let held =
                held.and_then(|()| postgres.map_or(Ok(()), |seen| database::agree(&wanted, &seen)));
            let held = held.and_then(|()| paced(pace, answer));
            let held = held.and_then(|()| context.files_after(due.what, pace.laps));
            held.and_then(|()| came_cold(due.what, pace.laps, &ended.process))
        }
        Err(reason) => Err(reason.clone()),
    };
    let process = ended.process;
    Ok(Some(Attempt {
        demand,
        answer,
        verdict,
        witness,
        driven,
        postgres,
        kernel,
        foreign_ns,
        process,
        slices: None,
    }))
}

/// A trial as the work demands it, where a server takes part.
fn open_trial(what: What<'_>, server: &Server) -> Result<Option<Trial>> {
    if what.database() {
        return server.open_database().map(Some);
    }
    what.server().then(|| server.open_trial_on(what.addresses())).transpose()
}

/// Whether the accounts agree and the times are possible.
fn holds(
    due: Due<'_>,
    demand: &Demand,
    answer: &Answer,
    witness: Option<&WitnessRecord>,
) -> Result<(), String> {
    agree(demand, answer, witness)?;
    asleep::counted(demand, answer)?;
    beside::timed(&due.what.id().workload, &demand.expected, answer.beside.as_ref())?;
    let queued = Some(demand.expected.queued_high).filter(|queued| *queued > 0);
    let most = due.what.at_once().or(queued);
    most.map_or(Ok(()), |most| in_flight::possible(&answer.window, most))
}

/// Whether files that are cold were read from the device.
fn came_cold(what: What<'_>, laps: u64, process: &ProcessRecord) -> Result<(), String> {
    what.files(laps).map_or(Ok(()), |work| files::was_cold(&work, process))
}

fn paced(pace: &Paced, answer: &Answer) -> Result<(), String> {
    let paced = pace.pace.is_some_and(|pace| pace.rate_per_s > 0);
    if paced && (answer.open.is_none() || answer.histograms.is_none()) {
        return Err("the answer to a paced job has no times of an open loop".to_string());
    }
    Ok(())
}

fn record(
    due: Due<'_>,
    started_ms: u64,
    pace: Paced,
    attempt: Attempt,
    context: &Shared,
) -> Executed {
    let Attempt { demand, answer, verdict, witness, driven, postgres, kernel, .. } = attempt;
    let (foreign_ns, process, slices) = (attempt.foreign_ns, attempt.process, attempt.slices);
    let counts = verdict.is_ok();
    let (outcome, window, open, beside, asleep, late, histograms) = match answer {
        Ok(Answer { outcome, window, open, beside, asleep, late, histograms, .. }) => {
            let window = window.spanning(demand.per_sample);
            (Some(outcome), Some(window), open, beside, asleep, late, histograms)
        }
        Err(_) => Default::default(),
    };
    let per_operation = window.as_ref().filter(|_| counts).and_then(PerOperation::of);
    let record = Record {
        schema: SCHEMA,
        sequence: due.sequence,
        round: due.round,
        id: due.what.id().to_string(),
        twin: due.twin,
        status: if counts { ExecutionStatus::Ok } else { ExecutionStatus::Failed },
        reason: verdict.err().unwrap_or_default(),
        previous: String::new(),
        session: context.session,
        started_ms,
        laps: pace.laps,
        expected: ExpectedRecord::new(demand.expected, demand.workers),
        outcome,
        witness,
        driven,
        postgres,
        per_operation,
        window,
        kernel: Some(kernel),
        foreign_ns,
        process: Some(process),
        pace: pace.record,
        open,
        beside,
        asleep: asleep::named(asleep, due.what),
        late,
        slices,
    };
    Executed { record, histograms }
}

/// The job of `what`, in a trial of a server where one takes part.
fn job(what: What<'_>, laps: u64, beside: Option<(&Server, &Trial)>, context: &Shared) -> Job {
    let (cpus, workers) = context.placement.within(what.server(), what.cpus());
    let named = context.named_database(what);
    let trial = beside.map(|(_, trial)| trial.address);
    let server = named.map(|database| database.address).or(trial);
    Job {
        schema: SCHEMA,
        id: what.id().to_string(),
        parameters: what.parameters(),
        laps,
        pace: None,
        pauses: false,
        files: None,
        login: named.map(|database| database.login.clone()),
        server: server.map(|address| address.to_string()),
        server_pid: beside.map(|(server, _)| server.pid()),
        workers,
        cpus: cpus.to_vec(),
        limits: context.job_limits(what),
        parent_pid: std::process::id(),
    }
}

fn order(due: Due<'_>, job: &Job, context: &Shared) -> Result<Order> {
    let contestant = due.what.id().contestant;
    let guest = context.programs.guests.iter().find(|(name, _)| *name == contestant);
    let (program, arguments) = match guest {
        Some((_, program)) => (program.clone(), Vec::new()),
        None => (context.programs.own.clone(), vec!["execute".to_string()]),
    };
    Ok(Order {
        program,
        arguments,
        input: json_line(job)?,
        wall: (due.expected * WALL_FACTOR).max(context.wall_least),
        resident_bytes: context.resident_bytes,
    })
}

/// One line of JSON.
fn json_line(what: &impl Serialize) -> Result<Vec<u8>> {
    let mut line = serde_json::to_vec(what)?;
    line.push(b'\n');
    Ok(line)
}

/// Compares the accounts of an execution.
///
/// # Errors
/// One sentence with every difference.
pub fn agree(
    demand: &Demand,
    answer: &Answer,
    witness: Option<&WitnessRecord>,
) -> Result<(), String> {
    let outcome: Outcome = answer.outcome.clone().into();
    let witness = witness.map(|witness| witness.clone().into());
    let samples = answer.window.samples;
    outcome::agree(&demand.expected, demand.workers, &outcome, samples, witness.as_ref())?;
    demand.expected.abandoned.map_or(Ok(()), |abandoned| abandoned.left(&answer.window))
}
