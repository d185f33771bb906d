//! The other side of a server: its clients, and the database behind it.

use serde::{Deserialize, Serialize};

use super::{FairnessRecord, OutcomeRecord, OverloadRecord, Service};
use crate::QueryCounts;

/// What is known of a contestant that was the server, from those who asked it and from
/// whom it asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DrivenRecord {
    /// What the generator counted, warm-up included.
    pub generator: OutcomeRecord,
    /// CPU time of the generator within its window.
    pub generator_cpu_ns: u64,
    /// CPUs that the generator might use, with the database beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generator_cpus: Option<u64>,
    /// CPU time of the mock database within the server's window.
    pub database_cpu_ns: u64,
    /// From opening to closing the server's own window, which holds the generator's.
    pub server_elapsed_ns: u64,
    /// What the database counted; nothing of a page without queries.
    pub database: QueryCounts,
    /// Connections to the database that there should be.
    pub sessions: u64,
    /// Queries that there should be.
    pub queries: u64,
    /// How well clients kept to their schedule, where they had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub punctuality: Option<Punctuality>,
    /// What became of it under more load than it could carry, where that is the question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overload: Option<OverloadRecord>,
    /// How equally its clients were served, where several ask as often as they can for a
    /// number of answers; records before that was kept have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fairness: Option<FairnessRecord>,
}

/// By how much clients started a request too late although a connection was free: the
/// generator's own doing. What waits for a connection is late because of the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Punctuality {
    /// Requests.
    pub requests: u64,
    /// From when each could have started to when it did.
    pub late_us: Service,
}
