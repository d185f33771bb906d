//! All pairs of a family, for a page on which another reference can be chosen.

use std::collections::BTreeSet;

use triathlon_statistics::verdict::Pair;

use crate::family::Family;

/// The pairs of one case and metric; what a family keeps when the cells that it
/// borrows change.
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
    pairs: Vec<Pair>,
    /// Places of the pairs on which the parts of the run disagree.
    split: BTreeSet<usize>,
}

/// Two cells of a matrix.
pub(crate) struct Between<'a> {
    pub(crate) pair: &'a Pair,
    /// Whether the first one asked for is the pair's `a`.
    pub(crate) in_order: bool,
    /// Whether the parts of the run disagree.
    pub(crate) split: bool,
}

impl Matrix {
    pub(crate) fn of(family: &Family<'_>) -> Self {
        Self {
            workload: family.workload.to_string(),
            preset: family.preset.to_string(),
            metric: family.metric,
            margin: family.margin,
            members: family.members.iter().map(|id| (*id).to_string()).collect(),
            pairs: family.pairs.clone(),
            split: family.split.clone(),
        }
    }

    /// The pair of two cells.
    pub(crate) fn between(&self, one: &str, other: &str) -> Option<Between<'_>> {
        let place = |id: &str| self.members.iter().position(|member| member == id);
        let (one, other) = (place(one)?, place(other)?);
        let ends = (one.min(other), one.max(other));
        let at = self.pairs.iter().position(|pair| (pair.a, pair.b) == ends)?;
        let split = self.split.contains(&at);
        Some(Between { pair: &self.pairs[at], in_order: one < other, split })
    }
}
