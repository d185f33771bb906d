//! Servers: how far tasks are ahead of threads, over clients, and with as many clients over
//! what a request does. Small panels that share both axes.

use anyhow::Result;
use triathlon_contract::record::WorkloadFile;

use super::data::{Crossing, Figure, Panel, Point, Series};
use super::drawing::{Drawing, Parts};
use super::grid::{largest, of_bytes, of_delays};
use super::origin::Origin;
use super::{look, panel};
use crate::crossover::{self, Answer, METRICS, WORKLOAD};
use crate::metrics;
use crate::render::Model;
use crate::summary::{Crossover, Spread};
use crate::text::{self, Quantity};

/// One drawing with its numbers.
pub(crate) struct Chart {
    pub(crate) over: Over,
    /// What is compared.
    pub(crate) metric: String,
    pub(crate) title: String,
    pub(crate) drawing: Drawing,
}

/// What lies on the horizontal axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    /// Of the sweep that this preset begins.
    Clients(String),
    /// With so many clients.
    Delays(u64),
    Bytes(u64),
}

/// Of what is compared memory is left to the table.
const DRAWN: usize = 2;

pub(super) const MARKS: &str = "Mark: median of the ratio per round; bar: its 95 % interval; hollow: \
                     pair-limited.";
const CROSSINGS: &str = "Tick on the line at 1: crossing; bar through it: its 95 % interval.";

/// The charts of servers, if the workload is one of them and was swept. Of several sweeps
/// and grids the first and the largest is drawn.
pub(crate) fn charts(model: &Model<'_>, workload: &WorkloadFile) -> Result<Vec<Chart>> {
    if workload.name != WORKLOAD {
        return Ok(Vec::new());
    }
    let mut charts = Vec::new();
    let metrics = || METRICS.iter().take(DRAWN);
    let sweeps = &model.summary.crossovers;
    if let Some(first) = sweeps.first() {
        for metric in metrics() {
            let own = sweeps.iter().filter(|s| s.preset == first.preset && s.metric == *metric);
            charts.extend(of_clients(model, workload, &own.collect::<Vec<_>>())?);
        }
    }
    let grid = largest(&model.summary.advantages, |one| one.connections);
    for metric in metrics() {
        let grid: Vec<_> = grid.iter().filter(|one| one.metric == *metric).copied().collect();
        charts.extend(of_delays(model, workload, &grid)?);
        charts.extend(of_bytes(model, workload, &grid)?);
    }
    Ok(charts)
}

/// What a drawing is, beside its panels.
pub(super) struct Kind {
    pub(super) over: Over,
    pub(super) metric: String,
    pub(super) name: &'static str,
    pub(super) title: String,
    pub(super) finding: String,
    pub(super) marks: String,
}

pub(super) fn chart(model: &Model<'_>, kind: Kind, figure: &Figure) -> Result<Option<Chart>> {
    if figure.panels.is_empty() {
        return Ok(None);
    }
    let cells: Vec<&str> = figure.points().map(|point| point.cell.as_str()).collect();
    let Kind { over, metric, name, title, finding, marks } = kind;
    let short = if metric == METRICS[0] { "throughput" } else { "cpu" };
    let drawing = Drawing::of(Parts {
        name: format!("{WORKLOAD}-{name}-{short}"),
        title: format!("{WORKLOAD}, {title}"),
        marks,
        finding,
        styles: &[],
        origin: Origin::of_cells(model, &cells),
        panels: panel::panels(figure)?,
    });
    Ok(Some(Chart { over, metric, title, drawing }))
}

/// Of ratios; both axes are logarithmic.
pub(super) fn figure(
    (metric, operation): (&str, &str),
    (over, over_label): (&str, &str),
    panels: Vec<Panel>,
) -> Figure {
    Figure {
        metric: format!("Advantage in {}", in_words(metric, operation)),
        quantity: Quantity::Count,
        unit: Quantity::Count.unit_for(1.0),
        over: over.to_string(),
        over_label: over_label.to_string(),
        panels: panels.into_iter().filter(|panel| !panel.series.is_empty()).collect(),
        hidden: false,
        ratio: true,
    }
}

/// A metric within a sentence.
pub(crate) fn in_words(metric: &str, operation: &str) -> String {
    match metric {
        "throughput_per_s" => "throughput".to_string(),
        "peak_rss_bytes" => "peak memory".to_string(),
        _ => metrics::title(metric, operation),
    }
}

fn of_clients(
    model: &Model<'_>,
    workload: &WorkloadFile,
    found: &[&Crossover],
) -> Result<Option<Chart>> {
    let Some(first) = found.first() else { return Ok(None) };
    let mut servers: Vec<&str> = Vec::new();
    for one in found {
        if !servers.contains(&one.of.as_str()) {
            servers.push(&one.of);
        }
    }
    let panel = |server: &&str| Panel {
        title: text::short(server, 40),
        phrase: text::short(server, 40),
        series: found
            .iter()
            .filter(|one| one.of == **server)
            .filter_map(|one| over_clients(model, one))
            .collect(),
    };
    let panels = servers.iter().map(panel).collect();
    let what = in_words(&first.metric, &workload.operation);
    let kind = Kind {
        over: Over::Clients(first.preset.clone()),
        metric: first.metric.clone(),
        name: "crossover",
        title: format!("crossover – {what}"),
        finding: format!("{}. {}", crossover::kind(&first.preset), who_passes(found, &what)),
        marks: format!("{MARKS} {CROSSINGS}"),
    };
    let figure =
        figure((&first.metric, &workload.operation), ("connections", "clients (C)"), panels);
    chart(model, kind, &figure)
}

/// The line of one server over another.
fn over_clients(model: &Model<'_>, one: &Crossover) -> Option<Series> {
    let contestants = &model.input.run.contestants;
    let shape = contestants.iter().position(|known| known.who == one.to)?;
    let points = one.clients.iter().zip(&one.ratios).enumerate();
    let points = points.filter_map(|(place, (clients, ratio))| {
        let cells = &model.summary.cells;
        let cell_of = |server| crossover::cell_of(cells, &one.preset, server, *clients);
        let (of, to) = (cell_of(&one.of)?, cell_of(&one.to)?);
        let limited = of.limited.is_some() || to.limited.is_some();
        Some(Point {
            x: *clients,
            value: spread(*ratio, one.intervals.get(place).copied(), one.rounds),
            limited: limited && metrics::limitable(&one.metric),
            cell: of.id.clone(),
        })
    });
    Some(Series {
        who: format!("over {}", one.to),
        name: format!("over {}", one.to),
        ink: look::of_contestants(contestants)[shape],
        shape,
        points: points.collect(),
        crossing: crossing(one),
    })
}

/// Without an interval it has no length.
pub(super) fn spread(median: f64, interval: Option<[f64; 2]>, n: usize) -> Spread {
    let [low, high] = interval.unwrap_or([median; 2]);
    Spread { median, low, high, n }
}

/// None where it is ahead with any number of clients, or with none.
fn crossing(one: &Crossover) -> Option<Crossing> {
    let [low, high] = one.interval.unwrap_or([one.from; 2]);
    match one.answer() {
        Answer::Never | Answer::Always => None,
        Answer::From => Some(Crossing { at: one.from, low: low?, high }),
        Answer::Undecided => Some(Crossing { at: None, low: low?, high }),
    }
}

/// Who is ahead of whom, from how many clients on.
fn who_passes(found: &[&Crossover], what: &str) -> String {
    let mut others: Vec<&str> = Vec::new();
    for one in found {
        if !others.contains(&one.to.as_str()) {
            others.push(&one.to);
        }
    }
    let sentences = others.iter().map(|to| {
        let own = found.iter().filter(|one| one.to == **to);
        let each: Vec<String> =
            own.map(|one| format!("{} {}", text::short(&one.of, 40), from(one))).collect();
        format!("Ahead of {} in {what}: {}.", text::short(to, 40), each.join(", "))
    });
    sentences.collect::<Vec<_>>().join(" ")
}

/// The 95 % interval; nothing where there is none.
fn range(one: &Crossover) -> String {
    match one.interval {
        Some([Some(low), Some(high)]) => format!(" [{}–{}]", text::digits(low), text::digits(high)),
        Some([Some(low), None]) => format!(" [{} to never]", text::digits(low)),
        _ => String::new(),
    }
}

fn from(one: &Crossover) -> String {
    match (one.answer(), one.from) {
        (Answer::Always, _) => "with any number of clients".to_string(),
        (Answer::From, Some(from)) => {
            format!("from about {} on{}", crossover::clients(from), range(one))
        }
        (Answer::Undecided, _) => "undecided".to_string(),
        _ => "never".to_string(),
    }
}
