//! What the other ways of a cell do against what goes on beside its operations, and
//! what that costs, in words made from the numbers.
//!
//! Medians over executions only: a run of few rounds has no verdicts, so no word here
//! says that one is better.

use triathlon_contract::record::WorkloadFile;

use crate::chart::data::who;
use crate::render::Model;
use crate::summary::Cell;
use crate::text::{self, Quantity, THIN};

/// One contestant on one preset.
pub(crate) struct Found {
    /// Preset and contestant.
    pub(crate) about: String,
    /// How late it is without a remedy.
    pub(crate) before: String,
    /// What each of its other ways does and costs.
    pub(crate) remedies: Vec<String>,
}

/// Of every contestant that has more than the plain way on a preset, in the order of the
/// plan; nothing where nothing goes on beside the operations, or times depend on how
/// long it went on.
pub(crate) fn found(model: &Model<'_>, workload: &WorkloadFile) -> Vec<Found> {
    let Some(beside) = &workload.beside else {
        return Vec::new();
    };
    let nouns = Nouns { operation: &workload.operation, beside };
    let cells: Vec<&Cell> =
        model.summary.cells.iter().filter(|cell| cell.workload == workload.name).collect();
    let plain = cells.iter().filter(|cell| cell.way.is_empty());
    plain.filter_map(|plain| of(plain, &cells, nouns)).collect()
}

/// What an operation and what goes on beside it are called.
#[derive(Clone, Copy)]
struct Nouns<'a> {
    operation: &'a str,
    beside: &'a str,
}

fn of(plain: &Cell, cells: &[&Cell], nouns: Nouns<'_>) -> Option<Found> {
    let calls = median(plain, "call_mean_us")?;
    let late = Late::of(plain)?;
    let same = |cell: &&&Cell| cell.contestant == plain.contestant && cell.flavour == plain.flavour;
    let remedies: Vec<String> = cells
        .iter()
        .filter(same)
        .filter(|cell| cell.preset == plain.preset && !cell.way.is_empty())
        .filter_map(|cell| remedy(cell, late, calls, nouns))
        .collect();
    if remedies.is_empty() {
        return None;
    }
    let without = |cell: &&&Cell| cell.way.is_empty() && median(cell, "call_mean_us").is_none();
    let undisturbed = cells.iter().filter(same).filter(without).find_map(|cell| Late::of(cell));
    let undisturbed = undisturbed
        .map(|late| format!(", without any {} by {late}", short(nouns.beside)))
        .unwrap_or_default();
    let executions = if plain.n == 1 { "execution" } else { "executions" };
    let before = format!(
        "a {} is late by {late}{undisturbed} (lag at the 99th percentile and at most, medians of \
         up to {} {executions})",
        short(nouns.operation),
        plain.n
    );
    let about = format!("{}, {}", text::short(&plain.preset, 60), text::short(&who(plain), 60));
    Some(Found { about, before, remedies })
}

fn remedy(cell: &Cell, before: Late, calls_us: f64, nouns: Nouns<'_>) -> Option<String> {
    let late = Late::of(cell)?;
    let own_us = median(cell, "call_mean_us")?;
    let sign = if own_us < calls_us { "−" } else { "+" };
    Some(format!(
        "with {} by {late}, {}{THIN}× and {}{THIN}×, and a {} takes {} instead of {} ({sign}{})",
        text::short(&cell.way, 30),
        text::digits(late.p99_us / before.p99_us),
        text::digits(late.max_us / before.max_us),
        short(nouns.beside),
        time(own_us),
        time(calls_us),
        time((own_us - calls_us).abs()),
    ))
}

/// How late a cell's operations are.
#[derive(Clone, Copy)]
struct Late {
    p99_us: f64,
    max_us: f64,
}

impl Late {
    fn of(cell: &Cell) -> Option<Self> {
        let positive = |metric| median(cell, metric).filter(|us| *us > 0.0);
        Some(Self { p99_us: positive("lag_p99_us")?, max_us: positive("lag_max_us")? })
    }
}

impl std::fmt::Display for Late {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} and {}", time(self.p99_us), time(self.max_us))
    }
}

fn median(cell: &Cell, metric: &str) -> Option<f64> {
    Some(cell.metrics.get(metric)?.median)
}

fn time(us: f64) -> String {
    text::quantified(Quantity::Microseconds, us)
}

fn short(noun: &str) -> String {
    text::short(noun, 30)
}
