//! What `triathlon list` prints for programs.

use serde::{Deserialize, Serialize};

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
    /// Whether a quick one without filter, as `cargo bench` makes, leaves it out.
    #[serde(default)]
    pub thorough: bool,
}
