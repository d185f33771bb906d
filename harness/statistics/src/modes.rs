//! Whether the executions of a case fall into two groups.
//!
//! Hartigan's dip is the usual test and has no power with so few: where five of
//! 15 executions lie ten standard deviations from the others it finds them
//! (p < 0.01) in a quarter of cases, and three of 15 or five of 30 never, since
//! the dip cannot exceed half the share of the smaller group. The widest gap,
//! measured by the spread of the wider of the two groups, finds all of these.
//!
//! Source of these figures: `scripts/fixtures/statistics.py --dip`, and
//! `tests/simulations/modes.rs`.

use crate::median;

/// Fewest executions that are a group, and the least share of all: one slow
/// execution is an outlier, not a mode.
const LEAST: usize = 3;
const LEAST_SHARE: usize = 5;

/// Draws under normality that p rests on, and the number of them at or above
/// the observed statistic after which there is no need for more.
const DRAWS: u32 = 4_999;
const ENOUGH: u32 = 50;

/// Two groups of executions, and how clearly they are two.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Modes {
    /// Gap between the two groups in standard deviations of the wider one.
    pub gap: f64,
    /// Chance of such a gap, or a larger one, in normal values; at least 2e-4.
    pub p: f64,
    /// Median of the lower group.
    pub low: f64,
    /// Median of the higher group.
    pub high: f64,
    /// Number of values in the higher group.
    pub in_high: usize,
}

/// The split of `values` into two groups with the widest gap, measured by the
/// standard deviation of the wider group; each has at least three values and a
/// fifth of all.
///
/// For "6 of 15 executions lie about 5.1, the others about 3.4"; worth saying
/// below p = 0.01. Simulated (`tests/simulations/modes.rs`), that is said of 1 % of cases
/// with normal noise and of 3 to 7 % with uniform or exponential noise, and of
/// 98 % where two groups are eight standard deviations apart.
///
/// p is a Monte Carlo p-value against normal values of the same number, with a
/// fixed seed, so that the same values give the same p.
///
/// `None` if there are fewer than six values or one is NaN or infinite.
///
/// Source: own statistic, after Engelman and Hartigan (1969), "Percentage
/// points of a test for clusters", whose ratio of variances takes uniform
/// values for two groups; sequential p-values, Besag and Clifford (1991), doi
/// 10.1093/biomet/78.2.301.
pub fn modes(values: &[f64]) -> Option<Modes> {
    if values.len() < 2 * LEAST || values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (gap, split) = widest_gap(&sorted, &mut Vec::new());
    let (low, high) = sorted.split_at(split);
    let p = chance(gap, sorted.len());
    Some(Modes { gap, p, low: median(low)?, high: median(high)?, in_high: high.len() })
}

/// The widest gap in standard deviations, and the number of values below it;
/// `above` is scratch.
fn widest_gap(sorted: &[f64], above: &mut Vec<f64>) -> (f64, usize) {
    let n = sorted.len();
    let least = LEAST.max(n.div_ceil(LEAST_SHARE));
    above.clear();
    above.extend(variances(sorted.iter().rev()).take(n - least));
    let mut widest = (0.0, least);
    for (split, below) in (1..=n - least).zip(variances(sorted.iter())).skip(least - 1) {
        let gap = sorted[split] - sorted[split - 1];
        let gap = gap / below.max(above[n - split - 1]).sqrt();
        if gap > widest.0 {
            widest = (gap, split);
        }
    }
    widest
}

/// Variance of the first value, of the first two, and so on.
///
/// Source: Welford (1962), doi 10.1080/00401706.1962.10490022.
fn variances<'a>(values: impl Iterator<Item = &'a f64>) -> impl Iterator<Item = f64> {
    let (mut mean, mut squares, mut n) = (0.0, 0.0, 0.0);
    values.map(move |value| {
        n += 1.0;
        let from = value - mean;
        mean += from / n;
        squares += from * (value - mean);
        if n > 1.0 { squares / (n - 1.0) } else { 0.0 }
    })
}

/// Share of samples of `n` normal values with a gap at least as wide.
fn chance(gap: f64, n: usize) -> f64 {
    let mut rng = fastrand::Rng::with_seed(n as u64);
    let (mut sample, mut scratch, mut wider) = (vec![0.0; n], Vec::new(), 0);
    for draw in 1..=DRAWS {
        sample.fill_with(|| normal(&mut rng));
        sample.sort_unstable_by(f64::total_cmp);
        wider += u32::from(widest_gap(&sample, &mut scratch).0 >= gap);
        if wider == ENOUGH {
            return f64::from(wider) / f64::from(draw);
        }
    }
    f64::from(wider + 1) / f64::from(DRAWS + 1)
}

/// A standard normal value.
///
/// Source: Box and Muller (1958), doi 10.1214/aoms/1177706645.
fn normal(rng: &mut fastrand::Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.f64()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.f64()).cos()
}

#[cfg(test)]
mod tests {
    use super::{Modes, modes};

    #[test]
    fn two_groups() {
        let check = |values: &[f64], want: (f64, f64, usize)| {
            let Modes { p, low, high, in_high, .. } = modes(values).unwrap();
            assert_eq!((low, high, in_high), want);
            assert!(p < 0.01, "{p}");
        };
        check(&[3.4, 5.1, 3.3, 3.5, 5.0, 5.2, 3.4, 3.4], (3.4, 5.1, 3));
        check(&[1.0, 1.0, 1.0, 2.0, 2.0, 2.0], (1.0, 2.0, 3));
    }

    #[test]
    fn one_group() {
        let check = |values: &[f64], least: f64| {
            let found = modes(values).unwrap();
            assert!(found.p >= least, "{found:?}");
        };
        check(&[1.0; 8], 1.0);
        check(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], 0.3);
        // Two slow ones are outliers.
        check(&[1.0, 1.1, 0.9, 1.2, 1.0, 0.8, 9.0, 9.1], 0.3);
    }

    #[test]
    fn too_few_or_not_finite() {
        assert_eq!(modes(&[1.0, 1.0, 1.0, 2.0, 2.0]), None);
        assert_eq!(modes(&[1.0, 1.0, 1.0, 2.0, 2.0, f64::NAN]), None);
    }
}
