//! Nearest-rank percentiles of many values.

/// Fewest values that must lie beyond a percentile above the median.
const BEYOND: f64 = 10.0;

/// The value of rank `⌈p·n⌉` of `sorted`, which is in ascending order; `p` is
/// a share, 0.99.
///
/// `None` if there is no value, if `p` is not within `0..=1`, or if `p` is
/// above one half and fewer than ten values lie beyond it (`n·(1−p) < 10`): so
/// few do not fix a tail.
///
/// Source: nearest-rank method, Hyndman and Fan (1996), type 1, doi
/// 10.2307/2684934; the rule of ten from MEASURING.md, "Status".
pub fn percentile(sorted: &[f64], p: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&p) {
        return None;
    }
    let n = sorted.len() as f64;
    if p > 0.5 && beyond(n, p) < BEYOND {
        return None;
    }
    let rank = steady(p * n).ceil().max(1.0);
    sorted.get(rank as usize - 1).copied()
}

/// `n·(1−p)`.
fn beyond(n: f64, p: f64) -> f64 {
    steady(n * (1.0 - p))
}

/// Rounds away what binary fractions add: 1000·(1−0.99) is 10, not 10.000…09,
/// and 0.07·100 is 7, not 7.000…01.
fn steady(product: f64) -> f64 {
    let nearest = product.round();
    if (product - nearest).abs() <= 1e-9 * nearest.abs().max(1.0) { nearest } else { product }
}

#[cfg(test)]
mod tests {
    use super::percentile;

    #[test]
    fn nearest_rank() {
        // Source: the worked example of the nearest-rank method in Wikipedia,
        // "Percentile": 15 20 35 40 50 gives P5 15, P30 20, P40 20, P50 35.
        let check = |p, want| {
            assert_eq!(percentile(&[15.0, 20.0, 35.0, 40.0, 50.0], p), Some(want), "{p}");
        };
        check(0.0, 15.0);
        check(0.05, 15.0);
        check(0.30, 20.0);
        check(0.40, 20.0);
        check(0.50, 35.0);
    }

    #[test]
    fn a_tail_needs_ten_values_beyond_it() {
        let check = |n: u32, p, want| {
            let sorted: Vec<f64> = (1..=n).map(f64::from).collect();
            assert_eq!(percentile(&sorted, p), want, "n = {n}, p = {p}");
        };
        check(1, 0.5, Some(1.0));
        check(5, 1.0, None);
        check(99, 0.9, None);
        check(100, 0.9, Some(90.0));
        check(999, 0.99, None);
        check(1000, 0.99, Some(990.0));
        check(9999, 0.999, None);
        check(10_000, 0.999, Some(9990.0));
        check(100, 0.07, Some(7.0));
    }

    #[test]
    fn nothing_has_no_percentile() {
        assert_eq!(percentile(&[], 0.5), None);
        assert_eq!(percentile(&[1.0], -0.1), None);
        assert_eq!(percentile(&[1.0], 1.1), None);
        assert_eq!(percentile(&[1.0], f64::NAN), None);
    }
}
