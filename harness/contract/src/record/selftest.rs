//! `selftest.json`: what `triathlon selftest` found on a machine.

use serde::{Deserialize, Serialize};

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RowStatus {
    /// The tool reported what it must.
    Ok,
    /// It did not, or its own rules said that its figures must not be believed.
    Failed,
    /// It cannot be measured here, or not by this verb; `reason` says why.
    NotMeasured,
}

/// A figure with the bounds that it must keep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SelftestFigure {
    /// What it is: `p99`.
    pub name: String,
    /// Its unit; empty for counts and shares.
    pub unit: String,
    /// What is right; none where only a bound is.
    pub wanted: Option<f64>,
    /// Least that passes; none if anything small does.
    pub low: Option<f64>,
    /// Most that passes; none if anything large does.
    pub high: Option<f64>,
    /// What the tool reported; none if it reported none.
    pub found: Option<f64>,
}

/// One row of the ground truth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SelftestRow {
    /// Its name, once in a certificate.
    pub name: String,
    /// What must be reported, in words.
    pub wanted: String,
    /// What was reported, in words.
    pub got: String,
    /// The verdict.
    pub status: RowStatus,
    /// Why it failed or was not measured.
    pub reason: Option<String>,
    /// The figures behind the words.
    pub figures: Vec<SelftestFigure>,
}

/// The certificate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SelftestRecord {
    /// Version of its shape, [`super::SCHEMA`].
    #[cfg_attr(feature = "schema", schemars(extend("const" = super::SCHEMA)))]
    pub schema: u32,
    /// Start, `2026-11-22T17:05:01Z`.
    pub started_at: String,
    /// How long it took, seconds.
    pub duration_s: f64,
    /// Commit that was built; `unknown` outside a repository.
    pub commit: String,
    /// Whether the tree differed from the commit.
    pub dirty: bool,
    /// Whether the optimiser was on.
    pub optimised: bool,
    /// The machine, by [`super::Machine::id`].
    pub machine: String,
    /// `quick` or `full`.
    pub form: String,
    /// Whether it was ended before its last row.
    pub interrupted: bool,
    /// Every row, in order.
    pub rows: Vec<SelftestRow>,
    /// Rows that are ok.
    pub passed: u64,
    /// Rows that failed.
    pub failed: u64,
    /// Rows that were not measured.
    pub not_measured: u64,
}
