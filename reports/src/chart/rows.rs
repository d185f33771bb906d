//! What forest and strip draw: the cells of a workload by preset, one row each.

use std::collections::HashMap;

use triathlon_contract::STACK;
use triathlon_contract::record::WorkloadFile;

use crate::metrics;
use crate::ratio::Executions;
use crate::render::Model;
use crate::status::Status;
use crate::summary::{Cell, Spread};
use crate::text::{self, Quantity};
use crate::{chart, key};

/// The metric of a chart.
pub(crate) struct Metric {
    /// Key of a cell's metrics.
    pub(crate) name: String,
    /// For readers.
    pub(crate) title: String,
    pub(crate) quantity: Quantity,
    /// Whether the metric may be the pair's where a cell is pair-limited.
    pub(crate) limitable: bool,
    /// Whether more of it is wanted; of all else, less.
    pub(crate) more: bool,
}

impl Metric {
    /// The metric that a workload's charts show.
    pub(crate) fn of(workload: &WorkloadFile) -> Self {
        let name = workload.chart.metric.clone();
        Self {
            title: metrics::title(&name, &workload.operation),
            quantity: text::quantity(&name),
            limitable: metrics::limitable(&name),
            more: metrics::more_is_better(&name),
            name,
        }
    }
}

/// The cells of a preset.
pub(crate) struct Block<'a> {
    pub(crate) preset: &'a str,
    pub(crate) groups: Vec<Group<'a>>,
    /// Cells without a row, each with a word why.
    pub(crate) missing: Vec<String>,
}

/// Rows that are compared with the same cell of the reference.
pub(crate) struct Group<'a> {
    /// Empty, or the way that has a reference of its own.
    pub(crate) way: &'static str,
    /// The reference against itself; where there are verdicts, their margin.
    pub(crate) noise: Option<Spread>,
    /// What is wanted first.
    pub(crate) rows: Vec<Row<'a>>,
}

/// One cell.
pub(crate) struct Row<'a> {
    pub(crate) cell: &'a Cell,
    /// Of the ratio, or of the metric.
    pub(crate) spread: Spread,
    pub(crate) limited: bool,
    /// The metric in each execution, in the order of the rounds.
    pub(crate) values: Vec<f64>,
}

impl Row<'_> {
    /// Contestant and flavour; the way too, where the group does not say it.
    pub(crate) fn name(&self, group: &Group<'_>) -> String {
        match self.cell.way.as_str() {
            way if way == group.way => chart::data::who(self.cell),
            _ => key::who_and_way(&key::parts(&self.cell.id)),
        }
    }
}

impl Block<'_> {
    /// All rows of all groups.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &Row<'_>> {
        self.groups.iter().flat_map(|group| &group.rows)
    }
}

/// Whether the reference was executed against itself in any of the blocks.
pub(crate) fn with_noise(blocks: &[Block<'_>]) -> bool {
    blocks.iter().flat_map(|block| &block.groups).any(|group| group.noise.is_some())
}

/// What a row shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    /// The per-round ratio to the reference.
    Ratios,
    /// Every execution.
    Executions,
}

/// The blocks of a workload that have a row, in the order of the plan.
pub(crate) fn blocks<'a>(
    model: &Model<'a>,
    workload: &WorkloadFile,
    metric: &Metric,
    of: Of,
) -> Vec<Block<'a>> {
    let mut presets: Vec<(&str, Vec<&Cell>)> = Vec::new();
    for cell in model.summary.cells.iter().filter(|cell| cell.workload == workload.name) {
        match presets.iter_mut().find(|(preset, _)| *preset == cell.preset) {
            Some((_, cells)) => cells.push(cell),
            None => presets.push((&cell.preset, vec![cell])),
        }
    }
    let blocks = presets.into_iter().map(|(preset, cells)| {
        let groups = ["", STACK].map(|way| group(model, &cells, way, metric, of));
        let groups: Vec<Group<'a>> =
            groups.into_iter().filter(|group| !group.rows.is_empty()).collect();
        let shown = |cell: &Cell| groups.iter().flat_map(|g| &g.rows).any(|r| r.cell.id == cell.id);
        let missing = cells.iter().filter(|cell| !shown(cell));
        let missing = missing.filter_map(|cell| missing_for(cell, metric, of)).collect();
        Block { preset, groups, missing }
    });
    blocks.filter(|block| !block.groups.is_empty()).collect()
}

fn group<'a>(
    model: &Model<'a>,
    cells: &[&'a Cell],
    way: &'static str,
    metric: &Metric,
    of: Of,
) -> Group<'a> {
    let own = cells.iter().filter(|cell| match (of, &cell.reference) {
        (Of::Ratios, Some(reference)) => key::parts(reference).way == way,
        (Of::Ratios, None) => false,
        (Of::Executions, _) => (cell.way == STACK) == (way == STACK),
    });
    let mut rows: Vec<Row<'a>> =
        own.filter_map(|cell| row(model.executions, cell, metric, of)).collect();
    rows.sort_by(|a, b| {
        let ascending = a.spread.median.total_cmp(&b.spread.median);
        if metric.more { ascending.reverse() } else { ascending }
    });
    let noise = cells.first().and_then(|cell| {
        let of_this = |noise: &&crate::summary::Noise| {
            (noise.workload == cell.workload && noise.preset == cell.preset)
                && (noise.metric == metric.name && noise.way == way)
        };
        Some(band(model.summary.noise.iter().find(of_this)?))
    });
    Group { way, noise: noise.filter(|noise| noise.low > 0.0), rows }
}

/// The noise floor, or the margin where there are verdicts.
fn band(noise: &crate::summary::Noise) -> Spread {
    let margin = |test: &crate::summary::AaTest| Spread {
        median: test.ratio,
        low: test.margin.recip(),
        high: test.margin,
        n: noise.ratio.n,
    };
    noise.test.as_ref().map_or(noise.ratio, margin)
}

fn row<'a>(
    executions: &HashMap<&str, Executions>,
    cell: &'a Cell,
    metric: &Metric,
    of: Of,
) -> Option<Row<'a>> {
    let name = metric.name.as_str();
    let (spreads, limited) = match of {
        Of::Ratios => (&cell.ratio_to_reference, cell.ratio_limited),
        Of::Executions => (&cell.metrics, cell.limited.is_some()),
    };
    let interval = cell.against_reference.get(name).filter(|_| of == Of::Ratios).map(Spread::from);
    // Zero has no place on a logarithmic axis.
    let spread = interval.or_else(|| spreads.get(name).copied()).filter(|s| s.low > 0.0)?;
    let mut values: Vec<(u64, f64)> = executions
        .get(cell.id.as_str())?
        .iter()
        .filter_map(|(round, values)| Some((*round, *values.get(name)?)))
        .collect();
    values.sort_by_key(|(round, _)| *round);
    let values = values.into_iter().map(|(_, value)| value).collect();
    Some(Row { cell, spread, limited: limited && metric.limitable, values })
}

/// A cell that has no row and why, in a word; nothing for the reference, which
/// has no ratio to itself.
fn missing_for(cell: &Cell, metric: &Metric, of: Of) -> Option<String> {
    if of == Of::Ratios && cell.reference.is_none() {
        return None;
    }
    let zero = cell.metrics.get(&metric.name).is_some_and(|spread| spread.low <= 0.0);
    let why = match cell.status {
        Status::Valid | Status::Degraded if zero => "zero",
        Status::Valid | Status::Degraded => "no ratio",
        status => status.name(),
    };
    Some(format!("{} ({why})", text::short(&key::who_and_way(&key::parts(&cell.id)), 40)))
}
