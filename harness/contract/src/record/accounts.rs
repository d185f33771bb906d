//! The three accounts of an execution, as kept.

use serde::{Deserialize, Serialize};

use crate::{
    Abandoned, Expected, Outcome, QueryCounts, Shares, SlowClients, SocketCounts, Witness,
};

/// [`Outcome`] as kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs, reason = "the fields of Outcome, documented there")]
pub struct OutcomeRecord {
    pub ok: u64,
    pub failed: u64,
    pub timed_out: u64,
    pub shed: u64,
    pub unfinished: u64,
    pub bytes: u64,
    #[serde(with = "hex")]
    #[cfg_attr(feature = "schema", schemars(with = "String", extend("pattern" = "^[0-9a-f]{16}$")))]
    pub checksum: u64,
    pub connections: u64,
    pub workers: u64,
    /// Guests and records before anything queued have none.
    #[serde(default)]
    pub queued_peak: u64,
    /// Acquisitions, in `lock` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shares: Option<Shares>,
    /// Of clients of which some are slow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow: Option<SlowClients>,
}

impl From<Outcome> for OutcomeRecord {
    fn from(outcome: Outcome) -> Self {
        let Outcome {
            ok,
            failed,
            timed_out,
            shed,
            unfinished,
            bytes,
            checksum,
            connections,
            workers,
            queued_peak,
            shares,
            slow,
        } = outcome;
        Self {
            ok,
            failed,
            timed_out,
            shed,
            unfinished,
            bytes,
            checksum,
            connections,
            workers,
            queued_peak,
            shares,
            slow,
        }
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
            queued_peak,
            shares,
            slow,
        } = record;
        Self {
            ok,
            failed,
            timed_out,
            shed,
            unfinished,
            bytes,
            checksum,
            connections,
            workers,
            queued_peak,
            shares,
            slow,
        }
    }
}

/// [`Expected`] as kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs, reason = "the fields of Expected, documented there")]
pub struct ExpectedRecord {
    pub ok: u64,
    pub samples: u64,
    pub bytes: u64,
    #[serde(with = "hex")]
    #[cfg_attr(feature = "schema", schemars(with = "String", extend("pattern" = "^[0-9a-f]{16}$")))]
    pub checksum: u64,
    pub connections: u64,
    pub peak_low: u64,
    pub peak_high: u64,
    /// Records before anything queued have none.
    #[serde(default)]
    pub queued_high: u64,
    pub workers: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub websocket: Option<SocketCounts>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abandoned: Option<Abandoned>,
}

impl ExpectedRecord {
    /// The expectation together with the workers that must be read back.
    pub fn new(expected: Expected, workers: u64) -> Self {
        let Expected {
            ok,
            samples,
            bytes,
            checksum,
            connections,
            peak_low,
            peak_high,
            queued_high,
            websocket,
            abandoned,
        } = expected;
        Self {
            ok,
            samples,
            bytes,
            checksum,
            connections,
            peak_low,
            peak_high,
            queued_high,
            workers,
            websocket,
            abandoned,
        }
    }

    /// The expectation alone.
    pub fn expected(&self) -> Expected {
        Expected {
            ok: self.ok,
            samples: self.samples,
            bytes: self.bytes,
            checksum: self.checksum,
            connections: self.connections,
            peak_low: self.peak_low,
            peak_high: self.peak_high,
            queued_high: self.queued_high,
            websocket: self.websocket,
            abandoned: self.abandoned,
        }
    }
}

/// [`Witness`] as kept, and as the mock server's `/counters` answers it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// Records before anything was given up have none.
    #[serde(default)]
    pub given_up: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub websocket: Option<SocketCounts>,
    /// What went over database sessions, if there were any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<QueryCounts>,
}

impl From<WitnessRecord> for Witness {
    fn from(record: WitnessRecord) -> Self {
        let WitnessRecord {
            requests,
            bytes,
            connections,
            peak_in_flight,
            bad_requests,
            given_up,
            websocket,
            database,
            ..
        } = record;
        Self {
            requests,
            bytes,
            connections,
            peak_in_flight,
            bad_requests,
            given_up,
            websocket,
            database,
        }
    }
}

/// Median, 90th percentile and highest of many values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Spread {
    /// Median.
    pub p50: f64,
    /// 90th percentile, nearest rank.
    pub p90: f64,
    /// Highest value.
    pub max: f64,
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
