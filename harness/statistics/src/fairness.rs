//! How equally something was shared.

/// Jain's index of what each had: 1 where all had the same, 1/n where one of n had
/// everything.
///
/// 1 where there was nothing to share: no shares, or none above zero. Shares are not
/// negative.
///
/// Source: Jain, Chiu and Hawe (1984), "A quantitative measure of fairness and
/// discrimination for resource allocation in shared computer systems", DEC-TR-301, §3.
pub fn jain(shares: &[f64]) -> f64 {
    let sum = shares.iter().sum();
    let squares = shares.iter().map(|share| share * share).sum();
    jain_of_sums(shares.len(), sum, squares)
}

/// The same, where only the sum of `n` shares and that of their squares were kept.
pub fn jain_of_sums(n: usize, sum: f64, squares: f64) -> f64 {
    match squares > 0.0 {
        true => sum * sum / (n as f64 * squares),
        false => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::{jain, jain_of_sums};

    #[test]
    fn the_index_goes_from_one_nth_to_one() {
        let check = |shares: &[f64], want: f64| {
            let got = jain(shares);
            assert!((got - want).abs() < 1e-12, "{shares:?}: {got} instead of {want}");
        };
        check(&[5.0; 7], 1.0);
        check(&[3.0], 1.0);
        check(&[0.0, 0.0, 9.0, 0.0], 0.25);
        // k of n share everything equally: k/n, as in the source.
        check(&[2.0, 2.0, 2.0, 0.0, 0.0], 0.6);
        // By hand: (1 + 2 + 3)² / (3 · 14).
        check(&[1.0, 2.0, 3.0], 36.0 / 42.0);
        check(&[], 1.0);
        check(&[0.0, 0.0], 1.0);
    }

    /// Neither the unit nor the order matters, and the sums are enough.
    #[test]
    fn it_depends_on_proportions_alone() {
        let shares = [4.0, 1.0, 7.0, 2.0];
        let want = jain(&shares);
        assert!((jain(&shares.map(|share| share * 1e9)) - want).abs() < 1e-12);
        assert!((jain(&[7.0, 4.0, 2.0, 1.0]) - want).abs() < 1e-12);
        assert!((jain_of_sums(4, 14.0, 70.0) - want).abs() < 1e-12);
        assert!(jain(&[4.0, 1.0, 7.0, 3.0]) > want, "a gift to the poorer makes it fairer");
    }
}
