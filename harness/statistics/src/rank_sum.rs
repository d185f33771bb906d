//! Hodges–Lehmann shift between two samples with the exact rank-sum interval and
//! p-value: two runs, which share no round.
//!
//! The twin of [`crate::signed_rank`]: the same duality of interval and p-value, with
//! all differences between two samples in place of the Walsh averages.

/// Shift from one sample to another with its exact interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shift {
    /// Values of the first sample.
    pub from: usize,
    /// Values of the second.
    pub to: usize,
    /// Median of all differences, second minus first.
    pub centre: f64,
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
    /// Probability that such an interval misses the true shift; at most the one asked
    /// for.
    pub misrate: f64,
}

/// Shift from the values of `from` to those of `to`, with the narrowest exact interval
/// whose `misrate`, a share in `0..1` (0.05), is at most the one asked for.
///
/// The interval assumes that all values are independent and that the two distributions
/// have one shape and differ only in where they lie. Where their spreads differ it
/// misses somewhat more often than it says: `tests/simulations/rank_sum.rs` has by how
/// much.
///
/// `None` if a sample is empty, a value is NaN or infinite, `misrate` is no such share,
/// or so few values have no interval at that level: see [`least_p`].
///
/// Source: Hollander, Wolfe and Chicken (2014), "Nonparametric statistical methods",
/// §4.2 and §4.3; R's `wilcox.test(to, from, exact = TRUE, conf.int = TRUE)`.
pub fn shift(from: &[f64], to: &[f64], misrate: f64) -> Option<Shift> {
    if !(0.0..1.0).contains(&misrate) {
        return None;
    }
    let differences = sorted_differences(from, to)?;
    let achievable = misrates(from.len(), to.len());
    let rank = achievable.iter().take_while(|one| **one <= misrate).count().checked_sub(1)?;
    let (low, high) = (differences[rank], differences[differences.len() - 1 - rank]);
    let (centre, misrate) = (median_of_sorted(&differences), achievable[rank]);
    Some(Shift { from: from.len(), to: to.len(), centre, low, high, misrate })
}

/// Hodges–Lehmann shift alone: the median of all differences; `None` if a sample is
/// empty or a value is NaN or infinite.
pub fn centre(from: &[f64], to: &[f64]) -> Option<f64> {
    Some(median_of_sorted(&sorted_differences(from, to)?))
}

/// Exact two-sided p-value of no shift: the smallest misrate at which the interval of
/// [`shift`] excludes zero, and 1 if there is none.
///
/// Differences of zero are beyond zero on neither side, which makes p larger, never
/// smaller. `None` as for [`centre`].
///
/// Source: the duality in Hollander, Wolfe and Chicken (2014), §4.3; without ties R's
/// `wilcox.test(exact = TRUE)$p.value`.
pub fn p_value(from: &[f64], to: &[f64]) -> Option<f64> {
    let differences = sorted_differences(from, to)?;
    let up_to_zero = differences.iter().filter(|one| **one <= 0.0).count();
    let from_zero = differences.iter().filter(|one| **one >= 0.0).count();
    let misrates = misrates(from.len(), to.len());
    Some(misrates.get(up_to_zero.min(from_zero)).copied().unwrap_or(1.0))
}

/// The smallest p-value that so many values can have: 2 over the number of ways to
/// choose the one sample from both, at most 1.
pub fn least_p(from: usize, to: usize) -> f64 {
    misrates(from, to).first().copied().unwrap_or(1.0)
}

fn sorted_differences(from: &[f64], to: &[f64]) -> Option<Vec<f64>> {
    let usable = |values: &[f64]| !values.is_empty() && values.iter().all(|v| v.is_finite());
    if !usable(from) || !usable(to) {
        return None;
    }
    let of = |to: &f64| from.iter().map(|from| to - from).collect::<Vec<_>>();
    let mut differences: Vec<f64> = to.iter().flat_map(of).collect();
    differences.sort_unstable_by(f64::total_cmp);
    Some(differences)
}

fn median_of_sorted(sorted: &[f64]) -> f64 {
    f64::midpoint(sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2])
}

/// `2·P(U ≤ u)` for u = 0, 1, …, as long as it is below 1, with U the Mann–Whitney
/// count of two samples of one distribution.
///
/// Source: the recursion of Mann and Whitney (1947), doi 10.1214/aoms/1177730491: the
/// largest of all values is of the one sample or of the other. Shares in place of
/// counts, which would overflow.
fn misrates(from: usize, to: usize) -> Vec<f64> {
    let most = from * to / 2;
    // shares[m][u] for a first sample of the size that the outer loop has reached.
    let mut shares = vec![vec![0.0; most + 1]; to + 1];
    shares.iter_mut().for_each(|of| of[0] = 1.0);
    for n in 1..=from {
        for m in 1..=to {
            let (before, own) = shares.split_at_mut(m);
            let (without, all) = (&before[m - 1], (n + m) as f64);
            for u in (0..=most).rev() {
                let larger = if u >= m { own[0][u - m] } else { 0.0 };
                own[0][u] = (n as f64 * larger + m as f64 * without[u]) / all;
            }
        }
    }
    let below = shares[to].iter().scan(0.0, |sum, share| {
        *sum += 2.0 * share;
        Some(*sum)
    });
    below.take_while(|misrate| *misrate < 1.0).collect()
}

#[cfg(test)]
mod tests {
    use super::{centre, least_p, misrates, p_value, shift};

    #[test]
    fn interval_of_the_textbook() {
        // Source: R's example for `wilcox.test`, from Hollander and Wolfe, table 4.1:
        // permeability of membranes. Two-sided p = 0.2544, 0.305 for the shift,
        // interval -0.15 to 0.76.
        let later = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
        let early = [1.15, 0.88, 0.90, 0.74, 1.21];
        let got = shift(&early, &later, 0.05).unwrap();
        let close = |got: f64, want: f64| assert!((got - want).abs() < 1e-12, "{got} {want}");
        close(got.centre, 0.305);
        close(got.low, -0.15);
        close(got.high, 0.76);
        assert_eq!((got.from, got.to), (5, 10));
        assert!((p_value(&early, &later).unwrap() - 0.2544).abs() < 5e-5);
    }

    /// Every way to choose the first sample, counted.
    fn counted(from: usize, to: usize, most: usize) -> f64 {
        let all = from + to;
        let (mut within, mut ways) = (0_u32, 0_u32);
        for chosen in 0_u32..1 << all {
            if chosen.count_ones() as usize == from {
                ways += 1;
                let first = (0..all).filter(|at| chosen & (1 << at) != 0);
                let u: usize =
                    first.map(|at| (0..at).filter(|b| chosen & (1 << b) == 0).count()).sum();
                within += u32::from(u <= most);
            }
        }
        2.0 * f64::from(within) / f64::from(ways)
    }

    #[test]
    fn the_distribution_is_that_of_all_choices() {
        for (from, to) in [(1, 1), (2, 3), (3, 2), (4, 4), (5, 6), (6, 6), (7, 4)] {
            let got = misrates(from, to);
            let want: Vec<f64> = (0..=from * to / 2)
                .map(|u| counted(from, to, u))
                .take_while(|p| *p < 1.0)
                .collect();
            assert!(got.len().abs_diff(want.len()) <= 1, "{from} {to}: {got:?} {want:?}");
            for (got, want) in got.iter().zip(&want) {
                assert!((got - want).abs() < 1e-12, "{from} {to}: {got} {want}");
            }
        }
    }

    #[test]
    fn few_values_have_no_interval() {
        // 2 of C(2n, n): 3 and 3 give 0.1, 4 and 4 give 2/70.
        assert!((least_p(3, 3) - 0.1).abs() < 1e-12);
        assert!((least_p(4, 4) - 2.0 / 70.0).abs() < 1e-12);
        assert!((least_p(15, 15) / (2.0 / 155_117_520.0) - 1.0).abs() < 1e-9);
        assert_eq!(shift(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0], 0.05), None);
        assert!(shift(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0], 0.11).is_some());
        assert_eq!(shift(&[], &[1.0], 0.05), None);
        assert_eq!(centre(&[f64::NAN], &[1.0]), None);
        assert_eq!(p_value(&[1.0], &[f64::INFINITY]), None);
    }

    #[test]
    fn the_interval_excludes_zero_where_p_says_so() {
        let mut rng = fastrand::Rng::with_seed(5);
        let (mut inside, mut outside) = (0, 0);
        for _ in 0..400 {
            let mut sample = |mean: f64| -> Vec<f64> {
                (0..rng.usize(4..12)).map(|_| mean + (rng.f64() * 8.0).round() / 8.0).collect()
            };
            let (from, to) = (sample(0.0), sample(0.5));
            let p = p_value(&from, &to).unwrap();
            let Some(found) = shift(&from, &to, 0.05) else { continue };
            let excludes = found.low > 0.0 || found.high < 0.0;
            assert_eq!(excludes, p <= 0.05, "{p} {found:?}");
            if excludes { outside += 1 } else { inside += 1 }
        }
        assert!(inside > 50 && outside > 50, "{inside} {outside}");
    }
}
