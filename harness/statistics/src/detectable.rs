//! The smallest difference that a comparison would find.
//!
//! "Undecided" leaves open whether there is no difference or too few rounds;
//! this says how large a difference would have been found.

/// Chance with which the difference is found.
pub const POWER: f64 = 0.9;

/// Asymptotic efficiency of the signed-rank test against the t-test for normal
/// noise, 3/π.
///
/// Source: Hodges and Lehmann (1956), doi 10.1214/aoms/1177728261.
const EFFICIENCY: f64 = 3.0 / std::f64::consts::PI;

/// The smallest true ratio above 1 that a repetition of this comparison would
/// find with a chance of [`POWER`], by the rule of [`crate::verdict`].
///
/// `log_ratios` gives the spread and the number of rounds, `misrate` is that
/// of the pair's interval after correction, and `margin` a ratio of at least 1.
///
/// With s the standard deviation of the n log ratios, s' = s/√(3n/π), t the
/// critical value of Student's t with n−1 degrees of freedom and z the quantile
/// of [`POWER`], the interval excludes 1 from s'·T on, where
/// `T = t + z·√(1 + (t² + T²)/2(n−1))`; the root holds that the spread is itself
/// estimated, here from these rounds and there from the repetition's. The centre
/// is beyond the margin from `ln margin + s'·z·√(1 + z²/2(n−1))` on. The larger
/// one counts.
///
/// Simulated (`tests/simulations/detectable.rs`), such a difference is found in
/// 87 to 91 % for normal noise at 15 and 30 rounds, and in 86 to 93 % for Laplace
/// noise, but in 80 % where that meets 15 rounds and a level of 0.05/36.
///
/// `None` if a value is NaN or infinite, or no difference could be found with
/// so few values: see [`crate::signed_rank::least_p`].
///
/// Source: the t-test's power with estimated spread, Johnson and Welch (1940),
/// doi 10.1093/biomet/31.3-4.362, their normal approximation of noncentral t.
pub fn smallest_difference(log_ratios: &[f64], misrate: f64, margin: f64) -> Option<f64> {
    let centre = crate::signed_rank::centre(log_ratios, misrate)?;
    let freedom = (centre.n as f64) - 1.0;
    let error = standard_deviation(log_ratios) / (centre.n as f64 * EFFICIENCY).sqrt();
    let power = normal_quantile(POWER);
    let excluded = shift(student_quantile(1.0 - misrate / 2.0, freedom), power, freedom)?;
    let beyond = power * (1.0 + power * power / (2.0 * freedom)).sqrt();
    Some((error * excluded).max(margin.ln() + error * beyond).exp())
}

/// `T` of [`smallest_difference`]: the larger root of
/// `(T − t)² = z²·(1 + (t² + T²)/2ν)`.
///
/// `None` if there is none: the spread of so few values is too uncertain for
/// any difference to be found with this chance.
fn shift(critical: f64, power: f64, freedom: f64) -> Option<f64> {
    let share = power * power / (2.0 * freedom);
    let squared = critical * critical;
    let constant = squared - power * power - share * squared;
    let root = squared - (1.0 - share) * constant;
    (share < 1.0).then(|| (critical + root.sqrt()) / (1.0 - share))
}

fn standard_deviation(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (n - 1.0)).sqrt()
}

/// Quantile of the standard normal distribution for `p` above one half, by
/// bisection of its tail.
fn normal_quantile(p: f64) -> f64 {
    let (mut low, mut high) = (0.0, 40.0);
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        let above = libm::erfc(middle / std::f64::consts::SQRT_2) / 2.0;
        if above > 1.0 - p { low = middle } else { high = middle }
    }
    low
}

/// Quantile of Student's t, within 1 % for 5 degrees of freedom and more.
///
/// Source: Abramowitz and Stegun (1964), 26.7.5.
fn student_quantile(p: f64, freedom: f64) -> f64 {
    let z = normal_quantile(p);
    let odd = |power| z.powi(power);
    let terms = [
        (odd(3) + z) / 4.0,
        (5.0 * odd(5) + 16.0 * odd(3) + 3.0 * z) / 96.0,
        (3.0 * odd(7) + 19.0 * odd(5) + 17.0 * odd(3) - 15.0 * z) / 384.0,
    ];
    let scaled = (1..).zip(terms).map(|(power, term)| term / freedom.powi(power));
    z + scaled.sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::{normal_quantile, shift, smallest_difference, student_quantile};

    /// `n` log ratios with this standard deviation.
    fn spread(n: usize, deviation: f64) -> Vec<f64> {
        let raw: Vec<f64> = (0..n).map(|at| at as f64 - (n as f64 - 1.0) / 2.0).collect();
        let scale = deviation / super::standard_deviation(&raw);
        raw.iter().map(|value| value * scale).collect()
    }

    #[test]
    fn quantiles_of_the_tables() {
        let check = |got: f64, want: f64, within: f64| {
            assert!((got / want - 1.0).abs() < within, "{got} {want}");
        };
        // Source: R, qnorm(0.9), qnorm(0.975), qt(0.975, 14), qt(0.995, 5),
        // qt(1 - 0.05 / 72, 14) and qt(1 - 0.05 / 72, 29).
        check(normal_quantile(0.9), 1.281_551_565_545, 1e-9);
        check(normal_quantile(0.975), 1.959_963_984_540, 1e-9);
        check(student_quantile(0.975, 14.0), 2.144_786_687_917, 1e-4);
        check(student_quantile(0.995, 5.0), 4.032_142_983_558, 1e-2);
        check(student_quantile(1.0 - 0.05 / 72.0, 14.0), 3.972_543_490_287, 1e-3);
        check(student_quantile(1.0 - 0.05 / 72.0, 29.0), 3.535_379_406_466, 1e-4);
    }

    #[test]
    fn the_root_solves_its_equation() {
        let check = |t: f64, z: f64, freedom: f64| {
            let found = shift(t, z, freedom).unwrap();
            let want = t + z * (1.0 + (t * t + found * found) / (2.0 * freedom)).sqrt();
            assert!((found - want).abs() < 1e-9, "{found} {want}");
        };
        check(2.145, 1.282, 14.0);
        check(3.97, 1.282, 14.0);
        check(2.571, 1.282, 5.0);
        assert_eq!(shift(2.0, 3.0, 1.0), None);
    }

    #[test]
    fn what_the_difference_depends_on() {
        let found = |n, deviation, misrate, margin| {
            smallest_difference(&spread(n, deviation), misrate, margin)
        };
        let at = |n, deviation, misrate, margin| found(n, deviation, misrate, margin).unwrap();
        // No spread: just the margin.
        assert_eq!(at(15, 0.0, 0.05, 1.02), 1.02);
        // More rounds find smaller ones, more comparisons only larger ones.
        assert!(at(30, 0.03, 0.05, 1.0) < at(15, 0.03, 0.05, 1.0));
        assert!(at(15, 0.03, 0.05 / 36.0, 1.0) > at(15, 0.03, 0.05, 1.0));
        // A wide margin decides alone: 5 % and the centre's own uncertainty.
        let wide = at(30, 0.01, 0.05, 1.05);
        assert!(wide > 1.05 && wide < 1.054, "{wide}");
        // Only the spread counts, not the ratio that was seen.
        let moved: Vec<f64> = spread(15, 0.03).iter().map(|log| log + 0.4).collect();
        let (here, there) = (at(15, 0.03, 0.05, 1.0), smallest_difference(&moved, 0.05, 1.0));
        assert!((here - there.unwrap()).abs() < 1e-12);
        assert_eq!(found(5, 0.03, 0.05, 1.02), None);
        assert_eq!(found(10, 0.03, 0.05 / 36.0, 1.02), None);
        assert_eq!(smallest_difference(&[f64::NAN; 15], 0.05, 1.02), None);
    }
}
