//! How much of the plan was executed, and how much of that is proven.

use std::collections::HashMap;

use triathlon_contract::record::{CaseFile, ExecutionStatus, ExpectedRecord, Record, RunFile};
use triathlon_contract::{CaseId, Expected, outcome};

use crate::input::Input;
use crate::summary::Counts;
use crate::{key, status};

fn planned(run: &RunFile) -> impl Iterator<Item = &CaseFile> {
    run.cases.iter().filter(|case| case.absent.is_none())
}

pub(crate) fn counts(run: &RunFile, records: &[Record]) -> Counts {
    let count = |wanted: &dyn Fn(&Record) -> bool| {
        records.iter().filter(|record| wanted(record)).count() as u64
    };
    let ok = count(&status::counts);
    Counts {
        planned: run.rounds * planned(run).count() as u64,
        recorded: records.len() as u64,
        ok,
        failed: records.len() as u64 - ok,
        twins: count(&|record| record.twin),
        proven: count(&proven),
    }
}

/// Compares the three accounts once more, from the record alone.
fn proven(record: &Record) -> bool {
    let (Some(outcome), Some(witness), Some(window)) =
        (&record.outcome, &record.witness, &record.window)
    else {
        return false;
    };
    let ExpectedRecord { ok, samples, bytes, checksum, connections, peak_low, peak_high, workers } =
        record.expected;
    let expected = Expected { ok, samples, bytes, checksum, connections, peak_low, peak_high };
    record.status == ExecutionStatus::Ok
        && outcome::agree(
            &expected,
            workers,
            &outcome.clone().into(),
            window.samples,
            &witness.clone().into(),
        )
        .is_ok()
}

pub(crate) fn interrupted(run: &RunFile, by_case: &HashMap<&str, Vec<&Record>>) -> bool {
    planned(run).any(|case| {
        let executions = by_case.get(case.id.as_str()).map_or(0, Vec::len) as u64;
        executions < run.rounds
    })
}

pub(crate) fn notes(input: &Input, ids: &HashMap<CaseId, String>) -> Vec<String> {
    let mut notes = Vec::new();
    if input.truncated {
        notes.push(
            "The last line of records.jsonl is cut off, as a killed run leaves it; it is left out."
                .to_string(),
        );
    }
    let strange =
        input.records.iter().filter(|record| !ids.contains_key(&key::parts(&record.id))).count();
    if strange > 0 {
        let (records, verb) = if strange == 1 { ("record", "names") } else { ("records", "name") };
        notes.push(format!("{strange} {records} {verb} no case of run.json; left out."));
    }
    if input.run.dirty {
        notes.push("The tree differed from its commit when the suite was built.".to_string());
    }
    notes
}
