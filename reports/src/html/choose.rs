//! What the measured cells say of a few situations, and a calculator for others.

use maud::{Markup, html};
use serde_json::{Value, json};

use super::{cell_anchor, scrolling, section};
use crate::advise::{
    Advice, Answer, Curve, Proven, Situation, advice, computing, curves, proven, words,
};
use crate::metrics::more_is_better;
use crate::render::Model;
use crate::summary::Cell;
use crate::text::{self, quantified, quantity, six_digits};
use crate::{key, metrics};

/// Most contestants that are named for a situation.
const MOST: usize = 3;

const MIB: f64 = 1_048_576.0;

/// Situations that readers come with.
const SITUATIONS: [(&str, Situation); 4] = [
    (
        "A service: 200 requests/s, each makes three calls of 50 ms, one after the other, and computes 0.6 ms",
        situation(64, 0.05, 0.2e-3, Some(600.0), Some(64.0 * MIB)),
    ),
    (
        "A crawler: 1000 URLs at once, 50 ms each, nothing to compute",
        situation(1000, 0.05, 0.0, None, Some(64.0 * MIB)),
    ),
    (
        "A proxy: 256 connections, 20 ms behind each, 5000/s",
        situation(256, 0.02, 0.0, Some(5000.0), Some(32.0 * MIB)),
    ),
    (
        "A crowd: 10 000 calls at once, 50 ms each",
        situation(10_000, 0.05, 0.0, None, Some(256.0 * MIB)),
    ),
];

/// Situations that a workload is, whatever its preset's numbers are.
const MEASURED: [(&str, &str); 3] = [
    ("Jobs that only compute", "cpu"),
    ("A directory of files", "files"),
    ("Large bodies, streamed", "download"),
];

const fn situation(
    in_flight: u64,
    wait_s: f64,
    cpu_s: f64,
    rate_per_s: Option<f64>,
    memory_bytes: Option<f64>,
) -> Situation {
    Situation { in_flight, wait_s, cpu_s, rate_per_s, memory_bytes }
}

pub(super) fn choose(model: &Model<'_>) -> Markup {
    let curves = curves(model);
    let proven = proven(&curves, &computing(model));
    let advices = SITUATIONS.map(|(name, situation)| (name, advice(model, &situation)));
    let rows = html! {
        table.plain {
            thead { tr {
                @for heading in ["Situation", "What fits, least CPU first", "What does not", "Not measured"] {
                    th scope="col" { (heading) }
                }
            } }
            tbody {
                @for (name, advice) in &advices { (row(name, advice)) }
                @for (name, workload) in MEASURED { (measured(model, name, workload)) }
            }
        }
    };
    let content = html! {
        p.prose { "A model, Little's law on the costs of the nearest measured cells, says what calls that wait \
            and compute would reach; it is as good as its error on cells that it was not shown, and it says \
            nothing of what lies beyond them, nor of a contestant that it gets wrong by more than 25 %. \
            Figures are medians of this machine. " code { "triathlon advise" } " has the same for any situation." }
        p { (errors(&advices)) }
        (scrolling("Situations", &rows))
        (calculator(&curves, &proven))
    };
    section("choose", "Choose by situation", &content)
}

fn errors(advices: &[(&str, Advice)]) -> String {
    let best = advices.iter().map(|(_, advice)| advice).max_by_key(|advice| advice.answers.len());
    let throughput = best.and_then(|advice| advice.throughput_wrong.as_ref());
    let memory = best.and_then(|advice| advice.memory_wrong.as_ref());
    format!(
        "The model's error in this run: throughput {}; memory {}.",
        words::wrong(throughput),
        words::wrong(memory)
    )
}

fn row(name: &str, advice: &Advice) -> Markup {
    let (fit, not): (Vec<&Answer>, Vec<&Answer>) =
        advice.answers.iter().partition(|answer| answer.fits == Some(true));
    html! {
        tr {
            th scope="row" {
                (name) span.under { (words::situation(&advice.situation)) }
                @if let Some(few) = words::fewest(advice) { span.under { (few) } }
            }
            td { (listed(&fit)) }
            td { (listed(&not)) }
            td { @if advice.not_measured.is_empty() { "—" } @else {
                details { summary { (advice.not_measured.len()) } ul { @for one in &advice.not_measured {
                    li { (one.who) ": " (one.why) }
                } } }
            } }
        }
    }
}

fn listed(answers: &[&Answer]) -> Markup {
    let more = answers.len().saturating_sub(MOST);
    html! {
        @if answers.is_empty() { "—" } @else {
            ul { @for answer in answers.iter().take(MOST) { li {
                @match answer.cells.first() {
                    Some(id) => a href=(format!("#{}", cell_anchor(id))) { (answer.who) },
                    None => (answer.who),
                }
                " " (quantified(quantity("_per_s"), answer.throughput_per_s))
                ", CPU " (text::digits(answer.cpu_share * 100.0)) " % busy, " (words::memory(answer))
                @if answer.fits.is_none() { ", so not known" }
            } } }
            @if more > 0 { span.under { (more) " more" } }
        }
    }
}

/// A workload's first measured preset: who comes first by its own metric.
fn measured(model: &Model<'_>, name: &str, workload: &str) -> Markup {
    let found = model.input.run.workloads.iter().find(|own| own.name == workload);
    let metric = found.map_or("elapsed_s", |own| own.chart.metric.as_str());
    let value = |cell: &Cell| cell.metrics.get(metric).map(|spread| spread.median);
    let cells: Vec<&Cell> =
        model.summary.cells.iter().filter(|cell| cell.workload == workload).collect();
    let preset = cells.iter().find(|cell| value(cell).is_some()).map(|cell| cell.preset.clone());
    let mut own: Vec<(&Cell, f64)> = cells
        .iter()
        .filter(|cell| Some(&cell.preset) == preset.as_ref())
        .filter_map(|cell| Some((*cell, value(cell)?)))
        .collect();
    own.sort_by(|a, b| a.1.total_cmp(&b.1));
    let more = more_is_better(metric);
    if more {
        own.reverse();
    }
    let title = metrics::title(metric, found.map_or("operation", |own| own.operation.as_str()));
    html! {
        @if let Some(preset) = preset { tr {
            th scope="row" { (name) span.under { (text::short(workload, 60)) "@" (text::short(&preset, 60)) ", as measured" } }
            td {
                (title) ", the " (if more { "highest" } else { "lowest" }) " medians:"
                ul { @for (cell, value) in own.iter().take(MOST) { li {
                    a href=(format!("#{}", cell_anchor(&cell.id))) { (text::short(&key::who_and_way(&key::parts(&cell.id)), 60)) }
                    " " (quantified(quantity(metric), *value))
                } } }
            }
            td { "—" }
            td { "—" }
        } }
    }
}

/// Hidden until the script is there.
fn calculator(curves: &[Curve], proven: &[Proven]) -> Markup {
    let fields = [
        ("flight", "Calls in flight", "64"),
        ("wait", "Wait of each, ms", "20"),
        ("cpu", "Computing of each, µs", "0"),
        ("rate", "Calls/s wanted", ""),
        ("memory", "Memory allowed, MiB", ""),
    ];
    html! {
        @if !curves.is_empty() {
            form.advise hidden data-curves=(data(curves, proven)) {
                h3 { "Another situation" }
                div.controls {
                    @for (name, label, value) in fields {
                        label { (label) " " input name=(name) type="number" min="0" step="any" value=(value); }
                    }
                }
                div.scroll role="region" tabindex="0" aria-label="What the model says" {
                    table.plain.numbers {
                        thead { tr {
                            @for heading in ["Contestant", "Fits", "Calls/s", "Bound by", "CPU per call, µs", "CPU busy, %", "Memory, MiB"] {
                                th scope="col" { (heading) }
                            }
                        } }
                        tbody {}
                    }
                }
                output.soft {}
            }
        }
    }
}

/// What the script computes with: an array for each curve.
fn data(curves: &[Curve], proven: &[Proven]) -> String {
    let of = |(curve, proven): (&Curve, &Proven)| -> Value {
        let points: Vec<[f64; 3]> = curve
            .points
            .iter()
            .map(|point| [point.in_flight, six_digits(point.wait_s), six_digits(point.cost_s)])
            .collect();
        let memory: Vec<(f64, f64)> =
            curve.memory().into_iter().map(|(n, b)| (n, six_digits(b))).collect();
        json!([
            curve.who,
            curve.workload,
            curve.batch,
            curve.most,
            curve.processors,
            proven.throughput.as_ref().map(|wrong| wrong.most),
            proven.memory.as_ref().map(|wrong| wrong.most),
            six_digits(proven.most_computing_s),
            points,
            memory,
            curve.range().1,
        ])
    };
    Value::Array(curves.iter().zip(proven).map(of).collect()).to_string()
}
