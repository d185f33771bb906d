//! Open loops that did not reach their rate.

use triathlon_contract::record::{OpenRecord, Record};
use triathlon_statistics::median;

use crate::text;

/// Share of what is asked for that a server must have answered when the schedule ends.
/// What is in flight then is no more than a few per cent of a schedule of half a second,
/// so of 99 %, which is asked of starts, it would take most.
pub(crate) const ANSWERED: f64 = 0.95;

/// Whether an execution was saturated: its starts fell behind the schedule or, where the
/// contestant is the server, its answers.
pub(crate) fn is(record: &Record) -> bool {
    record.open.as_ref().is_some_and(|open| open.saturated) || beyond(record)
}

/// Whether a server could not keep up with its clients, whose starts say nothing of that
/// as long as connections are free.
fn beyond(record: &Record) -> bool {
    let behind = |open: &OpenRecord| open.achieved_per_s < ANSWERED * open.offered_per_s;
    record.driven.is_some() && record.open.as_ref().is_some_and(behind)
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
    let (count, all) = (saturated.len(), executions.len());
    let times = match most(count, all) {
        true => "response and lag depend on how long it goes on and are not shown",
        false => "response and lag hold what had queued until the end of the schedule",
    };
    if saturated.iter().any(|record| record.driven.is_some()) {
        let of = |which: fn(&OpenRecord) -> f64| {
            let values = saturated.iter().filter_map(|record| record.open.as_ref()).map(which);
            text::digits(median(&values.collect::<Vec<f64>>()).unwrap_or_default())
        };
        return Some(format!(
            "beyond its capacity in {count} of {all} executions: {} of {} requests a second were \
             answered when the schedule ended, less than 95 %; {times}",
            of(|open| open.achieved_per_s),
            of(|open| open.offered_per_s)
        ));
    }
    let growth =
        saturated.iter().filter_map(|record| Some(record.open.as_ref()?.queue_growth_per_s));
    let growth = median(&growth.collect::<Vec<f64>>()).unwrap_or_default();
    Some(format!(
        "saturated in {count} of {all} executions: less than 99 % of the schedule started in time, \
         the queue grew by {} starts a second; {times}",
        text::digits(growth)
    ))
}
