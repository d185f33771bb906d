//! Geometric mean over cells of the ratio to a fixed reference.
//!
//! Only ratios to one reference may be averaged like this, and only their
//! geometric mean does not depend on which contestant that is (Fleming and
//! Wallace 1986, doi 10.1145/5666.5673). Medians are taken of the logarithms,
//! so that swapping the two gives exactly the reciprocal.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;

use crate::verdict::Rounds;

/// Bounds of the percentile interval.
const LOW: f64 = 0.025;
const HIGH: f64 = 0.975;

/// A contestant's ratio to the reference over all its cells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Geomean {
    /// Cells that have a ratio, at least 1.
    pub cells: usize,
    /// Geometric mean of the per-cell median ratios.
    pub ratio: f64,
    /// Lower 95 % bound, if the same cells were measured again.
    pub low: f64,
    /// Upper bound of the same.
    pub high: f64,
    /// Lower 95 % bound, if other cells of the kind had been chosen as well.
    pub wide_low: f64,
    /// Upper bound of the same.
    pub wide_high: f64,
    /// The lowest ratio of a cell.
    pub least: f64,
    /// The highest ratio of a cell.
    pub most: f64,
    /// The lowest mean that leaving out one cell gives; of a single cell, its
    /// ratio.
    pub without_low: f64,
    /// The highest such mean.
    pub without_high: f64,
}

/// Geometric mean over `cells`, each with its per-round ratio to the
/// reference, with intervals from a hierarchical bootstrap.
///
/// `parts` lists the rounds of each part of the run (its sessions); rounds it
/// leaves out do not count, and without any part all rounds are one. Each
/// replicate draws as many parts as there are, with replacement, and within
/// each as many rounds as it has; a drawn round is drawn for all cells, so that
/// what it did to all of them stays together. A cell without a value in any
/// drawn round keeps its ratio. The wide interval then draws the cells too.
///
/// The first value of a round counts; one that is not positive and finite is
/// none. `None` if no cell has a value or `replicates` is 0; 1000 are enough
/// for two digits. The same `seed` gives the same bounds.
///
/// Source: percentile intervals, Efron and Tibshirani (1993), "An introduction
/// to the bootstrap", §13.3; resampling by level, Ren et al. (2010), doi
/// 10.1080/02664760903046102, with replacement on each.
pub fn geomean(
    cells: &[Rounds],
    parts: &[Vec<u64>],
    seed: u64,
    replicates: usize,
) -> Option<Geomean> {
    let table = Table::new(cells, parts);
    let means = table.medians();
    if means.is_empty() || replicates == 0 {
        return None;
    }
    let mut bootstrap = Bootstrap::new(seed, &table, &means);
    let (mut narrow, mut wide) = (Vec::new(), Vec::new());
    for _ in 0..replicates {
        let (fixed, drawn) = bootstrap.replicate();
        narrow.push(fixed);
        wide.push(drawn);
    }
    let (low, high) = interval(narrow);
    let (wide_low, wide_high) = interval(wide);
    let (least, most) = extremes(&means);
    let (without_low, without_high) = extremes(&leave_one_out(&means));
    Some(Geomean {
        cells: means.len(),
        ratio: mean(&means).exp(),
        low,
        high,
        wide_low,
        wide_high,
        least,
        most,
        without_low,
        without_high,
    })
}

/// The log ratios as cell × row, a row being a round of a part.
struct Table {
    /// NaN where the cell has no value in that round.
    cells: Vec<Vec<f64>>,
    /// Rows of each part, which are successive.
    parts: Vec<std::ops::Range<usize>>,
}

impl Table {
    /// Leaves out cells, rounds and parts without any value.
    fn new(cells: &[Rounds], parts: &[Vec<u64>]) -> Self {
        let log = |(round, ratio): &(u64, f64)| (*round, ratio.ln());
        let logs = cells.iter().map(|cell| cell.iter().rev().map(log).collect());
        let mut logs: Vec<BTreeMap<u64, f64>> = logs.collect();
        logs.iter_mut().for_each(|cell| cell.retain(|_, log| log.is_finite()));
        let all: BTreeSet<u64> = logs.iter().flat_map(|cell| cell.keys().copied()).collect();
        let whole = [all.iter().copied().collect()];
        let (mut rounds, mut ranges) = (Vec::new(), Vec::new());
        for part in if parts.is_empty() { &whole } else { parts } {
            let start = rounds.len();
            rounds.extend(part.iter().filter(|round| all.contains(round)));
            if rounds.len() > start {
                ranges.push(start..rounds.len());
            }
        }
        let row = |cell: &BTreeMap<u64, f64>| {
            let log = |round: &u64| cell.get(round).copied().unwrap_or(f64::NAN);
            rounds.iter().map(log).collect::<Vec<f64>>()
        };
        let mut cells: Vec<Vec<f64>> = logs.iter().map(row).collect();
        cells.retain(|cell| cell.iter().any(|log| !log.is_nan()));
        Self { cells, parts: ranges }
    }

    /// Median log ratio of each cell.
    fn medians(&self) -> Vec<f64> {
        let known = |cell: &Vec<f64>| {
            let mut known: Vec<f64> = cell.iter().copied().filter(|log| !log.is_nan()).collect();
            median_of(&mut known)
        };
        self.cells.iter().filter_map(known).collect()
    }
}

/// What one replicate after the other needs.
struct Bootstrap<'a> {
    rng: Rng,
    table: &'a Table,
    /// Median of each cell, for replicates that leave it without a value.
    means: &'a [f64],
    rows: Vec<usize>,
    values: Vec<f64>,
    drawn: Vec<f64>,
}

impl<'a> Bootstrap<'a> {
    fn new(seed: u64, table: &'a Table, means: &'a [f64]) -> Self {
        let (rows, values, drawn) = (Vec::new(), Vec::new(), Vec::new());
        Self { rng: Rng::with_seed(seed), table, means, rows, values, drawn }
    }

    /// The mean log ratio of the cells with other rounds, and with other rounds
    /// and other cells.
    fn replicate(&mut self) -> (f64, f64) {
        self.draw_rows();
        self.drawn.clear();
        for (cell, mean) in self.table.cells.iter().zip(self.means) {
            self.values.clear();
            self.values.extend(self.rows.iter().map(|row| cell[*row]).filter(|log| !log.is_nan()));
            self.drawn.push(median_of(&mut self.values).unwrap_or(*mean));
        }
        let cells = self.drawn.len();
        let other = (0..cells).map(|_| self.drawn[below(&mut self.rng, cells)]).sum::<f64>();
        (mean(&self.drawn), other / cells as f64)
    }

    /// A single part needs no draw: it would be that part.
    fn draw_rows(&mut self) {
        self.rows.clear();
        let parts = &self.table.parts;
        for _ in 0..parts.len() {
            let part = if parts.len() > 1 { below(&mut self.rng, parts.len()) } else { 0 };
            let rows = parts[part].clone();
            let draw = |_| rows.start + below(&mut self.rng, rows.len());
            self.rows.extend((0..rows.len()).map(draw));
        }
    }
}

/// A number from 0 to `bound` − 1, the same on machines of any word size.
fn below(rng: &mut Rng, bound: usize) -> usize {
    rng.u64(0..bound as u64) as usize
}

/// Median without sorting; `None` if there is no value.
fn median_of(values: &mut [f64]) -> Option<f64> {
    let middle = values.len() / 2;
    if values.is_empty() {
        return None;
    }
    let even = values.len().is_multiple_of(2);
    let (before, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let upper = *upper;
    let lower = before.iter().copied().max_by(f64::total_cmp).filter(|_| even);
    Some(lower.map_or(upper, |lower| f64::midpoint(lower, upper)))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The mean without each value in turn; of a single value, that value.
fn leave_one_out(values: &[f64]) -> Vec<f64> {
    if values.len() == 1 {
        return values.to_vec();
    }
    let others = |left_out: usize| {
        let rest = values.iter().enumerate().filter(|(at, _)| *at != left_out);
        rest.map(|(_, value)| value).sum::<f64>() / (values.len() - 1) as f64
    };
    (0..values.len()).map(others).collect()
}

/// Lowest and highest of some logarithms, exponentiated.
fn extremes(logs: &[f64]) -> (f64, f64) {
    let low = logs.iter().copied().fold(f64::INFINITY, f64::min);
    (low.exp(), logs.iter().copied().fold(f64::NEG_INFINITY, f64::max).exp())
}

/// The percentile interval of some logarithms, exponentiated.
///
/// Source: Hyndman and Fan (1996), type 7, as `numpy.quantile`.
fn interval(mut logs: Vec<f64>) -> (f64, f64) {
    logs.sort_unstable_by(f64::total_cmp);
    let quantile = |p: f64| {
        let rank = p * (logs.len() - 1) as f64;
        let (below, above) = (logs[rank.floor() as usize], logs[rank.ceil() as usize]);
        (below + rank.fract() * (above - below)).exp()
    };
    (quantile(LOW), quantile(HIGH))
}

#[cfg(test)]
mod tests;
