//! One cell: whether its executions count, and why not.

use serde::Serialize;
use triathlon_contract::record::{ExecutionStatus, Record};

/// What can be said of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// All its executions count.
    Valid,
    /// Some do not.
    Degraded,
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

/// Status and reason from why the case is absent, if it is, and from its
/// executions without twins.
pub(crate) fn of(absent: Option<&str>, executions: &[&Record]) -> (Status, String) {
    if let Some(reason) = absent {
        return (Status::Absent, reason.to_string());
    }
    let all = executions.len();
    if all == 0 {
        return (Status::NotRun, "planned, not executed: the run was interrupted".to_string());
    }
    let mut failures = executions.iter().filter(|record| !counts(record)).peekable();
    let Some(first) = failures.peek().map(|record| why(record)) else {
        return (Status::Valid, String::new());
    };
    match failures.count() {
        failed if failed == all => (Status::Failed, first),
        failed => (Status::Degraded, format!("{failed} of {all} executions failed: {first}")),
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
