//! How long something takes: fixed, or drawn from a law.

use crate::draws::below;

/// Longest delay, stall and service: a minute, in microseconds.
pub(crate) const MOST_US: u64 = 60_000_000;
/// The same in nanoseconds. What the exponential law draws beyond it becomes it,
/// which happens to means above 1.6 s only: the draw ends at 36.8 means.
pub(crate) const MOST_NS: u64 = MOST_US * 1000;

/// A distribution of durations, in nanoseconds, none above [`MOST_NS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Law {
    /// Always the same.
    Fixed { ns: u64 },
    /// Every nanosecond from `low_ns` to `high_ns` equally likely.
    Uniform { low_ns: u64, high_ns: u64 },
    /// Without memory.
    Exponential { mean_ns: u64 },
    /// `high_ns` in so many of a thousand, else `low_ns`.
    Bimodal { low_ns: u64, high_ns: u64, high_permille: u64 },
}

impl Law {
    /// The duration for a word of 64 uniform bits: the law's quantile there,
    /// except that the exponential law counts from its far end.
    pub(crate) fn duration_ns(self, word: u64) -> u64 {
        match self {
            Self::Fixed { ns } => ns,
            Self::Uniform { low_ns, high_ns } => low_ns + below(high_ns - low_ns + 1, word),
            Self::Exponential { mean_ns } => {
                // 53 bits, as many as a float holds: from 2^-53 to 1, never 0.
                let uniform = ((word >> 11) + 1) as f64 / (1u64 << 53) as f64;
                ((-uniform.ln() * mean_ns as f64) as u64).min(MOST_NS)
            }
            Self::Bimodal { low_ns, high_ns, high_permille } => {
                if below(1000, word) < 1000 - high_permille { low_ns } else { high_ns }
            }
        }
    }
}

#[cfg(test)]
#[path = "law_tests.rs"]
mod tests;
