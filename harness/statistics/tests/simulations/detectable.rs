//! The smallest difference that is said to be found is found.

use std::ops::RangeInclusive;

use fastrand::Rng;
use triathlon_statistics::detectable::smallest_difference;
use triathlon_statistics::signed_rank::centre;

use crate::machine::{laplace, normal};
use crate::share;

const RUNS: u32 = 10_000;
/// The interval's level for one comparison, and for the first of 36.
const ALONE: f64 = 0.05;
const FIRST: f64 = 0.05 / 36.0;

/// How often a repetition finds the difference that the first measurement
/// called the smallest.
fn check(noise: fn(&mut Rng) -> f64, n: usize, misrate: f64, range: RangeInclusive<f64>) {
    for (spread, margin) in [(0.03, 1.0_f64), (0.03, 1.02), (0.015, 1.02)] {
        let mut rng = Rng::with_seed(n as u64);
        let mut found = 0;
        for _ in 0..RUNS {
            let mut sample = || (0..n).map(|_| spread * noise(&mut rng)).collect::<Vec<f64>>();
            let difference = smallest_difference(&sample(), misrate, margin).unwrap().ln();
            let repeated: Vec<f64> = sample().iter().map(|log| log + difference).collect();
            let interval = centre(&repeated, misrate).unwrap();
            let verdict = interval.low > 0.0 && interval.centre > margin.ln();
            found += u32::from(verdict);
        }
        let what = format!("detectable, n {n}, level {misrate:.4}, {spread}, {margin}");
        share(&what, found, RUNS, range.clone());
    }
}

#[test]
fn nine_of_ten_with_normal_noise() {
    check(normal, 15, ALONE, 0.85..=0.97);
    check(normal, 15, FIRST, 0.85..=0.97);
    check(normal, 30, ALONE, 0.85..=0.97);
    check(normal, 30, FIRST, 0.85..=0.97);
}

#[test]
fn heavier_tails_make_it_a_little_less_at_a_low_level_and_few_rounds() {
    check(laplace, 15, ALONE, 0.85..=0.97);
    check(laplace, 15, FIRST, 0.78..=0.97);
    check(laplace, 30, ALONE, 0.85..=0.97);
    check(laplace, 30, FIRST, 0.85..=0.97);
}
