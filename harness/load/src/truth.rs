//! Ground truth: situations whose right answer is known in closed form.

mod accounts;
mod laws;
mod stalls;

use triathlon_contract::record::LoadRecord;

use crate::simulation::{Answer, MS};
use crate::{Load, Outcome, summary};

pub(crate) fn record(load: &Load, outcome: &Outcome) -> LoadRecord {
    let record = summary(load, outcome, "http://simulated/", 1);
    let parts = [record.ok, record.failed, record.timed_out, record.shed, record.unfinished];
    assert_eq!(parts.iter().sum::<u64>(), record.planned, "the account does not add up");
    record
}

/// A server that answers after `base_ms`, but holds whatever arrives within
/// one of the stalls until its end.
pub(crate) fn stalls(base_ms: f64, stalls: Vec<(u64, u64)>) -> impl FnMut(u64, u64) -> Answer {
    move |at_ns, _| {
        let within = |(from_ms, to_ms): &&(u64, u64)| (from_ms * MS..to_ms * MS).contains(&at_ns);
        let held_ns = stalls.iter().find(within).map_or(0, |(_, to_ms)| to_ms * MS - at_ns);
        Answer::Good((base_ms * MS as f64) as u64 + held_ns)
    }
}

/// Within 1 % or 5 ms, which the bounds of a stall's edges are worth.
pub(crate) fn near(found: Option<f64>, want_ms: f64) {
    let found = found.unwrap_or_else(|| panic!("no figure instead of {want_ms}"));
    let most = (0.01 * want_ms).max(if want_ms > 50.0 { 5.0 } else { 0.0 });
    assert!((found - want_ms).abs() <= most, "{found} instead of {want_ms} ms");
}
