//! What all executions of a run share.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use triathlon_contract::Limits;
use triathlon_contract::record::Placement;
use triathlon_contract::registry::Demand;

use crate::database::Database;
use crate::files::Place;
use crate::machine;
use crate::server::Server;
use crate::what::What;

/// Shortest wall limit: even a tiny case may meet a machine that stands still.
const WALL_LEAST: Duration = Duration::from_secs(20);

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
    /// Session of the run, from 1.
    pub session: u64,
    /// Start of the session.
    pub started: Instant,
    /// The files that executions read and write.
    pub files: Place,
    /// The PostgreSQL that the user named.
    pub database: Option<Arc<Database>>,
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

impl Shared {
    /// The usual one, for a placement and limits.
    pub fn new(programs: Programs, placement: Placement, limits: Limits) -> Self {
        Self {
            programs,
            placement,
            limits,
            resident_bytes: machine::limits::resident_bytes(),
            wall_least: WALL_LEAST,
            session: 1,
            started: Instant::now(),
            files: Place::below(&std::env::temp_dir()),
            database: None,
        }
    }

    /// Starts a mock server in its place.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start_server(&self) -> Result<Server> {
        Server::start(&self.programs.own, &self.placement.server_cpus)
    }

    /// The PostgreSQL that the user named, if the work is to ask one.
    pub(super) fn named_database(&self, what: What<'_>) -> Option<&Database> {
        // A server has the mock database behind it, whose pauses and counts are known.
        self.database.as_deref().filter(|_| what.database() && !what.serves())
    }

    /// What must come out of so many laps on this machine.
    pub(super) fn demand(&self, what: What<'_>, laps: u64) -> Result<Demand> {
        let workers = self.placement.within(what.server(), what.cpus()).1;
        what.demand(workers as usize, self.limits, laps)
    }

    /// Makes ready the files that an execution reads or writes; where they are, if it
    /// needs any.
    pub(super) fn files_before(&self, what: What<'_>, laps: u64) -> Result<Option<String>> {
        let Some(work) = what.files(laps) else {
            return Ok(None);
        };
        let folder = self.files.before(&work).map_err(|failure| anyhow!("{failure}"))?;
        Ok(Some(folder.display().to_string()))
    }

    /// Whether an execution wrote the files that it was to write.
    pub(super) fn files_after(&self, what: What<'_>, laps: u64) -> Result<(), String> {
        what.files(laps).map_or(Ok(()), |work| self.files.after(&work))
    }
}
