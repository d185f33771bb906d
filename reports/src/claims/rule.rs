//! Whether a value is on the claimed side of its bounds: numbers alone.

use triathlon_statistics::signed_rank::{Centre, centre, hodges_lehmann, least_p, p_value};
use triathlon_statistics::{Summary, holm};

use crate::family::ALPHA;

/// Values whose centre is held against bounds, all on one scale: logarithms of ratios,
/// or the values themselves.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    /// One a round; each is finite.
    pub(super) values: Vec<f64>,
    /// The same by part of the run; empty where it has one part.
    pub(super) parts: Vec<Vec<f64>>,
    /// Whether the value is a count, which has no rounds: it is what it is.
    pub(super) count: bool,
    pub(super) at_least: Option<f64>,
    pub(super) at_most: Option<f64>,
    /// How far from zero the same thing may be from itself; none where the values are
    /// no ratios.
    pub(super) floor: Option<f64>,
}

/// Where a value is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Side {
    /// Its interval lies wholly on the claimed side of every bound.
    Claimed,
    /// Its interval lies wholly on the other side of one.
    Other,
    /// Neither, and why.
    Open(Why),
}

/// Why nothing is said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Why {
    /// So many rounds would be needed for an interval at the level that Holm leaves.
    Few(usize),
    /// The interval covers a bound.
    Covers,
    /// Value and bound are both within what the same thing differs from itself by.
    Noise,
    /// The parts of the run do not show the same.
    Parts,
}

/// The centre with what is said of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) n: usize,
    pub(super) centre: f64,
    pub(super) low: f64,
    pub(super) high: f64,
    /// Of the interval; none where the bounds are the lowest and highest value.
    pub(super) confidence: Option<f64>,
    pub(super) side: Side,
}

/// How many bounds are tested, which is the size of the family; those of counts are not.
pub(super) fn comparisons(asked: &[Asked]) -> usize {
    asked.iter().map(Asked::compared).sum()
}

/// What the values say, in their order; none for those without a value.
///
/// Every bound is one comparison, with the two-sided p-value of the centre being the
/// bound. All of them are one family, whatever claims they belong to. A value is said to
/// be on a side of its bounds by one interval, at the strictest level that Holm leaves
/// for one of them, so that what is shown is what decides.
///
/// Source: research, existing comparisons, section 4 (the rule); MEASURING.md,
/// "Statistics" (interval and correction).
pub(super) fn answers(asked: &[Asked]) -> Vec<Option<Answer>> {
    let p = asked.iter().filter(|one| !one.count).flat_map(|one| {
        one.bounds().filter_map(|bound| {
            p_value(&one.values.iter().map(|value| value - bound).collect::<Vec<f64>>())
        })
    });
    let mut levels = holm::levels(&p.collect::<Vec<f64>>(), ALPHA).into_iter();
    let answer = |one: &Asked| {
        let level = levels.by_ref().take(one.compared()).fold(ALPHA, f64::min);
        if one.count { one.plain() } else { one.answer(level) }
    };
    asked.iter().map(answer).collect()
}

/// Centre and range, where a run draws no conclusion.
pub(super) fn range(values: &[f64]) -> Option<Answer> {
    let Summary { n, low, high, .. } = Summary::of(values)?;
    let centre = hodges_lehmann(values)?;
    Some(Answer { n, centre, low, high, confidence: None, side: Side::Open(Why::Covers) })
}

impl Asked {
    fn bounds(&self) -> impl Iterator<Item = f64> {
        [self.at_least, self.at_most].into_iter().flatten()
    }

    /// Bounds that chance could decide.
    fn compared(&self) -> usize {
        if self.count || self.values.is_empty() { 0 } else { self.bounds().count() }
    }

    /// Of a count, which lies where it lies.
    fn plain(&self) -> Option<Answer> {
        let found = range(&self.values)?;
        let side = match self.side(found.low, found.high) {
            Side::Claimed | Side::Other if self.within_noise(found.centre) => {
                Side::Open(Why::Noise)
            }
            side => side,
        };
        Some(Answer { side, ..found })
    }

    fn answer(&self, level: f64) -> Option<Answer> {
        let Some(Centre { n, centre, low, high, misrate }) = centre(&self.values, level) else {
            let needed = (1..).find(|n| least_p(*n) <= level).unwrap_or(usize::MAX);
            let side = Side::Open(Why::Few(needed));
            return range(&self.values).map(|answer| Answer { side, ..answer });
        };
        let side = match self.side(low, high) {
            Side::Open(why) => Side::Open(why),
            _ if self.within_noise(centre) => Side::Open(Why::Noise),
            side if self.parts.iter().any(|part| self.side_of_part(part) != Some(side)) => {
                Side::Open(Why::Parts)
            }
            side => side,
        };
        Some(Answer { n, centre, low, high, confidence: Some(1.0 - misrate), side })
    }

    fn side(&self, low: f64, high: f64) -> Side {
        let above = |bound: Option<f64>| bound.is_none_or(|bound| low > bound);
        let below = |bound: Option<f64>| bound.is_none_or(|bound| high < bound);
        let under = self.at_least.is_some_and(|bound| high < bound);
        let over = self.at_most.is_some_and(|bound| low > bound);
        if under || over {
            Side::Other
        } else if above(self.at_least) && below(self.at_most) {
            Side::Claimed
        } else {
            Side::Open(Why::Covers)
        }
    }

    /// A part alone is held to the plain level: it only has to point the same way.
    fn side_of_part(&self, values: &[f64]) -> Option<Side> {
        let Centre { low, high, .. } = centre(values, ALPHA)?;
        Some(self.side(low, high))
    }

    fn within_noise(&self, centre: f64) -> bool {
        let within =
            |floor: f64| centre.abs() <= floor && self.bounds().any(|bound| bound.abs() <= floor);
        self.floor.is_some_and(within)
    }
}

#[cfg(test)]
#[path = "rule_tests.rs"]
mod tests;
