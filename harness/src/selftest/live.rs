//! The mock server's process, and loads of it by the code behind
//! `triathlon load`.

use std::time::Duration;

use anyhow::Context;
use triathlon_contract::record::{LoadRecord, Record};
use triathlon_load::{Moment, Times};

use crate::cmd::load;
use crate::execution::slices::execute_in_turns;
use crate::execution::{Due, Shared, execute};
use crate::interrupt::Interrupt;
use crate::machine::{self, Share};
use crate::server::{Counters, Server, Trial, Wanted};
use crate::{Failure, Result};

/// How often a load is looked at: fine enough to stall it where it was planned.
const TICK: Duration = Duration::from_millis(20);

/// Server and generator, each on CPUs of its own where there are two.
pub(crate) struct Live {
    server: Server,
    interrupt: Interrupt,
    /// CPUs of the generator; empty if nobody can be pinned.
    pub(crate) cpus: Vec<usize>,
}

/// One load of a trial of its own.
#[derive(Clone, Debug)]
pub(crate) struct Call<'a> {
    /// What is requested.
    pub(crate) path: &'a str,
    /// As behind `triathlon load URL`.
    pub(crate) arguments: &'a [&'a str],
    /// Of the trial's draws.
    pub(crate) seed: u64,
    /// Room for the stamps of so many arrivals.
    pub(crate) stamps: u64,
    /// When the server is to stall, counted from the beginning, and for how long.
    pub(crate) stall: Option<(Duration, Duration)>,
}

/// What both sides say of it.
pub(crate) struct Loaded {
    pub(crate) record: LoadRecord,
    /// All response times.
    pub(crate) response: Times,
    pub(crate) counters: Counters,
}

impl Live {
    /// Starts the server.
    ///
    /// # Errors
    /// If it does not start.
    pub(crate) fn start(interrupt: Interrupt) -> Result<Self> {
        machine::limits::raise_descriptors()?; // the server inherits it
        let placement = machine::placement(Share::One);
        let program = std::env::current_exe().context("find this program")?;
        let server = Server::start(&program, &placement.server_cpus)?;
        let apart = placement.server_cpus != placement.contestant_cpus;
        let cpus = if apart { placement.contestant_cpus } else { Vec::new() };
        Ok(Self { server, interrupt, cpus })
    }

    /// Whether the user asked to stop.
    ///
    /// # Errors
    /// If so.
    pub(crate) fn go_on(&self) -> Result<()> {
        match self.interrupt.asked() {
            true => Err(Failure::Interrupted("interrupted".to_string())),
            false => Ok(()),
        }
    }

    /// Opens a trial, loads it, closes it.
    ///
    /// # Errors
    /// If server or generator fail, or the user asked to stop.
    pub(crate) fn load(&self, call: &Call<'_>) -> Result<Loaded> {
        let wanted = Wanted { seed: call.seed, arrival_stamps: call.stamps };
        let trial = self.server.open_trial_of(&wanted)?;
        let measured = self.load_trial(&trial, call);
        let counters = self.server.close_counters(&trial);
        let (record, response) = measured?;
        Ok(Loaded { record, response, counters: counters? })
    }

    /// A trial for several loads, or for something beside them.
    pub(crate) fn open_trial(&self) -> Result<Trial> {
        Ok(self.server.open_trial()?)
    }

    /// Ends it.
    pub(crate) fn close_trial(&self, trial: &Trial) -> Result<()> {
        self.server.close_trial(trial)?;
        Ok(())
    }

    /// Executes cases one after the other, in the random order of a seed.
    pub(crate) fn execute_shuffled(
        &self,
        dues: &[Due<'_>],
        seed: u64,
        shared: &Shared,
    ) -> Result<Vec<Record>> {
        let mut order: Vec<usize> = (0..dues.len()).collect();
        fastrand::Rng::with_seed(seed).shuffle(&mut order);
        let mut records = Vec::new();
        for index in order {
            self.go_on()?;
            let executed = execute(dues[index], &self.server, shared, &self.interrupt)?;
            let executed = executed.ok_or(Failure::Interrupted("interrupted".to_string()))?;
            records.push((index, executed.record));
        }
        records.sort_unstable_by_key(|(index, _)| *index);
        Ok(records.into_iter().map(|(_, record)| record).collect())
    }

    /// Executes cases in turns, as a run does, each beside one of `servers`.
    pub(crate) fn execute_in_turns(
        &self,
        dues: &[Due<'_>],
        slice: Duration,
        servers: &[Server],
        shared: &Shared,
    ) -> Result<Vec<Record>> {
        self.go_on()?;
        let executed = execute_in_turns(dues, slice, servers, shared, &self.interrupt)?;
        let executed = executed.ok_or(Failure::Interrupted("interrupted".to_string()))?;
        Ok(executed.into_iter().map(|one| one.record).collect())
    }

    /// Loads an open trial; its record, and all response times.
    pub(crate) fn load_trial(&self, trial: &Trial, call: &Call<'_>) -> Result<(LoadRecord, Times)> {
        self.go_on()?;
        let url = format!("http://{}{}", trial.address, call.path);
        let cpus = self.cpus.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
        let mut words = vec![url.as_str(), "--quiet"];
        words.extend(call.arguments);
        if !cpus.is_empty() {
            words.extend(["--cpus", cpus.as_str()]);
        }
        let arguments = load::parse(words)?;
        let mut stalled = None;
        let watch = &mut |moment: &Moment<'_>| {
            if let Some((at, length)) = call.stall
                && moment.elapsed >= at
                && stalled.is_none()
            {
                stalled = Some(self.server.stall(trial, length));
            }
        };
        let measured = load::measure(&arguments, self.interrupt.flag(), TICK, watch)?;
        self.go_on()?;
        stalled.transpose()?;
        Ok((measured.record, measured.outcome.response().clone()))
    }
}
