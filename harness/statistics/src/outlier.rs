//! Executions far from the others of their case.

use crate::median;

/// Robust z from which an execution is an outlier, on either side.
///
/// Source: hyperfine, `src/outlier_detection.rs`, `OUTLIER_THRESHOLD` = 10
/// standard deviations, there written in units of the MAD, 14.826; the modified
/// z-score of Iglewicz and Hoaglin (1993), "How to detect and handle outliers".
pub const THRESHOLD: f64 = 10.0;

/// What turns the median absolute deviation of normal values into their
/// standard deviation, 1/Φ⁻¹(3/4).
///
/// Source: R's `mad`.
const NORMAL: f64 = 1.4826;

/// `(log value − median) / (1.4826·MAD)` of each value, over the logarithms of
/// all values that are positive and finite; the others have NaN.
///
/// Where more than half of the values are equal the MAD is zero; then those
/// have 0 and all others are infinitely far.
///
/// Source: R's `(log(x) - median(log(x))) / mad(log(x))`.
pub fn robust_z(values: &[f64]) -> Vec<f64> {
    let logs: Vec<f64> = values.iter().map(|value| value.ln()).collect();
    let valid = |log: &f64| log.is_finite();
    let known: Vec<f64> = logs.iter().copied().filter(valid).collect();
    let Some(middle) = median(&known) else {
        return vec![f64::NAN; values.len()];
    };
    let distances: Vec<f64> = known.iter().map(|log| (log - middle).abs()).collect();
    let scale = median(&distances).map_or(0.0, |mad| NORMAL * mad);
    let z = |log: f64| match log - middle {
        from if !from.is_finite() => f64::NAN,
        0.0 => 0.0,
        from => from / scale,
    };
    logs.into_iter().map(z).collect()
}

#[cfg(test)]
mod tests {
    use super::robust_z;

    const NAN: f64 = f64::NAN;
    const INFINITY: f64 = f64::INFINITY;

    #[test]
    fn distances_in_robust_standard_deviations() {
        let check = |values: &[f64], want: &[f64]| {
            let got = robust_z(values);
            assert_eq!(got.len(), want.len());
            for (z, want) in got.iter().zip(want) {
                let same = z == want || z.is_nan() && want.is_nan();
                assert!(same || (z - want).abs() < 1e-12, "{got:?} {want:?}");
            }
        };
        check(&[], &[]);
        check(&[5.0], &[0.0]);
        // Logarithms to base 2 of -1, 0, 1, 2, 9: median 1, MAD 1.
        let unit = 1.0 / 1.4826;
        let powers = [0.5, 1.0, 2.0, 4.0, 512.0];
        check(&powers, &[-2.0 * unit, -unit, 0.0, unit, 8.0 * unit]);
        check(&[3.0, 3.0, 3.0, 2.0, 5.0], &[0.0, 0.0, 0.0, -INFINITY, INFINITY]);
        check(&[3.0, 3.0], &[0.0, 0.0]);
        check(&[0.0, -1.0, NAN, INFINITY], &[NAN; 4]);
        check(&[3.0, 0.0, 3.0, 3.0], &[0.0, NAN, 0.0, 0.0]);
    }
}
