//! Percentiles of times of which some are only known to be long.
//!
//! A failed request has no time, a censored one at least its age. Both stand
//! at the top of the distribution, so that neither failing fast nor ending
//! early makes a percentile better.

use crate::records::Times;

/// Fewest values beyond a percentile that is printed.
const BEYOND_MIN: f64 = 10.0;

/// Fewest values beyond a percentile that is not weak.
const BEYOND_FIRM: f64 = 100.0;

/// How much the unknown end of a few may move a percentile that is printed.
const TOLERANCE: f64 = 1.01;

/// What stands at a percentile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum At {
    /// A time in nanoseconds, to three digits.
    Known(u64),
    /// It falls among those that took longer than this.
    Beyond(u64),
    /// It falls among those that failed.
    Failed,
    /// Too few lie beyond it, `n·(1−p) < 10`.
    TooFew,
}

/// Whether a percentile of `n` values rests on few: `n·(1−p) < 100`.
pub fn is_weak(n: u64, p: f64) -> bool {
    beyond(n, p) < BEYOND_FIRM
}

/// `n·(1−p)` without what binary fractions add.
fn beyond(n: u64, p: f64) -> f64 {
    (n as f64 * (1.0 - p) * 1e6).round() / 1e6
}

impl Times {
    /// The value of rank `⌈p·n⌉` in ascending order; `p` is a share, 0.99.
    ///
    /// Source: nearest rank, Hyndman and Fan (1996), type 1.
    pub fn at(&self, p: f64) -> At {
        let n = self.len();
        if beyond(n, p) < BEYOND_MIN {
            return At::TooFew;
        }
        let rank = ((p * n as f64 * 1e6).round() / 1e6).ceil().max(1.0);
        self.of_rank(rank as u64)
    }

    /// The longest time.
    pub fn max(&self) -> At {
        if self.is_empty() {
            return At::TooFew;
        }
        // A failed request has no time; the longest of the others has.
        if self.failed > 0 && self.censored == 0 && !self.known.is_empty() {
            return At::Known(self.known.max());
        }
        self.of_rank(self.len())
    }

    /// Mean of the known times in nanoseconds; none if a censored one is
    /// missing from it.
    pub fn mean_ns(&self) -> Option<f64> {
        (self.censored == 0 && !self.known.is_empty()).then(|| self.known.mean())
    }

    /// Exact if the value is below every censored one, and good enough if it
    /// moves by no more than [`TOLERANCE`] wherever the censored ones end.
    fn of_rank(&self, rank: u64) -> At {
        let beyond = if self.censored > 0 { At::Beyond(self.censored_from_ns) } else { At::Failed };
        let Some(highest_ns) = self.known_of_rank(rank) else {
            return beyond;
        };
        let exact = self.censored == 0 || highest_ns < self.censored_from_ns;
        let lowest_ns = self.known_of_rank(rank.saturating_sub(self.censored)).unwrap_or(0);
        let near = highest_ns as f64 <= lowest_ns as f64 * TOLERANCE;
        if exact || near { At::Known(highest_ns) } else { beyond }
    }

    /// The known value of that rank, from 1.
    fn known_of_rank(&self, rank: u64) -> Option<u64> {
        let mut seen = 0;
        let mut steps = self.known.iter_recorded();
        let step = steps.find(|step| {
            seen += step.count_since_last_iteration();
            rank > 0 && seen >= rank
        })?;
        Some(self.known.highest_equivalent(step.value_iterated_to()).min(self.known.max()))
    }
}

#[cfg(test)]
mod tests {
    use super::{At, is_weak};
    use crate::records::Times;

    const MS: u64 = 1_000_000;

    fn times(n: u64) -> Times {
        let mut times = Times::new().unwrap();
        (1..=n).for_each(|ms| times.record(ms * MS));
        times
    }

    fn check(times: &Times, p: f64, want_ms: u64) {
        let At::Known(ns) = times.at(p) else { panic!("{:?} at {p}", times.at(p)) };
        assert!(ns.abs_diff(want_ms * MS) <= want_ms * MS / 1000, "{ns} at {p}");
    }

    #[test]
    fn ranks_are_the_nearest() {
        let times = times(1000);
        for (p, want_ms) in [(0.5, 500), (0.75, 750), (0.9, 900), (0.99, 990)] {
            check(&times, p, want_ms);
        }
        assert_eq!(times.at(0.999), At::TooFew);
        assert_eq!(times.max(), At::Known(times.known.max()));
        assert!((times.mean_ns().unwrap() / 1e6 - 500.5).abs() < 0.5);
    }

    #[test]
    fn a_tail_needs_ten_beyond_it_and_a_firm_one_a_hundred() {
        assert_eq!(times(999).at(0.99), At::TooFew);
        check(&times(1000), 0.99, 990);
        assert!(is_weak(9_999, 0.99) && !is_weak(10_000, 0.99));
    }

    #[test]
    fn what_timed_out_is_longer_than_the_timeout_and_never_missing() {
        let mut times = times(980);
        (0..20).for_each(|_| times.censor(2000 * MS));
        check(&times, 0.98, 980);
        assert_eq!(times.at(0.99), At::Beyond(2000 * MS));
        assert_eq!((times.max(), times.mean_ns()), (At::Beyond(2000 * MS), None));
    }

    #[test]
    fn an_end_that_comes_early_makes_nothing_better() {
        // 500 were in flight for 100 ms only: nothing beyond is known.
        let mut times = times(500);
        (0..500).for_each(|_| times.censor(100 * MS));
        assert_eq!(times.at(0.5), At::Beyond(100 * MS));
        check(&times, 0.05, 50);
    }

    #[test]
    fn a_few_that_cannot_matter_do_not() {
        let mut times = times(1000);
        (0..5).for_each(|_| times.censor(MS));
        check(&times, 0.9, 905); // at least 900, at most 905
        assert_eq!(times.at(0.2), At::Beyond(MS)); // 196 to 201
        assert_eq!(times.max(), At::Beyond(MS));
    }

    #[test]
    fn what_failed_stands_at_the_top() {
        let mut times = times(980);
        (0..20).for_each(|_| times.fail());
        check(&times, 0.98, 980);
        assert_eq!(times.at(0.99), At::Failed);
        assert_eq!(times.max(), At::Known(times.known.max()));
    }

    #[test]
    fn what_exceeds_the_histogram_is_counted_and_not_clamped() {
        let mut times = times(100);
        times.record(u64::MAX);
        assert_eq!((times.len(), times.known.len(), times.censored), (101, 100, 1));
        assert_eq!(times.max(), At::Beyond(3_600_000 * MS));
    }
}
