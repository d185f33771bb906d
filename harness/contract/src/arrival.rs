//! How intended starts follow one another.

use std::fmt;
use std::str::FromStr;

use anyhow::{Result, bail};

use crate::Pace;

/// From the opening of the window to the first intended start: so long, all
/// connections' tasks and threads may take to begin.
pub(crate) const LEAD_NS: u64 = 5_000_000;

/// How intended starts follow one another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Arrival {
    /// Request `i` at `i / rate`.
    #[default]
    Constant,
    /// Independent exponential gaps, as many users who do not know each other
    /// make them.
    Poisson,
}

impl fmt::Display for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Constant => "constant",
            Self::Poisson => "poisson",
        })
    }
}

impl FromStr for Arrival {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "constant" => Ok(Self::Constant),
            "poisson" => Ok(Self::Poisson),
            other => bail!("there is no arrival {other:?}; choose constant or poisson"),
        }
    }
}

/// Exponential gaps with a mean of 1, without end; the same seed gives the
/// same.
pub fn exponential(seed: u64) -> impl Iterator<Item = f64> {
    let mut random = fastrand::Rng::with_seed(seed);
    // 1 − u is never 0, so the logarithm is finite.
    std::iter::repeat_with(move || -(1.0 - random.f64()).ln())
}

/// So many intended starts in nanoseconds from the opening of the window, ascending. The
/// same pace gives the same; at a rate of 0 everything is due at once.
pub fn offsets(arrival: Arrival, pace: Pace, count: usize) -> Vec<u64> {
    let Pace { rate_per_s, seed } = pace;
    if rate_per_s == 0 {
        return vec![0; count];
    }
    let gap_ns = 1e9 / rate_per_s as f64;
    let after_lead = |gaps: f64| LEAD_NS + (gaps * gap_ns) as u64;
    match arrival {
        Arrival::Constant => (0..count).map(|index| after_lead(index as f64)).collect(),
        Arrival::Poisson => {
            let sums = exponential(seed).scan(0.0, |sum, gap| {
                *sum += gap;
                Some(*sum)
            });
            sums.take(count).map(after_lead).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::exponential;

    #[test]
    fn gaps_are_exponential_and_the_seed_decides_them() {
        let gaps = |seed| exponential(seed).take(100_000).collect::<Vec<f64>>();
        let of_seven = gaps(7);
        assert_eq!(of_seven, gaps(7));
        assert_ne!(of_seven, gaps(8));
        let share = |below: f64| {
            of_seven.iter().filter(|gap| **gap < below).count() as f64 / of_seven.len() as f64
        };
        for below in [0.1, 0.5, 1.0, 3.0] {
            let want = 1.0 - f64::exp(-below);
            assert!((share(below) - want).abs() < 0.006, "{} below {below}", share(below));
        }
    }
}
