//! What `triathlon doctor` prints for programs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Machine;

/// `triathlon doctor --format json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DoctorFile {
    /// [`super::SCHEMA`].
    pub schema: u32,
    /// When it looked, `2026-11-25T17:05:01Z`.
    pub examined_at: String,
    /// [`crate::SUITE_VERSION`].
    pub suite_version: String,
    /// Commit that was built; `unknown` outside a repository.
    pub commit: String,
    /// Whether the tree differed from the commit.
    pub dirty: bool,
    /// The machine, as in `run.json`.
    pub machine: Machine,
    /// One for each check, in the order of the checks.
    pub findings: Vec<Finding>,
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Name of the check, `clock-source`; stays the same between versions.
    pub check: String,
    /// How bad it is.
    pub level: Level,
    /// What was found.
    pub found: String,
    /// What that means for a run, a sentence.
    pub means: String,
    /// What to do, and when it is fine to leave it; empty if nothing.
    pub advice: String,
    /// The figures that it rests on, with their units in the names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub figures: BTreeMap<String, f64>,
}

/// How bad a finding is, from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// To know when reading figures, or not readable here.
    Note,
    /// Makes figures worse, or leaves cases out.
    Warning,
    /// A run would fail or be invalid.
    Problem,
}

impl Level {
    /// The word for it, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}
