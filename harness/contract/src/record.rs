//! Everything that crosses a pipe or is kept in a file, and nothing else.
//!
//! `Job` and `Answer` are the contract with a contestant's process, in this
//! language or another: one `Job` as JSON on standard input, one `Answer` as
//! JSON on standard output. `RunFile` is `run.json`, `Record` one line of
//! `records.jsonl`. Times are nanoseconds or microseconds, memory is bytes, as
//! the names say; hashes are lower-case hexadecimal text.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Expected, Outcome, Witness};

/// Version of all shapes in this module.
pub const SCHEMA: u32 = 1;

/// One case to execute, given to a contestant's process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// [`SCHEMA`].
    pub schema: u32,
    /// `workload@preset/contestant[/flavour][:way]`.
    pub id: String,
    /// The spec as named numbers.
    pub parameters: BTreeMap<String, u64>,
    /// Repetitions; overrides the preset's.
    pub laps: u64,
    /// Address of the trial, `127.0.0.1:34567`.
    pub server: String,
    /// Process of the mock server, whose CPU time is read at the window's edges.
    pub server_pid: u32,
    /// Worker threads for those who have workers.
    pub workers: u64,
    /// CPUs to run on; empty where pinning is not possible.
    pub cpus: Vec<usize>,
    /// Process that must stay alive; the execution ends with it.
    pub parent_pid: u32,
}

/// What a contestant's process says at its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// [`SCHEMA`].
    pub schema: u32,
    /// What was done, warm-up included.
    pub outcome: OutcomeRecord,
    /// What was measured inside the window.
    pub window: WindowRecord,
}

/// [`Outcome`] as kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields of Outcome, documented there")]
pub struct OutcomeRecord {
    pub ok: u64,
    pub failed: u64,
    pub timed_out: u64,
    pub shed: u64,
    pub unfinished: u64,
    pub bytes: u64,
    #[serde(with = "hex")]
    pub checksum: u64,
    pub connections: u64,
    pub workers: u64,
}

impl From<Outcome> for OutcomeRecord {
    fn from(outcome: Outcome) -> Self {
        let Outcome { ok, failed, timed_out, shed, unfinished, bytes, checksum, connections, workers } =
            outcome;
        Self { ok, failed, timed_out, shed, unfinished, bytes, checksum, connections, workers }
    }
}

impl From<OutcomeRecord> for Outcome {
    fn from(record: OutcomeRecord) -> Self {
        let OutcomeRecord {
            ok,
            failed,
            timed_out,
            shed,
            unfinished,
            bytes,
            checksum,
            connections,
            workers,
        } = record;
        Self { ok, failed, timed_out, shed, unfinished, bytes, checksum, connections, workers }
    }
}

/// [`Expected`] as kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields of Expected, documented there")]
pub struct ExpectedRecord {
    pub ok: u64,
    pub samples: u64,
    pub bytes: u64,
    #[serde(with = "hex")]
    pub checksum: u64,
    pub connections: u64,
    pub peak_low: u64,
    pub peak_high: u64,
    pub workers: u64,
}

impl ExpectedRecord {
    /// The expectation together with the workers that must be read back.
    pub fn new(expected: Expected, workers: u64) -> Self {
        let Expected { ok, samples, bytes, checksum, connections, peak_low, peak_high } = expected;
        Self { ok, samples, bytes, checksum, connections, peak_low, peak_high, workers }
    }
}

/// [`Witness`] as kept, and as the mock server's `/counters` answers it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields of Witness, documented there")]
pub struct WitnessRecord {
    pub requests: u64,
    pub bytes: u64,
    pub connections: u64,
    pub peak_in_flight: u64,
    pub bad_requests: u64,
    /// Requests that were delayed on purpose.
    #[serde(default)]
    pub delayed: u64,
    /// How much longer than asked they were held, by the server's own clock.
    #[serde(default)]
    pub delay_excess_us: Option<Spread>,
}

impl From<WitnessRecord> for Witness {
    fn from(record: WitnessRecord) -> Self {
        let WitnessRecord { requests, bytes, connections, peak_in_flight, bad_requests, .. } = record;
        Self { requests, bytes, connections, peak_in_flight, bad_requests }
    }
}

/// Median, 90th percentile and highest of many values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Median.
    pub p50: f64,
    /// 90th percentile, nearest rank.
    pub p90: f64,
    /// Highest value.
    pub max: f64,
}

/// What lies between the window's edges.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WindowRecord {
    /// Wall time.
    pub elapsed_ns: u64,
    /// CPU time in user mode, all threads.
    pub user_ns: u64,
    /// CPU time in the kernel, all threads.
    pub system_ns: u64,
    /// Switches because a thread waited.
    pub voluntary_switches: u64,
    /// Switches because the kernel took the CPU away.
    pub involuntary_switches: u64,
    /// Page faults served without input or output.
    pub minor_faults: u64,
    /// Page faults that read from a device.
    pub major_faults: u64,
    /// Resident memory at the opening edge.
    pub resident_open_bytes: u64,
    /// Resident memory at the closing edge.
    pub resident_close_bytes: u64,
    /// Highest resident memory of the process up to the closing edge.
    pub peak_resident_bytes: u64,
    /// Page tables at the closing edge.
    pub page_table_bytes: u64,
    /// Threads alive at the opening edge.
    pub threads_open: u64,
    /// Threads alive at the closing edge.
    pub threads_close: u64,
    /// CPU time of the mock server within the window.
    pub server_cpu_ns: u64,
    /// Time that the hypervisor took from all CPUs, in steps of 10 ms.
    pub steal_ns: u64,
    /// Operations with a sample.
    pub samples: u64,
    /// Service time over the samples of this execution.
    pub service_us: Option<Service>,
}

/// Service times of one execution; nearest-rank percentiles, and none where
/// fewer than ten samples lie beyond it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// Arithmetic mean.
    pub mean: f64,
    /// Median.
    pub p50: Option<f64>,
    /// 90th percentile.
    pub p90: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
    /// Highest value.
    pub max: f64,
}

/// Figures of the contestant's process from the parent's `wait4`, the second
/// witness of its costs: whole life, not only the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessRecord {
    /// CPU time in user mode.
    pub user_ns: u64,
    /// CPU time in the kernel.
    pub system_ns: u64,
    /// Switches because a thread waited.
    pub voluntary_switches: u64,
    /// Switches because the kernel took the CPU away.
    pub involuntary_switches: u64,
    /// Highest resident memory; at least that of the parent at the time of
    /// `fork`, which Linux counts in.
    pub peak_resident_bytes: u64,
    /// From start to reaped.
    pub wall_ns: u64,
}

/// Whether an execution counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExecutionStatus {
    /// Outcome, expectation and witness agree.
    Ok,
    /// It does not count; the reason says why.
    Failed,
}

/// One line of `records.jsonl`: one execution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// [`SCHEMA`].
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
    /// Milliseconds from the start of the run to the start of this execution.
    pub started_ms: u64,
    /// Repetitions.
    pub laps: u64,
    /// What should have come out.
    pub expected: ExpectedRecord,
    /// What came out, if the process answered.
    pub outcome: Option<OutcomeRecord>,
    /// What the server saw.
    pub witness: Option<WitnessRecord>,
    /// What was measured, if the process answered.
    pub window: Option<WindowRecord>,
    /// The parent's account.
    pub process: Option<ProcessRecord>,
}

/// `run.json`: everything about a run that is known before its first execution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunFile {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Time, commit, machine and seed in one word.
    pub id: String,
    /// Profile: smoke, quick.
    pub profile: String,
    /// Seed of the order.
    pub seed: u64,
    /// Rounds planned.
    pub rounds: u64,
    /// Start, `2026-11-22T17:05:01Z`.
    pub started_at: String,
    /// [`crate::SUITE_VERSION`].
    pub suite_version: String,
    /// Version of the package.
    pub package_version: String,
    /// Commit that was built; `unknown` outside a repository.
    pub commit: String,
    /// Whether the tree differed from the commit.
    pub dirty: bool,
    /// Build: compiler, profile, flags.
    pub build: BTreeMap<String, String>,
    /// The machine.
    pub machine: Machine,
    /// Who ran where.
    pub placement: Placement,
    /// Versions of the crates that matter, from the lock file.
    pub versions: BTreeMap<String, String>,
    /// SHA-256 of the lock file.
    pub lock_sha256: String,
    /// The contestant/flavour that ratios refer to.
    pub reference: String,
    /// What the user asked for, for the reproduce commands.
    pub filters: Vec<String>,
    /// The contestants, in the order of the page.
    pub contestants: Vec<ContestantFile>,
    /// The workloads, in the order of the page.
    pub workloads: Vec<WorkloadFile>,
    /// Every case of the plan and every absent one.
    pub cases: Vec<CaseFile>,
}

/// The machine of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// Hash of the facts that identify the machine; no name, no address.
    pub id: String,
    /// One line for a citation: `2 CPUs, AMD EPYC, KVM guest, Linux 6.18`.
    pub class: String,
    /// Everything else, in the order of the names: `cpu model`, `kernel`, …
    pub facts: BTreeMap<String, String>,
}

/// CPU sets, and what could not be done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// CPUs of the contestant.
    pub contestant_cpus: Vec<usize>,
    /// CPUs of the mock server.
    pub server_cpus: Vec<usize>,
    /// Worker threads for those who have workers.
    pub workers: u64,
    /// What the placement does not permit to conclude, as sentences.
    pub reasons: Vec<String>,
}

/// A contestant as the page introduces it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContestantFile {
    /// Contestant and flavour.
    pub who: String,
    /// Idiom.
    pub style: String,
    /// What it is.
    pub about: String,
}

/// A workload as the page introduces it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkloadFile {
    /// Name.
    pub name: String,
    /// Category.
    pub category: String,
    /// Question that it answers.
    pub question: String,
    /// What is timed.
    pub timed: String,
    /// One operation, in the singular.
    pub operation: String,
    /// Its chart.
    pub chart: ChartFile,
}

/// [`crate::Chart`] as kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields of Chart, documented there")]
pub struct ChartFile {
    pub over: String,
    pub over_label: String,
    pub panel: String,
    pub panel_label: String,
    pub metric: String,
}

/// A case of the plan, or an absent one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseFile {
    /// Its id.
    pub id: String,
    /// Idiom of its contestant.
    pub style: String,
    /// Why it does not run; none if it does.
    pub absent: Option<String>,
    /// The spec as named numbers.
    pub parameters: BTreeMap<String, u64>,
    /// Repetitions in this run.
    pub laps: u64,
}

/// One line of `triathlon list cells --format json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the parts of a case's id, its style and whether it runs")]
pub struct Listed {
    pub id: String,
    pub workload: String,
    pub preset: String,
    pub contestant: String,
    pub flavour: String,
    pub way: String,
    pub style: String,
    /// `runs` or `absent`.
    pub status: String,
    /// Why it is absent; empty if it runs.
    pub reason: String,
    /// Whether a run without filter includes it.
    pub by_default: bool,
}

/// A 64-bit hash as 16 hexadecimal digits: JSON numbers lose bits above 2^53.
mod hex {
    use serde::{Deserialize, Deserializer, Serializer};

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
    pub(super) fn serialize<S: Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{value:016x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let text = String::deserialize(deserializer)?;
        u64::from_str_radix(&text, 16).map_err(serde::de::Error::custom)
    }
}
