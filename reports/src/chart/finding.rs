//! What the scaling chart shows, in words made from its numbers.
//!
//! Medians and ranges only: a run of few rounds has no verdicts, so no word
//! here says that one is better.

use triathlon_contract::STACK;
use triathlon_contract::record::WorkloadFile;

use super::data::{Figure, Panel};
use crate::render::Model;
use crate::summary::{Cell, Spread};
use crate::text::{self, THIN};
use crate::{key, metrics};

/// Most contestants that a sentence names with their number; the others are
/// named together.
const MOST: usize = 5;

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
    let of_reference = format!(" the {noun} of {}", text::short(&model.summary.run.reference, 40));
    let clause = |(cell, ratio): &(&Cell, &Spread), first: bool| {
        let limited = metrics::limitable(metric) && cell.ratio_limited;
        let mark = if limited { " (pair-limited)" } else { "" };
        match first {
            true => format!("{} {verb} {}{of_reference}{mark}", name(cell), times(ratio)),
            false => format!("{} {}{mark}", name(cell), times(ratio)),
        }
    };
    let mut clauses: Vec<String> = match ratios {
        [own @ .., last] if ratios.len() > MOST => {
            let (own, others) = own.split_at(MOST - 2);
            let named = own.iter().enumerate().map(|(place, ratio)| clause(ratio, place == 0));
            named.chain([together(others), clause(last, false)]).collect()
        }
        all => all.iter().enumerate().map(|(place, r)| clause(r, place == 0)).collect(),
    };
    let preset = ratios.first().map_or("", |(cell, _)| cell.preset.as_str());
    clauses.extend(without(model, workload, preset, metric));
    let (n, noise) = (rounds(ratios), noise(model, workload, preset, metric));
    format!("{} and {}, {} ({n}{noise}).", at(figure, x), panel.phrase, clauses.join("; "))
}

/// `4 others 0.93 to 1.21 ×`.
fn together(others: &[(&Cell, &Spread)]) -> String {
    let medians = || others.iter().map(|(_, ratio)| ratio.median);
    let high = text::digits(medians().fold(0.0, f64::max));
    let low = text::digits(medians().fold(f64::INFINITY, f64::min));
    format!("{} others {low} to {high}{THIN}×", others.len())
}

/// Contestant, flavour and way.
fn name(cell: &Cell) -> String {
    text::short(&key::who_and_way(&key::parts(&cell.id)), 40)
}

/// Cells of the preset that cannot be compared, and why in a word.
fn without(model: &Model<'_>, workload: &WorkloadFile, preset: &str, metric: &str) -> Vec<String> {
    let mut groups: Vec<(&str, Vec<String>)> = Vec::new();
    let cells = model.summary.cells.iter().filter(|cell| {
        (cell.workload == workload.name && cell.preset == preset && cell.way != STACK)
            && (cell.reference.is_some() && !cell.ratio_to_reference.contains_key(metric))
    });
    for cell in cells {
        let status = cell.status.name();
        match groups.iter_mut().find(|(other, _)| *other == status) {
            Some((_, names)) => names.push(name(cell)),
            None => groups.push((status, vec![name(cell)])),
        }
    }
    let clause = |(status, names): (&str, Vec<String>)| match names.len() {
        ..=3 => format!("{} {status}", names.join(", ")),
        count => format!("{count} others {status}"),
    };
    groups.into_iter().map(clause).collect()
}

/// `n = 6 rounds`, or the range where contestants differ.
fn rounds(ratios: &[(&Cell, &Spread)]) -> String {
    let n = || ratios.iter().map(|(_, ratio)| ratio.n);
    count_of_rounds(n().min().unwrap_or(0), n().max().unwrap_or(0))
}

/// `n = 6 rounds`, `n = 1 round`, `n = 5 to 6 rounds`.
pub(super) fn count_of_rounds(low: usize, high: usize) -> String {
    match (low, high) {
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

/// `fetches at once (N)` and 1000 are `At N = 1000`; a label without a symbol
/// in parentheses keeps its words.
fn at(figure: &Figure, x: u64) -> String {
    let label = figure.over_label.as_str();
    let symbol = label.rsplit_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    let value = text::parameter(&figure.over, x);
    match symbol.filter(|symbol| symbol.chars().count() <= 2) {
        Some(symbol) => format!("At {symbol}{THIN}={THIN}{value}"),
        None => format!("With {label} {value}"),
    }
}

/// Median and range; a single value has no range.
pub(crate) fn times(ratio: &Spread) -> String {
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
pub(super) fn phrase(metric: &str, operation: &str) -> (String, &'static str) {
    let operation = text::short(operation, 30);
    match metric {
        "elapsed_s" => ("time".to_string(), "takes"),
        "throughput_per_s" => ("throughput".to_string(), "reaches"),
        "cpu_us_per_op" => (format!("CPU time per {operation}"), "spends"),
        "ctx_switches_per_op" => (format!("context switches per {operation}"), "makes"),
        "peak_rss_bytes" => ("peak memory".to_string(), "holds"),
        "response_p50_us" => ("median of response time".to_string(), "has"),
        "response_p99_us" => ("99th percentile of response time".to_string(), "has"),
        "giving_up_mean_us" => ("mean time of giving up".to_string(), "has"),
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
