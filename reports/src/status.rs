//! One cell: whether its executions count, and why not.

use schemars::JsonSchema;
use serde::Serialize;
use triathlon_contract::record::{ExecutionStatus, Record, RunFile};

use crate::{disturbed, late, saturated};

/// What can be said of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// All its executions count.
    Valid,
    /// Some do not, or an open loop was saturated.
    Degraded,
    /// So many were disturbed that nothing is said.
    Invalid,
    /// None does.
    Failed,
    /// It was not planned, for a reason.
    Absent,
    /// It was planned and has no execution: the run was interrupted.
    NotRun,
}

impl Status {
    /// As spelled in files and on the page.
    pub fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Degraded => "degraded",
            Self::Invalid => "invalid",
            Self::Failed => "failed",
            Self::Absent => "absent",
            Self::NotRun => "not-run",
        }
    }
}

/// Whether an execution counts: the harness says so and there is a window.
pub(crate) fn counts(record: &Record) -> bool {
    record.status == ExecutionStatus::Ok && record.window.is_some()
}

/// What disturbed an execution, if the run drops such executions.
pub(crate) fn disturbed(run: &RunFile, record: &Record) -> Option<String> {
    disturbed::why(record, &run.machine).filter(|_| disturbed::applies(run))
}

/// Whether more than half of the executions were disturbed.
pub(crate) fn too_many(disturbed: usize, all: usize) -> bool {
    2 * disturbed > all
}

/// Whether so many were disturbed that a reader must know: a tenth.
///
/// Source: research rule V23, "> 10 % of windows: rerun".
pub(crate) fn many(disturbed: usize, all: usize) -> bool {
    10 * disturbed > all
}

/// Status and reason from why the case is absent, if it is, and from its
/// executions without twins.
pub(crate) fn of(run: &RunFile, absent: Option<&str>, executions: &[&Record]) -> (Status, String) {
    if let Some(reason) = absent {
        return (Status::Absent, reason.to_string());
    }
    let all = executions.len();
    if all == 0 {
        return (Status::NotRun, "planned, not executed: the run was interrupted".to_string());
    }
    let (counting, failing): (Vec<&Record>, Vec<&Record>) =
        executions.iter().partition(|record| counts(record));
    let disturbances: Vec<String> =
        counting.iter().filter_map(|record| disturbed(run, record)).collect();
    let disturbed = disturbances.first().map(|first| {
        let count = disturbances.len();
        format!("{count} of {all} executions were disturbed and do not count, first: {first}")
    });
    match (failing.first().map(|record| why(record)), disturbed) {
        (Some(first), _) if failing.len() == all => (Status::Failed, first),
        (_, Some(sentence)) if too_many(disturbances.len(), counting.len()) => {
            (Status::Invalid, sentence)
        }
        (Some(first), _) => {
            (Status::Degraded, format!("{} of {all} executions failed: {first}", failing.len()))
        }
        (None, Some(sentence)) if many(disturbances.len(), all) => (Status::Degraded, sentence),
        (None, _) => match saturated::sentence(&counting).or_else(|| late::sentence(&counting)) {
            Some(sentence) => (Status::Degraded, sentence),
            None => (Status::Valid, String::new()),
        },
    }
}

/// Why an execution does not count.
pub(crate) fn why(record: &Record) -> String {
    match (record.status, record.reason.trim()) {
        (ExecutionStatus::Ok, _) => "the record has no window".to_string(),
        (ExecutionStatus::Failed, "") => "no reason was recorded".to_string(),
        (ExecutionStatus::Failed, reason) => reason.to_string(),
    }
}
