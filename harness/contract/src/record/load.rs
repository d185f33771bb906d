//! What `triathlon load --format json` prints.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// May the figures be believed?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LoadStatus {
    /// Yes.
    Valid,
    /// With the reasons in mind.
    Degraded,
    /// No: the generator was the limit, and there are no percentiles.
    Invalid,
    /// The rate was not reached; the growth of the queue stands in the place
    /// of percentiles.
    Saturated,
}

/// A load and what came of it. Counts are of the window, warm-up excluded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoadRecord {
    /// [`super::SCHEMA`].
    pub schema: u32,
    /// What was requested.
    pub url: String,
    /// `open` or `closed`.
    pub model: String,
    /// `constant` or `poisson`; none in a closed loop.
    pub arrival: Option<String>,
    /// Seed of the plan; none in a closed loop.
    pub seed: Option<u64>,
    /// Keep-alive connections.
    pub connections: u64,
    /// Threads of the generator.
    pub threads: u64,
    /// The window, seconds.
    pub duration_s: f64,
    /// Load before the window, seconds.
    pub warmup_s: f64,
    /// Patience with a request, seconds.
    pub timeout_s: f64,
    /// Whether it was ended before its time; the window is shorter then.
    pub interrupted: bool,
    /// Requests that were to start; exactly the sum of the next five.
    pub planned: u64,
    /// 2xx with a body that is as promised and as expected.
    pub ok: u64,
    /// Anything else that ended, by class in `failures`.
    pub failed: u64,
    /// Given up after the timeout.
    pub timed_out: u64,
    /// Never sent on purpose: always 0, nothing is dropped.
    pub shed: u64,
    /// Without an end when the patience with the end was over.
    pub unfinished: u64,
    /// `failed` by class.
    pub failures: BTreeMap<String, u64>,
    /// Requests of the warm-up, in none of the other counts.
    pub warmup_requests: u64,
    /// Connections that had to be opened again, warm-up included.
    pub reconnects: u64,
    /// Bytes of the bodies of `ok`.
    pub bytes: u64,
    /// What every body was compared with: `length`, `N bytes`, `N known bytes`.
    pub verified: String,
    /// Planned over the window; none in a closed loop.
    pub rate_offered_per_s: Option<f64>,
    /// Good responses within the window over the window.
    pub rate_achieved_per_s: f64,
    /// Requests by which the queue grew each second, where the rate was not
    /// reached.
    pub queue_growth_per_s: Option<f64>,
    /// From the intended start to the end; none in a closed loop.
    pub response_ms: Option<LoadTimes>,
    /// From the actual start to the end.
    pub service_ms: Option<LoadTimes>,
    /// From the intended to the actual start; none in a closed loop.
    pub lag_ms: Option<LoadTimes>,
    /// The part of the lag that is the generator's: not the wait for a free
    /// connection.
    pub lag_own_ms: Option<LoadTimes>,
    /// The generator.
    pub generator: GeneratorRecord,
    /// Share of all CPUs that the hypervisor took within the window.
    pub steal_share: f64,
    /// May it be believed?
    pub status: LoadStatus,
    /// Why not, and what has to be known.
    pub reasons: Vec<String>,
    /// The thresholds that were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slo: Vec<SloRecord>,
}

/// Times in milliseconds. None where too few values lie beyond it, or where
/// it falls among those that have no end; `beyond_ms` says what they exceed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "percentiles, by their names")]
pub struct LoadTimes {
    /// Arithmetic mean; none if some have no end.
    pub mean: Option<f64>,
    pub p50: Option<f64>,
    pub p75: Option<f64>,
    pub p90: Option<f64>,
    pub p95: Option<f64>,
    pub p98: Option<f64>,
    pub p99: Option<f64>,
    #[serde(rename = "p99.5")]
    pub p99_5: Option<f64>,
    #[serde(rename = "p99.9")]
    pub p99_9: Option<f64>,
    pub max: Option<f64>,
    /// Values that are only known to be longer, and than what.
    pub censored: u64,
    pub beyond_ms: Option<f64>,
}

/// What the generator itself did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GeneratorRecord {
    /// Share of its time that the busiest thread worked.
    pub busy_share: f64,
    /// Share of its time that a thread spun for the next start, which is no work.
    pub spin_share: f64,
    /// CPU time of the process per good response, spinning included.
    pub cpu_us_per_request: Option<f64>,
    /// How late the timer woke before the run: median.
    pub timer_late_p50_us: f64,
    /// How late the timer woke before the run: 99th percentile.
    pub timer_late_p99_us: f64,
}

/// A threshold and whether it held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SloRecord {
    /// As it was given: `p99<10ms`.
    pub expression: String,
    /// The figure, in the unit of the name: milliseconds, or a share.
    pub value: Option<f64>,
    /// Whether it held; a figure that is not known holds nothing.
    pub met: bool,
}
