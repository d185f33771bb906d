//! Each rule alone.

use triathlon_contract::record::LoadStatus::{self, Degraded, Invalid, Saturated, Valid};

use super::{Evidence, growth, judge};

/// Ten seconds at 1 000/s; `started` in them.
fn check(started: [u64; 10], status: LoadStatus, growth: Option<f64>) {
    let evidence = Evidence {
        open: true,
        planned_by_second: &[1000; 10],
        started_by_second: &started,
        ..Evidence::default()
    };
    let verdict = judge(&evidence);
    assert_eq!((verdict.status, verdict.queue_growth_per_s), (status, growth), "{started:?}");
    assert_eq!(verdict.reasons.is_empty(), status == Valid);
}

#[test]
fn a_rate_that_is_not_reached_is_saturation_with_the_growth_of_the_queue() {
    check([1000; 10], Valid, None);
    check([995; 10], Valid, None);
    check([900; 10], Saturated, Some(100.0));
    // A second that is made up for is a stall; two in ten seconds are not.
    check([1000, 1000, 800, 1200, 1000, 1000, 1000, 1000, 1000, 1000], Degraded, None);
    let unsteady = [1000, 800, 1200, 800, 1200, 1000, 1000, 1000, 1000, 1000];
    assert_eq!(
        judge(&Evidence {
            open: true,
            planned_by_second: &[1000; 10],
            started_by_second: &unsteady,
            ..Evidence::default()
        })
        .status,
        Saturated
    );
}

#[test]
fn the_growth_is_the_slope_of_the_queue() {
    assert!((growth(&[5; 30], &[1; 30]) - 4.0).abs() < 1e-9);
    assert!(growth(&[5; 30], &[5; 30]).abs() < 1e-9);
    assert!(growth(&[], &[]).abs() < 1e-9);
}

#[test]
fn lag_that_matters_is_a_reason() {
    let check = |lag_us: f64, p50_us: f64, status| {
        let evidence = Evidence {
            open: true,
            own_lag_p99_ns: Some(lag_us * 1e3),
            response_p50_ns: Some(p50_us * 1e3),
            ..Evidence::default()
        };
        assert_eq!(judge(&evidence).status, status, "lag {lag_us}, p50 {p50_us}");
    };
    check(90.0, 80.0, Valid); // below 100 µs it is no matter
    check(150.0, 1000.0, Degraded);
    check(400.0, 10_000.0, Valid); // 4 % of the median
    check(600.0, 10_000.0, Degraded);
    check(200.0, 150.0, Invalid);
}

#[test]
fn a_busy_generator_and_a_stolen_cpu_are_reasons() {
    let check = |open, busy, steal, status| {
        let evidence = Evidence { open, busy, steal, ..Evidence::default() };
        assert_eq!(judge(&evidence).status, status, "busy {busy}, steal {steal}");
    };
    check(true, 0.70, 0.01, Valid);
    check(true, 0.75, 0.0, Degraded);
    check(true, 0.85, 0.0, Invalid);
    check(false, 0.75, 0.0, Valid);
    check(false, 0.85, 0.0, Degraded);
    check(false, 0.10, 0.02, Degraded);
}
