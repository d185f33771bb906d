//! Charts as SVG, all axes logarithmic but where a value may be nothing. Per workload:
//!
//! - *forest* ([`rows`], [`forest`]): per preset the ratio of each cell to the
//!   reference;
//! - *scaling* ([`data`], [`panel`]): one metric over one parameter, one panel
//!   per value of another;
//! - *spectrum* ([`spectrum`], [`panel`]), of open loops: response times by the
//!   share of requests that wait longer;
//! - *strip* ([`rows`], [`strip`]): per preset every execution of each cell;
//! - *crossover*, *delays*, *bytes* ([`servers`], [`grid`], [`panel`]): how far servers of tasks are
//!   ahead of threads, over clients and over what a request does.
//! - *knees* ([`knees`]), of servers on a ladder of rates: response times over the offered
//!   load, a panel per contestant.
//! - *goodput* ([`mod@overload`]), of overloaded servers: what is in time over what is asked for.
//!
//! Per category ([`overview`]): *profile* ([`profile`]), how often each contestant
//! is within a factor of the best; *trade* ([`trade`]), time against memory.
//!
//! [`lanes`] lays rows out, [`axis`] says where ticks go, [`labels`] gives line
//! ends their names without overlap, [`look`] gives contestants their colour.
//! [`pen`] draws, by plotters; [`svg`] makes plotters' SVG ours; [`sheet`] puts
//! panels on the page and in files, [`drawing`] with [`origin`], where a figure
//! comes from. [`finding`], [`rows_finding`]: what is seen,
//! in words; with verdicts, [`verdict_finding`].

mod axis;
pub(crate) mod data;
mod drawing;
mod finding;
pub(crate) mod forest;
mod grid;
mod knees;
mod labels;
mod lanes;
pub(crate) mod look;
pub(crate) mod origin;
mod overload;
pub(crate) mod overview;
mod panel;
mod pen;
pub(crate) mod profile;
pub(crate) mod rows;
mod rows_finding;
pub(crate) mod servers;
mod sheet;
mod spectrum;
mod strip;
mod svg;
pub(crate) mod trade;
mod verdict_finding;

use anyhow::Result;
use triathlon_contract::record::WorkloadFile;

use crate::overload::{WORKLOAD, finding as overload_finding};
use crate::render::Model;
use crate::{key, knee, text, verdicts};

pub(crate) use drawing::Drawing;
use drawing::Parts;
pub(crate) use finding::times;
pub(crate) use knees::knee as knee_of;
use origin::Origin;
use rows::{Block, Metric, Of};
use servers::Over;
pub(crate) use sheet::series_style;

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
    /// Of servers; none of any other workload.
    pub(crate) servers: Vec<servers::Chart>,
    pub(crate) knees: Option<Drawing>,
    /// Of servers that were overloaded.
    pub(crate) overload: Option<Drawing>,
}

impl Charts<'_> {
    /// The drawings in the order of the page.
    pub(crate) fn drawings(&self) -> impl Iterator<Item = &Drawing> {
        let forest = self.forest.as_ref().map(|(drawing, _)| drawing);
        let scaling = self.scaling.as_ref().map(|(drawing, _)| drawing);
        let spectrum = self.spectrum.as_ref().map(|(drawing, _)| drawing);
        let strip = self.strip.as_ref().map(|(drawing, _)| drawing);
        let servers = self.servers.iter().map(|chart| &chart.drawing);
        let own = [self.knees.as_ref(), self.overload.as_ref(), forest, scaling, spectrum, strip];
        own.into_iter().flatten().chain(servers)
    }

    /// Whose finding stands for the workload: of servers that were swept over clients, from
    /// how many on tasks take less CPU than threads, which no limit of the clients touches;
    /// else the first.
    pub(crate) fn first(&self) -> Option<&Drawing> {
        let swept = self.servers.iter().rfind(|chart| matches!(chart.over, Over::Clients(_)));
        swept.map(|chart| &chart.drawing).or_else(|| self.drawings().next())
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
    let mut styles: Vec<String> = Vec::new();
    let own = model.summary.cells.iter().filter(|cell| cell.workload == workload.name);
    for cell in own.filter(|cell| cell.metrics.contains_key(&metric.name)) {
        if !styles.contains(&cell.style) {
            styles.push(cell.style.clone());
        }
    }
    let sheets = Sheets { model, workload, metric: &metric, styles: &styles };
    let (forest, scaling) = (sheets.forest()?, sheets.scaling()?);
    let (spectrum, strip) = (sheets.spectrum()?, sheets.strip()?);
    let servers = servers::charts(model, workload)?;
    let (knees, overload) = (sheets.knees()?, sheets.overload()?);
    let workload = workload.name.clone();
    Ok(Charts {
        workload,
        forest,
        scaling,
        spectrum,
        strip,
        servers,
        knees,
        overload,
        metric,
        styles,
    })
}

/// What the drawings of a workload have in common.
struct Sheets<'s, 'a> {
    model: &'s Model<'a>,
    workload: &'s WorkloadFile,
    metric: &'s Metric,
    styles: &'s [String],
}

/// How a drawing differs from the others of its workload.
struct Kind<'s> {
    name: &'static str,
    /// What the title says behind the workload's name.
    title: String,
    marks: &'s str,
    finding: String,
    styles: &'s [String],
}

impl<'a> Sheets<'_, 'a> {
    fn forest(&self) -> Result<Option<(Drawing, Vec<Block<'a>>)>> {
        let Self { model, workload, metric, styles } = *self;
        let blocks = rows::blocks(model, workload, metric, Of::Ratios);
        if blocks.is_empty() {
            return Ok(None);
        }
        let panels = forest::panels(&blocks, metric, &model.summary.run.reference)?;
        let concludes = verdicts::concludes(model);
        let finding = if concludes {
            verdict_finding::forest(model, workload, metric, &blocks)
        } else {
            rows_finding::forest(model, workload, metric, &blocks)
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
        let band = if rows::with_noise(&blocks) { band } else { "" };
        let marks = &format!("Dot: {dot}; {band}hollow, †: pair-limited.");
        let title = format!("forest – {}", metric.title);
        let kind = Kind { name: "forest", title, marks, finding, styles };
        Ok(Some((self.drawing(kind, &in_rows(&blocks), panels), blocks)))
    }

    fn scaling(&self) -> Result<Option<(Drawing, data::Figure)>> {
        let figure = data::figure(self.model, self.workload);
        let title = format!("scaling – {}", self.metric.title);
        let finding = |figure: &_| finding::finding(self.model, self.workload, figure);
        self.lines("scaling", title, finding, figure)
    }

    fn spectrum(&self) -> Result<Option<(Drawing, data::Figure)>> {
        let figure = spectrum::figure(self.model, self.workload);
        let title = "spectrum of response times".to_string();
        let finding = |figure: &_| spectrum::finding(figure, &self.workload.operation);
        self.lines("spectrum", title, finding, figure)
    }

    /// Names at the ends of lines have colours of their own, so there is no legend.
    fn lines(
        &self,
        name: &'static str,
        title: String,
        finding: impl FnOnce(&data::Figure) -> String,
        figure: data::Figure,
    ) -> Result<Option<(Drawing, data::Figure)>> {
        if figure.panels.is_empty() {
            return Ok(None);
        }
        let panels = panel::panels(&figure)?;
        let cells: Vec<&str> = figure.points().map(|point| point.cell.as_str()).collect();
        let finding = finding(&figure);
        let kind = Kind { name, title, marks: LINES, finding, styles: &[] };
        Ok(Some((self.drawing(kind, &cells, panels), figure)))
    }

    fn strip(&self) -> Result<Option<(Drawing, Vec<Block<'a>>)>> {
        let Self { model, workload, metric, styles } = *self;
        let blocks = rows::blocks(model, workload, metric, Of::Executions);
        if blocks.is_empty() {
            return Ok(None);
        }
        let panels = strip::panels(&blocks, metric)?;
        let marks = "Dot: one execution, from top to bottom in the order of the rounds; tick: median; \
                     hollow, †: pair-limited.";
        let title = format!("strip – {}", metric.title);
        let finding = rows_finding::strip(metric, &blocks);
        let kind = Kind { name: "strip", title, marks, finding, styles };
        Ok(Some((self.drawing(kind, &in_rows(&blocks), panels), blocks)))
    }

    fn knees(&self) -> Result<Option<Drawing>> {
        let curves = match self.workload.name == knee::WORKLOAD {
            true => knees::drawn(&self.model.summary.load_curves),
            false => Vec::new(),
        };
        if curves.is_empty() {
            return Ok(None);
        }
        let panels = knees::panels(&curves, &self.model.input.run.contestants)?;
        let points = curves.iter().flat_map(|curve| &curve.points);
        let cells: Vec<&str> = points.map(|point| point.id.as_str()).collect();
        let (title, finding) = ("response over offered load".to_string(), knees::finding(&curves));
        let kind = Kind { name: "knees", title, marks: knees::MARKS, finding, styles: &[] };
        Ok(Some(self.drawing(kind, &cells, panels)))
    }

    /// The goodput of servers over what was asked for.
    fn overload(&self) -> Result<Option<Drawing>> {
        let found = &self.model.summary.overloads;
        if self.workload.name != WORKLOAD || found.is_empty() {
            return Ok(None);
        }
        let panels = overload::panels(self.model)?;
        let cells: Vec<&str> = found.iter().map(|one| one.id.as_str()).collect();
        let finding = overload_finding(found, &self.model.summary.run.reference);
        let title = "goodput over load".to_string();
        let kind = Kind { name: "goodput", title, marks: overload::MARKS, finding, styles: &[] };
        Ok(Some(self.drawing(kind, &cells, panels)))
    }

    fn drawing(&self, kind: Kind<'_>, cells: &[&str], panels: Vec<sheet::Panel>) -> Drawing {
        let workload = &self.workload.name;
        Drawing::of(Parts {
            name: format!("{}-{}", key::slug(workload), kind.name),
            title: format!("{}, {}", text::short(workload, 80), kind.title),
            marks: kind.marks.to_string(),
            finding: kind.finding,
            styles: kind.styles,
            origin: Origin::of_cells(self.model, cells),
            panels,
        })
    }
}

/// Ids of the cells that have a row.
fn in_rows<'b>(blocks: &'b [Block<'_>]) -> Vec<&'b str> {
    blocks.iter().flat_map(Block::rows).map(|row| row.cell.id.as_str()).collect()
}
