//! How much of the plan was executed, and how much of that is proven.

use std::collections::HashMap;

use triathlon_contract::record::{CaseFile, ExecutionStatus, Record, RunFile};
use triathlon_contract::{CaseId, outcome};

use crate::input::Input;
use crate::summary::Counts;
use crate::{ceiling, key, metrics, status};

fn planned(run: &RunFile) -> impl Iterator<Item = &CaseFile> {
    run.cases.iter().filter(|case| case.absent.is_none())
}

pub(crate) fn counts(run: &RunFile, records: &[Record]) -> Counts {
    let (ceilings, records): (Vec<&Record>, Vec<&Record>) =
        records.iter().partition(|record| ceiling::name(run, &record.id).is_some());
    let count = |wanted: &dyn Fn(&Record) -> bool| {
        records.iter().filter(|record| wanted(record)).count() as u64
    };
    let ok = count(&status::counts);
    Counts {
        planned: run.rounds * planned(run).count() as u64,
        recorded: records.len() as u64,
        ok,
        failed: records.len() as u64 - ok,
        disturbed: count(&|record| {
            status::counts(record) && status::disturbed(run, record).is_some()
        }),
        twins: count(&|record| record.twin),
        proven: count(&|record| proven(run, record)),
        ceilings: ceilings.len() as u64,
    }
}

/// Compares the accounts once more, from the record alone: three of them, or
/// two where no server takes part.
fn proven(run: &RunFile, record: &Record) -> bool {
    let (Some(outcome), Some(window)) = (&record.outcome, &record.window) else {
        return false;
    };
    let server = metrics::with_server(run, &key::parts(&record.id).workload);
    let witness = record.witness.clone().filter(|_| server).map(Into::into);
    if server && witness.is_none() {
        return false;
    }

    record.status == ExecutionStatus::Ok
        && outcome::agree(
            &record.expected.expected(),
            record.expected.workers,
            &outcome.clone().into(),
            window.samples,
            witness.as_ref(),
        )
        .is_ok()
        && record.expected.abandoned.is_none_or(|abandoned| abandoned.left(window).is_ok())
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
    let (ceilings, others): (Vec<&Record>, Vec<&Record>) =
        input.records.iter().partition(|record| ceiling::name(&input.run, &record.id).is_some());
    let strange = others.iter().filter(|r| !ids.contains_key(&key::parts(&r.id))).count();
    if strange > 0 {
        let (records, verb) = if strange == 1 { ("record", "names") } else { ("records", "name") };
        notes.push(format!(
            "{strange} {records} {verb} no case and no ceiling of run.json; left out."
        ));
    }
    let failed: Vec<&&Record> = ceilings.iter().filter(|record| !status::counts(record)).collect();
    if let Some(first) = failed.first() {
        notes.push(format!(
            "{} of {} executions of the bare generator failed, first {}: {}",
            failed.len(),
            ceilings.len(),
            first.id,
            status::why(first)
        ));
    }
    if input.run.dirty {
        notes.push("The tree differed from its commit when the suite was built.".to_string());
    }
    notes
}
