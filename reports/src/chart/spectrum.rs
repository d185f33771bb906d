//! The spectrum of response times of an open loop: how long one operation in N
//! waits, or longer, a line per contestant, a panel per preset.
//!
//! After G. Tene's percentile spectra: the axis is the logarithm of 1/(1 − p), so
//! that tails have as much room as middles.

use triathlon_contract::STACK;
use triathlon_contract::record::WorkloadFile;

use super::data::{Figure, Panel, Point, series};
use super::finding::count_of_rounds;
use crate::metrics;
use crate::render::Model;
use crate::summary::Cell;
use crate::text::{self, Quantity};

/// One operation in so many waits longer than the metric says.
const SHARES: [(u64, &str); 5] = [
    (2, "response_p50_us"),
    (10, "response_p90_us"),
    (20, "response_p95_us"),
    (100, "response_p99_us"),
    (1000, "response_p999_us"),
];

/// The spectrum of a workload; without panels if it is no open loop.
pub(super) fn figure(model: &Model<'_>, workload: &WorkloadFile) -> Figure {
    let cells = model
        .summary
        .cells
        .iter()
        .filter(|cell| workload.open && cell.workload == workload.name && cell.way != STACK);
    let mut presets: Vec<(&str, Vec<&Cell>)> = Vec::new();
    for cell in cells {
        match presets.iter_mut().find(|(preset, _)| *preset == cell.preset) {
            Some((_, cells)) => cells.push(cell),
            None => presets.push((&cell.preset, vec![cell])),
        }
    }
    let panels: Vec<Panel> = presets
        .iter()
        .map(|(preset, cells)| Panel {
            title: text::short(preset, 46),
            phrase: text::short(preset, 60),
            series: series(model, cells, &|own| own.iter().flat_map(|cell| points(cell)).collect()),
        })
        .filter(|panel| !panel.series.is_empty())
        .collect();
    let quantity = Quantity::Microseconds;
    let operation = text::short(&workload.operation, 30);
    let all = panels.iter().flat_map(|panel| &panel.series).flat_map(|series| &series.points);
    let medians: Vec<f64> = all.map(|point| point.value.median).collect();
    Figure {
        metric: "Response time".to_string(),
        quantity,
        unit: quantity.unit_for_all(&medians),
        over: "waits".to_string(),
        over_label: format!("one {operation} in N waits longer (N)"),
        panels,
        hidden: false,
        ratio: false,
    }
}

/// Where the percentiles of a cell lie.
fn points(cell: &Cell) -> Vec<Point> {
    let point = |(x, metric): &(u64, &str)| {
        let value = cell.metrics.get(*metric).copied().filter(|value| value.low > 0.0)?;
        let limited = cell.limited.is_some() && metrics::limitable(metric);
        Some(Point { x: *x, value, limited, cell: cell.id.clone() })
    };
    SHARES.iter().filter_map(point).collect()
}

/// Who waits shortest and who longest, in the tail of the first panel, and what
/// half of the operations of these two wait.
pub(super) fn finding(figure: &Figure, operation: &str) -> String {
    let operation = text::short(operation, 30);
    let time = |us: f64| text::quantified(figure.quantity, us);
    // Rarer waits rest on few operations.
    let place = [100, 20, 10, 2].into_iter().find_map(|x| {
        let mut panels = figure.panels.iter().map(|panel| (panel, x, at(panel, x)));
        panels.find(|(.., waits)| waits.len() > 1)
    });
    let Some((panel, x, waits)) = place else {
        return format!("Response times by the share of {operation}s that wait longer.");
    };
    let (Some(shortest), Some(longest)) = (waits.first(), waits.last()) else {
        return String::new();
    };
    let half = |who: &str| {
        let of = at(panel, SHARES[0].0).into_iter().find(|(name, ..)| *name == who);
        of.map_or("—".to_string(), |(_, median, _)| time(median))
    };
    let n = waits.iter().map(|(.., n)| *n);
    format!(
        "On {}, one {operation} in {x} waits longer than {} in {} and {} in {}; half of them wait longer \
         than {} and {} ({}).",
        panel.phrase,
        time(shortest.1),
        text::short(shortest.0, 40),
        time(longest.1),
        text::short(longest.0, 40),
        half(shortest.0),
        half(longest.0),
        count_of_rounds(n.clone().min().unwrap_or(0), n.max().unwrap_or(0)),
    )
}

/// Who waits how long at a share, shortest first, with the executions behind it.
fn at(panel: &Panel, x: u64) -> Vec<(&str, f64, usize)> {
    let of = |series: &'_ super::data::Series| {
        let point = series.points.iter().find(|point| point.x == x)?;
        Some((point.value.median, point.value.n))
    };
    let mut waits: Vec<(&str, f64, usize)> = panel
        .series
        .iter()
        .filter_map(|series| of(series).map(|(median, n)| (series.who.as_str(), median, n)))
        .collect();
    waits.sort_by(|a, b| a.1.total_cmp(&b.1));
    waits
}
