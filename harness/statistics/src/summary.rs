//! Median and range of a few values.

/// Median and range of one value per execution.
///
/// The range is the lowest and the highest value seen, not an interval: it
/// grows with `n` and carries no confidence level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Number of values, at least 1.
    pub n: usize,
    /// Median.
    pub median: f64,
    /// Lowest value.
    pub low: f64,
    /// Highest value.
    pub high: f64,
}

impl Summary {
    /// Median and range; `None` if there is no value or one of them is NaN,
    /// which has no place in an order.
    pub fn of(values: &[f64]) -> Option<Self> {
        let sorted = sorted(values)?;
        let (low, high) = (*sorted.first()?, *sorted.last()?);
        Some(Self { n: sorted.len(), median: median_of_sorted(&sorted)?, low, high })
    }
}

/// Median: the middle value, or the mean of the two middle ones; `None` if
/// there is no value or one of them is NaN.
///
/// Source: R's `median`; Hyndman and Fan (1996), "Sample quantiles in
/// statistical packages", doi 10.2307/2684934, any of its types at p = 0.5
/// except 1 and 3.
pub fn median(values: &[f64]) -> Option<f64> {
    median_of_sorted(&sorted(values)?)
}

/// Exact interval of a median with at least 95 %: the values at the two ranks that enclose
/// it, whatever the distribution. `None` for fewer than six values, which have no such ranks,
/// for more than a thousand, or if one of them is NaN.
///
/// Source: Conover (1999), "Practical nonparametric statistics", 3rd edition, §3.2.
pub fn median_interval(values: &[f64]) -> Option<[f64; 2]> {
    let sorted = sorted(values)?;
    let n = sorted.len();
    if n > 1000 {
        return None;
    }
    // Chance that no more than so many of n values lie below the median.
    let (mut term, mut below, mut outside) = (0.5f64.powi(i32::try_from(n).ok()?), 0.0, 0);
    while outside < n {
        below += term;
        if 2.0 * below > 0.05 {
            break;
        }
        term *= (n - outside) as f64 / (outside + 1) as f64;
        outside += 1;
    }
    let low = outside.checked_sub(1)?;
    Some([*sorted.get(low)?, *sorted.get(n - 1 - low)?])
}

/// Standard deviation of a sample; `None` for fewer than two values.
///
/// Source: R's `sd`.
pub fn deviation(values: &[f64]) -> Option<f64> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (values.len() > 1).then(|| (squares / (n - 1.0)).sqrt())
}

fn sorted(values: &[f64]) -> Option<Vec<f64>> {
    if values.iter().any(|value| value.is_nan()) {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    Some(sorted)
}

fn median_of_sorted(sorted: &[f64]) -> Option<f64> {
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = sorted[middle - 1];
    Some(f64::midpoint(lower, upper))
}

#[cfg(test)]
mod tests {
    use super::{Summary, deviation, median, median_interval};

    #[test]
    fn deviation_of_a_sample() {
        // R: sd(c(2, 4, 4, 4, 5, 5, 7, 9)) is 2.13808993529940.
        let known = deviation(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).unwrap();
        assert!((known - 2.138_089_935_299_4).abs() < 1e-12, "{known}");
        assert_eq!(deviation(&[3.0, 3.0]), Some(0.0));
        assert_eq!(deviation(&[3.0]), None);
        assert_eq!(deviation(&[]), None);
    }

    #[test]
    fn median_and_range() {
        let check = |values: &[f64], want: (f64, f64, f64)| {
            let Summary { n, median, low, high } = Summary::of(values).unwrap();
            assert_eq!(n, values.len());
            assert_eq!((median, low, high), want, "{values:?}");
        };
        check(&[7.0], (7.0, 7.0, 7.0));
        check(&[3.0, 1.0], (2.0, 1.0, 3.0));
        check(&[3.0, 1.0, 2.0], (2.0, 1.0, 3.0));
        check(&[-4.0, 10.0, 0.5, -0.5], (0.0, -4.0, 10.0));
        // Source: R, `median(rivers)` = 425 and `range(rivers)` = 135 3710 for
        // its first eight values 735 320 325 392 524 450 1459 135: 421, 135, 1459.
        check(&[735.0, 320.0, 325.0, 392.0, 524.0, 450.0, 1459.0, 135.0], (421.0, 135.0, 1459.0));
    }

    #[test]
    fn the_largest_values_do_not_overflow() {
        assert_eq!(median(&[f64::MAX, f64::MAX]), Some(f64::MAX));
    }

    #[test]
    fn nothing_and_nan_have_no_summary() {
        assert_eq!(Summary::of(&[]), None);
        assert_eq!(Summary::of(&[1.0, f64::NAN]), None);
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[f64::NAN]), None);
    }

    #[test]
    fn the_ranks_around_a_median_are_those_of_the_tables() {
        let check = |n: u32, want: Option<[f64; 2]>| {
            let values: Vec<f64> = (1..=n).rev().map(f64::from).collect();
            assert_eq!(median_interval(&values), want, "{n}");
        };
        check(0, None);
        check(5, None);
        check(6, Some([1.0, 6.0]));
        check(8, Some([1.0, 8.0]));
        check(9, Some([2.0, 8.0]));
        check(10, Some([2.0, 9.0]));
        check(15, Some([4.0, 12.0]));
        check(20, Some([6.0, 15.0]));
        check(25, Some([8.0, 18.0]));
        check(30, Some([10.0, 21.0]));
        check(1000, Some([469.0, 532.0]));
        check(1001, None);
        assert_eq!(median_interval(&[1.0, 2.0, 3.0, 4.0, 5.0, f64::NAN]), None);
    }
}
