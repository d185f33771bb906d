//! Open loops that did not reach their rate.

use triathlon_contract::record::Record;
use triathlon_statistics::median;

use crate::text;

/// Whether an execution was saturated.
pub(crate) fn is(record: &Record) -> bool {
    record.open.as_ref().is_some_and(|open| open.saturated)
}

/// Whether more than half of the executions of a case were.
pub(crate) fn most(saturated: usize, all: usize) -> bool {
    2 * saturated > all
}

/// What is to be said of executions of which some were saturated.
pub(crate) fn sentence(executions: &[&Record]) -> Option<String> {
    let saturated: Vec<&&Record> = executions.iter().filter(|record| is(record)).collect();
    if saturated.is_empty() {
        return None;
    }
    let growth =
        saturated.iter().filter_map(|record| Some(record.open.as_ref()?.queue_growth_per_s));
    let growth = median(&growth.collect::<Vec<f64>>()).unwrap_or_default();
    let (count, all) = (saturated.len(), executions.len());
    let times = match most(count, all) {
        true => "response and lag depend on how long it goes on and are not shown",
        false => "response and lag hold what had queued until the end of the schedule",
    };
    Some(format!(
        "saturated in {count} of {all} executions: less than 99 % of the schedule started in time, \
         the queue grew by {} starts a second; {times}",
        text::digits(growth)
    ))
}
