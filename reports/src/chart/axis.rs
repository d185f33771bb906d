//! Ranges and ticks of logarithmic axes.

use super::data::Figure;

/// Lowest and highest value on an axis, and where its ticks are.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) ticks: Vec<f64>,
}

/// Ticks at the values that occur.
pub(super) fn horizontal(figure: &Figure) -> Axis {
    let ticks: Vec<f64> = figure.xs().into_iter().map(|x| x as f64).collect();
    let (low, high) = padded(ticks[0], ticks[ticks.len() - 1], 0.06);
    Axis { low, high, ticks }
}

/// Ticks at round values between the lowest and the highest value.
pub(super) fn vertical(figure: &Figure) -> Axis {
    let low = figure.points().map(|point| point.value.low).fold(f64::INFINITY, f64::min);
    let high = figure.points().map(|point| point.value.high).fold(0.0, f64::max);
    let (low, high) = padded(low, high, 0.05);
    Axis { low, high, ticks: round_values(low, high) }
}

/// Widens a range by a share of its logarithmic length; a range without length
/// gets a factor of two to each side.
fn padded(low: f64, high: f64, share: f64) -> (f64, f64) {
    let pad = match (high / low).powf(share) {
        pad if high / low > 1.05 => pad.max(1.03),
        _ => 2.0,
    };
    (low / pad, high * pad)
}

/// Most ticks on the vertical axis.
const MOST: usize = 6;

/// The finest set of round values that has at most six of them in the range:
/// steps within a decade, else every n-th decade.
fn round_values(low: f64, high: f64) -> Vec<f64> {
    let fine: [&[f64]; 5] = [
        &[1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2.0, 2.2, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0],
        &[1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0],
        &[1.0, 1.5, 2.0, 3.0, 5.0, 7.0],
        &[1.0, 2.0, 5.0],
        &[1.0, 3.0],
    ];
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let within = |value: &f64| (low..=high).contains(value);
    let steps = fine.into_iter().map(|steps| {
        let decades = (first..=last).map(|decade| 10f64.powi(decade));
        decades.flat_map(|d| steps.iter().map(move |s| s * d)).filter(within).collect()
    });
    let decades = (1..=12).map(|stride| {
        let decades = (first..=last).filter(|decade| decade.rem_euclid(stride) == 0);
        decades.map(|decade| 10f64.powi(decade)).filter(within).collect()
    });
    steps.chain(decades).find(|ticks: &Vec<f64>| ticks.len() <= MOST).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{padded, round_values};

    #[test]
    fn ticks_are_round_and_few() {
        let check = |low: f64, high: f64, want: &[f64]| {
            let ticks = round_values(low, high);
            let close = ticks.iter().zip(want).all(|(tick, want)| (tick / want - 1.0).abs() < 1e-9);
            assert!(close && ticks.len() == want.len(), "{low}–{high}: {ticks:?}");
        };
        check(9.0, 40.0, &[10.0, 15.0, 20.0, 30.0]);
        check(18.0, 250.0, &[20.0, 50.0, 100.0, 200.0]);
        check(0.015, 120.0, &[0.1, 1.0, 10.0, 100.0]);
        check(1.0, 1e9, &[1.0, 1e2, 1e4, 1e6, 1e8]);
    }

    #[test]
    fn a_range_without_length_is_widened() {
        assert_eq!(padded(8.0, 8.0, 0.05), (4.0, 16.0));
        let (low, high) = padded(1.0, 100.0, 0.05);
        assert!(low < 1.0 && high > 100.0 && high < 130.0);
    }
}
