//! Whether the machine got slower or faster while a case was measured.

use std::collections::BTreeMap;

use crate::median;

/// Most values for which the exact distribution is computed; for more, the
/// normal approximation is within 0.002 of it.
const MOST_EXACT: usize = 200;

/// A trend of one case over the rounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// Kendall's tau-b of value against round, −1 (always falling) to 1.
    pub tau: f64,
    /// Two-sided p-value of there being no trend.
    pub p: f64,
    /// Ratio of the last round's level to the first one's: 1.08 is 8 % more at
    /// the end.
    pub change: f64,
}

/// The trend of `rounds`, each a round's number and value, in any order.
///
/// The first value of a round counts, and values that are not positive and
/// finite are left out. `None` if fewer than two are left.
///
/// Without ties and up to 200 values p is exact. With ties, or with more, it
/// is the normal approximation with the variance corrected for ties and no
/// correction for continuity. If all values are equal, tau is 0 and p is 1.
/// `change` is the Theil–Sen slope of the log value times the span of the
/// rounds, exponentiated.
///
/// Source: Kendall (1970), "Rank correlation methods", ch. 3–5; R's
/// `cor.test(method = "kendall", exact = TRUE)`, with ties SciPy's
/// `kendalltau(method = "asymptotic")`; Sen (1968), doi
/// 10.1080/01621459.1968.10480934.
pub fn trend(rounds: &[(u64, f64)]) -> Option<Trend> {
    let logs: BTreeMap<u64, f64> = rounds.iter().rev().map(|(round, v)| (*round, v.ln())).collect();
    let logs: Vec<(f64, f64)> = logs
        .into_iter()
        .filter(|(_, log)| log.is_finite())
        .map(|(round, log)| (round as f64, log))
        .collect();
    let mut steps = Steps { rising: 0, falling: 0, slopes: Vec::new() };
    for (at, early) in logs.iter().enumerate() {
        logs[at + 1..].iter().for_each(|late| steps.add(*early, *late));
    }
    let slope = median(&steps.slopes)?;
    let span = logs.last()?.0 - logs.first()?.0;
    let (tau, p) = kendall(&steps, &ties(&logs), logs.len());
    Some(Trend { tau, p, change: (slope * span).exp() })
}

/// All pairs of an earlier and a later round.
struct Steps {
    rising: usize,
    falling: usize,
    slopes: Vec<f64>,
}

impl Steps {
    fn add(&mut self, early: (f64, f64), late: (f64, f64)) {
        self.rising += usize::from(late.1 > early.1);
        self.falling += usize::from(late.1 < early.1);
        self.slopes.push((late.1 - early.1) / (late.0 - early.0));
    }
}

/// Sizes of the groups of equal values.
fn ties(logs: &[(f64, f64)]) -> Vec<f64> {
    let mut sorted: Vec<f64> = logs.iter().map(|(_, log)| *log).collect();
    sorted.sort_by(f64::total_cmp);
    let groups = sorted.chunk_by(|a, b| a == b);
    groups.map(|group| group.len() as f64).collect()
}

/// Tau-b and its p-value; rounds differ, so that only values can be tied.
fn kendall(steps: &Steps, ties: &[f64], n: usize) -> (f64, f64) {
    let pairs = steps.slopes.len() as f64;
    let tied: f64 = ties.iter().map(|t| t * (t - 1.0) / 2.0).sum();
    if tied == pairs {
        return (0.0, 1.0);
    }
    let difference = steps.rising as f64 - steps.falling as f64;
    let tau = difference / (pairs * (pairs - tied)).sqrt();
    if tied == 0.0 && n <= MOST_EXACT {
        return (tau, exact(n, steps.rising.min(steps.falling)));
    }
    let size = n as f64;
    let weight: f64 = ties.iter().map(|t| t * (t - 1.0) * (2.0 * t + 5.0)).sum();
    let variance = (size * (size - 1.0) * (2.0 * size + 5.0) - weight) / 18.0;
    (tau, libm::erfc(difference.abs() / (2.0 * variance).sqrt()))
}

/// Twice the share of the permutations of n values with at most `most`
/// inversions, at most 1.
///
/// Source: the recursion in Kendall (1970), §5.2: the k-th value adds 0 to
/// k−1 inversions, each equally likely.
fn exact(n: usize, most: usize) -> f64 {
    let mut shares = vec![0.0; most + 1];
    shares[0] = 1.0;
    for values in 2..=n {
        let mut window = 0.0;
        let before = shares.clone();
        for inversions in 0..=most {
            window += before[inversions];
            if inversions >= values {
                window -= before[inversions - values];
            }
            shares[inversions] = window / values as f64;
        }
    }
    (2.0 * shares.iter().sum::<f64>()).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::trend;

    /// Rounds 1, 2, … of these values.
    fn rounds(values: &[f64]) -> Vec<(u64, f64)> {
        (1..).zip(values.iter().copied()).collect()
    }

    #[test]
    fn trends() {
        let check = |values: &[f64], want: (f64, f64, f64)| {
            let got = trend(&rounds(values)).unwrap();
            let close = |a: f64, b: f64| (a - b).abs() < 1e-12;
            let same = close(got.tau, want.0) && close(got.p, want.1) && close(got.change, want.2);
            assert!(same, "{got:?} {want:?}");
        };
        check(&[1.0, 2.0], (1.0, 1.0, 2.0));
        // 2 of 120 orders are as steady.
        check(&[1.0, 2.0, 4.0, 8.0, 16.0], (1.0, 2.0 / 120.0, 16.0));
        check(&[16.0, 8.0, 4.0, 2.0, 1.0], (-1.0, 2.0 / 120.0, 1.0 / 16.0));
        check(&[3.0; 6], (0.0, 1.0, 1.0));
        // One inversion: the shares of 0 and 1 inversions are 1 and 3 of 24.
        check(&[1.0, 2.0, 8.0, 4.0], (4.0 / 6.0, 8.0 / 24.0, 8.0_f64.powf(5.0 / 6.0)));
    }

    #[test]
    fn rounds_in_any_order_and_without_a_value() {
        let check = |rounds: &[(u64, f64)], want: Option<(f64, f64)>| {
            let got = trend(rounds).map(|got| (got.tau, got.change));
            assert_eq!(got.map(|got| got.0), want.map(|want| want.0));
            let change = |got: Option<(f64, f64)>| got.map_or(0.0, |got| got.1);
            assert!((change(got) - change(want)).abs() < 1e-12, "{got:?}");
        };
        check(&[], None);
        check(&[(1, 2.0)], None);
        check(&[(1, 2.0), (1, 3.0)], None);
        check(&[(1, 2.0), (2, 0.0), (3, f64::NAN)], None);
        check(&[(9, 4.0), (2, 1.0), (9, 0.5), (5, 2.0)], Some((1.0, 4.0)));
        // The gap between rounds counts: a slope per round, times the span.
        check(&[(0, 1.0), (10, 2.0)], Some((1.0, 2.0)));
    }
}
