//! Tools that are right, and tools that are wrong in ways that are known.

use triathlon_contract::record::{GeneratorRecord, LoadRecord, LoadStatus, LoadTimes, SCHEMA};

use super::{Stall, judge_polarity, judge_small, long_figures};
use crate::selftest::figure::{Verdict, judge};

const SMALL: Stall = Stall { window_s: 5.0, stall_ms: 200.0, base_ms: 1.0 };

/// An open loop of 5 s with these response times, and nothing to say against it.
pub(crate) fn record(response: LoadTimes) -> LoadRecord {
    LoadRecord {
        schema: SCHEMA,
        url: String::new(),
        model: "open".to_string(),
        arrival: Some("constant".to_string()),
        seed: Some(1),
        connections: 1,
        threads: 1,
        duration_s: 5.0,
        warmup_s: 0.2,
        timeout_s: 5.0,
        interrupted: false,
        planned: 10_000,
        ok: 10_000,
        failed: 0,
        timed_out: 0,
        shed: 0,
        unfinished: 0,
        failures: [].into(),
        warmup_requests: 400,
        reconnects: 0,
        bytes: 0,
        verified: "length".to_string(),
        rate_offered_per_s: Some(2000.0),
        rate_achieved_per_s: 2000.0,
        queue_growth_per_s: None,
        response_ms: Some(response),
        service_ms: Some(response),
        lag_ms: Some(LoadTimes::default()),
        lag_own_ms: Some(LoadTimes::default()),
        generator: GeneratorRecord::default(),
        steal_share: 0.0,
        status: LoadStatus::Valid,
        reasons: Vec::new(),
        slo: Vec::new(),
    }
}

fn times(mean: f64, p99: f64, p99_9: f64) -> LoadTimes {
    LoadTimes { mean: Some(mean), p99: Some(p99), p99_9: Some(p99_9), ..LoadTimes::default() }
}

#[test]
fn the_closed_form_is_that_of_the_table() {
    let check = |found: f64, want: f64| assert!((found - want).abs() < 0.005, "{found}, {want}");
    let long = Stall { window_s: 60.0, stall_ms: 1000.0, base_ms: 10.0 };
    let table = [(0.98, 10.0), (0.99, 410.0), (0.995, 710.0), (0.999, 950.0)];
    table.into_iter().for_each(|(p, want)| check(long.at(p), want));
    check(long.mean(), 18.33);
    let table = Stall { window_s: 10.0, ..SMALL };
    check(table.at(0.99), 101.0);
    check(table.at(0.999), 191.0);
    check(table.mean(), 3.0);
}

/// All times of a window, with 0.5 ms between the starts.
fn window() -> Vec<f64> {
    let stalled = (0..400).map(|k| 201.0 - 0.5 * f64::from(k));
    std::iter::repeat_n(1.0, 4000).chain(stalled).chain(std::iter::repeat_n(1.0, 5600)).collect()
}

fn summed(mut all: Vec<f64>) -> LoadTimes {
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    all.sort_by(f64::total_cmp);
    let at = |p: f64| all[(p * all.len() as f64).ceil() as usize - 1];
    times(mean, at(0.99), at(0.999))
}

#[test]
fn wrong_tools_fail_at_one_stall() {
    let fails = |times: LoadTimes, what: &str| {
        let found = judge_small(SMALL, &record(times));
        assert!(matches!(found.verdict, Verdict::Failed(_)), "{what} passed: {}", found.got);
    };
    let right = summed(window());
    let ok = judge_small(SMALL, &record(right));
    assert_eq!(ok.verdict, Verdict::Ok, "{}", ok.got);
    // A busy machine adds some milliseconds to all.
    let late = |ms: f64| summed(window().into_iter().map(|at| at + ms).collect());
    assert_eq!(judge_small(SMALL, &record(late(5.0))).verdict, Verdict::Ok);
    // A closed loop of ten connections: ten requests have met the stall.
    let closed = (0..10_000).map(|i| if i < 10 { 201.0 } else { 1.0 }).collect();
    fails(summed(closed), "a closed loop");
    // What was not sent in time was dropped.
    fails(summed(vec![1.0; 9600]), "a tool that drops");
    // Percentiles of seconds, averaged.
    let seconds: Vec<LoadTimes> =
        window().chunks(2000).map(|second| summed(second.to_vec())).collect();
    let average = |of: fn(&LoadTimes) -> Option<f64>| {
        seconds.iter().filter_map(of).sum::<f64>() / seconds.len() as f64
    };
    let averaged = times(average(|t| t.mean), average(|t| t.p99), average(|t| t.p99_9));
    fails(averaged, "averaged percentiles");
    // The usual correction adds what an interval of 0.5 ms would have had.
    let corrected =
        |at: f64| (0..).map(move |k| at - 0.5 * f64::from(k)).take_while(|at| *at >= 0.5);
    fails(summed(window().into_iter().flat_map(corrected).collect()), "interval correction");
}

#[test]
fn service_times_in_the_place_of_response_times_fail() {
    let tail = |p99: f64| LoadTimes { p99: Some(p99), ..LoadTimes::default() };
    let check = |response: f64, service: f64, lag: f64| {
        let mut record = record(tail(response));
        record.duration_s = 1.5;
        (record.service_ms, record.lag_ms) = (Some(tail(service)), Some(tail(lag)));
        judge_polarity(Stall { window_s: 1.5, ..SMALL }, &record).verdict == Verdict::Ok
    };
    assert!(check(190.0, 1.4, 188.0));
    assert!(!check(1.4, 1.4, 188.0), "service times as response times");
    assert!(!check(1.4, 190.0, 188.0), "one for the other");
    assert!(!check(190.0, 190.0, 0.1), "sent late, and counted from then");
}

#[test]
fn the_long_row_is_tight() {
    let long = Stall { window_s: 60.0, stall_ms: 1000.0, base_ms: 10.0 };
    let check = |p99: f64, mean: f64, excess_ms: f64| {
        let times = LoadTimes { p99_5: Some(711.0), ..times(mean, p99, 952.0) };
        judge("x", long_figures(long, &times, excess_ms)).verdict == Verdict::Ok
    };
    assert!(check(411.0, 18.5, 0.0));
    assert!(!check(416.0, 18.5, 0.0) && !check(404.0, 18.5, 0.0) && !check(411.0, 20.0, 0.0));
    // What the server says it was late, and no more than ten milliseconds of it.
    assert!(check(416.0, 18.5, 6.0) && !check(426.0, 18.5, 100.0) && !check(411.0, 20.0, 100.0));
    assert!(!check(10.0, 10.2, 100.0));
}
