//! Are arrivals the ones that were asked for? For stamps of a plan, or of the
//! receiver: a rate can be exact while its gaps are not.

use anyhow::{Result, ensure};

use crate::{Arrival, Rate};

/// Fewest stamps that can be judged.
const STAMPS_MIN: usize = 4000;

/// How far the mean rate may be off.
const RATE_TOLERANCE: f64 = 0.08;

/// Bounds of the coefficient of variation of exponential gaps, which is 1.
const VARIATION: std::ops::RangeInclusive<f64> = 0.95..=1.05;

/// Greatest distance between the gaps' distribution and the exponential one.
///
/// An effect size and no significance: with enough stamps any real timer is
/// significantly different.
const DISTANCE_MAX: f64 = 0.03;

/// Constant gaps: so many of them are within so much of the mean.
const WITHIN: (f64, f64) = (0.95, 0.10);

/// Accepts stamps (nanoseconds, ascending) that are such arrivals.
///
/// # Errors
/// The first property that does not hold, with its figure.
pub fn audit(arrival: Arrival, rate: Rate, stamps_ns: &[u64]) -> Result<()> {
    ensure!(stamps_ns.len() >= STAMPS_MIN, "fewer than {STAMPS_MIN} stamps cannot be judged");
    ensure!(stamps_ns.is_sorted(), "the stamps are not in order");
    let gap = |pair: &[u64]| (pair[1] - pair[0]) as f64;
    let gaps: Vec<f64> = stamps_ns.windows(2).map(gap).collect();
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    let want = 1e9 / rate.as_per_s();
    ensure!(
        (mean / want - 1.0).abs() <= RATE_TOLERANCE,
        "the mean gap is {mean:.0} ns instead of {want:.0} ns"
    );
    match arrival {
        Arrival::Constant => constant(&gaps, mean),
        Arrival::Poisson => exponential(gaps, mean),
    }
}

fn constant(gaps: &[f64], mean: f64) -> Result<()> {
    let (share, tolerance) = WITHIN;
    let within = gaps.iter().filter(|gap| (*gap / mean - 1.0).abs() <= tolerance).count();
    let found = within as f64 / gaps.len() as f64;
    ensure!(found >= share, "only {:.1} % of the gaps are near their mean", 100.0 * found);
    Ok(())
}

fn exponential(mut gaps: Vec<f64>, mean: f64) -> Result<()> {
    let n = gaps.len() as f64;
    let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let variation = variance.sqrt() / mean;
    ensure!(
        VARIATION.contains(&variation),
        "the gaps' coefficient of variation is {variation:.3} instead of 1"
    );
    gaps.sort_by(f64::total_cmp);
    let distance = gaps.iter().enumerate().fold(0.0, |most: f64, (i, gap)| {
        let law = 1.0 - (-gap / mean).exp();
        most.max(law - i as f64 / n).max((i + 1) as f64 / n - law)
    });
    ensure!(
        distance <= DISTANCE_MAX,
        "the gaps' distribution is {distance:.3} away from the exponential one"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::audit;
    use crate::{Arrival, Rate, plan};

    fn exponential(rate: f64) -> Vec<u64> {
        plan(Arrival::Poisson, Rate::per_s(rate).unwrap(), Duration::from_secs(20), 3).unwrap()
    }

    #[test]
    fn only_the_right_arrivals_are_accepted() {
        let rate = Rate::per_s(500.0).unwrap();
        let check = |arrival, stamps: &[u64], want: &str| match audit(arrival, rate, stamps) {
            Ok(()) => assert_eq!(want, ""),
            Err(error) => {
                assert!(!want.is_empty() && error.to_string().contains(want), "{want}: {error}");
            }
        };
        let poisson = exponential(500.0);
        let fixed: Vec<u64> = (0..10_000).map(|i| i * 2_000_000).collect();
        // A timer that knows only whole milliseconds.
        let quantised: Vec<u64> = poisson.iter().map(|at| at / 1_000_000 * 1_000_000).collect();
        // The mean rate is exact, but ten come at once.
        let bursts: Vec<u64> = (0..10_000).map(|i| i / 10 * 20_000_000).collect();
        let slow: Vec<u64> = fixed.iter().map(|at| at * 2).collect();
        check(Arrival::Poisson, &poisson, "");
        check(Arrival::Constant, &fixed, "");
        check(Arrival::Poisson, &fixed, "variation");
        check(Arrival::Constant, &poisson, "near their mean");
        check(Arrival::Poisson, &quantised, "away from the exponential");
        check(Arrival::Poisson, &bursts, "variation");
        check(Arrival::Constant, &bursts, "near their mean");
        check(Arrival::Constant, &slow, "mean gap");
        check(Arrival::Constant, &fixed[..100], "cannot be judged");
    }
}
