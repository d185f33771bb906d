//! What an execution executes: a case of a contestant, or a null ceiling.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use triathlon_contract::registry::{Demand, workload};
use triathlon_contract::{CaseId, Ceiling, Files, Limits, Load, Workload};

use crate::ceiling;
use crate::contestants::planning;
use crate::selection::Selected;

/// A case, or the bare generator in its place.
#[derive(Clone, Copy)]
pub enum What<'a> {
    /// A case of a contestant.
    Case(&'a Selected),
    /// The bare generator.
    Ceiling(Ceiling),
}

impl What<'_> {
    /// Its id.
    pub fn id(&self) -> CaseId {
        match self {
            Self::Case(selected) => selected.case.id.clone(),
            Self::Ceiling(ceiling) => ceiling.id(),
        }
    }

    /// Whether the mock server takes part.
    pub fn server(&self) -> bool {
        match self {
            Self::Case(selected) => selected.case.server,
            Self::Ceiling(_) => true,
        }
    }

    /// Whether the contestant is the server of a load.
    pub fn serves(&self) -> bool {
        match self {
            Self::Case(selected) => selected.case.serves,
            Self::Ceiling(_) => false,
        }
    }

    /// Most CPUs that it may have; nothing where it has all of its set.
    pub fn cpus(&self) -> Option<u64> {
        match self {
            Self::Case(selected) => selected.case.cpus,
            Self::Ceiling(_) => None,
        }
    }

    /// The limit that bound how much it does, where it does as much as there can be.
    pub fn bound(&self) -> Option<&'static str> {
        match self {
            Self::Case(selected) => selected.case.bound,
            Self::Ceiling(_) => None,
        }
    }

    /// Consecutive addresses on which its trial listens.
    pub fn addresses(&self) -> u64 {
        match self {
            Self::Case(selected) => selected.case.addresses,
            Self::Ceiling(_) => 1,
        }
    }

    /// Whether the server is a database.
    pub fn database(&self) -> bool {
        match self {
            Self::Case(selected) => selected.case.database,
            Self::Ceiling(_) => false,
        }
    }

    /// The files that must be there before so many laps.
    pub fn files(&self, laps: u64) -> Option<Files> {
        match self {
            Self::Case(selected) => Some(selected.case.files.as_ref()?.with_laps(laps)),
            Self::Ceiling(_) => None,
        }
    }

    /// How much an open loop asks for; nothing in a closed one.
    pub fn load(&self) -> Option<Load> {
        match self {
            Self::Case(selected) => selected.case.load,
            Self::Ceiling(_) => None,
        }
    }

    /// Laps that fill the window of an open loop at a rate, where so many would
    /// find the capacity.
    ///
    /// # Errors
    /// If there is no such case.
    pub fn laps_at(&self, rate_per_s: u64, laps: u64) -> Result<u64> {
        let id = self.id();
        let workload = workload(&id.workload).context("unknown workload")?;
        (workload.laps_at)(&id.preset, rate_per_s, laps)
    }

    /// The spec as named numbers.
    pub fn parameters(&self) -> BTreeMap<String, u64> {
        match self {
            Self::Case(selected) => named(&selected.case.parameters),
            Self::Ceiling(ceiling) => named(&[("connections", ceiling.connections)]),
        }
    }

    /// Operations that are wanted at once, waiting for a connection included; none
    /// where the spec does not bound them.
    pub fn at_once(&self) -> Option<u64> {
        match self {
            Self::Case(selected) => selected.case.at_once,
            Self::Ceiling(ceiling) => Some(ceiling.connections),
        }
    }

    /// What must come out of so many laps with so many workers.
    ///
    /// # Errors
    /// If there is no such case.
    pub fn demand(&self, workers: usize, limits: Limits, laps: u64) -> Result<Demand> {
        match self {
            Self::Case(selected) => {
                let id = &selected.case.id;
                let setting = planning(selected.flavour, workers, limits);
                let workload = workload(&id.workload).context("unknown workload")?;
                (workload.demand)(selected.contestant, id, &setting, laps)
            }
            Self::Ceiling(ceiling) => Ok(ceiling::demand(ceiling, laps)),
        }
    }
}

/// Parameters with owned names.
pub fn named(parameters: &[(&'static str, u64)]) -> BTreeMap<String, u64> {
    parameters.iter().map(|(name, value)| ((*name).to_string(), *value)).collect()
}
