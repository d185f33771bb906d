//! A situation that a preset is: who comes first there, and who has no number.

use maud::{Markup, html};

use super::{cell_anchor, fate, rows};
use crate::metrics::{self, more_is_better};
use crate::render::Model;
use crate::summary::Cell;
use crate::text::{self, quantified, quantity};
use crate::{advise::words, key, verdicts};

/// By the workload's own metric; nothing where it was not measured.
pub(super) fn measured(
    model: &Model<'_>,
    name: &str,
    (workload, preset): (&str, Option<&str>),
    note: &str,
) -> Option<Markup> {
    let found = model.input.run.workloads.iter().find(|own| own.name == workload);
    let metric = found.map_or("elapsed_s", |own| own.chart.metric.as_str());
    let value = |cell: &Cell| median(cell, metric);
    let is_asked = |cell: &Cell| {
        cell.workload == workload && preset.is_none_or(|preset| cell.preset == preset)
    };
    let cells = || model.summary.cells.iter().filter(|cell| is_asked(cell));
    let preset = cells().find(|cell| value(cell).is_some())?.preset.as_str();
    let cells = || cells().filter(|cell| cell.preset == preset);
    let mut own: Vec<(&Cell, f64)> =
        cells().filter_map(|cell| Some((cell, value(cell)?))).collect();
    own.sort_by(|a, b| a.1.total_cmp(&b.1));
    let more = more_is_better(metric);
    if more {
        own.reverse();
    }
    let title = metrics::title(metric, found.map_or("operation", |own| own.operation.as_str()));
    let absent: Vec<&Cell> =
        cells().filter(|cell| value(cell).is_none() && !cell.reason.is_empty()).collect();
    Some(html! { tr {
        th scope="row" {
            (name)
            small { (text::short(workload, 60)) "@" (text::short(preset, 60)) ", as measured" }
            @if !note.is_empty() { small { (note) } }
        }
        td {
            (title) ", the " (if more { "highest" } else { "lowest" }) " medians:"
            (rows::first(own.iter().map(|(cell, value)| entry(model, metric, cell, *value))))
            small {
                "First of each style: " (styles(metric, &own)) "."
                @if verdicts::concludes(model) {
                    " ×: to " (text::short(&model.summary.run.reference, 60)) ", with its interval."
                }
            }
        }
        td { @if absent.is_empty() { "—" } @else {
            (rows::first(absent.iter().map(|cell| html! { li { (who(cell)) ": " (text::line(&cell.reason)) } })))
        } }
        td { "—" }
    } })
}

fn who(cell: &Cell) -> String {
    text::short(&key::who_and_way(&key::parts(&cell.id)), 60)
}

/// The first of each style, as far as they were measured.
fn styles(metric: &str, own: &[(&Cell, f64)]) -> String {
    let mut best: Vec<(&str, String)> = Vec::new();
    for (cell, value) in own {
        if best.iter().all(|(style, _)| *style != cell.style) {
            let value = quantified(quantity(metric), *value);
            let each = median(cell, HELD).map(|each| quantified(quantity(HELD), each));
            let each = each.map_or_else(String::new, |each| format!(", holding {each} each"));
            let said = format!("{} {value} ({}{each})", cell.style, who(cell));
            best.push((&cell.style, text::short(&said, 120)));
        }
    }
    best.into_iter().map(|(_, said)| said).collect::<Vec<_>>().join("; ")
}

const HELD: &str = "held_each_bytes";

fn median(cell: &Cell, metric: &str) -> Option<f64> {
    cell.metrics.get(metric).map(|spread| spread.median)
}

/// A cell with its value, how that compares and which ranks are open, and what it costs to rest.
fn entry(model: &Model<'_>, metric: &str, cell: &Cell, value: f64) -> Markup {
    let against = cell.against_reference.get(metric).filter(|_| verdicts::concludes(model));
    html! { li {
        a href=(format!("#{}", cell_anchor(&cell.id))) { (who(cell)) } (fate(model, &who(cell)))
        " " (quantified(quantity(metric), value))
        @if let Some(against) = against {
            ", × " (text::digits(against.ratio)) " [" (text::digits(against.low)) "–"
            (text::digits(against.high)) "]"
        }
        @if let Some(standing) = cell.standing.get(metric) {
            @if standing.best == standing.worst { ", rank " (standing.best) }
            @else { ", ranks " (standing.best) "–" (standing.worst) }
            " of " (standing.of)
        }
        @if let Some(each) = median(cell, HELD) {
            "; held for each " (quantified(quantity(HELD), each))
        }
        @if let Some(idle) = median(cell, "idle_cpu_share") {
            "; CPU " (words::percent(idle)) " busy while idle"
        }
    } }
}
