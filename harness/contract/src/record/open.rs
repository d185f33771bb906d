//! What an open loop was asked for and what it measured.

use serde::{Deserialize, Serialize};

/// What was asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PaceRecord {
    /// Requests per second that the schedule was made for.
    pub rate_per_s: u64,
    /// Seed of the schedule; the same for all contestants of a round.
    pub seed: u64,
    /// What the contestant reached just before, with all starts due at once;
    /// none where the rate is no share of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<CapacityRecord>,
}

/// A capacity and what it rests on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CapacityRecord {
    /// Requests per second.
    pub per_s: f64,
    /// Requests.
    pub requests: u64,
    /// Time between the edges of its window.
    pub elapsed_ns: u64,
}

/// What was measured in the window of an open loop.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OpenRecord {
    /// Requests over the time from the first to the last intended start.
    pub offered_per_s: f64,
    /// Responses until the last intended start over the same time.
    pub achieved_per_s: f64,
    /// Requests that had started by the last intended start and 2 ms, the
    /// granularity of coarse timers.
    pub started_in_time: u64,
    /// Whether fewer than 99 in 100 had, so that times depend on how long it went
    /// on.
    pub saturated: bool,
    /// Requests by which the queue grew each second: the slope over ten parts of
    /// the schedule.
    pub queue_growth_per_s: f64,
    /// From the intended to the actual start.
    pub lag_us: OpenTimes,
    /// From the actual start to the end.
    pub service_us: OpenTimes,
    /// From the intended start to the end.
    pub response_us: OpenTimes,
}

/// Times of one execution in microseconds; nearest-rank percentiles, and none
/// where fewer than ten samples lie beyond it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs, reason = "mean, percentiles by their names, and the highest")]
pub struct OpenTimes {
    pub mean: f64,
    pub p50: Option<f64>,
    pub p90: Option<f64>,
    pub p95: Option<f64>,
    pub p99: Option<f64>,
    #[serde(rename = "p99.9")]
    pub p99_9: Option<f64>,
    pub max: f64,
}

/// The whole distributions of an open loop: each a histogram of nanoseconds
/// with two significant digits, in the compressed V2 format of HdrHistogram as
/// base64, which its libraries in every language read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs, reason = "the times of OpenRecord")]
pub struct Histograms {
    pub lag_ns: String,
    pub service_ns: String,
    pub response_ns: String,
}

/// One line of `histograms.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HistogramLine {
    /// Version of its shape, [`super::SCHEMA`].
    #[cfg_attr(feature = "schema", schemars(extend("const" = super::SCHEMA)))]
    pub schema: u32,
    /// The record that it belongs to.
    pub sequence: u64,
    /// The case.
    pub id: String,
    /// Whether that is the second label of the reference.
    pub twin: bool,
    /// The histograms.
    #[serde(flatten)]
    pub histograms: Histograms,
}
