//! One execution: a trial, a fresh process, the comparison of three accounts,
//! one record.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use triathlon_contract::record::{
    Answer, ExecutionStatus, ExpectedRecord, Job, PerOperation, Placement, Record, SCHEMA,
    WitnessRecord,
};
use triathlon_contract::registry::{Demand, workload};
use triathlon_contract::{CaseId, Limits, Outcome, Setting, outcome};

use crate::child::{self, End, Ended, Order};
use crate::interrupt::Interrupt;
use crate::machine;
use crate::plan::named;
use crate::selection::Selected;
use crate::server::{Server, Trial};

/// Shortest wall limit: even a tiny case may meet a machine that stands still.
const WALL_LEAST: Duration = Duration::from_secs(20);

/// A contestant may take so many times what was planned.
const WALL_FACTOR: u32 = 10;

/// What all executions of a run share.
pub struct Shared {
    /// Which program executes which contestant.
    pub programs: Programs,
    /// Who runs where.
    pub placement: Placement,
    /// Limits of the machine.
    pub limits: Limits,
    /// Limit of resident memory of one execution.
    pub resident_bytes: u64,
    /// Shortest wall limit.
    pub wall_least: Duration,
    /// Start of the run.
    pub started: Instant,
}

/// Which program executes which contestant: this one, or a guest that speaks
/// the same JSON.
#[derive(Clone, Debug)]
pub struct Programs {
    /// `triathlon` itself, by `triathlon execute`.
    pub own: PathBuf,
    /// Contestant name and program of each guest.
    pub guests: Vec<(String, PathBuf)>,
}

/// One execution that is due.
#[derive(Clone, Copy)]
pub struct Due<'a> {
    /// The case.
    pub selected: &'a Selected,
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
}

impl Shared {
    /// The usual one, for a placement and limits.
    pub fn new(programs: Programs, placement: Placement, limits: Limits) -> Self {
        Self {
            programs,
            placement,
            limits,
            resident_bytes: machine::limits::resident_bytes(),
            wall_least: WALL_LEAST,
            started: Instant::now(),
        }
    }
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
) -> Result<Option<Record>> {
    let id = &due.selected.case.id;
    let trial = server.open_trial()?;
    let setting = setting(due.selected, &trial, context);
    let workload = workload(&id.workload).context("unknown workload")?;
    let demand = (workload.demand)(due.selected.contestant, id, &setting, due.laps)?;
    let started_ms = context.started.elapsed().as_millis() as u64;
    let before = machine::drops()?;
    let ended = child::run(&order(due, server, &trial, context)?, interrupt)?;
    if matches!(ended.end, End::Interrupted) {
        return Ok(None);
    }
    let kernel = machine::drops::since(&before, &machine::drops()?);
    let witness = server.close_trial(&trial)?;
    let answer = answer(&ended);
    let verdict = match &answer {
        Ok(answer) => agree(&demand, answer, &witness),
        Err(reason) => Err(reason.clone()),
    };
    let answer = answer.ok();
    let counts = verdict.is_ok();
    let per_operation =
        answer.as_ref().filter(|_| counts).and_then(|answer| PerOperation::of(&answer.window));
    Ok(Some(Record {
        schema: SCHEMA,
        sequence: due.sequence,
        round: due.round,
        id: id.to_string(),
        twin: due.twin,
        status: if counts { ExecutionStatus::Ok } else { ExecutionStatus::Failed },
        reason: verdict.err().unwrap_or_default(),
        started_ms,
        laps: due.laps,
        expected: ExpectedRecord::new(demand.expected, demand.workers),
        outcome: answer.as_ref().map(|answer| answer.outcome.clone()),
        witness: Some(witness),
        per_operation,
        window: answer.map(|answer| answer.window),
        kernel: Some(kernel),
        process: Some(ended.process),
    }))
}

fn setting(selected: &Selected, trial: &Trial, context: &Shared) -> Setting {
    Setting {
        server: trial.address,
        workers: context.placement.workers as usize,
        flavour: selected.flavour,
        limits: context.limits,
    }
}

fn order(due: Due<'_>, server: &Server, trial: &Trial, context: &Shared) -> Result<Order> {
    let id: &CaseId = &due.selected.case.id;
    let job = Job {
        schema: SCHEMA,
        id: id.to_string(),
        parameters: named(&due.selected.case.parameters),
        laps: due.laps,
        server: trial.address.to_string(),
        server_pid: server.pid(),
        workers: context.placement.workers,
        cpus: context.placement.contestant_cpus.clone(),
        parent_pid: std::process::id(),
    };
    let guest = context.programs.guests.iter().find(|(name, _)| *name == id.contestant);
    let (program, arguments) = match guest {
        Some((_, program)) => (program.clone(), Vec::new()),
        None => (context.programs.own.clone(), vec!["execute".to_string()]),
    };
    Ok(Order {
        program,
        arguments,
        input: serde_json::to_vec(&job)?,
        wall: (due.expected * WALL_FACTOR).max(context.wall_least),
        resident_bytes: context.resident_bytes,
    })
}

/// What the process answered, or how it failed, in one sentence.
fn answer(ended: &Ended) -> Result<Answer, String> {
    match &ended.end {
        End::WallLimit => return Err("killed: it ran longer than its wall limit".to_string()),
        End::MemoryLimit => return Err("killed: it held more memory than its limit".to_string()),
        End::Exited(status) if !status.success() => {
            let last_words = last_line(&ended.errors);
            return Err(format!("the process ended with {status}{last_words}"));
        }
        End::Exited(_) | End::Interrupted => {}
    }
    let answer: Answer = serde_json::from_slice(&ended.output).map_err(|error| {
        let said: String = String::from_utf8_lossy(&ended.output).chars().take(80).collect();
        format!("the process answered what is no answer ({error}): {said:?}")
    })?;
    match answer.schema {
        SCHEMA => Ok(answer),
        other => Err(format!("the process answered in schema {other} instead of {SCHEMA}")),
    }
}

fn agree(demand: &Demand, answer: &Answer, witness: &WitnessRecord) -> Result<(), String> {
    let outcome: Outcome = answer.outcome.clone().into();
    let samples = answer.window.samples;
    outcome::agree(&demand.expected, demand.workers, &outcome, samples, &witness.clone().into())
}

/// `: ` and the last line of what was said, shortened; nothing if nothing was.
fn last_line(errors: &[u8]) -> String {
    let text = String::from_utf8_lossy(errors);
    match text.lines().rev().find(|line| !line.trim().is_empty()) {
        Some(line) => format!(": {}", line.chars().take(300).collect::<String>()),
        None => String::new(),
    }
}
