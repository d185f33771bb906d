//! A plane through measured values, and what lies among them.

/// A constant, and a factor for each of some numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Plane<const N: usize> {
    constant: f64,
    factors: [f64; N],
}

/// A pivot that is a smaller share of what it was is what rounding left of nothing.
const NOTHING: f64 = 1e-9;

impl<const N: usize> Plane<N> {
    /// Least squares of the errors as shares of the values, so that a cheap cell counts
    /// as much as a dear one. What never varies, or only as the numbers before it do, has
    /// no factor; none without points or where a value is not above 0.
    ///
    /// Source: Tofallis (2008), doi 10.22237/jmasm/1225513020.
    pub(super) fn through(points: &[([f64; N], f64)]) -> Option<Self> {
        if points.is_empty() || points.iter().any(|(_, value)| *value <= 0.0) {
            return None;
        }
        let row = |(numbers, value): &([f64; N], f64)| -> Vec<f64> {
            let own = std::iter::once(1.0).chain(*numbers).map(|number| number / value);
            own.chain([1.0]).collect()
        };
        let rows: Vec<Vec<f64>> = points.iter().map(row).collect();
        let sum = |i: usize, j: usize| rows.iter().map(|row| row[i] * row[j]).sum::<f64>();
        let mut normal: Vec<Vec<f64>> =
            (0..=N).map(|i| (0..=N + 1).map(|j| sum(i, j)).collect()).collect();
        let solved = solved(&mut normal);
        let (constant, factors) = solved.split_first()?;
        Some(Self { constant: *constant, factors: factors.try_into().ok()? })
    }

    /// The value at a place.
    pub(super) fn at(&self, numbers: [f64; N]) -> f64 {
        self.constant + self.factors.iter().zip(numbers).map(|(f, x)| f * x).sum::<f64>()
    }
}

/// Solves normal equations, whose last column is the right side, by Gauss and Jordan: they
/// are symmetric and nowhere negative, so that the diagonal is where to divide by. A column
/// without anything of its own has 0.
fn solved(normal: &mut [Vec<f64>]) -> Vec<f64> {
    let size = normal.len();
    let before: Vec<f64> = (0..size).map(|column| normal[column][column]).collect();
    let mut own = vec![false; size];
    for (column, whole) in before.into_iter().enumerate() {
        let pivot = normal[column][column];
        own[column] = pivot > whole * NOTHING;
        if !own[column] {
            continue;
        }
        normal[column].iter_mut().for_each(|entry| *entry /= pivot);
        let row = normal[column].clone();
        for (_, other) in normal.iter_mut().enumerate().filter(|(place, _)| *place != column) {
            let factor = other[column];
            other.iter_mut().zip(&row).for_each(|(entry, own)| *entry -= factor * own);
        }
    }
    (0..size).map(|column| if own[column] { normal[column][size] } else { 0.0 }).collect()
}

/// Whether a place lies among others: in their convex hull, its edge included. Of places
/// on one line it is the piece between the outermost, of one place that place.
pub(super) fn among(places: &[(f64, f64)], at: (f64, f64)) -> bool {
    if places.contains(&at) {
        return true;
    }
    let mut all = places.to_vec();
    all.push(at);
    !places.is_empty() && !corners(all).contains(&at)
}

/// Corners of the convex hull.
///
/// Source: Andrew (1979), doi 10.1016/0020-0190(79)90072-3.
fn corners(mut places: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    places.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    places.dedup();
    let turn = |o: (f64, f64), a: (f64, f64), b: (f64, f64)| {
        (a.0 - o.0) * (b.1 - o.1) - (a.1 - o.1) * (b.0 - o.0)
    };
    let half = |places: &mut dyn Iterator<Item = (f64, f64)>| {
        let mut chain: Vec<(f64, f64)> = Vec::new();
        for place in places {
            while let [.., before, last] = chain[..]
                && turn(before, last, place) <= 0.0
            {
                chain.pop();
            }
            chain.push(place);
        }
        chain
    };
    let mut found = half(&mut places.iter().copied());
    found.extend(half(&mut places.iter().rev().copied()));
    found
}

#[cfg(test)]
mod tests {
    use super::{Plane, among};

    #[test]
    fn a_plane_goes_through_what_lies_on_one() {
        let of = |n: f64, m: f64| ([n, m], 40.0 + 30.0 * n + 0.5 * m);
        let plane = Plane::through(&[of(1.0, 10.0), of(5.0, 10.0), of(20.0, 10.0), of(5.0, 100.0)]);
        let value = plane.unwrap().at([7.0, 40.0]);
        assert!((value - 270.0).abs() < 1e-6, "{value}");
    }

    /// By hand: the sum of (p − 1)² and (p/2 − 1)² is least at p = 1.2.
    #[test]
    fn errors_are_shares_of_the_values() {
        let plane = Plane::through(&[([3.0], 1.0), ([3.0], 2.0)]).unwrap();
        assert!((plane.at([3.0]) - 1.2).abs() < 1e-9, "{plane:?}");
    }

    #[test]
    fn what_never_varies_has_no_factor() {
        let plane = Plane::through(&[([2.0, 5.0], 4.0), ([4.0, 5.0], 8.0), ([6.0, 5.0], 12.0)]);
        let plane = plane.unwrap();
        assert!((plane.at([5.0, 5.0]) - 10.0).abs() < 1e-6, "{plane:?}");
        assert_eq!(plane.factors[1], 0.0);
        assert_eq!(Plane::<1>::through(&[]), None);
        assert_eq!(Plane::through(&[([1.0], 0.0)]), None);
    }

    #[test]
    fn among_others_is_within_their_hull() {
        let cross = [(1.0, 10.0), (5.0, 10.0), (20.0, 10.0), (5.0, 1.0), (5.0, 100.0)];
        let check = |at, want| assert_eq!(among(&cross, at), want, "{at:?}");
        check((5.0, 10.0), true);
        check((10.0, 10.0), true);
        check((10.0, 60.0), true);
        check((20.0, 100.0), false);
        check((1.0, 11.0), false);
        check((21.0, 10.0), false);
        // On its edge: from 20 and 10 to 5 and 100.
        check((10.0, 70.0), true);
        let line = [(1.0, 7.0), (9.0, 7.0)];
        assert!(among(&line, (3.0, 7.0)) && !among(&line, (10.0, 7.0)));
        assert!(!among(&line, (3.0, 8.0)));
        assert!(among(&[(2.0, 2.0)], (2.0, 2.0)) && !among(&[(2.0, 2.0)], (2.0, 3.0)));
        assert!(!among(&[], (0.0, 0.0)));
    }
}
