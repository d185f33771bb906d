//! Two contestants, paired by round.

use std::collections::BTreeMap;

use crate::Summary;

/// Median and range of the per-round ratios `a / b` over the rounds that both
/// have; `None` if they share none.
///
/// Pairing removes what a round does to both: on a shared machine the speed
/// drifts by tens of per cent within minutes. A round whose ratio is not a
/// finite number (`b` is zero) is no pair. If a side has a round twice, its
/// first value counts.
///
/// Source: MEASURING.md, "Statistics": one value per execution, paired by
/// round. The median of ratios is not the ratio of medians.
pub fn paired_ratio(a: &[(u64, f64)], b: &[(u64, f64)]) -> Option<Summary> {
    let (a, b) = (first_per_round(a), first_per_round(b));
    let ratios: Vec<f64> = a
        .iter()
        .filter_map(|(round, a)| b.get(round).map(|b| a / b))
        .filter(|ratio| ratio.is_finite())
        .collect();
    Summary::of(&ratios)
}

fn first_per_round(values: &[(u64, f64)]) -> BTreeMap<u64, f64> {
    values.iter().rev().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::paired_ratio;

    type Rounds<'a> = &'a [(u64, f64)];

    #[test]
    fn ratios_are_taken_within_a_round() {
        let check = |a: Rounds, b: Rounds, want: (usize, f64, f64, f64)| {
            let ratio = paired_ratio(a, b).unwrap();
            assert_eq!((ratio.n, ratio.median, ratio.low, ratio.high), want);
        };
        check(&[(1, 3.0)], &[(1, 2.0)], (1, 1.5, 1.5, 1.5));
        // Both slow down threefold in round 2: the ratio does not.
        check(&[(1, 2.0), (2, 6.0)], &[(1, 1.0), (2, 3.0)], (2, 2.0, 2.0, 2.0));
        // Order of the rounds does not matter, and round 3 has no partner.
        let b = [(2, 10.0), (1, 4.0), (4, 1.0)];
        check(&[(1, 2.0), (2, 20.0), (3, 9.0)], &b, (2, 1.25, 0.5, 2.0));
        // The first value of a round counts.
        check(&[(1, 2.0), (1, 8.0)], &[(1, 1.0)], (1, 2.0, 2.0, 2.0));
    }

    #[test]
    fn without_a_common_round_there_is_no_ratio() {
        assert_eq!(paired_ratio(&[], &[]), None);
        assert_eq!(paired_ratio(&[(1, 1.0)], &[(2, 1.0)]), None);
        assert_eq!(paired_ratio(&[(1, 1.0)], &[(1, 0.0)]), None);
        assert_eq!(paired_ratio(&[(1, f64::NAN)], &[(1, 1.0)]), None);
    }
}
