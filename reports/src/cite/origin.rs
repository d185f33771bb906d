//! Where a result is from, and whether the run may be cited at all.

use crate::render::{Model, sha256};
use crate::{text, verdicts};

use super::claim::flat;

/// The run behind every citation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) run: String,
    pub(crate) suite: String,
    pub(crate) machine: String,
    pub(crate) commit: String,
    /// `2026-11-25`.
    pub(crate) date: String,
    /// SHA-256 of `records.jsonl`.
    pub(crate) records: String,
    /// Why nothing of this run is to be cited as a result; empty if it may be.
    pub(crate) warning: String,
}

impl Origin {
    pub(crate) fn of(model: &Model<'_>) -> Self {
        let run = &model.summary.run;
        let dirty = if run.dirty { "+dirty" } else { "" };
        let records = model.input.files.iter().find(|(name, _)| name == "records.jsonl");
        let date = run.started_at.get(..10).unwrap_or(&run.started_at);
        Self {
            run: flat(&text::line(&run.id)),
            suite: flat(&text::line(&run.suite_version)),
            machine: flat(&text::line(&run.machine.class)),
            commit: flat(&text::line(&format!("{}{dirty}", run.commit))),
            date: flat(&text::line(date)),
            records: records.map_or("none".to_string(), |(_, bytes)| sha256(bytes)),
            warning: flat(&reasons(model).join("; ")),
        }
    }
}

/// Why the run is not to be cited as a result.
fn reasons(model: &Model<'_>) -> Vec<String> {
    let run = &model.summary.run;
    let mut reasons = Vec::new();
    if let Some(why) = &model.invalid {
        reasons.push(text::line(why));
    }
    if run.profile == "smoke" {
        reasons.push("a smoke run proves that everything runs and nothing else".to_string());
    } else if !verdicts::possible(run) {
        reasons.push(format!("exploratory: {} rounds, ranges and no verdicts", run.rounds));
    }
    if run.dirty {
        reasons.push("built from a tree with changes that are in no commit".to_string());
    }
    if run.commit == "unknown" {
        reasons.push("built outside a repository, so from no known commit".to_string());
    }
    if model.summary.interrupted {
        reasons.push("interrupted: fewer executions than planned".to_string());
    }
    if run.keep_disturbed {
        reasons.push("executions that something else disturbed count as well".to_string());
    }
    reasons
}
