//! What the scaling chart draws.

use std::collections::HashMap;

use triathlon_contract::STACK;
use triathlon_contract::record::{ChartFile, WorkloadFile};

use super::look::{self, Ink};
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
    /// Name of the metric, `CPU time per request`.
    pub(crate) metric: String,
    pub(crate) quantity: Quantity,
    /// One unit for the table beside the chart.
    pub(crate) unit: Unit,
    /// Parameter on the horizontal axis, its name and its label.
    pub(crate) over: String,
    pub(crate) over_label: String,
    pub(crate) panels: Vec<Panel>,
    /// Whether presets were left out because another is at their place.
    pub(crate) hidden: bool,
    /// Whether values are ratios: bars are intervals then, and there is a line at 1.
    pub(crate) ratio: bool,
}

/// One value of the panel parameter.
pub(crate) struct Panel {
    pub(crate) title: String,
    /// The same without remarks in parentheses, for a sentence.
    pub(crate) phrase: String,
    pub(crate) series: Vec<Series>,
}

/// One contestant in one way, in the order of the page.
pub(crate) struct Series {
    /// Contestant, flavour and way.
    pub(crate) who: String,
    /// The same at a line end: a way goes without a flavour where it has one.
    pub(crate) name: String,
    pub(crate) ink: Ink,
    /// Which mark.
    pub(crate) shape: usize,
    /// In ascending order of `x`.
    pub(crate) points: Vec<Point>,
    /// Where it passes 1 for good, if it does and is a ratio.
    pub(crate) crossing: Option<Crossing>,
}

/// On the horizontal axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Crossing {
    /// None if it is open whether there is one.
    pub(crate) at: Option<f64>,
    pub(crate) low: f64,
    /// None beyond the axis.
    pub(crate) high: Option<f64>,
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

/// The chart of a workload; a cell without the metric or with a value that has
/// no logarithm is left out, and so is the way that uses another client, which
/// is no question of scaling. Of presets at the same place (with and without a
/// timeout, say) the first is drawn.
pub(crate) fn figure(model: &Model<'_>, workload: &WorkloadFile) -> Figure {
    let ChartFile { over, over_label, panel, metric, .. } = &workload.chart;
    let cells: Vec<&Cell> = model
        .summary
        .cells
        .iter()
        .filter(|cell| cell.workload == workload.name && cell.way != STACK)
        .collect();
    let (cells, hidden) = one_at_a_place(cells, over, panel);
    let mut values: Vec<u64> =
        cells.iter().filter_map(|cell| cell.parameters.get(panel).copied()).collect();
    values.sort_unstable();
    values.dedup();
    let panels = values
        .iter()
        .map(|value| {
            let chosen = cells.iter().filter(|cell| cell.parameters.get(panel) == Some(value));
            let chosen: Vec<&Cell> = chosen.copied().collect();
            let (title, phrase) = names(&workload.chart, *value, &values);
            Panel {
                title: text::short(&title, TITLE),
                phrase: text::short(&phrase, 60),
                series: series(model, &chosen, &|own| points(own.iter(), over, metric)),
            }
        })
        .filter(|panel| !panel.series.is_empty())
        .collect();
    let quantity = text::quantity(metric);
    let medians: Vec<f64> =
        cells.iter().filter_map(|cell| Some(cell.metrics.get(metric)?.median)).collect();
    Figure {
        metric: metrics::title(metric, &workload.operation),
        quantity,
        unit: quantity.unit_for_all(&medians),
        over: over.clone(),
        over_label: text::short(text::label_without_unit(over_label), LABEL),
        panels,
        hidden,
        ratio: false,
    }
}

/// The cells of the first preset at each place, and whether there are others.
fn one_at_a_place<'a>(cells: Vec<&'a Cell>, over: &str, panel: &str) -> (Vec<&'a Cell>, bool) {
    let mut presets: HashMap<(Option<u64>, Option<u64>), &str> = HashMap::new();
    let all = cells.len();
    let first: Vec<&Cell> = cells
        .into_iter()
        .filter(|cell| {
            let value = |name: &str| cell.parameters.get(name).copied();
            let place = (value(over), value(panel));
            *presets.entry(place).or_insert(&cell.preset) == cell.preset
        })
        .collect();
    let hidden = first.len() < all;
    (first, hidden)
}

/// Title of the panel of a value, and the same in a sentence. A parameter that
/// is only 0 or 1 and has words for 0 is an answer: its label is that of yes.
fn names(chart: &ChartFile, value: u64, values: &[u64]) -> (String, String) {
    let label = text::label_without_unit(&chart.panel_label);
    let plain = label.split_once(" (").map_or(label, |(plain, _)| plain);
    // Variants have names of their own.
    let answer = !chart.panel_zero.is_empty()
        && chart.panel != "variant"
        && values.iter().all(|value| *value <= 1);
    match value {
        0 if !chart.panel_zero.is_empty() => (chart.panel_zero.clone(), chart.panel_zero.clone()),
        1 if answer => (label.to_string(), plain.to_string()),
        _ => {
            let value = text::parameter(&chart.panel, value);
            (format!("{label}: {value}"), format!("{plain} {value}"))
        }
    }
}

/// A series for each contestant and way, ways behind the plain one; `points` gives
/// those of its cells.
pub(super) fn series(
    model: &Model<'_>,
    cells: &[&Cell],
    points: &dyn Fn(&[&Cell]) -> Vec<Point>,
) -> Vec<Series> {
    let contestants = &model.input.run.contestants;
    let inks = look::of_contestants(contestants);
    let mut all = Vec::new();
    let mut ways_before = 0;
    for (index, contestant) in contestants.iter().enumerate() {
        let own: Vec<&Cell> =
            cells.iter().filter(|cell| who(cell) == contestant.who).copied().collect();
        let mut ways: Vec<&str> = own.iter().map(|cell| cell.way.as_str()).collect();
        ways.sort_unstable();
        ways.dedup();
        for way in ways {
            let of_way: Vec<&Cell> = own.iter().filter(|c| c.way == way).copied().collect();
            let points = points(&of_way);
            let (who, name) = series_names(&contestant.who, way, cells);
            let ink = Ink { way: !way.is_empty(), ..inks[index] };
            // Ways continue where the contestants end.
            let shape = if ink.way { contestants.len() + ways_before } else { index };
            ways_before += usize::from(ink.way);
            all.push(Series { who, name, ink, shape, points, crossing: None });
        }
    }
    all.retain(|series| !series.points.is_empty());
    all
}

/// `tokio/multi-thread:offloaded`, and `tokio/…:offloaded` if no other flavour
/// has this way.
fn series_names(who: &str, way: &str, cells: &[&Cell]) -> (String, String) {
    if way.is_empty() {
        return (who.to_string(), who.to_string());
    }
    let full = format!("{who}:{way}");
    let Some((contestant, flavour)) = who.split_once('/') else {
        return (full.clone(), full);
    };
    let other = |cell: &&Cell| {
        (cell.contestant == contestant && cell.way == way) && cell.flavour != flavour
    };
    let alone = !cells.iter().any(other);
    let name = if alone { format!("{contestant}/…:{way}") } else { full.clone() };
    (full, name)
}

fn points<'a>(cells: impl Iterator<Item = &'a &'a Cell>, over: &str, metric: &str) -> Vec<Point> {
    let point = |cell: &&Cell| {
        let x = cell.parameters.get(over).copied().filter(|x| *x > 0)?;
        let value = cell.metrics.get(metric).copied().filter(|value| value.low > 0.0)?;
        let limited = cell.limited.is_some() && metrics::limitable(metric);
        Some(Point { x, value, limited, cell: cell.id.clone() })
    };
    let mut points: Vec<Point> = cells.filter_map(point).collect();
    points.sort_by_key(|point| point.x);
    points
}

/// Contestant and flavour of a cell.
pub(crate) fn who(cell: &Cell) -> String {
    match cell.flavour.as_str() {
        "" => cell.contestant.clone(),
        flavour => format!("{}/{flavour}", cell.contestant),
    }
}
