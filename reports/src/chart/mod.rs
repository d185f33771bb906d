//! Charts as SVG, all axes logarithmic. Per workload:
//!
//! - *forest* ([`rows`], [`forest`]): per preset the ratio of each cell to the
//!   reference;
//! - *scaling* ([`data`], [`panel`]): one metric over one parameter, one panel
//!   per value of another;
//! - *spectrum* ([`spectrum`], [`panel`]), of open loops: response times by the
//!   share of requests that wait longer;
//! - *strip* ([`rows`], [`strip`]): per preset every execution of each cell.
//!
//! Per category: *profile* ([`profile`]), how often each contestant is within a
//! factor of the best.
//!
//! [`lanes`] lays rows out, [`axis`] says where ticks go, [`labels`] gives line
//! ends their names without overlap, [`look`] gives contestants their colour.
//! [`pen`] draws, by plotters; [`svg`] makes plotters' SVG ours; [`sheet`] puts
//! panels on the page and in files. [`finding`], [`rows_finding`]: what is seen,
//! in words; with verdicts, [`verdict_finding`].

mod axis;
pub(crate) mod data;
mod finding;
pub(crate) mod forest;
mod labels;
mod lanes;
pub(crate) mod look;
mod panel;
mod pen;
pub(crate) mod profile;
pub(crate) mod rows;
mod rows_finding;
mod sheet;
mod spectrum;
mod strip;
mod svg;
mod verdict_finding;

use anyhow::Result;
use triathlon_contract::record::WorkloadFile;

use crate::key;
use crate::render::Model;
use crate::text;
use crate::verdicts;

use rows::{Block, Metric, Of};
pub(crate) use sheet::series_style;

/// One chart, drawn.
pub(crate) struct Drawing {
    /// Anchor on the page.
    pub(crate) anchor: String,
    /// One SVG element per panel, for the page.
    pub(crate) panels: Vec<String>,
    /// What it shows, from the data.
    pub(crate) finding: String,
    /// Path of the stand-alone file.
    pub(crate) file: String,
    /// All panels in one file that needs no page.
    pub(crate) stand_alone: String,
}

/// The charts of one workload, each with what it draws; none where there is
/// nothing to draw.
pub(crate) struct Charts<'a> {
    pub(crate) workload: String,
    pub(crate) metric: Metric,
    /// Styles that occur, in the order of the page.
    pub(crate) styles: Vec<String>,
    pub(crate) forest: Option<(Drawing, Vec<Block<'a>>)>,
    pub(crate) scaling: Option<(Drawing, data::Figure)>,
    pub(crate) spectrum: Option<(Drawing, data::Figure)>,
    pub(crate) strip: Option<(Drawing, Vec<Block<'a>>)>,
}

impl Charts<'_> {
    /// The drawings in the order of the page.
    pub(crate) fn drawings(&self) -> impl Iterator<Item = &Drawing> {
        let forest = self.forest.as_ref().map(|(drawing, _)| drawing);
        let scaling = self.scaling.as_ref().map(|(drawing, _)| drawing);
        let spectrum = self.spectrum.as_ref().map(|(drawing, _)| drawing);
        let strip = self.strip.as_ref().map(|(drawing, _)| drawing);
        [forest, scaling, spectrum, strip].into_iter().flatten()
    }
}

/// The charts of all workloads, in page order.
pub(crate) fn charts<'a>(model: &Model<'a>) -> Result<Vec<Charts<'a>>> {
    model.input.run.workloads.iter().map(|workload| of_workload(model, workload)).collect()
}

/// What stands for what where lines are drawn.
const LINES: &str = "Mark: median; bar: lowest to highest execution; hollow: pair-limited.";

fn of_workload<'a>(model: &Model<'a>, workload: &WorkloadFile) -> Result<Charts<'a>> {
    let metric = Metric::of(workload);
    let ratios = rows::blocks(model, workload, &metric, Of::Ratios);
    let figure = data::figure(model, workload);
    let waits = spectrum::figure(model, workload);
    let executions = rows::blocks(model, workload, &metric, Of::Executions);
    let mut styles: Vec<String> = Vec::new();
    let own = model.summary.cells.iter().filter(|cell| cell.workload == workload.name);
    for cell in own.filter(|cell| cell.metrics.contains_key(&metric.name)) {
        if !styles.contains(&cell.style) {
            styles.push(cell.style.clone());
        }
    }
    let sheets = Sheets { model, workload, metric: &metric, styles: &styles };
    let forest = match ratios.as_slice() {
        [] => None,
        blocks => {
            let panels = forest::panels(blocks, &metric, &model.summary.run.reference)?;
            let concludes = verdicts::concludes(model);
            let finding = if concludes {
                verdict_finding::forest(model, workload, &metric, blocks)
            } else {
                rows_finding::forest(model, workload, &metric, blocks)
            };
            let (dot, band) = if concludes {
                (
                    "centre of the ratio per round; line: its interval",
                    "grey band: margin; ↓ lower, ↑ higher, = equivalent, ? undecided; ",
                )
            } else {
                (
                    "median of the ratio per round; line: lowest to highest round",
                    "grey band: the reference against itself; ",
                )
            };
            let band = if rows::with_noise(blocks) { band } else { "" };
            let marks = format!("Dot: {dot}; {band}hollow, †: pair-limited.");
            Some(sheets.drawing("forest", &marks, finding, &panels))
        }
    };
    let scaling = match figure.panels.as_slice() {
        [] => None,
        _ => {
            let finding = finding::finding(model, workload, &figure);
            Some(sheets.drawing("scaling", LINES, finding, &panel::panels(&figure)?))
        }
    };
    let spectrum = match waits.panels.as_slice() {
        [] => None,
        _ => {
            let finding = spectrum::finding(&waits);
            Some(sheets.drawing("spectrum", LINES, finding, &panel::panels(&waits)?))
        }
    };
    let strip = match executions.as_slice() {
        [] => None,
        blocks => {
            let panels = strip::panels(blocks, &metric)?;
            let marks = "Dot: one execution, from top to bottom in the order of the rounds; tick: median; \
                         hollow, †: pair-limited.";
            Some(sheets.drawing("strip", marks, rows_finding::strip(&metric, blocks), &panels))
        }
    };
    Ok(Charts {
        workload: workload.name.clone(),
        forest: forest.map(|drawing| (drawing, ratios)),
        scaling: scaling.map(|drawing| (drawing, figure)),
        spectrum: spectrum.map(|drawing| (drawing, waits)),
        strip: strip.map(|drawing| (drawing, executions)),
        metric,
        styles,
    })
}

/// What the drawings of a workload have in common.
struct Sheets<'a> {
    model: &'a Model<'a>,
    workload: &'a WorkloadFile,
    metric: &'a Metric,
    styles: &'a [String],
}

impl Sheets<'_> {
    fn drawing(
        &self,
        kind: &str,
        marks: &str,
        finding: String,
        panels: &[sheet::Panel],
    ) -> Drawing {
        let slug = key::slug(&self.workload.name);
        let name = text::short(&self.workload.name, 80);
        let sheet = sheet::Sheet {
            title: match kind {
                "spectrum" => format!("{name}, {kind} of response times"),
                _ => format!("{name}, {kind} – {}", self.metric.title),
            },
            finding: &finding,
            footer: vec![
                marks.to_string(),
                format!("triathlon · {name} · {kind}"),
                text::short(&self.model.summary.run.id, 56),
            ],
            // Names at the ends of lines have colours of their own.
            styles: if matches!(kind, "scaling" | "spectrum") { &[] } else { self.styles },
        };
        Drawing {
            anchor: format!("figure-{slug}-{kind}"),
            panels: panels.iter().map(sheet::in_page).collect(),
            file: format!("figures/{slug}-{kind}.svg"),
            stand_alone: sheet::stand_alone(&sheet, panels),
            finding,
        }
    }
}
