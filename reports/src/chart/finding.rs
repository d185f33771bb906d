//! What a chart shows, in words made from its numbers.
//!
//! Medians and ranges only: a run of few rounds has no verdicts, so no word
//! here says that one is better.

use triathlon_contract::record::WorkloadFile;

use super::data::{self, Figure, Panel};
use crate::render::Model;
use crate::summary::{Cell, Spread};
use crate::text::{self, THIN};

/// How the contestants compare with the reference at the right end of a chart:
/// the largest value at which at least two have a ratio, in the last panel that
/// has it and more than one value; the range of medians if there is no ratio.
pub(super) fn finding(model: &Model<'_>, workload: &WorkloadFile, figure: &Figure) -> String {
    let metric = workload.chart.metric.as_str();
    let places = figure.panels.iter().flat_map(|panel| {
        let xs = figure.xs().into_iter();
        xs.map(move |x| (panel, x, ratios(model, panel, x, metric)))
    });
    // A panel with a single value is an aside.
    let line = |panel: &Panel| panel.series.iter().any(|series| series.points.len() > 1);
    places
        .filter(|(_, _, ratios)| !ratios.is_empty())
        .max_by_key(|(panel, x, ratios)| (ratios.len() > 1, line(panel), *x))
        .map_or_else(
            || extent(figure),
            |(panel, x, ratios)| compared(model, workload, figure, (panel, x), &ratios),
        )
}

fn compared(
    model: &Model<'_>,
    workload: &WorkloadFile,
    figure: &Figure,
    (panel, x): (&Panel, u64),
    ratios: &[(&Cell, &Spread)],
) -> String {
    let metric = workload.chart.metric.as_str();
    let (noun, verb) = phrase(metric, &workload.operation);
    let reference = text::short(&model.summary.run.reference, 40);
    let mut clauses: Vec<String> = ratios
        .iter()
        .enumerate()
        .map(|(place, (cell, ratio))| {
            let who = text::short(&data::who(cell), 40);
            let limited = figure.limitable && cell.ratio_limited;
            let mark = if limited { " (pair-limited)" } else { "" };
            match place {
                0 => format!("{who} {verb} {} the {noun} of {reference}{mark}", times(ratio)),
                _ => format!("{who} {}{mark}", times(ratio)),
            }
        })
        .collect();
    let preset = ratios.first().map_or("", |(cell, _)| cell.preset.as_str());
    clauses.extend(without(model, workload, preset, metric));
    let (n, noise) = (rounds(ratios), noise(model, workload, preset, metric));
    let (x, phrase) = (axis_value(figure, x), &panel.phrase);
    format!("At {x} and {phrase}, {} ({n}{noise}).", clauses.join("; "))
}

/// Plain cells of the preset that cannot be compared, and why in a word.
fn without(model: &Model<'_>, workload: &WorkloadFile, preset: &str, metric: &str) -> Vec<String> {
    let cells = model.summary.cells.iter().filter(|cell| {
        (cell.workload == workload.name && cell.preset == preset && cell.way.is_empty())
            && (cell.reference.is_some() && !cell.ratio_to_reference.contains_key(metric))
    });
    cells
        .map(|cell| format!("{} {}", text::short(&data::who(cell), 40), cell.status.name()))
        .collect()
}

/// `n = 6 rounds`, or the range where contestants differ.
fn rounds(ratios: &[(&Cell, &Spread)]) -> String {
    let n = || ratios.iter().map(|(_, ratio)| ratio.n);
    match (n().min().unwrap_or(0), n().max().unwrap_or(0)) {
        (1, 1) => format!("n{THIN}={THIN}1 round"),
        (low, high) if low == high => format!("n{THIN}={THIN}{low} rounds"),
        (low, high) => format!("n{THIN}={THIN}{low} to {high} rounds"),
    }
}

/// Cells at `x` with their ratio, largest first.
fn ratios<'a>(
    model: &Model<'a>,
    panel: &Panel,
    x: u64,
    metric: &str,
) -> Vec<(&'a Cell, &'a Spread)> {
    let points = panel.series.iter().flat_map(|series| &series.points).filter(|p| p.x == x);
    let mut ratios: Vec<(&Cell, &Spread)> = points
        .filter_map(|point| {
            let cell = model.summary.cells.iter().find(|cell| cell.id == point.cell)?;
            Some((cell, cell.ratio_to_reference.get(metric)?))
        })
        .collect();
    ratios.sort_by(|a, b| b.1.median.total_cmp(&a.1.median));
    ratios
}

/// `fetches at once (N)` and 1000 are `N = 1000`; a label without a symbol in
/// parentheses keeps its words.
fn axis_value(figure: &Figure, x: u64) -> String {
    let label = figure.over_label.as_str();
    let symbol = label.rsplit_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    let value = text::parameter(&figure.over, x);
    match symbol.filter(|symbol| symbol.chars().count() <= 2) {
        Some(symbol) => format!("{symbol}{THIN}={THIN}{value}"),
        None => format!("{label} {value}"),
    }
}

/// Median and range; a single value has no range.
fn times(ratio: &Spread) -> String {
    let [median, low, high] = [ratio.median, ratio.low, ratio.high].map(text::digits);
    match ratio.n {
        1 => format!("{median}{THIN}×"),
        _ => format!("{median}{THIN}×{THIN}[{low}–{high}]"),
    }
}

fn noise(model: &Model<'_>, workload: &WorkloadFile, preset: &str, metric: &str) -> String {
    let of_this = |noise: &&crate::summary::Noise| {
        (noise.workload == workload.name && noise.preset == preset)
            && (noise.metric == metric && noise.way.is_empty())
    };
    match model.summary.noise.iter().find(of_this) {
        Some(noise) => format!("; the reference against itself: {}", times(&noise.ratio)),
        None => String::new(),
    }
}

/// Noun of the metric and the verb that goes with it.
fn phrase(metric: &str, operation: &str) -> (String, &'static str) {
    let operation = text::short(operation, 30);
    match metric {
        "elapsed_s" => ("time".to_string(), "takes"),
        "throughput_per_s" => ("throughput".to_string(), "reaches"),
        "cpu_us_per_op" => (format!("CPU time per {operation}"), "spends"),
        "ctx_switches_per_op" => (format!("context switches per {operation}"), "makes"),
        "peak_rss_bytes" => ("peak memory".to_string(), "holds"),
        other => (text::short(&other.replace('_', " "), 40), "has"),
    }
}

fn extent(figure: &Figure) -> String {
    let medians = || figure.points().map(|point| point.value.median);
    let value = |value| text::quantified(figure.quantity, value);
    let low = value(medians().fold(f64::INFINITY, f64::min));
    let high = value(medians().fold(0.0, f64::max));
    let n = figure.points().map(|point| point.value.n).min().unwrap_or(0);
    format!("{}: medians from {low} to {high} (n ≥ {n} executions).", figure.metric)
}
