//! Per workload: question, what is timed, parameters, charts, code.

use std::collections::BTreeMap;

use maud::{Markup, html};
use triathlon_contract::record::WorkloadFile;

use super::asleep::asleep;
use super::crossover::crossover;
use super::figures::figures;
use super::files::files;
use super::grid::grid;
use super::idle::idle;
use super::overload::overload;
use super::pools::pools;
use super::ports::ports;
use super::shares::shares;
use super::slow::slow;
use super::stall::stall;
use super::table::presets;
use super::{prose, scrolling, section};
use crate::chart::Charts;
use crate::render::Model;
use crate::summary::Cell;
use crate::{key, text};

pub(super) fn workloads(model: &Model<'_>, charts: &[Charts<'_>]) -> Markup {
    let content = html! {
        @for workload in &model.input.run.workloads {
            (one(model, workload, charts.iter().find(|charts| charts.workload == workload.name)))
        }
    };
    section("workloads", "Workloads", &content)
}

fn one(model: &Model<'_>, workload: &WorkloadFile, charts: Option<&Charts<'_>>) -> Markup {
    let anchor = format!("workload-{}", key::slug(&workload.name));
    html! {
        section.workload id=(anchor) {
            h3 { a.self href=(format!("#{anchor}")) { (text::short(&workload.name, 60)) } }
            p.question { (prose(&workload.question)) }
            p.prose { strong { "What is timed. " } (prose(&workload.timed)) }
            (files(model, workload))
            (ports(model, workload))
            (pools(model, workload))
            (asleep(model, workload))
            (crossover(model, workload, charts))
            (grid(model, workload, charts))
            (idle(model, workload))
            (slow(model, workload))
            (overload(model, workload, charts))
            (shares(model, workload))
            (stall(model, workload))
            (parameters(model, workload))
            @if let Some(charts) = charts { (figures(model, charts)) }
            (code(model, workload))
        }
    }
}

fn parameters(model: &Model<'_>, workload: &WorkloadFile) -> Markup {
    let of = |preset: &str| {
        model.summary.cells.iter().find(|c| c.workload == workload.name && c.preset == preset)
    };
    let cells: Vec<&Cell> = presets(model, &workload.name).into_iter().filter_map(of).collect();
    let names: Vec<&str> = cells
        .first()
        .map(|cell| cell.parameters.keys().map(String::as_str).collect())
        .unwrap_or_default();
    let table = html! {
        table.plain.numbers {
            thead { tr {
                th scope="col" { "Preset" }
                @for name in &names { th scope="col" { (text::short(&text::parameter_name(name), 40)) } }
            } }
            tbody {
                @for cell in &cells { tr {
                    th scope="row" { (text::short(&cell.preset, 60)) }
                    @for name in &names {
                        td { (cell.parameters.get(*name).map_or("—".to_string(), |v| text::parameter(name, *v))) }
                    }
                } }
            }
        }
    };
    html! {
        details {
            summary { "Parameters of " (cells.len()) (if cells.len() == 1 { " preset" } else { " presets" }) }
            (scrolling(&format!("Parameters of {}", text::short(&workload.name, 60)), &table))
        }
    }
}

/// Distinct sources of a workload's cells, with the cells that have them.
fn sources<'a>(model: &Model<'a>, workload: &str) -> Vec<(&'a str, Vec<String>)> {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut sources: Vec<(&str, Vec<String>)> = Vec::new();
    for cell in model.summary.cells.iter().filter(|cell| cell.workload == workload) {
        let Some(source) = source(model, cell) else { continue };
        let place = *places.entry(source).or_insert_with(|| {
            sources.push((source, Vec::new()));
            sources.len() - 1
        });
        let who = key::who_and_way(&key::parts(&cell.id));
        if !sources[place].1.contains(&who) {
            sources[place].1.push(who);
        }
    }
    sources
}

/// Source of a cell: by case, or by cell without the preset or the flavour.
fn source<'a>(model: &Model<'a>, cell: &Cell) -> Option<&'a str> {
    let id = key::parts(&cell.id);
    let way = if id.way.is_empty() { String::new() } else { format!(":{}", id.way) };
    let keys = [
        cell.id.clone(),
        format!("{}/{}{way}", id.workload, id.who()),
        format!("{}/{}{way}", id.workload, id.contestant),
    ];
    keys.iter().find_map(|key| model.input.sources.get(key)).map(String::as_str)
}

/// Anchor of the source of a cell.
pub(super) fn code_anchor(model: &Model<'_>, cell: &Cell) -> Option<String> {
    let own = source(model, cell)?;
    let sources = sources(model, &cell.workload);
    let place = sources.iter().position(|(source, _)| *source == own)?;
    Some(anchor(&cell.workload, place))
}

fn anchor(workload: &str, place: usize) -> String {
    format!("code-{}-{}", key::slug(workload), place + 1)
}

fn code(model: &Model<'_>, workload: &WorkloadFile) -> Markup {
    let sources = sources(model, &workload.name);
    html! {
        @if !sources.is_empty() {
            details.code {
                summary { "Code of " (sources.len()) (if sources.len() == 1 { " cell" } else { " cells" }) }
                div.sources {
                    @for (place, (source, who)) in sources.iter().enumerate() {
                        @let anchor = anchor(&workload.name, place);
                        section id=(anchor) {
                            h4 { a.self href=(format!("#{anchor}")) { (text::clip(&who.join(", "), 200)) } }
                            @match shown_before(model, &workload.name, source) {
                                Some((name, anchor)) => p { "The same file as in " a href=(format!("#{anchor}")) { (text::short(name, 60)) } "." },
                                None => pre tabindex="0" { code { (text::code(source)) } },
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The workload before this one that shows the same source, and the anchor there: cells of
/// servers answer whatever their clients do.
fn shown_before<'a>(model: &Model<'a>, workload: &str, source: &str) -> Option<(&'a str, String)> {
    let mut before = model.input.run.workloads.iter().take_while(|other| other.name != workload);
    before.find_map(|other| {
        let place = sources(model, &other.name).iter().position(|(own, _)| *own == source)?;
        Some((other.name.as_str(), anchor(&other.name, place)))
    })
}
