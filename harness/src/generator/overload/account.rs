//! What samples say of a staircase. Pure.

use triathlon_contract::record::StepRecord;
use triathlon_lab::Sample;
use triathlon_statistics::fairness::jain;
use triathlon_statistics::percentile;

/// Of all requests that are still to come, one in so many may be late.
const ONE_IN: u64 = 100;

/// Fewest requests that can show that a server has recovered.
const LEAST: u64 = 100;

/// A step as it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) percent: u64,
    /// Its edges, by the clock of the samples.
    pub(super) from_ns: u64,
    pub(super) until_ns: u64,
}

impl Taken {
    /// The same with its edges counted from an instant.
    pub(super) fn since(&mut self, begin_ns: u64) {
        self.from_ns += begin_ns;
        self.until_ns += begin_ns;
    }

    fn holds(&self, at_ns: u64) -> bool {
        (self.from_ns..self.until_ns).contains(&at_ns)
    }
}

fn response_ns(sample: &Sample) -> u64 {
    sample.done_ns - sample.intended_ns
}

/// Counts and times of each step.
pub(super) fn steps(taken: &[Taken], samples: &[Sample], deadline_ns: u64) -> Vec<StepRecord> {
    let of_step = |step: &Taken| {
        let count = |is: &dyn Fn(&Sample) -> bool| {
            samples.iter().filter(|sample| is(sample)).count() as u64
        };
        let within = |sample: &Sample| step.holds(sample.done_ns);
        let in_time = |sample: &Sample| response_ns(sample) <= deadline_ns;
        let own = |sample: &Sample| step.holds(sample.intended_ns);
        let mut us: Vec<f64> = samples
            .iter()
            .filter(|sample| own(sample))
            .map(|sample| response_ns(sample) as f64 / 1e3)
            .collect();
        us.sort_by(f64::total_cmp);
        StepRecord {
            percent: step.percent,
            length_ns: step.until_ns - step.from_ns,
            offered: us.len() as u64,
            started: count(&|sample| step.holds(sample.started_ns)),
            answered: count(&within),
            good: count(&|sample| within(sample) && in_time(sample)),
            late: count(&|sample| own(sample) && !in_time(sample)),
            response_p50_us: percentile(&us, 0.5),
            response_p99_us: percentile(&us, 0.99),
        }
    };
    taken.iter().map(of_step).collect()
}

/// What answers of the last step have to stay below, and how long after its beginning they
/// do: from the first request on that is below and of which, with all that come later, at
/// most one in [`ONE_IN`] is not. None if fewer than [`LEAST`] would be left.
pub(super) fn recovery(
    taken: &[Taken],
    samples: &[Sample],
    steps: &[StepRecord],
    deadline_ns: u64,
) -> (u64, Option<u64>) {
    let usual_us = steps.first().and_then(|first| first.response_p99_us);
    let twice_ns = usual_us.map_or(deadline_ns, |us| (us * 2e3) as u64);
    let below_ns = twice_ns.min(deadline_ns);
    let Some(last) = taken.last() else {
        return (below_ns, None);
    };
    let own = samples.iter().filter(|sample| last.holds(sample.intended_ns));
    let mut own: Vec<&Sample> = own.collect();
    own.sort_unstable_by_key(|sample| sample.intended_ns);
    let (mut late, mut found) = (0, None);
    for (count, sample) in (1..).zip(own.iter().rev()) {
        let is_late = response_ns(sample) > below_ns;
        late += u64::from(is_late);
        if !is_late && count >= LEAST && late * ONE_IN <= count {
            found = Some((count, sample.intended_ns));
        }
    }
    let recovery = found.map(|(count, intended_ns)| match count == own.len() as u64 {
        true => 0, // nobody in the step was held up
        false => intended_ns - last.from_ns,
    });
    (below_ns, recovery)
}

/// The least and the greatest of some counts to their mean, and Jain's index.
pub(super) fn shares(of_each: &[u64]) -> (f64, f64, f64) {
    let counts: Vec<f64> = of_each.iter().map(|count| *count as f64).collect();
    let mean = counts.iter().sum::<f64>() / counts.len().max(1) as f64;
    let to_mean = |count: f64| if mean > 0.0 { count / mean } else { 0.0 };
    let least = counts.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = counts.iter().copied().fold(0.0, f64::max);
    (to_mean(least), to_mean(greatest), jain(&counts))
}

#[cfg(test)]
mod tests {
    use super::{Taken, recovery, shares, steps};
    use triathlon_contract::record::StepRecord;
    use triathlon_lab::Sample;

    const MS: u64 = 1_000_000;

    /// A server that answers one request a millisecond, first come, first served, over so
    /// many connections.
    fn served(intended_ns: impl Iterator<Item = u64>, connections: usize) -> Vec<Sample> {
        let mut samples: Vec<Sample> = Vec::new();
        for intended_ns in intended_ns {
            let before = samples.len().checked_sub(connections);
            let started_ns = before.map_or(0, |one| samples[one].done_ns).max(intended_ns);
            let free_ns = samples.last().map_or(0, |last| last.done_ns);
            let done_ns = started_ns.max(free_ns) + MS;
            samples.push(Sample { intended_ns, started_ns, done_ns });
        }
        samples
    }

    fn step(percent: u64, from_ms: u64, until_ms: u64) -> Taken {
        Taken { percent, from_ns: from_ms * MS, until_ns: until_ms * MS }
    }

    /// Three times what it can do for 300 ms, then half of it.
    fn overloaded(until_ms: u64) -> ([Taken; 2], Vec<Sample>) {
        let high = (0..900).map(|i| i * MS / 3);
        let low = (0..(until_ms - 300) / 2).map(|k| (300 + 2 * k) * MS);
        ([step(300, 0, 300), step(50, 300, until_ms)], served(high.chain(low), 4))
    }

    /// By hand: request i of the first step is due at i/3 ms and done at i + 1 ms.
    #[test]
    fn a_step_counts_what_was_offered_started_answered_and_in_time() {
        let (taken, samples) = overloaded(1800);
        let found = steps(&taken, &samples, 75 * MS);
        let first = found[0];
        assert_eq!((first.percent, first.length_ns), (300, 300 * MS));
        // Due before 300 ms: all; started: i − 3 < 300; done: i + 1 < 300.
        assert_eq!((first.offered, first.started, first.answered), (900, 303, 299));
        // 2i/3 + 1 ≤ 75.
        assert_eq!((first.good, first.late), (112, 900 - 112));
        assert_eq!(first.response_p99_us, None, "nine lie beyond");
        let p50_us = first.response_p50_us.unwrap();
        assert!((p50_us - (449.0 * 2.0 / 3.0 + 1.0) * 1e3).abs() < 700.0, "{p50_us}");
        let second = found[1];
        // What is left of the first is started and answered here, and late.
        assert_eq!((second.offered, second.started), (750, 750 + 597));
        assert_eq!(second.answered, 750 + 601);
        // 601 − k ≤ 75.
        assert_eq!((second.good, second.late), (750 - 526, 526));
    }

    fn usual(p99_us: Option<f64>) -> Vec<StepRecord> {
        vec![StepRecord { response_p99_us: p99_us, ..StepRecord::default() }]
    }

    /// 600 requests are left, and every millisecond half of one comes: 1200 ms, less what is
    /// within twice the usual time.
    #[test]
    fn a_server_has_recovered_when_what_was_left_is_worked_off() {
        let (taken, samples) = overloaded(1800);
        let (below_ns, after_ns) = recovery(&taken, &samples, &usual(Some(1000.0)), 75 * MS);
        assert_eq!((below_ns, after_ns), (2 * MS, Some(1198 * MS)));
        // Never later than the deadline permits: 601 − k ≤ 75.
        for few in [usual(None), usual(Some(60_000.0))] {
            let (below_ns, after_ns) = recovery(&taken, &samples, &few, 75 * MS);
            assert_eq!((below_ns, after_ns), (75 * MS, Some(2 * 526 * MS)));
        }
    }

    #[test]
    fn a_step_that_is_over_before_shows_no_recovery() {
        for until_ms in [1000, 1500, 1690] {
            let (taken, samples) = overloaded(until_ms);
            let (_, after_ns) = recovery(&taken, &samples, &usual(Some(1000.0)), 75 * MS);
            assert_eq!(after_ns, None, "{until_ms}");
        }
        assert_eq!(recovery(&[], &[], &[], MS), (MS, None));
    }

    /// One in a hundred of those that are left may be late, as one in a hundred was before.
    #[test]
    fn single_late_answers_are_no_overload_and_many_are() {
        let taken = [step(50, 0, 1000)];
        let late_every = |n: u64| -> Vec<Sample> {
            let sample = |i: u64| {
                let took = if i % n == n - 1 { 50 * MS } else { MS };
                Sample { intended_ns: i * MS, started_ns: i * MS, done_ns: i * MS + took }
            };
            (0..1000).map(sample).collect()
        };
        let after = |n| recovery(&taken, &late_every(n), &usual(Some(1000.0)), 75 * MS).1;
        assert_eq!(after(200), Some(0));
        assert_eq!(after(100), Some(0));
        assert_eq!(after(20), None);
    }

    #[test]
    fn shares_are_to_the_mean() {
        assert_eq!(shares(&[7, 7, 7]), (1.0, 1.0, 1.0));
        let (least, greatest, jain) = shares(&[1, 2, 3]);
        assert_eq!((least, greatest), (0.5, 1.5));
        assert!((jain - 36.0 / 42.0).abs() < 1e-12);
        let (least, greatest, jain) = shares(&[0, 0, 0, 8]);
        assert_eq!((least, greatest, jain), (0.0, 4.0, 0.25));
    }
}
