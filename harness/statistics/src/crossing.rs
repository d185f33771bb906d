//! From which value of a parameter on one contestant is ahead of another.
//!
//! Two contestants are measured at several values of one parameter, in the same rounds. At
//! each value the ratio is the median over rounds; it is taken to go in a straight line
//! between neighbours, both axes logarithmic. The crossing is where the line passes 1 for
//! the last time, upwards.

use fastrand::Rng;

use crate::median;

/// Bounds of the percentile interval.
const LOW: f64 = 0.025;
const HIGH: f64 = 0.975;

/// Where one contestant begins to be ahead of another and stays so.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossing {
    /// The value from which on it is ahead; the least one measured if it is so
    /// everywhere, infinite if it is not ahead at the greatest.
    pub from: f64,
    /// Lower 95 % bound.
    pub low: f64,
    /// Upper 95 % bound.
    pub high: f64,
}

/// The crossing over `at`, positive and ascending, with its interval.
///
/// Each row of `rounds` is one round: a ratio for each of `at`, above 1 where the first
/// is ahead. The interval draws as many rounds as there are, with replacement, all values
/// of a round together, because a round is measured under the same conditions. `None`
/// without a round or a value, if a row is not as long, or a ratio is not positive and
/// finite. The same `seed` gives the same bounds.
///
/// Source: percentile intervals, Efron and Tibshirani (1993), "An introduction to the
/// bootstrap", §13.3.
pub fn crossing(at: &[f64], rounds: &[Vec<f64>], replicates: usize, seed: u64) -> Option<Crossing> {
    let positive = |row: &Vec<f64>| row.iter().all(|ratio| ratio.is_finite() && *ratio > 0.0);
    let ordered = at.is_sorted_by(|a, b| a < b) && at.first().is_some_and(|first| *first > 0.0);
    let fits = rounds.iter().all(|row| row.len() == at.len() && positive(row));
    if rounds.is_empty() || replicates == 0 || !ordered || !fits {
        return None;
    }
    let logs: Vec<Vec<f64>> =
        rounds.iter().map(|row| row.iter().map(|ratio| ratio.ln()).collect()).collect();
    let all: Vec<usize> = (0..logs.len()).collect();
    let from = of_rounds(at, &logs, &all);
    let mut random = Rng::with_seed(seed);
    let mut drawn = vec![0; logs.len()];
    let mut found: Vec<f64> = (0..replicates)
        .map(|_| {
            drawn.fill_with(|| random.usize(..logs.len()));
            of_rounds(at, &logs, &drawn)
        })
        .collect();
    found.sort_by(f64::total_cmp);
    let rank = |share: f64| found[((share * replicates as f64) as usize).min(replicates - 1)];
    Some(Crossing { from, low: rank(LOW), high: rank(HIGH) })
}

/// The crossing of the medians over some rounds.
fn of_rounds(at: &[f64], logs: &[Vec<f64>], rounds: &[usize]) -> f64 {
    let middle = |place: usize| {
        let values: Vec<f64> = rounds.iter().map(|round| logs[*round][place]).collect();
        median(&values).unwrap_or(0.0)
    };
    let points: Vec<f64> = (0..at.len()).map(middle).collect();
    let Some(last_behind) = points.iter().rposition(|log| *log <= 0.0) else {
        return at[0];
    };
    let (Some(next), Some(ahead)) = (at.get(last_behind + 1), points.get(last_behind + 1)) else {
        return f64::INFINITY;
    };
    let (behind, begin) = (points[last_behind], at[last_behind]);
    let share = -behind / (ahead - behind);
    (begin.ln() + share * (next.ln() - begin.ln())).exp()
}

#[cfg(test)]
mod tests {
    use super::{Crossing, crossing};
    use fastrand::Rng;

    const AT: [f64; 4] = [1.0, 4.0, 16.0, 64.0];

    fn of(rounds: &[[f64; 4]]) -> Option<Crossing> {
        let rounds: Vec<Vec<f64>> = rounds.iter().map(|row| row.to_vec()).collect();
        crossing(&AT, &rounds, 500, 1)
    }

    #[test]
    fn the_line_passes_one_between_its_neighbours() {
        let check = |row: [f64; 4], want: f64| {
            let found = of(&[row; 3]).unwrap();
            let same = found.from == want || (found.from / want - 1.0).abs() < 1e-12;
            assert!(same, "{row:?}: {found:?}");
            // Rounds that are alike have no spread.
            assert_eq!((found.low, found.high), (found.from, found.from));
        };
        // Half way between ln 0.5 and ln 2, so half way between 4 and 16.
        check([0.5, 0.5, 2.0, 2.0], 8.0);
        check([0.25, 0.25, 2.0, 2.0], 4.0 * 4f64.powf(2.0 / 3.0));
        check([1.1, 1.1, 1.1, 1.1], 1.0);
        check([0.9, 0.9, 0.9, 0.9], f64::INFINITY);
        check([2.0, 2.0, 2.0, 0.9], f64::INFINITY);
        // Ahead, behind, ahead: only the last time counts.
        check([2.0, 0.5, 2.0, 2.0], 8.0);
        check([1.0, 1.0, 1.0, 2.0], 16.0);
    }

    #[test]
    fn what_is_no_table_has_no_crossing() {
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[[1.0, 1.0, f64::NAN, 1.0]]), None);
        assert_eq!(of(&[[1.0, 1.0, 0.0, 1.0]]), None);
        assert_eq!(crossing(&AT, &[vec![1.0; 3]], 10, 1), None);
        assert_eq!(crossing(&[4.0, 1.0], &[vec![1.0; 2]], 10, 1), None);
        assert_eq!(crossing(&[], &[vec![]], 10, 1), None);
    }

    /// With 5 % noise a true crossing at 8 lies in the interval about as often as it says;
    /// a median of 15 discrete rounds covers a little less.
    #[test]
    fn the_interval_holds_the_true_crossing() {
        let mut random = Rng::with_seed(7);
        let mut normal = || (0..12).map(|_| random.f64()).sum::<f64>() - 6.0;
        let (mut held, runs) = (0, 300);
        for run in 0..runs {
            let truth = [0.8, 0.9, 1.0 / 0.9, 1.2];
            let rounds: Vec<Vec<f64>> = (0..15)
                .map(|_| truth.iter().map(|ratio| ratio * (0.05 * normal()).exp()).collect())
                .collect();
            let found = crossing(&AT, &rounds, 400, run).unwrap();
            held += u64::from((found.low..=found.high).contains(&8.0));
        }
        assert!((270..=300).contains(&held), "{held} of {runs}");
    }

    /// Medians are of few values; each seed draws for itself, so one seed never differs.
    #[test]
    fn a_seed_gives_the_same_interval() {
        let rounds = [[0.8, 0.95, 1.1, 1.3], [0.9, 1.05, 1.2, 1.2], [0.85, 0.9, 0.98, 1.4]];
        assert_eq!(of(&rounds), of(&rounds));
        let found = of(&rounds).unwrap();
        assert!(found.low < found.from && found.from <= found.high, "{found:?}");
    }
}
