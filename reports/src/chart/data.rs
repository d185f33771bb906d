//! What is drawn.

use triathlon_contract::record::{ChartFile, WorkloadFile};

use crate::metrics;
use crate::render::Model;
use crate::summary::{Cell, Spread};
use crate::text::{self, Quantity, Unit};

/// Longest title of a panel, in characters; what fits above it.
const TITLE: usize = 46;
/// Longest label of the horizontal axis; what fits below it.
const LABEL: usize = 34;

/// One chart: panels that share both axes.
pub(crate) struct Figure {
    pub(crate) workload: String,
    /// Name of the metric, `CPU time per request`.
    pub(crate) metric: String,
    pub(crate) quantity: Quantity,
    /// One unit for the table beside the chart.
    pub(crate) unit: Unit,
    /// Parameter on the horizontal axis, its name and its label.
    pub(crate) over: String,
    pub(crate) over_label: String,
    pub(crate) panels: Vec<Panel>,
    /// Whether the metric may be the server's where a cell is pair-limited.
    pub(crate) limitable: bool,
}

/// One value of the panel parameter.
pub(crate) struct Panel {
    pub(crate) title: String,
    /// The same without remarks in parentheses, for a sentence.
    pub(crate) phrase: String,
    pub(crate) series: Vec<Series>,
}

/// One contestant, in the order of the page.
pub(crate) struct Series {
    /// Contestant and flavour.
    pub(crate) who: String,
    /// Place among the contestants of the run; picks colour, dash and marker.
    pub(crate) index: usize,
    /// In ascending order of `x`.
    pub(crate) points: Vec<Point>,
}

/// One cell.
pub(crate) struct Point {
    pub(crate) x: u64,
    pub(crate) value: Spread,
    pub(crate) limited: bool,
    pub(crate) cell: String,
}

impl Panel {
    /// The values on the horizontal axis that occur here, ascending.
    pub(crate) fn xs(&self) -> Vec<u64> {
        ascending(self.series.iter().flat_map(|series| &series.points))
    }
}

fn ascending<'a>(points: impl Iterator<Item = &'a Point>) -> Vec<u64> {
    let mut xs: Vec<u64> = points.map(|point| point.x).collect();
    xs.sort_unstable();
    xs.dedup();
    xs
}

impl Figure {
    /// All points of all panels.
    pub(crate) fn points(&self) -> impl Iterator<Item = &Point> {
        self.panels.iter().flat_map(|panel| &panel.series).flat_map(|series| &series.points)
    }

    /// The values on the horizontal axis, ascending.
    pub(crate) fn xs(&self) -> Vec<u64> {
        ascending(self.points())
    }
}

/// The chart of a workload from the plain ways of its cells; a cell without
/// the metric or with a value that has no logarithm is left out.
pub(crate) fn figure(model: &Model<'_>, workload: &WorkloadFile) -> Figure {
    let ChartFile { over, over_label, panel, panel_label, panel_zero, metric } = &workload.chart;
    let cells: Vec<&Cell> = model
        .summary
        .cells
        .iter()
        .filter(|cell| cell.workload == workload.name && cell.way.is_empty())
        .collect();
    let mut values: Vec<u64> =
        cells.iter().filter_map(|cell| cell.parameters.get(panel).copied()).collect();
    values.sort_unstable();
    values.dedup();
    let panels = values
        .into_iter()
        .map(|value| {
            let chosen = cells.iter().filter(|cell| cell.parameters.get(panel) == Some(&value));
            let chosen: Vec<&Cell> = chosen.copied().collect();
            let label = text::label_without_unit(panel_label);
            let plain = label.split_once(" (").map_or(label, |(plain, _)| plain);
            let (title, phrase) = match value {
                0 if !panel_zero.is_empty() => (panel_zero.clone(), panel_zero.clone()),
                _ => {
                    let value = text::parameter(panel, value);
                    (format!("{label}: {value}"), format!("{plain} {value}"))
                }
            };
            Panel {
                title: text::short(&title, TITLE),
                phrase: text::short(&phrase, 60),
                series: series(model, &chosen, over, metric),
            }
        })
        .filter(|panel| !panel.series.is_empty())
        .collect();
    let quantity = text::quantity(metric);
    let medians: Vec<f64> =
        cells.iter().filter_map(|cell| Some(cell.metrics.get(metric)?.median)).collect();
    Figure {
        workload: workload.name.clone(),
        metric: metrics::title(metric, &workload.operation),
        quantity,
        unit: quantity.unit_for_all(&medians),
        over: over.clone(),
        over_label: text::short(text::label_without_unit(over_label), LABEL),
        panels,
        limitable: metrics::limitable(metric),
    }
}

fn series(model: &Model<'_>, cells: &[&Cell], over: &str, metric: &str) -> Vec<Series> {
    let contestants = &model.input.run.contestants;
    contestants
        .iter()
        .enumerate()
        .map(|(index, contestant)| {
            let own = cells.iter().filter(|cell| who(cell) == contestant.who);
            let mut points: Vec<Point> = own
                .filter_map(|cell| {
                    let x = cell.parameters.get(over).copied().filter(|x| *x > 0)?;
                    let value = cell.metrics.get(metric).copied().filter(|v| v.low > 0.0)?;
                    let limited = cell.limited.is_some() && metrics::limitable(metric);
                    let cell = cell.id.clone();
                    Some(Point { x, value, limited, cell })
                })
                .collect();
            points.sort_by_key(|point| point.x);
            Series { who: contestant.who.clone(), index, points }
        })
        .filter(|series| !series.points.is_empty())
        .collect()
}

/// Contestant and flavour of a cell.
pub(crate) fn who(cell: &Cell) -> String {
    match cell.flavour.as_str() {
        "" => cell.contestant.clone(),
        flavour => format!("{}/{flavour}", cell.contestant),
    }
}
