//! Two runs: what differs around them, then what changed, and what cannot be compared.
//!
//! A machine drifts between two runs, so nothing is compared directly: each case enters
//! with its per-round log ratios to its run's own reference, and the two samples, which
//! share no round, are compared by [`triathlon_statistics::rank_sum`]. All cases, all
//! metrics and all totals are one family. Runs of different machines have differences,
//! never regressions.

mod environment;
mod judge;
mod matter;
mod measured;
mod total;
pub(crate) mod words;

use std::path::Path;

use anyhow::Result;
use schemars::JsonSchema;
use serde::Serialize;

use crate::input::Input;
use crate::{html, schema, text};

pub use judge::{Change, Subject, Turn};
pub use matter::{Difference, NotCompared, Side};

/// The shape of what programs read: raised where something in it changes its meaning.
const SCHEMA: u64 = 1;

/// What two runs say of each other.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Comparison {
    /// Its shape.
    pub schema: u64,
    /// `Differences between machines` or `What changed between two runs`.
    pub title: String,
    /// The run before.
    pub before: Side,
    /// The run after.
    pub after: Side,
    /// Whether both ran on one machine, so that a change may be a regression.
    pub same_machine: bool,
    /// What differs around the two, first of all.
    pub environment: Vec<Difference>,
    /// What a reader must know besides, as sentences.
    pub notes: Vec<String>,
    /// Family-wise level of the verdicts.
    pub level: f64,
    /// Cases, metrics and totals that were compared: regressions first, then what else
    /// changed, the furthest first.
    pub changes: Vec<Change>,
    /// Cases of one run or of both that were not.
    pub not_compared: Vec<NotCompared>,
}

/// Compares two runs, by their directories.
///
/// # Errors
/// As [`crate::render`], for either.
pub fn compare(before: &Path, after: &Path) -> Result<Comparison> {
    Ok(Comparison::of(&Input::read(before)?, &Input::read(after)?))
}

impl Comparison {
    /// Of what two runs left.
    pub fn of(before: &Input, after: &Input) -> Self {
        let (a, b) = (matter::Matter::of(before), matter::Matter::of(after));
        let same_machine = before.run.machine.id == after.run.machine.id;
        let pairs = matter::pairs(&a, &b);
        let (changes, mut notes) = judge::judged(&a, &b, &pairs.both, same_machine);
        notes.splice(0..0, matter::notes(&a, &b, same_machine));
        Self {
            schema: SCHEMA,
            title: title(same_machine).to_string(),
            before: a.side(),
            after: b.side(),
            same_machine,
            environment: environment::differences(&before.run, &after.run),
            notes,
            level: judge::ALPHA,
            changes,
            not_compared: pairs.not_compared,
        }
    }

    /// The regressions, the furthest first; none between machines.
    pub fn regressions(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.verdict == Turn::Regression)
    }

    /// Why nothing could be compared, by the reason that most cases have; none if
    /// something was, or if there is no case.
    pub fn nothing_because(&self) -> Option<String> {
        let nothing = self.changes.is_empty();
        let reasons = words::left_out(self).into_iter().filter(|_| nothing);
        reasons.max_by_key(|(_, ids)| ids.len()).map(|(why, _)| why)
    }

    /// For a terminal.
    pub fn text(&self) -> String {
        words::text(self)
    }

    /// For a pull request.
    pub fn markdown(&self) -> String {
        words::markdown(self)
    }

    /// One offline page.
    pub fn html(&self) -> String {
        html::compare::page(self)
    }

    /// For programs, with all changes in full.
    ///
    /// # Errors
    /// If a number cannot be written, which none can be that is compared.
    pub fn json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// The JSON Schema of what [`Self::json`] gives.
    ///
    /// # Errors
    /// If it cannot be written as JSON.
    pub fn json_schema_text() -> Result<String> {
        schema::comparison()
    }
}

fn title(same_machine: bool) -> &'static str {
    if same_machine { "What changed between two runs" } else { "Differences between machines" }
}

/// A cleaned id.
fn line(id: &str) -> String {
    text::line(id)
}
