//! Ranges and ticks of logarithmic axes.

use super::data::Figure;
use crate::text::Quantity;

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
    // Noise looks small, and the line at 1 is in sight.
    let (low, high) = if figure.ratio { (low.min(1.0 / 1.1), high.max(1.1)) } else { (low, high) };
    let (low, high) = padded(low, high, 0.05);
    Axis { low, high, ticks: round_quantities(figure.quantity, low, high) }
}

/// The same of a quantity; of bytes in a unit of theirs, which no power of ten is.
fn round_quantities(quantity: Quantity, low: f64, high: f64) -> Vec<f64> {
    let size = match quantity {
        Quantity::Bytes => quantity.unit_for(high).size,
        _ => 1.0,
    };
    round_values(low / size, high / size).into_iter().map(|value| value * size).collect()
}

/// Widens a range by a share of its logarithmic length; a range without length
/// gets a factor of two to each side.
pub(super) fn padded(low: f64, high: f64, share: f64) -> (f64, f64) {
    let pad = match (high / low).powf(share) {
        pad if high / low > 1.05 => pad.max(1.03),
        _ => 2.0,
    };
    (low / pad, high * pad)
}

/// Most ticks on the vertical axis.
const MOST: usize = 6;

/// Round values on a vertical axis, at most six.
pub(super) fn round_values(low: f64, high: f64) -> Vec<f64> {
    finest(low, high, |ticks| ticks.len() <= MOST)
}

/// Round values on a horizontal axis, so few that their labels, each with its
/// width, have room on a length of pixels.
pub(super) fn spaced(low: f64, high: f64, length: i32, width: impl Fn(f64) -> i32) -> Vec<f64> {
    let place = |value: f64| (value / low).ln() / (high / low).ln() * f64::from(length);
    let apart = |pair: &[f64]| {
        let needed = f64::from(width(pair[0]) + width(pair[1])) / 2.0;
        place(pair[1]) - place(pair[0]) >= needed
    };
    finest(low, high, |ticks| ticks.windows(2).all(apart))
}

/// Steps within a decade, from fine to coarse.
const STEPS: [&[f64]; 5] = [
    &[1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2.0, 2.2, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0],
    &[1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0],
    &[1.0, 1.5, 2.0, 3.0, 5.0, 7.0],
    &[1.0, 2.0, 5.0],
    &[1.0, 3.0],
];

/// Ranges narrower than this factor have ticks at equal steps.
const NARROW: f64 = 2.5;

/// The finest set of round values in the range that fits and has at least two:
/// equal steps in a narrow range, steps within a decade, every n-th decade. If
/// there is none, two values of the coarsest set that has two with room, or the
/// finest that fits.
fn finest(low: f64, high: f64, fits: impl Fn(&[f64]) -> bool) -> Vec<f64> {
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let within = |value: &f64| (low..=high).contains(value);
    let steps = STEPS.into_iter().map(|steps| {
        let tens = (first..=last).map(|decade| 10f64.powi(decade));
        tens.flat_map(|ten| steps.iter().map(move |step| step * ten)).filter(within).collect()
    });
    let decades = (1..=12).map(|stride| {
        let decades = (first..=last).filter(|decade| decade.rem_euclid(stride) == 0);
        decades.map(|decade| 10f64.powi(decade)).filter(within).collect()
    });
    let sets: Vec<Vec<f64>> =
        equal_steps(low, high).into_iter().chain(steps).chain(decades).collect();
    let fitting = |least: usize| sets.iter().find(|set| set.len() >= least && fits(set)).cloned();
    let two = || sets.iter().rev().filter_map(|set| ends(set)).find(|set| fits(set));
    fitting(2).or_else(two).or_else(|| fitting(1)).unwrap_or_default()
}

/// A power of ten, or else the least value, and the value that is furthest from
/// it.
fn ends(set: &[f64]) -> Option<Vec<f64>> {
    let power = |value: &&f64| (value.log10() - value.log10().round()).abs() < 1e-9;
    let anchor = *set.iter().find(power).or(set.first())?;
    let distance = |value: &f64| (value / anchor).ln().abs();
    let other = *set.iter().max_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    (other != anchor).then(|| vec![anchor.min(other), anchor.max(other)])
}

/// Multiples of 1, 2 and 5 of a power of ten, from fine to coarse; nothing in a
/// range that is not narrow.
fn equal_steps(low: f64, high: f64) -> Vec<Vec<f64>> {
    if high / low >= NARROW {
        return Vec::new();
    }
    let magnitude = (high - low).log10().floor() as i32;
    let steps = (magnitude - 2..=magnitude)
        .flat_map(|exponent| [1.0, 2.0, 5.0].map(|step| step * 10f64.powi(exponent)));
    let multiples = steps.map(|step| {
        let range = (low / step).ceil() as u64..=(high / step).floor() as u64;
        range.map(|count| count as f64 * step).collect()
    });
    multiples.collect()
}

#[cfg(test)]
mod tests {
    use super::{padded, round_quantities, round_values, spaced};
    use crate::text::Quantity;

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
    fn ticks_of_bytes_are_round_in_their_unit() {
        let mib = f64::from(1 << 20);
        let ticks = round_quantities(Quantity::Bytes, 4.0 * mib, 120.0 * mib);
        assert_eq!(ticks, [5.0, 10.0, 20.0, 50.0, 100.0].map(|count| count * mib));
        assert_eq!(round_quantities(Quantity::Count, 4.0, 120.0), [5.0, 10.0, 20.0, 50.0, 100.0]);
    }

    #[test]
    fn ticks_of_a_narrow_range_are_at_equal_steps() {
        let close = |ticks: &[f64], want: &[f64]| {
            ticks.len() == want.len()
                && ticks.iter().zip(want).all(|(tick, want)| (tick / want - 1.0).abs() < 1e-9)
        };
        let ticks = spaced(0.8, 1.25, 440, |_| 96);
        assert!(close(&ticks, &[0.8, 1.0, 1.2]), "{ticks:?}");
        let ticks = spaced(30.1, 33.6, 440, |_| 96);
        assert!(close(&ticks, &[31.0, 32.0, 33.0]), "{ticks:?}");
        let ticks = spaced(12.2, 43.0, 420, |_| 130);
        assert!(close(&ticks, &[15.0, 30.0]), "{ticks:?}");
        let ticks = spaced(0.8, 90.0, 440, |_| 96);
        assert!(close(&ticks, &[1.0, 3.0, 10.0, 30.0]), "{ticks:?}");
    }

    #[test]
    fn a_range_without_length_is_widened() {
        assert_eq!(padded(8.0, 8.0, 0.05), (4.0, 16.0));
        let (low, high) = padded(1.0, 100.0, 0.05);
        assert!(low < 1.0 && high > 100.0 && high < 130.0);
    }
}
