//! The contract with a contestant's process.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    AsleepRecord, BesideRecord, FairnessRecord, Histograms, LateRecord, OpenRecord, OutcomeRecord,
    OverloadRecord, WindowRecord,
};
use crate::{Login, Pace};

/// One case to execute, given to a contestant's process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// [`super::SCHEMA`].
    pub schema: u32,
    /// `workload@preset/contestant[/flavour][:way]`.
    pub id: String,
    /// The spec as named numbers.
    pub parameters: BTreeMap<String, u64>,
    /// Repetitions; overrides the preset's.
    pub laps: u64,
    /// Address of the trial, `127.0.0.1:34567`; none where no server takes part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// Who asks, where the server is a database that the user named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<Login>,
    /// Process of the mock server, whose CPU time is read at the window's edges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_pid: Option<u32>,
    /// When the starts of an open loop are due; none in a closed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pace: Option<Pace>,
    /// Whether the process is stopped and continued meanwhile, in turn with others. It
    /// then writes one [`super::Question`] when its work is done, reads [`super::Pauses`], and
    /// leaves them out of every time that it answers.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pauses: bool,
    /// Folder of the run's files; none where the workload needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<String>,
    /// Worker threads for those who have workers.
    pub workers: u64,
    /// CPUs to run on; empty where pinning is not possible.
    pub cpus: Vec<usize>,
    /// How far the harness found that a process may go, where what is executed depends on
    /// it; without it a program finds out for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<JobLimits>,
    /// Process that must stay alive; the execution ends with it.
    pub parent_pid: u32,
}

/// What was decided by before the process was started: read again in it, it might differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobLimits {
    /// Threads of one process.
    pub threads: u64,
    /// Memory that it may hold.
    pub memory_bytes: u64,
}

/// What a contestant's process says at its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// [`super::SCHEMA`].
    pub schema: u32,
    /// What was done, warm-up included.
    pub outcome: OutcomeRecord,
    /// What was measured inside the window.
    pub window: WindowRecord,
    /// Times from the intended start, if the job has a pace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<OpenRecord>,
    /// What went on beside the operations, where it is timed for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<BesideRecord>,
    /// What sleepers held, where they were called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asleep: Option<AsleepRecord>,
    /// How late sleepers woke, where that is the question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<LateRecord>,
    /// What the clients of an overloaded server saw, from them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overload: Option<OverloadRecord>,
    /// How equally the clients of a closed loop were served, from them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fairness: Option<FairnessRecord>,
    /// Their distributions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub histograms: Option<Histograms>,
}
