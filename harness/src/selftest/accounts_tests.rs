use std::collections::BTreeMap;

use triathlon_contract::record::{LoadRecord, LoadStatus, LoadTimes};

use super::{SEED, SHARES, drawn, judge_censored, judge_conservation, judge_slow, splitmix};
use crate::selftest::figure::Verdict;
use crate::selftest::stall::tests::record;
use crate::server::Counters;

/// Source: the reference implementation's first outputs from 1234567.
#[test]
fn draws_are_splitmix64() {
    let mut state = 1_234_567;
    let first = [(); 3].map(|()| splitmix(&mut state));
    let want = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
    assert_eq!(first, want);
    let counts = drawn(SEED, 200_000, SHARES);
    for (count, share) in counts.into_iter().zip(SHARES) {
        assert!(count.abs_diff(2000 * share) < 300, "{counts:?}");
    }
}

/// Both sides of a run in which everything is right.
fn right() -> (LoadRecord, Counters) {
    let [dropped, hung, errors] = drawn(SEED, 2000, SHARES);
    let ok = 2000 - dropped - hung - errors;
    let mut record = record(LoadTimes::default());
    (record.planned, record.ok, record.timed_out) = (2000, ok, hung);
    record.failed = dropped + errors;
    let named = |pairs: [(&str, u64); 2]| -> BTreeMap<String, u64> {
        pairs.into_iter().map(|(name, n)| (name.to_string(), n)).collect()
    };
    record.failures = named([("connection closed", dropped), ("status 5xx", errors)]);
    let mut counters = Counters { answered: ok, ..Counters::default() };
    counters.witness.requests = 2000;
    counters.faults = named([("dropped", dropped), ("errors", errors)]);
    counters.faults.insert("hung".to_string(), hung);
    (record, counters)
}

#[test]
fn a_tool_that_loses_or_renames_a_request_fails() {
    let check = |change: fn(&mut LoadRecord, &mut Counters)| {
        let (mut record, mut counters) = right();
        change(&mut record, &mut counters);
        matches!(judge_conservation(&record, &counters).verdict, Verdict::Failed(_))
    };
    let (record, counters) = right();
    assert_eq!(judge_conservation(&record, &counters).verdict, Verdict::Ok);
    let (mut record, counters) = right();
    (record.timed_out, record.unfinished) = (record.timed_out - 1, 1);
    let sent_last = judge_conservation(&record, &counters);
    assert_eq!(sent_last.verdict, Verdict::Ok, "its timeout was after the end of the load");
    assert!(check(|record, _| record.ok -= 1), "one is lost");
    assert!(check(|record, _| record.timed_out -= 1), "one that hung is lost");
    assert!(check(|record, _| (record.planned, record.ok) = (1990, record.ok - 10)), "ten unsent");
    assert!(check(|record, _| (record.timed_out, record.ok) = (0, record.ok + record.timed_out)));
    assert!(check(|record, _| record.failures = [("socket error".to_string(), 99)].into()));
    assert!(check(|_, counters| counters.witness.requests += 1), "one was sent twice");
    assert!(check(|_, counters| counters.answered -= 1));
}

#[test]
fn a_tail_that_timed_out_is_no_number() {
    let check = |line: &str, given_up| {
        let mut record = record(LoadTimes::default());
        record.timed_out = 100;
        judge_censored(&record, &format!("  ms\n{line}\n  p99.5  > 1.0\n"), given_up).verdict
    };
    assert_eq!(check("  p99        > 300.1     > 300.0       0.010", 100), Verdict::Ok);
    let failed = |verdict| matches!(verdict, Verdict::Failed(_));
    assert!(failed(check("  p99         20.123      20.100       0.010", 100)), "left out");
    assert!(failed(check("  p99        300.000     300.000       0.010", 100)), "clamped");
    assert!(failed(check("  p99        > 250.0     > 250.0       0.010", 100)));
    assert!(failed(check("  p99        > 300.1     > 300.0       0.010", 99)));
    assert!(failed(check("", 100)));
    let everything = |timed_out| {
        let mut record = record(LoadTimes::default());
        record.timed_out = timed_out;
        judge_censored(&record, "  p99        > 300.1", timed_out).verdict
    };
    assert_eq!(everything(104), Verdict::Ok);
    assert!(failed(everything(1000)), "all of them were given up");
}

#[test]
fn a_slow_server_has_no_percentiles() {
    let check = |status, growth, response: Option<LoadTimes>| {
        let mut record = record(LoadTimes::default());
        (record.status, record.queue_growth_per_s) = (status, growth);
        (record.response_ms, record.service_ms) = (response, response);
        judge_slow(&record).verdict == Verdict::Ok
    };
    assert!(check(LoadStatus::Saturated, Some(1480.0), None));
    assert!(!check(LoadStatus::Saturated, Some(500.0), None));
    assert!(!check(LoadStatus::Saturated, None, None));
    assert!(!check(LoadStatus::Valid, None, Some(LoadTimes::default())), "a tie");
    assert!(!check(LoadStatus::Saturated, Some(1480.0), Some(LoadTimes::default())));
}
