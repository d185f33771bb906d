//! All pairs of a family, for a page on which another reference can be chosen.

use triathlon_statistics::verdict::Verdict;

use crate::family::Family;

/// The pairs of one case and metric.
#[derive(Clone, Debug)]
pub(crate) struct Matrix {
    pub(crate) workload: String,
    pub(crate) preset: String,
    /// Key of a cell's metrics.
    pub(crate) metric: &'static str,
    /// Margin of the verdicts.
    pub(crate) margin: f64,
    /// Ids of the cells.
    pub(crate) members: Vec<String>,
    pub(crate) pairs: Vec<Entry>,
}

/// What is said of a cell `a` against another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// Places among the members.
    pub(crate) a: usize,
    pub(crate) b: usize,
    pub(crate) ratio: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) verdict: Verdict,
    /// Whether the parts of the run disagree.
    pub(crate) split: bool,
}

impl Matrix {
    pub(crate) fn of(family: &Family<'_>) -> Self {
        let entry = |(place, pair): (usize, &triathlon_statistics::verdict::Pair)| Entry {
            a: pair.a,
            b: pair.b,
            ratio: pair.ratio,
            low: pair.low,
            high: pair.high,
            verdict: pair.verdict,
            split: family.split.contains(&place),
        };
        Self {
            workload: family.workload.to_string(),
            preset: family.preset.to_string(),
            metric: family.metric,
            margin: family.margin,
            members: family.members.iter().map(|id| (*id).to_string()).collect(),
            pairs: family.pairs.iter().enumerate().map(entry).collect(),
        }
    }

    /// The pair of two cells, seen from either side, and whether it is the first
    /// that is its `a`.
    pub(crate) fn between(&self, one: &str, other: &str) -> Option<(&Entry, bool)> {
        let place = |id: &str| self.members.iter().position(|member| member == id);
        let (one, other) = (place(one)?, place(other)?);
        let ends = (one.min(other), one.max(other));
        let entry = self.pairs.iter().find(|pair| (pair.a, pair.b) == ends)?;
        Some((entry, one < other))
    }
}
