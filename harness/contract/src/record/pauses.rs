//! Slices: contestants that take turns are stopped and continued, and their times
//! leave out what lies between.

use serde::{Deserialize, Serialize};

/// The answer to [`super::Asked::Pauses`], as JSON on standard input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pauses {
    /// When it was stopped, in order.
    pub pauses: Vec<Pause>,
}

/// One time for which a process and its server were stopped, and what others had of
/// the hypervisor meanwhile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// `CLOCK_MONOTONIC` when it was stopped.
    pub from_ns: u64,
    /// `CLOCK_MONOTONIC` when it was continued.
    pub to_ns: u64,
    /// Time that the hypervisor took from all CPUs meanwhile.
    pub steal_ns: u64,
}

/// How an execution shared its time with others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SlicesRecord {
    /// Length of a slice, as it was asked for.
    pub length_ns: u64,
    /// Slices that it took.
    pub count: u64,
    /// Time for which it was stopped, all pauses together.
    pub paused_ns: u64,
    /// Executions that took turns, this one included.
    pub turns: u64,
}

/// What slices of several lengths do to the presets that have them, measured once and
/// built into the program; a copy is part of each run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SliceStudy {
    /// When it ended, `2026-11-25T17:05:01Z`.
    pub measured_at: String,
    /// Class of the machine.
    pub machine: String,
    /// Commit that measured it.
    pub commit: String,
    /// Command that repeats it.
    pub command: String,
    /// One for each preset.
    pub trials: Vec<SliceTrial>,
}

/// One preset of a [`SliceStudy`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SliceTrial {
    /// `workload@preset`.
    pub preset: String,
    /// Length that a run uses; none where a run executes one after the other, because
    /// no length left the ratios where they were.
    pub usual_ms: Option<u64>,
    /// Rounds, each with all ways in random order.
    pub rounds: u64,
    /// One after the other, then slices.
    pub ways: Vec<SliceWay>,
}

/// One way to share a round.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SliceWay {
    /// Length of a slice; none for one after the other.
    pub slice_ms: Option<f64>,
    /// What a round took.
    pub seconds_per_round: f64,
    /// Standard deviation of the reference's log ratio to itself, CPU per operation,
    /// round by round.
    pub aa_spread: f64,
    /// Smallest difference that so many rounds show, as a ratio.
    pub smallest_difference: f64,
    /// CPU per operation of every other contestant over the reference's.
    pub ratios: Vec<Moved>,
}

/// A ratio, and the one measured one after the other with its 95 % interval.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs, reason = "the parts of the line above")]
pub struct Moved {
    pub who: String,
    pub ratio: f64,
    pub one_after_the_other: f64,
    pub low: f64,
    pub high: f64,
}

impl Moved {
    /// Whether the ratio lies outside of that interval.
    pub fn outside(&self) -> bool {
        !(self.low..=self.high).contains(&self.ratio)
    }
}
