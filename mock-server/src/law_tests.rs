//! Draws of a fixed seed against the laws' own means and quantiles.

use super::{Law, MOST_NS};
use crate::draws::Stream;

const MS: u64 = 1_000_000;
const DRAWS: usize = 200_000;

/// Sorted, in milliseconds.
fn drawn(law: Law) -> Vec<f64> {
    let stream = Stream::new(42);
    let draws = (0..DRAWS).map(|_| law.duration_ns(stream.next()) as f64 / MS as f64);
    let mut draws: Vec<_> = draws.collect();
    draws.sort_unstable_by(f64::total_cmp);
    draws
}

fn mean(draws: &[f64]) -> f64 {
    draws.iter().sum::<f64>() / draws.len() as f64
}

fn quantile(draws: &[f64], p: f64) -> f64 {
    draws[(p * draws.len() as f64) as usize]
}

fn check(what: &str, have: f64, want: f64, tolerance: f64) {
    assert!((have - want).abs() <= tolerance * want, "{what}: {have}, expected {want}");
}

#[test]
fn fixed_takes_no_notice_of_the_draw() {
    let law = Law::Fixed { ns: 5 };
    assert_eq!([0, u64::MAX].map(|word| law.duration_ns(word)), [5, 5]);
}

#[test]
fn uniform_has_its_mean_and_quantiles_and_both_ends() {
    // Standard error of the mean: 10 ms / sqrt(12 n), a fifteenth of 1 %.
    let law = Law::Uniform { low_ns: 5 * MS, high_ns: 15 * MS };
    let draws = drawn(law);
    check("mean", mean(&draws), 10.0, 0.005);
    for (p, want) in [(0.1, 6.0), (0.5, 10.0), (0.9, 14.0), (0.99, 14.9)] {
        check("quantile", quantile(&draws, p), want, 0.01);
    }
    assert_eq!([0, u64::MAX].map(|word| law.duration_ns(word)), [5 * MS, 15 * MS]);
    let point = Law::Uniform { low_ns: 3, high_ns: 3 };
    assert_eq!([0, u64::MAX].map(|word| point.duration_ns(word)), [3, 3]);
}

#[test]
fn exponential_has_its_mean_deviation_and_quantiles() {
    let draws = drawn(Law::Exponential { mean_ns: 5 * MS });
    let average = mean(&draws);
    check("mean", average, 5.0, 0.01);
    let variance = draws.iter().map(|draw| (draw - average).powi(2)).sum::<f64>();
    check("deviation", (variance / DRAWS as f64).sqrt(), 5.0, 0.02);
    for p in [0.1, 0.5, 0.9, 0.99, 0.999] {
        check("quantile", quantile(&draws, p), -5.0 * f64::ln(1.0 - p), 0.04);
    }
}

#[test]
fn exponential_is_capped_at_a_minute_and_never_infinite() {
    let law = |mean_ns| Law::Exponential { mean_ns };
    assert_eq!(law(1600 * MS).duration_ns(0), 58_778_880_911, "53 ln 2 means");
    assert_eq!(law(MOST_NS).duration_ns(0), MOST_NS);
    assert_eq!(law(MOST_NS).duration_ns(u64::MAX), 0);
    assert_eq!(law(0).duration_ns(0), 0);
}

#[test]
fn bimodal_has_its_shares_and_nothing_between() {
    let law = Law::Bimodal { low_ns: 2 * MS, high_ns: 50 * MS, high_permille: 10 };
    let draws = drawn(law);
    let high = draws.iter().filter(|draw| **draw == 50.0).count();
    assert_eq!(draws.iter().filter(|draw| **draw == 2.0).count(), DRAWS - high);
    // 2000 expected, standard deviation 44.
    assert!((1800..2200).contains(&high), "{high}");
    assert_eq!((quantile(&draws, 0.988), quantile(&draws, 0.992)), (2.0, 50.0));
    for (high_permille, want) in [(0, [1, 1]), (1000, [2, 2]), (500, [1, 2])] {
        let law = Law::Bimodal { low_ns: 1, high_ns: 2, high_permille };
        assert_eq!([0, u64::MAX].map(|word| law.duration_ns(word)), want, "{high_permille}");
    }
}

#[test]
fn no_phantom_tail_90_percent_short_10_percent_long() {
    let law = Law::Bimodal { low_ns: 100_000, high_ns: 1000 * MS, high_permille: 100 };
    let draws = drawn(law);
    let quantiles = [0.5, 0.75, 0.89, 0.95].map(|p| quantile(&draws, p));
    assert_eq!(quantiles, [0.1, 0.1, 0.1, 1000.0]);
}
