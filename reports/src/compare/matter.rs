//! What each run brings, and which cases both have.

use std::collections::{BTreeSet, HashMap};

use schemars::JsonSchema;
use serde::Serialize;

use super::line;
use crate::input::Input;
use crate::ratio::{self, Executions};
use crate::summarise::{measured, run_part};
use crate::summary::{Cell, RunPart};
use crate::{aa, believe, selftest, text, verdicts};

/// One of the two runs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Side {
    /// Its id.
    pub run: String,
    /// Its start.
    pub started_at: String,
    /// What was built.
    pub commit: String,
    /// Profile.
    pub profile: String,
    /// Rounds planned.
    pub rounds: u64,
    /// Class of the machine.
    pub machine: String,
    /// Why it cannot be believed; none if it can.
    pub invalid: Option<String>,
}

/// A fact that is not the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Difference {
    /// Name of the fact.
    pub name: String,
    /// Of the run before.
    pub before: String,
    /// Of the run after.
    pub after: String,
}

/// A case that is not compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NotCompared {
    /// Its id.
    pub id: String,
    /// Why.
    pub why: String,
}

/// What a run is compared by.
pub(super) struct Matter<'a> {
    pub(super) input: &'a Input,
    pub(super) run: RunPart,
    pub(super) cells: Vec<Cell>,
    /// Why it cannot be believed; none if it can.
    invalid: Option<String>,
    /// Values of the executions that count, by case.
    pub(super) good: HashMap<&'a str, Executions>,
    /// The same of those under a second label.
    pub(super) twins: HashMap<&'a str, Executions>,
}

impl<'a> Matter<'a> {
    pub(super) fn of(input: &'a Input) -> Self {
        let good = ratio::executions(input, false);
        let twins = ratio::executions(input, true);
        let cells = measured(input, &good).cells;
        let planned: Vec<&str> = input.run.cases.iter().map(|case| case.id.as_str()).collect();
        let noise = aa::noises(&planned, &twins, &good, input.run.verdicts);
        let selftest = selftest::part(input);
        let invalid = believe::reason(selftest.as_ref(), &noise, &cells, false);
        Self { input, run: run_part(input), cells, invalid, good, twins }
    }

    pub(super) fn side(&self) -> Side {
        let run = &self.run;
        Side {
            run: text::line(&run.id),
            started_at: text::line(&run.started_at),
            commit: text::line(&format!("{}{}", run.commit, if run.dirty { "+dirty" } else { "" })),
            profile: text::line(&run.profile),
            rounds: run.rounds,
            machine: text::line(&run.machine.class),
            invalid: self.invalid.clone(),
        }
    }

    fn cell(&self, id: &str) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.id == id)
    }
}

/// The cases of two runs.
pub(super) struct Pairs<'a> {
    /// Before and after, in the order of the plan before.
    pub(super) both: Vec<(&'a Cell, &'a Cell)>,
    pub(super) not_compared: Vec<NotCompared>,
}

/// Which cases can be compared.
pub(super) fn pairs<'a>(a: &'a Matter<'_>, b: &'a Matter<'_>) -> Pairs<'a> {
    let mut pairs = Pairs { both: Vec::new(), not_compared: Vec::new() };
    let before: BTreeSet<&str> = a.cells.iter().map(|cell| cell.id.as_str()).collect();
    for cell in &a.cells {
        let why = match b.cell(&cell.id) {
            None => Some("only in the run before".to_string()),
            Some(other) => match unlike(a, b, cell, other) {
                None => {
                    pairs.both.push((cell, other));
                    continue;
                }
                why => why,
            },
        };
        pairs.not_compared.extend(why.map(|why| NotCompared { id: line(&cell.id), why }));
    }
    let after = b.cells.iter().filter(|cell| !before.contains(cell.id.as_str()));
    pairs.not_compared.extend(
        after.map(|cell| NotCompared {
            id: line(&cell.id),
            why: "only in the run after".to_string(),
        }),
    );
    pairs
}

/// Why two cells of one id are not one thing measured twice.
fn unlike(a: &Matter<'_>, b: &Matter<'_>, cell: &Cell, other: &Cell) -> Option<String> {
    let (before, after) = (&a.input.run, &b.input.run);
    if before.suite_version != after.suite_version {
        let (before, after) = (line(&before.suite_version), line(&after.suite_version));
        return Some(format!("measured by suite versions {before} and {after}"));
    }
    if cell.parameters != other.parameters {
        return Some("its preset has other parameters".to_string());
    }
    let plan = |input: &Input| {
        let case = input.run.cases.iter().find(|case| case.id == cell.id);
        case.map(|case| (case.slice_ms, case.cpus, case.laps))
    };
    let (before, after) = (plan(a.input), plan(b.input));
    if before.map(|(slices, cpus, _)| (slices, cpus)) != after.map(|(s, c, _)| (s, c)) {
        return Some("it took turns, or had CPUs, otherwise".to_string());
    }
    if before != after {
        return Some("it had other laps, so other warm-up and drift".to_string());
    }
    let empty = |cell: &Cell| cell.metrics.is_empty().then(|| cell.status.name());
    match (empty(cell), empty(other)) {
        (Some(one), Some(two)) if one == two => Some(format!("{one} in both")),
        (None, None) => None,
        (one, two) => Some(format!(
            "{} before and {} after",
            one.unwrap_or("measured"),
            two.unwrap_or("measured")
        )),
    }
}

/// What to know of the two runs themselves.
pub(super) fn notes(a: &Matter<'_>, b: &Matter<'_>, same_machine: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if a.run.id == b.run.id {
        notes.push("Both are the same run, so nothing can have changed.".to_string());
    } else if b.run.started_at < a.run.started_at {
        notes.push("The run after began before the run before.".to_string());
    }
    if a.run.suite_version != b.run.suite_version {
        notes.push(format!(
            "The runs are of suite versions {} and {}, which do not measure the same work: none of \
             their cases can be compared.",
            line(&a.run.suite_version),
            line(&b.run.suite_version)
        ));
    }
    if !same_machine {
        notes.push(
            "The runs are of different machines: what differs below may be the machine's and says \
             nothing of the code."
                .to_string(),
        );
    }
    for (name, matter) in [("before", a), ("after", b)] {
        if let Some(why) = &matter.invalid {
            notes.push(format!("The run {name} cannot be believed: {}.", text::line(why)));
        }
        if !verdicts::possible(&matter.run) {
            notes.push(format!(
                "The run {name} is exploratory, with {} rounds: only large changes can be decided.",
                matter.run.rounds
            ));
        }
    }
    notes
}
