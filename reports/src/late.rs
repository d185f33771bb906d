//! Clients that did not keep to their schedule although they could have: what they measured
//! is in part their own.

use triathlon_contract::record::Record;

use crate::text::{self, Quantity};

/// Least lateness that is worth a word: 100 µs, or this share of the median response.
///
/// Source: research rule V3, as for `triathlon load`.
const LEAST_US: f64 = 100.0;
const SHARE: f64 = 0.05;

/// How late one request in a hundred was, and the median response beside it.
fn lateness(record: &Record) -> Option<(f64, f64)> {
    let late_us = record.driven.as_ref()?.punctuality?.late_us.p99?;
    Some((late_us, record.open.as_ref()?.response_us.p50?))
}

/// Why an execution does not count: the clients were late by more than they measured.
pub(crate) fn why(record: &Record) -> Option<String> {
    let (late_us, response_us) = lateness(record)?;
    (late_us > LEAST_US.max(response_us)).then(|| {
        let [late, response] = [late_us, response_us].map(shown);
        format!("the generator was late by {late} at p99, the median response took {response}")
    })
}

/// What is to be said of executions of which many had clients that were late.
pub(crate) fn sentence(executions: &[&Record]) -> Option<String> {
    let late = |record: &&&Record| {
        let (late_us, response_us) = lateness(record)?;
        (late_us > LEAST_US.max(SHARE * response_us)).then_some(late_us)
    };
    let found: Vec<f64> = executions.iter().filter_map(|record| late(&record)).collect();
    let (count, all) = (found.len(), executions.len());
    // One in ten says nothing of a median.
    (10 * count > all).then(|| {
        format!(
            "the generator was late in {count} of {all} executions, by up to {} at p99: more than \
             a twentieth of the median response",
            shown(found.iter().copied().fold(0.0, f64::max))
        )
    })
}

fn shown(us: f64) -> String {
    text::quantified(Quantity::Microseconds, us)
}
