//! The signed-rank statistics by enumeration, and what follows from them.
//!
//! The naive way: the null distribution by writing down which ranks are
//! positive, intervals from all Walsh averages, roots and quantiles by iteration.

use std::sync::LazyLock;

/// Most values for which the signs are enumerated.
const MOST: usize = 30;

/// What is this near to zero is a tie, whatever the logarithms were rounded to.
const TIE: f64 = 1e-12;

/// Of n values: twice the chance that the positive ranks sum to at most w, by w.
static TAILS: LazyLock<Vec<Vec<f64>>> = LazyLock::new(|| (0..=MOST).map(tails).collect());

fn tails(n: usize) -> Vec<f64> {
    let (low, high) = (subset_sums(1, n / 2), subset_sums(n / 2 + 1, n));
    let mut counts = vec![0_u64; low.len() + high.len() - 1];
    for (a, ways) in low.iter().enumerate() {
        for (b, others) in high.iter().enumerate() {
            counts[a + b] += ways * others;
        }
    }
    assert_eq!(counts.iter().sum::<u64>(), 1 << n, "every pattern of signs once");
    let up_to = |w: usize| counts[..=w].iter().sum::<u64>() as f64;
    (0..counts.len()).map(|w| 2.0 * up_to(w) / (1_u64 << n) as f64).collect()
}

/// How many subsets of the ranks `from..=to` have each sum, one after the other.
fn subset_sums(from: usize, to: usize) -> Vec<u64> {
    let ranks: Vec<usize> = (from..=to).collect();
    let mut counts = vec![0; ranks.iter().sum::<usize>() + 1];
    for chosen in 0..1_u32 << ranks.len() {
        let sum: usize = ranks
            .iter()
            .enumerate()
            .filter(|(bit, _)| chosen >> bit & 1 == 1)
            .map(|(_, r)| r)
            .sum();
        counts[sum] += 1;
    }
    counts
}

/// The mean of each two values and each value, ascending.
fn walsh(values: &[f64]) -> Vec<f64> {
    let mut averages = Vec::new();
    for i in 0..values.len() {
        for j in 0..=i {
            averages.push((values[i] + values[j]) / 2.0);
        }
    }
    averages.sort_by(|a, b| a.partial_cmp(b).unwrap());
    averages
}

/// Centre and bounds of some log ratios.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interval {
    pub(super) centre: f64,
    pub(super) low: f64,
    pub(super) high: f64,
    /// Whether so few values have an interval at that level at all; else the
    /// bounds are the lowest and the highest value.
    pub(super) exact: bool,
}

/// None without values.
pub(super) fn interval(values: &[f64], level: f64) -> Option<Interval> {
    let centre = super::raw::middle(&walsh(values))?;
    let ranks = TAILS[values.len()].iter().filter(|tail| **tail <= level && **tail < 1.0).count();
    if ranks == 0 {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        return Some(Interval { centre, low, high, exact: false });
    }
    let averages = walsh(values);
    let (low, high) = (averages[ranks - 1], averages[averages.len() - ranks]);
    Some(Interval { centre, low, high, exact: true })
}

/// Two-sided, what is no difference counted for both sides.
pub(super) fn p_value(values: &[f64]) -> f64 {
    let averages = walsh(values);
    let below = averages.iter().filter(|average| **average <= TIE).count();
    let above = averages.iter().filter(|average| **average >= -TIE).count();
    TAILS[values.len()].get(below.min(above)).map_or(1.0, |tail| tail.min(1.0))
}

/// Holm's level of each of these p-values: those before it in ascending order
/// are no longer in the family, until the first that is not decided.
pub(super) fn levels(p: &[f64], alpha: f64) -> Vec<f64> {
    let before = |one: usize, other: usize| (p[other], other) < (p[one], one);
    let place = |one: usize| (0..p.len()).filter(|other| before(one, *other)).count();
    let level = |place: usize| alpha / (p.len() - place) as f64;
    let places: Vec<usize> = (0..p.len()).map(place).collect();
    let open = (0..p.len()).filter(|one| p[*one] > level(places[*one]));
    let stop = open.map(|one| places[one]).min().unwrap_or(p.len());
    places.iter().map(|place| level(*place.min(&stop))).collect()
}

/// Chance of a standard normal value beyond `x`, by Simpson's rule.
fn normal_tail(x: f64) -> f64 {
    let (steps, width) = (2400, 12.0);
    let h = width / f64::from(steps);
    let density = |x: f64| (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt();
    let weight = |step| match step {
        0 | 2400 => 1.0,
        odd if odd % 2 == 1 => 4.0,
        _ => 2.0,
    };
    (0..=steps).map(|step| weight(step) * density(x + h * f64::from(step))).sum::<f64>() * h / 3.0
}

/// The value that is exceeded with this chance, below one half.
fn normal_beyond(chance: f64) -> f64 {
    let (mut low, mut high) = (0.0, 10.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if normal_tail(middle) > chance { low = middle } else { high = middle }
    }
    low
}

/// The same of Student's t. Source: Abramowitz and Stegun (1964), 26.7.5, three
/// terms, as the suite says of its own.
fn student_beyond(chance: f64, freedom: f64) -> f64 {
    let z = normal_beyond(chance);
    z + z * (z * z + 1.0) / (4.0 * freedom)
        + z * ((5.0 * z * z + 16.0) * z * z + 3.0) / (96.0 * freedom.powi(2))
        + z * (((3.0 * z * z + 19.0) * z * z + 17.0) * z * z - 15.0) / (384.0 * freedom.powi(3))
}

/// The smallest ratio that nine of ten repetitions find: `s'·T` with
/// `T = t + z·√(1 + (t² + T²)/2ν)` to exclude 1, and
/// `ln margin + s'·z·√(1 + z²/2ν)` to be beyond the margin; the larger counts.
pub(super) fn smallest(values: &[f64], level: f64, margin: f64) -> Option<f64> {
    interval(values, level).filter(|interval| interval.exact)?;
    let n = values.len() as f64;
    let freedom = n - 1.0;
    // The variance by the differences of all pairs.
    let squares: f64 =
        values.iter().flat_map(|a| values.iter().map(move |b| (a - b) * (a - b))).sum();
    let error = (squares / (2.0 * n * freedom)).sqrt() / (3.0 * n / std::f64::consts::PI).sqrt();
    let (t, z) = (student_beyond(level / 2.0, freedom), normal_beyond(0.1));
    let mut root = t;
    for _ in 0..200 {
        root = t + z * (1.0 + (t * t + root * root) / (2.0 * freedom)).sqrt();
    }
    let beyond = margin.ln() + error * z * (1.0 + z * z / (2.0 * freedom)).sqrt();
    Some(beyond.max(error * root).exp())
}

#[test]
fn the_textbook_comes_out() {
    // R's example for `wilcox.test`: p = 0.0390625, -0.46, -0.786 to -0.01.
    let change = [-0.952, 0.147, -1.022, -0.43, -0.62, -0.59, -0.49, 0.08, -0.01];
    let found = interval(&change, 0.05).unwrap();
    let near = |got: f64, want: f64| assert!((got - want).abs() < 1e-9, "{got} {want}");
    near(found.centre, -0.46);
    near(found.low, -0.786);
    near(found.high, -0.01);
    near(p_value(&change), 0.039_062_5);
    // R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") at 6 %.
    let got = levels(&[0.01, 0.04, 0.03, 0.005], 0.06);
    [0.02, 0.06, 0.03, 0.015].into_iter().zip(got).for_each(|(want, got)| near(got, want));
    // R: qnorm(0.9), qt(0.975, 14).
    near(normal_beyond(0.1), 1.281_551_565_545);
    assert!((student_beyond(0.025, 14.0) - 2.144_787).abs() < 1e-3);
}
