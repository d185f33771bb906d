//! Charts as SVG: one metric over one parameter, one panel per value of
//! another, both axes logarithmic.
//!
//! - [`data`]: what is drawn. [`axis`]: where ticks go. [`panel`]: the drawing,
//!   by plotters. [`labels`]: line ends get their names without overlap.
//!   [`svg`]: from plotters' SVG to ours. [`finding`]: what it shows, in words.

mod axis;
pub(crate) mod data;
mod finding;
mod labels;
mod panel;
mod svg;

use anyhow::Result;

use crate::key;
use crate::render::Model;

pub(crate) use svg::SERIES_STYLE;

/// The chart of one workload.
pub(crate) struct Chart {
    /// What is drawn, for the table beside it.
    pub(crate) figure: data::Figure,
    /// One SVG element per panel, for the page.
    pub(crate) panels: Vec<String>,
    /// What it shows, from the data.
    pub(crate) finding: String,
    /// Path of the stand-alone file.
    pub(crate) file: String,
    /// All panels in one file that needs no page.
    pub(crate) stand_alone: String,
}

/// The charts of all workloads that have something to draw, in page order.
pub(crate) fn charts(model: &Model<'_>) -> Result<Vec<Chart>> {
    let mut charts = Vec::new();
    for workload in &model.input.run.workloads {
        let figure = data::figure(model, workload);
        if figure.panels.is_empty() {
            continue;
        }
        let finding = finding::finding(model, workload, &figure);
        let file = format!("figures/{}.svg", key::slug(&workload.name));
        let drawn =
            figure.panels.iter().map(|p| panel::draw(&figure, p)).collect::<Result<Vec<_>>>()?;
        let panels = figure
            .panels
            .iter()
            .zip(&drawn)
            .map(|(panel, drawn)| svg::in_page(&figure, panel, drawn))
            .collect();
        let footer = [format!("triathlon · {}", figure.workload), model.summary.run.id.clone()];
        let stand_alone = svg::stand_alone(&figure, &drawn, &finding, &footer);
        charts.push(Chart { figure, panels, finding, file, stand_alone });
    }
    Ok(charts)
}
