//! A situation that a preset is: who comes first there, and who has no number.

use maud::{Markup, html};

use super::{cell_anchor, rows};
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
    let value = |cell: &Cell| cell.metrics.get(metric).map(|spread| spread.median);
    let is_asked = |cell: &Cell| {
        cell.workload == workload && preset.is_none_or(|preset| cell.preset == preset)
    };
    let cells = || model.summary.cells.iter().filter(|cell| is_asked(cell));
    let preset = cells().find(|cell| value(cell).is_some())?.preset.as_str();
    let (own, others): (Vec<&Cell>, Vec<&Cell>) =
        cells().filter(|cell| cell.preset == preset).partition(|cell| value(cell).is_some());
    let mut own: Vec<(&Cell, f64)> =
        own.into_iter().filter_map(|cell| Some((cell, value(cell)?))).collect();
    own.sort_by(|a, b| a.1.total_cmp(&b.1));
    let more = more_is_better(metric);
    if more {
        own.reverse();
    }
    let title = metrics::title(metric, found.map_or("operation", |own| own.operation.as_str()));
    let absent: Vec<&&Cell> = others.iter().filter(|cell| !cell.reason.is_empty()).collect();
    Some(html! { tr {
        th scope="row" {
            (name)
            small { (text::short(workload, 60)) "@" (text::short(preset, 60)) ", as measured" }
            @if !note.is_empty() { small { (note) } }
        }
        td {
            (title) ", the " (if more { "highest" } else { "lowest" }) " medians:"
            (rows::first(own.iter().map(|(cell, value)| entry(model, metric, cell, *value))))
            @if let [(first, best), .., (last, worst)] = own[..] {
                small {
                    "All " (own.len()) " of them: from " (quantified(quantity(metric), best)) " ("
                    (who(first)) ") to " (quantified(quantity(metric), worst)) " (" (who(last)) ")."
                    @if verdicts::concludes(model) {
                        " ×: to " (text::short(&model.summary.run.reference, 60)) ", with its interval."
                    }
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

/// A cell with its value, what it costs to rest, how that compares and which ranks are open.
fn entry(model: &Model<'_>, metric: &str, cell: &Cell, value: f64) -> Markup {
    let median = |metric: &str| cell.metrics.get(metric).map(|spread| spread.median);
    let against = cell.against_reference.get(metric).filter(|_| verdicts::concludes(model));
    html! { li {
        a href=(format!("#{}", cell_anchor(&cell.id))) { (who(cell)) }
        " " (quantified(quantity(metric), value))
        @if let Some(each) = median("held_each_bytes") {
            ", each " (quantified(quantity("held_each_bytes"), each))
        }
        @if let Some(idle) = median("idle_cpu_share") {
            ", CPU " (words::percent(idle)) " busy while idle"
        }
        @if let Some(against) = against {
            ", × " (text::digits(against.ratio)) " [" (text::digits(against.low)) "–"
            (text::digits(against.high)) "]"
        }
        @if let Some(standing) = cell.standing.get(metric) {
            @if standing.best == standing.worst { ", rank " (standing.best) }
            @else { ", ranks " (standing.best) "–" (standing.worst) }
            " of " (standing.of)
        }
    } }
}
