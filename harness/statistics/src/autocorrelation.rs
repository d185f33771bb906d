//! How many successive samples weigh as much as one independent sample.

/// Fewest values with which a correlation can be told at all.
const LEAST_VALUES: usize = 64;

/// Fewest blocks whose means give a variance worth its name, within about a
/// half.
const LEAST_BLOCKS: usize = 8;

/// Integrated autocorrelation time of a stationary series, in samples, at
/// least 1: n values have the weight of n/time independent ones.
///
/// Means of dyadic blocks: for blocks of B values the time is B times the
/// variance of the block means over the variance of the values, and the
/// smallest B counts for which B³ > 2·n·time². Shorter blocks are themselves
/// correlated and give too short a time, longer ones leave too few means. The
/// relative standard error is about √(2B/n): a quarter for 1000 values of time
/// 3, a tenth for 20 000.
///
/// `None` if a value is not finite, there are fewer than 64, or no such B
/// leaves eight blocks: the series is too short for its own correlation, and
/// any number would be too low.
///
/// Source: Flyvbjerg and Petersen (1989), doi 10.1063/1.457480; the choice of
/// B from Lee et al. (2011), doi 10.1103/PhysRevE.83.066706, as in pyblock.
pub fn time(values: &[f64]) -> Option<f64> {
    if values.len() < LEAST_VALUES || values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let n = values.len() as f64;
    let single = variance(values);
    if single == 0.0 {
        return Some(1.0);
    }
    let (mut means, mut size) = (values.to_vec(), 1.0_f64);
    while means.len() >= LEAST_BLOCKS {
        let time = size * variance(&means) / single;
        if size.powi(3) > 2.0 * n * time * time {
            return Some(time.max(1.0));
        }
        means = means.chunks_exact(2).map(|two| f64::midpoint(two[0], two[1])).collect();
        size *= 2.0;
    }
    None
}

fn variance(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)
}

#[cfg(test)]
mod tests {
    use super::time;

    /// An AR(1) series, x' = correlation·x + noise, from its stationary state.
    fn series(n: usize, correlation: f64, seed: u64) -> Vec<f64> {
        let mut rng = fastrand::Rng::with_seed(seed);
        // Uniform noise: only the first two moments matter here.
        let mut noise = || (rng.f64() - 0.5) * 12.0_f64.sqrt();
        let mut at = noise() / (1.0 - correlation * correlation).sqrt();
        let mut next = || {
            at = correlation * at + noise();
            at
        };
        (0..n).map(|_| next()).collect()
    }

    #[test]
    fn time_of_a_known_process() {
        // Source: (1 + c)/(1 − c), the closed form for AR(1).
        let check = |correlation: f64, want: f64| {
            let times = (1..=20).map(|seed| time(&series(20_000, correlation, seed)).unwrap());
            let mean = times.sum::<f64>() / 20.0;
            assert!((mean / want - 1.0).abs() < 0.1, "{correlation}: {mean} {want}");
        };
        check(0.0, 1.0);
        check(0.5, 3.0);
        check(0.8, 9.0);
        check(0.9, 19.0);
    }

    #[test]
    fn too_short_or_not_finite() {
        let check = |values: &[f64], want| assert_eq!(time(values), want);
        check(&[], None);
        check(&series(63, 0.0, 1), None);
        check(&[2.0; 64], Some(1.0));
        let mut broken = series(100, 0.0, 1);
        broken[40] = f64::NAN;
        check(&broken, None);
        // A trend is correlated as far as it reaches.
        let trend: Vec<f64> = (0..1_000).map(f64::from).collect();
        check(&trend, None);
    }
}
