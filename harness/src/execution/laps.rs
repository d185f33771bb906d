//! Laps for criterion: one live process serves one benchmark, and the work of
//! every sample is verified like that of an execution.
//!
//! Other than in a run, the laps of a benchmark follow one another in one
//! process, so pools and executors that a contestant keeps are warm.

use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use triathlon_contract::record::{Answer, Job};

use super::answered::{answer, parse, well};
use super::{Due, Shared, agree, job, open_trial, order};
use crate::child::{End, Live, Reply};
use crate::interrupt::Interrupt;
use crate::machine;
use crate::plan;
use crate::selection::Selected;
use crate::server::Server;
use crate::what::What;

/// How often a mock server that died is started again before the target gives
/// up.
const SERVER_STARTS_MAX: u32 = 5;

/// Does laps, one benchmark after the other. Server and process are started
/// when the first are asked for.
pub struct Laps {
    shared: Shared,
    interrupt: Interrupt,
    server: Option<Server>,
    starts: u32,
    live: Option<Live>,
}

/// Why there is no time that counts.
#[derive(Debug)]
pub enum Stop {
    /// What the contestant did wrong, in one sentence.
    Failed(String),
    /// The user asked to stop.
    Interrupted,
    /// Harness, server or kernel failed.
    Broken(anyhow::Error),
}

impl From<anyhow::Error> for Stop {
    fn from(error: anyhow::Error) -> Self {
        Self::Broken(error)
    }
}

impl Laps {
    /// Takes the machine as a run does.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn new(shared: Shared, interrupt: Interrupt) -> Result<Self> {
        machine::limits::raise_descriptors()?;
        machine::pin(&shared.placement.server_cpus).context("pin the harness")?;
        Ok(Self { shared, interrupt, server: None, starts: 0, live: None })
    }

    /// Does so many laps in a trial of their own and compares the accounts;
    /// the time between the edges of the window.
    ///
    /// The process of the last laps does these, too: [`Laps::end`] comes
    /// between two benchmarks. One that failed is gone.
    ///
    /// # Errors
    /// Why there is no time that counts.
    pub fn measure(&mut self, selected: &Selected, laps: u64) -> Result<Duration, Stop> {
        let measured = self.verified(selected, laps);
        if measured.is_err() {
            self.live = None;
        }
        match measured {
            Err(Stop::Broken(error)) if self.server_died()? && self.starts < SERVER_STARTS_MAX => {
                Err(Stop::Failed(format!("{error:#}")))
            }
            measured => measured,
        }
    }

    fn verified(&mut self, selected: &Selected, laps: u64) -> Result<Duration, Stop> {
        let what = What::Case(selected);
        let Self { shared, interrupt, server, starts, live } = &mut *self;
        if interrupt.asked() {
            return Err(Stop::Interrupted);
        }
        let server = match server {
            Some(server) => server,
            None => {
                *starts += 1;
                server.insert(shared.start_server()?)
            }
        };
        let trial = open_trial(what, server)?;
        let demand = shared.demand(what, laps)?;
        let expected = plan::work(&selected.case, laps);
        let due = Due { what, laps, expected, sequence: 0, round: 1, twin: false, seed: 0 };
        let beside = trial.as_ref().map(|trial| (&*server, trial));
        let files = shared.files_before(what, laps)?;
        let order = order(due, &Job { files, ..job(what, laps, beside, shared) }, shared)?;
        let live = match live.take() {
            Some(live) => live,
            None => Live::start(&order)?,
        };
        let reply = live.ask(&order, interrupt)?;
        let witness = trial.map(|trial| server.close_trial(&trial)).transpose()?;
        let answer = self.answer(reply)?;
        agree(&demand, &answer, witness.as_ref()).map_err(Stop::Failed)?;
        self.shared.pinned(what, &answer).map_err(Stop::Failed)?;
        self.shared.files_after(what, laps).map_err(Stop::Failed)?;
        Ok(Duration::from_nanos(answer.window.elapsed_ns))
    }

    /// Keeps the process that answered for the next laps.
    fn answer(&mut self, reply: Reply) -> Result<Answer, Stop> {
        match reply {
            Reply::Line(live, line) => {
                self.live = Some(live);
                parse(&line).map_err(Stop::Failed)
            }
            Reply::Later(_) => Err(Stop::Broken(anyhow!("a lap without patience"))),
            Reply::Ended(ended) => match ended.end {
                End::Interrupted => Err(Stop::Interrupted),
                _ => answer(&ended).map_err(Stop::Failed),
            },
        }
    }

    fn server_died(&mut self) -> Result<bool> {
        let died = self.server.as_mut().map(Server::has_ended).transpose()?.unwrap_or(false);
        if died {
            self.server = None;
        }
        Ok(died)
    }

    /// Ends the process of a benchmark.
    ///
    /// # Errors
    /// If it does not end well.
    pub fn end(&mut self) -> Result<(), Stop> {
        match self.live.take() {
            Some(live) => well(&live.finish()?).map_err(Stop::Failed),
            None => Ok(()),
        }
    }
}
