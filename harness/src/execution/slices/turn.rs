//! One execution among those that take turns.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::process::Pid;
use triathlon_contract::record::{
    Answer, Job, KernelRecord, Pause, Pauses, ProcessRecord, Question, SlicesRecord, WitnessRecord,
};

use super::{Meters, Table};
use crate::child::stop::{go_on, stop};
use crate::child::{End, Ended, Live, Order, Patience, Reply, raw};
use crate::execution::answered::{answer, parse, well};
use crate::execution::pace::Paced;
use crate::execution::{Attempt, Due, Executed, holds, job, json_line, open_trial, order, record};
use crate::machine::{self, foreign};
use crate::server::{Server, Trial};

/// One execution.
pub(super) struct Turn<'a> {
    due: Due<'a>,
    server: Option<&'a Server>,
    started_ms: u64,
    begun: Option<Begun>,
    /// How it ended, once it has.
    ended: Option<EndedTurn>,
    /// Its process and that of its server.
    groups: Vec<Pid>,
    ran: Duration,
    slices: u64,
    pauses: Vec<Pause>,
    foreign: foreign::Tally,
    kernel: KernelRecord,
}

/// A process that has not ended.
struct Begun {
    trial: Option<Trial>,
    order: Order,
    live: Live,
    /// What the meters said when it was stopped.
    stopped: Option<Pause>,
}

struct EndedTurn {
    answer: Result<Answer, String>,
    witness: Option<WitnessRecord>,
    process: ProcessRecord,
    interrupted: bool,
}

impl<'a> Turn<'a> {
    pub(super) fn new(due: Due<'a>, server: Option<&'a Server>) -> Self {
        Self {
            due,
            server,
            started_ms: 0,
            begun: None,
            ended: None,
            groups: Vec::new(),
            ran: Duration::ZERO,
            slices: 0,
            pauses: Vec::new(),
            foreign: foreign::Tally::default(),
            kernel: KernelRecord::default(),
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    /// Runs for one slice; what the meters say after it.
    pub(super) fn take(&mut self, table: &Table<'_>, before: &Meters) -> Result<Meters> {
        self.run(table, before)?;
        let now = Meters::read()?;
        self.charge(before, &now);
        Ok(now)
    }

    fn run(&mut self, table: &Table<'_>, meters: &Meters) -> Result<()> {
        let begun = match self.begun.take() {
            Some(begun) => self.go_on(begun, meters)?,
            None => self.begin(table)?,
        };
        self.slices += 1;
        let Begun { trial, order, mut live, .. } = begun;
        let began = Instant::now();
        let mut at_most = table.slice;
        let ended = loop {
            let patience = Patience { ran: self.ran + began.elapsed(), at_most };
            match live.wait(&order, patience, table.interrupt)? {
                Reply::Later(running) => {
                    self.ran += began.elapsed();
                    let from_ns = stop(&self.groups)?;
                    let stopped = Some(Pause { from_ns, ..Pause::default() });
                    self.begun = Some(Begun { trial, order, live: running, stopped });
                    return Ok(());
                }
                Reply::Line(mut running, line) if asks(&line) => {
                    let pauses = Pauses { pauses: self.pauses.clone() };
                    running.feed(&json_line(&pauses)?)?;
                    // The work is done: nobody is compared by what follows.
                    at_most = Duration::MAX;
                    live = running;
                }
                Reply::Line(running, line) => {
                    let asked = at_most == Duration::MAX;
                    break self.answered(running, &line, asked)?;
                }
                Reply::Ended(ended) => break (answer(&ended), ended),
            }
        };
        self.ran += began.elapsed();
        self.ended = Some(self.ended_turn(trial, ended)?);
        Ok(())
    }

    fn begin(&mut self, table: &Table<'_>) -> Result<Begun> {
        let context = table.context;
        let Due { what, laps, .. } = self.due;
        self.started_ms = context.started.elapsed().as_millis() as u64;
        ensure!(self.server.is_some() == what.server(), "a contestant without its server");
        let trial = self.server.map(|server| open_trial(what, server)).transpose()?.flatten();
        let job = job(what, laps, self.server.zip(trial.as_ref()), context);
        let job = Job { pauses: true, ..job };
        let order = order(self.due, &job, context)?;
        let mut live = Live::start(&order)?;
        // The server first: it shares its CPU with us and so does not run now.
        self.groups = self.server.iter().map(|server| server.group()).collect();
        self.groups.push(live.pid()?);
        live.feed(&order.input)?;
        Ok(Begun { trial, order, live, stopped: None })
    }

    fn go_on(&mut self, begun: Begun, meters: &Meters) -> Result<Begun> {
        let stopped = begun.stopped.context("it runs although it is nobody's turn")?;
        let pause = Pause {
            from_ns: stopped.from_ns,
            to_ns: go_on(&self.groups)?,
            steal_ns: meters.steal_ns - stopped.steal_ns,
        };
        self.pauses.push(pause);
        Ok(Begun { stopped: None, ..begun })
    }

    /// The answer and how the process ended after it.
    fn answered(
        &self,
        live: Live,
        line: &[u8],
        asked: bool,
    ) -> Result<(Result<Answer, String>, Ended)> {
        let ended = live.finish()?;
        let answer = well(&ended).and_then(|()| parse(line)).and_then(|answer| {
            if asked || self.pauses.is_empty() {
                return Ok(answer);
            }
            Err("it was stopped and continued, and answered without asking for its pauses".into())
        });
        Ok((answer, ended))
    }

    /// Takes note of what happened since the meters were read before its slice.
    fn charge(&mut self, before: &Meters, now: &Meters) {
        self.foreign.add(&before.others, &now.others);
        self.kernel =
            machine::drops::both(&self.kernel, &machine::drops::since(&before.kernel, &now.kernel));
        if let Some(stopped) = self.begun.as_mut().and_then(|begun| begun.stopped.as_mut()) {
            stopped.steal_ns = now.steal_ns;
        }
    }

    fn ended_turn(
        &self,
        trial: Option<Trial>,
        (answer, ended): (Result<Answer, String>, Ended),
    ) -> Result<EndedTurn> {
        let seen = self.server.zip(trial);
        let witness = seen.map(|(server, trial)| server.close_trial(&trial)).transpose()?;
        let interrupted = matches!(ended.end, End::Interrupted);
        Ok(EndedTurn { answer, witness, process: ended.process, interrupted })
    }

    /// `None` if the user asked to stop it.
    pub(super) fn into_executed(self, table: &Table<'_>) -> Result<Option<Executed>> {
        let Table { slice, context, turns, .. } = table;
        let Self { due, groups, started_ms, ended, slices, pauses, foreign, kernel, .. } = self;
        let ended = ended.context("a turn without an end")?;
        if ended.interrupted {
            return Ok(None);
        }
        let demand = context.demand(due.what, due.laps)?;
        let EndedTurn { answer, witness, process, .. } = ended;
        let verdict = match &answer {
            Ok(answer) => holds(due, &demand, answer, witness.as_ref())
                .and_then(|()| context.pinned(due.what, answer)),
            Err(reason) => Err(reason.clone()),
        };
        let mut own = vec![std::process::id()];
        own.extend(groups.into_iter().map(raw));
        let foreign_ns = foreign.total(&context.cpus_of(due.what), &own);
        let paused_ns = pauses.iter().map(|pause| pause.to_ns - pause.from_ns).sum();
        let wall_ns = process.wall_ns.saturating_sub(paused_ns);
        let process = ProcessRecord { wall_ns, ..process };
        let slices = Some(SlicesRecord {
            length_ns: slice.as_nanos() as u64,
            count: slices,
            paused_ns,
            turns: *turns,
        });
        let attempt = Attempt {
            driven: None,
            demand,
            answer,
            verdict,
            witness,
            postgres: None,
            kernel,
            foreign_ns: Some(foreign_ns),
            process,
            slices,
        };
        let paced = Paced { laps: due.laps, pace: None, record: None };
        Ok(Some(record(due, started_ms, paced, attempt, context)))
    }
}

/// Whether a line asks for the pauses.
fn asks(line: &[u8]) -> bool {
    serde_json::from_slice::<Question>(line).is_ok()
}
