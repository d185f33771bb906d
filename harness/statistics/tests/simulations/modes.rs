//! Two groups of executions are found, one is left alone.

use std::ops::RangeInclusive;

use fastrand::Rng;
use triathlon_statistics::modes::modes;

use crate::machine::{laplace, normal};
use crate::share;

/// Share of cases with two modes at p < 0.01, where `high` of `n` values lie
/// `distance` standard deviations above the others.
fn check(
    noise: fn(&mut Rng) -> f64,
    cases: u32,
    (n, high, distance): (usize, usize, f64),
    range: RangeInclusive<f64>,
) {
    let mut rng = Rng::with_seed(n as u64 + 100);
    let mut found = 0;
    for _ in 0..cases {
        let value = |at| noise(&mut rng) + if at < high { distance } else { 0.0 };
        let values: Vec<f64> = (0..n).map(value).collect();
        let modes = modes(&values).unwrap();
        found += u32::from(modes.p < 0.01);
    }
    share(&format!("modes, {high} of {n} at {distance}"), found, cases, range);
}

#[test]
fn one_group_is_rarely_called_two() {
    check(normal, 2_000, (15, 0, 0.0), 0.002..=0.02);
    check(normal, 2_000, (30, 0, 0.0), 0.002..=0.02);
    check(laplace, 2_000, (15, 0, 0.0), 0.0..=0.02);
    check(laplace, 2_000, (30, 0, 0.0), 0.0..=0.02);
    let uniform = |rng: &mut Rng| rng.f64();
    check(uniform, 2_000, (15, 0, 0.0), 0.0..=0.08);
    check(uniform, 2_000, (30, 0, 0.0), 0.0..=0.08);
    let exponential = |rng: &mut Rng| -(1.0 - rng.f64()).ln();
    check(exponential, 2_000, (15, 0, 0.0), 0.0..=0.08);
    check(exponential, 2_000, (30, 0, 0.0), 0.0..=0.08);
}

#[test]
fn two_groups_are_found() {
    check(normal, 400, (15, 5, 10.0), 0.95..=1.0);
    check(normal, 400, (15, 3, 10.0), 0.95..=1.0);
    check(normal, 400, (15, 6, 8.0), 0.95..=1.0);
    check(normal, 200, (30, 10, 8.0), 0.95..=1.0);
}
