//! Hodges–Lehmann centre with the exact signed-rank interval and p-value.
//!
//! The crate `pragmastat` has this interval and stays in the tests as a second
//! witness. It is not used here, because the p-value must agree with the
//! interval without exception: from 64 values on `pragmastat` approximates the
//! distribution (ours is exact for every n), from 54 on a level handed to it
//! may round to the neighbouring rank, and it selects the rank within a
//! tolerance of 1e-14. With the distribution and the Walsh averages that the
//! p-value needs anyhow, the interval itself is one look-up.

/// Hodges–Lehmann centre of some values with its exact interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Centre {
    /// Number of values.
    pub n: usize,
    /// Median of the Walsh averages, in the unit of the values.
    pub centre: f64,
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
    /// Probability that such an interval misses the true centre; at most the
    /// one asked for.
    pub misrate: f64,
}

/// Centre of `values` with the narrowest exact interval whose `misrate`, a
/// share in `0..1` (0.05), is at most the one asked for.
///
/// The interval assumes that the values are independent and spread evenly on
/// both sides of the centre, and nothing else. Log ratios do by design: which
/// of the two contestants comes first in a round is random.
///
/// `None` if there is no value, one is NaN or infinite, `misrate` is no such
/// share, or `n` values have no interval at that level: see [`least_p`].
///
/// Source: Hollander, Wolfe and Chicken (2014), "Nonparametric statistical
/// methods", §3.2 and §3.3; R's `wilcox.test(exact = TRUE, conf.int = TRUE)`.
pub fn centre(values: &[f64], misrate: f64) -> Option<Centre> {
    if !(0.0..1.0).contains(&misrate) {
        return None;
    }
    let averages = sorted_walsh_averages(values)?;
    let achievable = misrates(values.len()).take_while(|one| *one <= misrate);
    let (rank, misrate) = achievable.enumerate().last()?;
    let (low, high) = (averages[rank], averages[averages.len() - 1 - rank]);
    Some(Centre { n: values.len(), centre: median_of_sorted(&averages), low, high, misrate })
}

/// Hodges–Lehmann centre alone: the median of the Walsh averages, the means of
/// each two values and of each value with itself.
///
/// `None` if there is no value or one is NaN or infinite.
///
/// Source: Hodges and Lehmann (1963), doi 10.1214/aoms/1177704172.
pub fn hodges_lehmann(values: &[f64]) -> Option<f64> {
    Some(median_of_sorted(&sorted_walsh_averages(values)?))
}

/// Exact two-sided p-value of the centre being zero: the smallest misrate at
/// which the interval of [`centre`] excludes zero, and 1 if there is none.
///
/// So `centre(values, misrate)` excludes zero if and only if
/// `p_value(values) <= misrate`, for every level that has an interval. Without
/// ties and zeros it is the p of the signed-rank test. A Walsh average of zero
/// is not beyond zero on either side, which makes p larger, never smaller.
///
/// `None` if there is no value or one is NaN or infinite.
///
/// Source: the duality in Hollander, Wolfe and Chicken (2014), §3.3; without
/// ties R's `wilcox.test(exact = TRUE)$p.value`.
pub fn p_value(values: &[f64]) -> Option<f64> {
    let averages = walsh_averages(values)?;
    let up_to_zero = averages.iter().filter(|average| **average <= 0.0).count();
    let from_zero = averages.iter().filter(|average| **average >= 0.0).count();
    Some(misrates(values.len()).nth(up_to_zero.min(from_zero)).unwrap_or(1.0))
}

/// The smallest p-value that `n` values can have: 2^(1−n), at most 1.
///
/// A comparison whose level is below it cannot be decided whatever the values;
/// 5 % needs six.
///
/// Source: both tails of the signed-rank distribution, 1 of 2^n each.
pub fn least_p(n: usize) -> f64 {
    0.5_f64.powf(n as f64 - 1.0).min(1.0)
}

/// Means of each two values, and each value; `None` as for [`hodges_lehmann`].
fn walsh_averages(values: &[f64]) -> Option<Vec<f64>> {
    if values.is_empty() || values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let mut averages = Vec::with_capacity(values.len() * (values.len() + 1) / 2);
    for (at, value) in values.iter().enumerate() {
        averages.extend(values[at..].iter().map(|other| f64::midpoint(*value, *other)));
    }
    Some(averages)
}

fn sorted_walsh_averages(values: &[f64]) -> Option<Vec<f64>> {
    let mut averages = walsh_averages(values)?;
    averages.sort_unstable_by(f64::total_cmp);
    Some(averages)
}

fn median_of_sorted(sorted: &[f64]) -> f64 {
    let upper = sorted.len() / 2;
    f64::midpoint(sorted[(sorted.len() - 1) / 2], sorted[upper])
}

/// `2·P(W ≤ w)` for w = 0, 1, …, as long as it is below 1, with W the
/// signed-rank sum of `n` values that are symmetric about 0: the misrate of
/// the interval from the Walsh average of rank w (from 0) to the one of the
/// same rank from above.
///
/// Source: the recursion in Hollander, Wolfe and Chicken (2014), §3.1, over
/// the ranks, each with either sign. Halving in each step keeps the shares
/// exact where 2^n would overflow; the upper half of the sums mirrors the lower.
fn misrates(n: usize) -> impl Iterator<Item = f64> {
    let middle = n * (n + 1) / 4;
    let mut shares = vec![0.0; middle + 1];
    shares[0] = 1.0;
    for rank in 1..=n {
        for sum in (rank..=middle.min(rank * (rank + 1) / 2)).rev() {
            shares[sum] = (shares[sum] + shares[sum - rank]) / 2.0;
        }
        shares.iter_mut().take(rank).for_each(|share| *share /= 2.0);
    }
    let below = shares.into_iter().scan(0.0, |sum, share| {
        *sum += 2.0 * share;
        Some(*sum)
    });
    below.take_while(|misrate| *misrate < 1.0)
}

#[cfg(test)]
mod tests {
    use super::{centre, hodges_lehmann, least_p, p_value};

    #[test]
    fn interval_of_the_textbook() {
        // Source: R's example for `wilcox.test`, from Hollander and Wolfe, table
        // 3.1: change of the depression factor of nine patients. V = 5,
        // p = 0.0390625, centre -0.46, interval -0.786 to -0.01.
        let change = [-0.952, 0.147, -1.022, -0.43, -0.62, -0.59, -0.49, 0.08, -0.01];
        let got = centre(&change, 0.05).unwrap();
        let close = |got: f64, want: f64| assert!((got - want).abs() < 1e-12, "{got} {want}");
        close(got.centre, -0.46);
        close(got.low, -0.786);
        close(got.high, -0.010);
        assert_eq!((got.n, got.misrate), (9, 0.0390625));
        assert_eq!(p_value(&change), Some(0.0390625));
    }

    #[test]
    fn the_level_is_never_exceeded() {
        let check = |n: u32, misrate, want: Option<f64>| {
            let values: Vec<f64> = (0..n).map(|at| f64::from(at * at)).collect();
            assert_eq!(centre(&values, misrate).map(|got| got.misrate), want, "{n} {misrate}");
        };
        check(5, 0.05, None);
        check(5, 0.0625, Some(0.0625));
        check(6, 0.05, Some(0.03125));
        check(6, 0.03125, Some(0.03125));
        check(6, 0.0312, None);
        // Source: R, 2 * psignrank(25, 15) and 2 * psignrank(7, 15).
        check(15, 0.05, Some(0.047912597656250));
        check(15, 0.05 / 36.0, Some(0.001159667968750));
        check(15, 1.0, None);
        check(15, f64::NAN, None);
        check(1, 0.99, None);
        check(0, 0.05, None);
    }

    #[test]
    fn zeros_and_ties_make_p_larger() {
        let check = |values: &[f64], want| assert_eq!(p_value(values), want, "{values:?}");
        check(&[], None);
        check(&[1.0, f64::NAN], None);
        check(&[f64::INFINITY], None);
        check(&[3.0], Some(1.0));
        check(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], Some(0.03125));
        check(&[-1.0, -2.0, -3.0, -4.0, -5.0, -6.0], Some(0.03125));
        // 0 itself is one Walsh average that is not beyond zero.
        check(&[0.0, 2.0, 3.0, 4.0, 5.0, 6.0], Some(0.0625));
        check(&[0.0; 8], Some(1.0));
        check(&[-1.0, 1.0], Some(1.0));
    }

    #[test]
    fn centre_without_interval() {
        let check = |values: &[f64], want| assert_eq!(hodges_lehmann(values), want, "{values:?}");
        check(&[], None);
        check(&[f64::NAN], None);
        check(&[4.0], Some(4.0));
        check(&[1.0, 2.0, 9.0], Some(3.5));
        check(&[f64::MAX, f64::MAX], Some(f64::MAX));
    }

    #[test]
    fn least_p_halves_with_each_value() {
        let check = |n, want| assert_eq!(least_p(n), want, "{n}");
        check(0, 1.0);
        check(1, 1.0);
        check(5, 0.0625);
        check(6, 0.03125);
        check(15, 0.00006103515625);
    }
}
