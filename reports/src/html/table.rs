//! The comparison: per workload a table, per preset a group of rows.

use maud::{Markup, html};
use triathlon_contract::STACK;
use triathlon_contract::record::WorkloadFile;

use super::{ceiling, row, scrolling, section, shares, view};
use crate::columns::{Columns, FAIRNESS};
use crate::render::Model;
use crate::summary::Cell;
use crate::text::{self, THIN, Unit};
use crate::{key, metrics, remedies, verdicts};

/// The cells of one preset and what they share.
pub(super) struct Group<'a> {
    pub(super) cells: Vec<&'a Cell>,
    pub(super) columns: Columns,
    /// The metric of the ratio, which is the workload's own.
    pub(super) metric: &'a str,
    /// Noise floor of that metric, or margin where there are verdicts.
    pub(super) band: Option<(f64, f64)>,
    pub(super) rounds: u64,
    /// Whether there are verdicts.
    pub(super) concludes: bool,
}

impl Group<'_> {
    /// One unit for a column of the group.
    pub(super) fn unit(&self, metric: &str) -> Unit {
        let medians: Vec<f64> =
            self.cells.iter().filter_map(|cell| Some(cell.metrics.get(metric)?.median)).collect();
        text::quantity(metric).unit_for_all(&medians)
    }
}

pub(super) fn comparison(model: &Model<'_>) -> Markup {
    let concludes = verdicts::concludes(model);
    let content = html! {
        p.prose {
            "One value per execution; shown is the " strong { "median" } " and below it, small, the "
            strong { "lowest and highest" } " of n executions. That is a range, not an interval. \
             Ratios are taken within each round against " (base(model))
            " (same workload and preset, in its plain way; the way stack, another client, against its \
             own way stack) "
            @if concludes {
                "and have an " strong { "interval" } ": Hodges–Lehmann centre, exact signed-rank interval \
                 at the level that Holm's correction over all pairs of the case leaves, so that all \
                 verdicts of a case hold together in 95 % of runs. The verdict is about the workload's \
                 own metric; \"undecided\" never means \"the same\". " strong { "Rank" } " is the range of \
                 ranks that the pairs leave open, 1 the best; cells that share a letter are not told \
                 apart. " strong { "Finds" } ": the smallest true difference that nine of ten such \
                 runs would find in this row. Every pair of every metric is in "
                a href="pairs.csv" { code { "pairs.csv" } } "."
            } @else {
                "and then summarised; the grey band behind them is the ratio of the reference to itself."
            }
        }
        (view::controls(model))
        @for workload in &model.input.run.workloads { (one(model, workload)) }
    };
    section("comparison", "Comparison", &content)
}

/// The reference, where a reader can choose another.
fn base(model: &Model<'_>) -> Markup {
    html! { span.base { (text::line(&model.summary.run.reference)) } }
}

fn one(model: &Model<'_>, workload: &WorkloadFile) -> Markup {
    let anchor = format!("comparison-{}", key::slug(&workload.name));
    let name = text::short(&workload.name, 60);
    let limited =
        model.summary.cells.iter().any(|c| c.workload == workload.name && c.limited.is_some());
    let columns = Columns::of(workload, &model.summary.cells);
    let table = html! {
        table.comparison {
            caption {
                "Workload " strong { (name) }
                @if workload.open {
                    ", open loop: " (text::short(&workload.operation, 30)) "s start when a schedule says so. Response is lag and service together. "
                } @else if workload.server {
                    ", closed loop: the next operation starts when one ends. "
                } @else {
                    "; no server takes part, so the contestant has all CPUs. "
                }
                "n executions, each a fresh process; median, below it lowest–highest. Ratios to "
                (base(model)) "; strip from ½ to 2, logarithmic, an arrow where it lies beyond. "
                @if workload.open { "Lower is better." } @else { "Lower is less cost; for throughput, higher is more done per second." }
                @if columns.rest.contains(&FAIRNESS) { " " (shares::SERVED) }
                @if limited {
                    " † pair-limited: the mock server used 80 % or more of its CPU, or the rate is 70 % or \
                     more of the null ceiling, or the server answered a tenth of the requests late by more \
                     than 0.5 ms and a tenth of the delay (see the notes), so the pair may have been the \
                     limit; CPU, switches and memory keep their meaning."
                }
            }
            (head(workload, columns, verdicts::concludes(model)))
            @for preset in presets(model, &workload.name) { (group(model, workload, preset)) }
        }
    };
    html! {
        section id=(anchor) data-category=(text::short(&workload.category, 60)) {
            h3 { a.self href=(format!("#{anchor}")) { (name) } }
            p { (text::line(&workload.question)) " "
                a.nowrap href=(format!("#workload-{}", key::slug(&workload.name))) { "What is timed, chart, code" } }
            (scrolling(&format!("Comparison of {name}"), &table))
            (remedies(model, workload))
            (ceiling::ceilings(model, workload))
        }
    }
}

/// What each remedy does and costs, where a workload has some.
fn remedies(model: &Model<'_>, workload: &WorkloadFile) -> Markup {
    let found = remedies::found(model, workload);
    html! {
        @if !found.is_empty() {
            h4 { "Remedies" }
            ul.prose { @for one in &found { li {
                strong { (one.about) } ": " (one.before)
                ul { @for remedy in &one.remedies { li { (remedy) } } }
            } } }
        }
    }
}

fn head(workload: &WorkloadFile, columns: Columns, concludes: bool) -> Markup {
    let ratio = heading(&workload.chart.metric, &workload.operation);
    html! {
        thead { tr {
            th scope="col" { "Contestant" }
            th scope="col" { (heading(columns.first, &workload.operation)) }
            th scope="col" { (ratio) ", ratio" @if concludes { " and verdict" } }
            @if concludes { th scope="col" { "Rank" } }
            @for metric in columns.rest { th scope="col" { (heading(metric, &workload.operation)) } }
            th scope="col" { "n" }
            th.text scope="col" { "Notes" }
        } }
    }
}

fn heading(metric: &str, operation: &str) -> String {
    match metric {
        "cpu_us_per_op" => format!("CPU per {}", text::short(operation, 30)),
        FAIRNESS => "Shares, Jain’s index".to_string(),
        "ctx_switches_per_op" => format!("Switches per {}", text::short(operation, 30)),
        other => metrics::title(other, operation),
    }
}

/// Presets of a workload in the order of the plan.
pub(super) fn presets<'a>(model: &Model<'a>, workload: &str) -> Vec<&'a str> {
    let mut presets: Vec<&str> = Vec::new();
    for cell in model.summary.cells.iter().filter(|cell| cell.workload == workload) {
        if !presets.contains(&cell.preset.as_str()) {
            presets.push(&cell.preset);
        }
    }
    presets
}

fn group(model: &Model<'_>, workload: &WorkloadFile, preset: &str) -> Markup {
    let metric = workload.chart.metric.as_str();
    let of_preset = |name: &str, p: &str| name == workload.name && p == preset;
    let cells = model.summary.cells.iter().filter(|cell| of_preset(&cell.workload, &cell.preset));
    let noise = model.summary.noise.iter().find(|noise| {
        of_preset(&noise.workload, &noise.preset) && noise.way != STACK && noise.metric == metric
    });
    let concludes = verdicts::concludes(model);
    let band = noise.map(|noise| match &noise.test {
        Some(test) if concludes => (test.margin.recip(), test.margin),
        _ => (noise.ratio.low, noise.ratio.high),
    });
    let rounds = model.summary.run.rounds;
    let columns = Columns::of(workload, &model.summary.cells);
    let group = Group { cells: cells.collect(), columns, metric, band, rounds, concludes };
    let anchor = format!("preset-{}", key::slug(&format!("{}@{preset}/all", workload.name)));
    html! {
        tbody id=(anchor) data-what=(text::short(&format!("{}@{preset}", workload.name), 130))
            data-own=(metric) data-numbers=(view::numbers(model, &group)) {
            tr.group {
                th colspan=(columns.rest.len() + 5 + usize::from(concludes)) scope="rowgroup" {
                    span.in-view { strong { (text::short(preset, 60)) } " " span.soft { (parameters(&group)) @if let Some(margin) = margin(&group) { " · margin ±" (THIN) span.margin { (margin) } } } }
                }
            }
            @for cell in &group.cells { (row::row(model, &group, cell)) }
        }
    }
}

/// `2.00 %`, where there are verdicts.
fn margin(group: &Group<'_>) -> Option<String> {
    group.band.filter(|_| group.concludes).map(|(_, high)| verdicts::percent(high))
}

/// What the preset stands for: `fetches 100 · delay 20 ms · body 1 KiB`.
fn parameters(group: &Group<'_>) -> String {
    let Some(cell) = group.cells.first() else { return String::new() };
    let parts: Vec<String> = cell
        .parameters
        .iter()
        .map(|(name, value)| {
            let (name, value) = (text::parameter_name(name), text::parameter(name, *value));
            format!("{} {value}", text::short(&name, 40))
        })
        .collect();
    parts.join(" · ")
}
