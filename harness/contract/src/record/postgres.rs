//! What is kept of a PostgreSQL that the user named.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The database of a run; neither its address nor who asks it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PostgresFile {
    /// What `version()` says.
    pub version: String,
    /// Settings that decide what queries cost, as the server spells them.
    pub settings: BTreeMap<String, String>,
}

/// What its own statistics count in one execution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PostgresCounts {
    /// Connections that logged in.
    pub sessions: u64,
    /// Queries that looked into the table of items.
    pub lookups: u64,
    /// Rows that these read.
    pub rows: u64,
    /// Transactions that failed.
    pub rollbacks: u64,
    /// Rows written.
    pub inserts: u64,
    /// Bytes of their payloads.
    pub inserted_bytes: u64,
}

impl PostgresCounts {
    /// Names and values, in the order of the record.
    pub fn fields(&self) -> [(&'static str, u64); 6] {
        let Self { sessions, lookups, rows, rollbacks, inserts, inserted_bytes } = *self;
        [
            ("sessions", sessions),
            ("lookups", lookups),
            ("rows read", rows),
            ("failed transactions", rollbacks),
            ("rows written", inserts),
            ("bytes written", inserted_bytes),
        ]
    }
}
