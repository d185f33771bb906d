//! One line of `records.jsonl`.

use serde::{Deserialize, Serialize};

use super::{
    AsleepRecord, BesideRecord, DrivenRecord, ExpectedRecord, KernelRecord, LateRecord, OpenRecord,
    OutcomeRecord, PaceRecord, PerOperation, PostgresCounts, ProcessRecord, SlicesRecord,
    WindowRecord, WitnessRecord,
};

/// Whether an execution counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ExecutionStatus {
    /// Outcome, expectation and witness agree.
    Ok,
    /// It does not count; the reason says why.
    Failed,
}

/// One line of `records.jsonl`: one execution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Record {
    /// Version of its shape, [`super::SCHEMA`].
    #[cfg_attr(feature = "schema", schemars(extend("const" = super::SCHEMA)))]
    pub schema: u32,
    /// Place in the run, from 0.
    pub sequence: u64,
    /// Round, from 1.
    pub round: u64,
    /// The case.
    pub id: String,
    /// Whether this is the second label of the reference (A/A).
    pub twin: bool,
    /// Whether it counts.
    pub status: ExecutionStatus,
    /// Why it does not count; empty if it does.
    pub reason: String,
    /// What the line before this one hashes to, [`super::link`]; for the first
    /// line, what `run.json` does. Records before there was such a chain have
    /// none.
    #[serde(default)]
    pub previous: String,
    /// Session of the run, from 1: how often it was taken up.
    #[serde(default = "first")]
    pub session: u64,
    /// Milliseconds from the start of the session to the start of this
    /// execution.
    pub started_ms: u64,
    /// Repetitions.
    pub laps: u64,
    /// What should have come out.
    pub expected: ExpectedRecord,
    /// What came out, if the process answered.
    pub outcome: Option<OutcomeRecord>,
    /// What the server saw.
    pub witness: Option<WitnessRecord>,
    /// What the statistics of a PostgreSQL that the user named counted, in the mock
    /// server's place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postgres: Option<PostgresCounts>,
    /// Who asked a server, and whom it asked; none where the contestant is no server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driven: Option<DrivenRecord>,
    /// What was measured, if the process answered.
    pub window: Option<WindowRecord>,
    /// What an open loop was asked for; none in a closed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pace: Option<PaceRecord>,
    /// Times from the intended start, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<OpenRecord>,
    /// What went on beside the operations, where it is timed for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<BesideRecord>,
    /// What sleepers held more than before the first of them was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asleep: Option<AsleepRecord>,
    /// How late sleepers woke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<LateRecord>,
    /// What one operation cost, if the execution counts.
    pub per_operation: Option<PerOperation>,
    /// What the kernel dropped meanwhile; records before it was read have none.
    #[serde(default)]
    pub kernel: Option<KernelRecord>,
    /// CPU time of all other processes on the CPUs of this execution, from its
    /// start to its end; records before it was read have none.
    #[serde(default)]
    pub foreign_ns: Option<u64>,
    /// How it took turns with others; none if it was executed after the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slices: Option<SlicesRecord>,
    /// The parent's account.
    pub process: Option<ProcessRecord>,
}

/// Records before a run could be taken up again are of its only session.
fn first() -> u64 {
    1
}
