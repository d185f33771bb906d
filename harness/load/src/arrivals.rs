//! When requests shall start: made before the run, from a seed.

use std::borrow::Cow;
use std::time::Duration;

use anyhow::{Result, ensure};
pub use triathlon_contract::Arrival;
use triathlon_contract::arrival::exponential;

/// Most requests of a plan; each takes eight bytes.
pub const PLANNED_MAX: u64 = 100_000_000;

/// Requests per second, exact to a thousandth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate {
    per_1000_s: u64,
}

impl Rate {
    /// So many per second.
    ///
    /// # Errors
    /// If it is below a thousandth, above a thousand million, or no number.
    pub fn per_s(rate: f64) -> Result<Self> {
        let range = 0.001..=1e9;
        ensure!(range.contains(&rate), "a rate is between 0.001 and 1 000 000 000 a second");
        Ok(Self { per_1000_s: (rate * 1000.0).round() as u64 })
    }

    /// Requests per second.
    pub fn as_per_s(self) -> f64 {
        self.per_1000_s as f64 / 1000.0
    }
}

/// Offsets of all intended starts in nanoseconds, ascending, all of them below
/// `length`. The same seed gives the same plan.
///
/// # Errors
/// If there would be more than [`PLANNED_MAX`], or none.
pub fn plan(arrival: Arrival, rate: Rate, length: Duration, seed: u64) -> Result<Vec<u64>> {
    let expected = rate.as_per_s() * length.as_secs_f64();
    ensure!(
        expected <= PLANNED_MAX as f64,
        "a plan of {expected:.0} requests is more than {PLANNED_MAX}; choose a lower rate or a \
         shorter duration"
    );
    let end_ns = length.as_nanos() as u64;
    let offsets: Vec<u64> = match arrival {
        Arrival::Constant => {
            // Integers, so that no rounding adds up over a long run.
            let at =
                |i: u64| (u128::from(i) * 1_000_000_000_000 / u128::from(rate.per_1000_s)) as u64;
            (0..).map(at).take_while(|at_ns| *at_ns < end_ns).collect()
        }
        Arrival::Poisson => {
            let offsets_ns = exponential(seed).scan(0.0, |at_s, gap| {
                *at_s += gap / rate.as_per_s();
                Some((*at_s * 1e9) as u64)
            });
            offsets_ns.take_while(|at_ns| *at_ns < end_ns).collect()
        }
    };
    ensure!(!offsets.is_empty(), "no request falls into so short a time at that rate");
    Ok(offsets)
}

/// The share of thread `index` of `threads`: every `threads`-th request.
pub(crate) fn share(plan: &[u64], index: usize, threads: usize) -> Cow<'_, [u64]> {
    match threads {
        1 => Cow::Borrowed(plan), // it may be long
        _ => plan.iter().copied().skip(index).step_by(threads).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Arrival, Rate, plan, share};
    use crate::audit::audit;

    fn make(arrival: Arrival, rate: f64, seconds: u64, seed: u64) -> Vec<u64> {
        plan(arrival, Rate::per_s(rate).unwrap(), Duration::from_secs(seconds), seed).unwrap()
    }

    #[test]
    fn constant_arrivals_are_exact_however_long_it_takes() {
        let offsets = make(Arrival::Constant, 3.0, 1_000_000, 0);
        assert_eq!(offsets.len(), 3_000_000);
        assert_eq!(offsets[..4], [0, 333_333_333, 666_666_666, 1_000_000_000]);
        assert_eq!(offsets[2_999_997], 999_999_000_000_000);
        assert_eq!(make(Arrival::Constant, 0.5, 5, 0), [0, 2_000_000_000, 4_000_000_000]);
    }

    #[test]
    fn the_seed_decides_the_plan() {
        let plan = |seed| make(Arrival::Poisson, 1000.0, 5, seed);
        assert_eq!(plan(7), plan(7));
        assert_ne!(plan(7), plan(8));
        assert!(plan(7).is_sorted());
    }

    #[test]
    fn plans_are_the_arrivals_they_say() {
        for seed in 0..20 {
            let offsets = make(Arrival::Poisson, 2000.0, 10, seed);
            let rate = Rate::per_s(2000.0).unwrap();
            audit(Arrival::Poisson, rate, &offsets).unwrap();
            assert!(audit(Arrival::Constant, rate, &offsets).is_err());
        }
        for rate in [700.0, 1000.0, 2000.5] {
            let offsets = make(Arrival::Constant, rate, 10, 0);
            let rate = Rate::per_s(rate).unwrap();
            audit(Arrival::Constant, rate, &offsets).unwrap();
            assert!(audit(Arrival::Poisson, rate, &offsets).is_err());
        }
    }

    #[test]
    fn threads_share_a_plan_without_loss() {
        let whole = make(Arrival::Poisson, 1000.0, 2, 1);
        let mut together = [0, 1, 2].map(|index| share(&whole, index, 3)).concat();
        together.sort_unstable();
        assert_eq!(together, whole);
        assert_eq!(share(&whole, 0, 1), whole);
    }

    #[test]
    fn impossible_plans_are_one_sentence() {
        let check = |rate: f64, seconds: u64, want: &str| {
            let length = Duration::from_secs(seconds);
            let made = Rate::per_s(rate).and_then(|rate| plan(Arrival::Constant, rate, length, 0));
            let error = made.unwrap_err().to_string();
            assert!(error.contains(want), "{error}");
        };
        check(0.0, 1, "between");
        check(f64::NAN, 1, "between");
        check(-1.0, 1, "between");
        check(2e9, 1, "between");
        check(1e9, 3600, "lower rate");
        check(10.0, 0, "no request");
    }
}
