//! One line of `sessions.jsonl`.

use serde::{Deserialize, Serialize};

/// One session of a run: from when it was begun or taken up to when it ended,
/// however it did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SessionFile {
    /// Version of its shape, [`super::SCHEMA`].
    #[cfg_attr(feature = "schema", schemars(extend("const" = super::SCHEMA)))]
    pub schema: u32,
    /// Number, from 1.
    pub session: u64,
    /// Start, `2026-11-25T17:05:01Z`.
    pub started_at: String,
    /// Sequence of its first record.
    pub first_sequence: u64,
    /// Tells one boot of the machine from another, and nothing else.
    pub boot: String,
    /// What this session does not permit to conclude, as sentences.
    pub reasons: Vec<String>,
}
