//! What the measured cells say of a few situations, and a calculator for others.

mod calculator;
mod rows;

use maud::{Markup, html};

use super::{cell_anchor, scrolling, section};
use crate::advise::{
    Advice, Crowd, Idle, Pool, Question, Service, Situation, advice, computing, curves, proven,
    words,
};
use crate::metrics::more_is_better;
use crate::render::Model;
use crate::summary::Cell;
use crate::text::{self, quantified, quantity};
use crate::{key, metrics};

/// Most contestants that are named for a situation.
const MOST: usize = 3;

const MIB: f64 = 1_048_576.0;

/// Situations of calls that readers come with.
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

/// What says something of calls.
const CALLS: &str = "^(request-loop|fan-out|mixed)@";

/// Questions of another kind, and what says something of them.
const QUESTIONS: [(&str, &str, Question); 5] = [
    (
        "A service with a database: 5 queries of 1 ms each, answers of 10 KiB, 1000/s",
        "^serve@",
        service(64, Some(1000.0), Some(64.0 * MIB)),
    ),
    ("The same service with very many clients", "^serve@", service(1024, None, Some(64.0 * MIB))),
    (
        "Sockets on which nothing happens: what a task or thread that waits at one holds, without a server and its buffers",
        "^sleepers@socket",
        crowd(5000, Idle::Connections, 64.0 * MIB),
    ),
    (
        "Timers: as many tasks or threads asleep",
        "^sleepers@",
        crowd(10_000, Idle::Sleepers, 64.0 * MIB),
    ),
    (
        "A pool of connections to a database: 2000 queries/s of 10 ms",
        "^query@",
        Question::Pool(Pool { rate_per_s: 2000.0, wait_s: 0.01 }),
    ),
];

/// A situation that a preset is, or a workload whatever its preset's numbers are.
struct Measured {
    name: &'static str,
    workload: &'static str,
    /// None for the first that was measured.
    preset: Option<&'static str>,
    /// What must be known to read its figures.
    note: &'static str,
}

const MEASURED: [Measured; 5] = [
    Measured {
        name: "Idle connections of a server, with their buffers",
        workload: "serve-idle",
        preset: Some("n4000"),
        note: "4000 connections; the section has what each one more holds. A pool of threads looks at \
               one client after the other while they are idle, and takes in no more than 4096.",
    },
    Measured {
        name: "Jobs that only compute, such as hashing",
        workload: "cpu",
        preset: None,
        note: "",
    },
    Measured {
        name: "A directory of small files",
        workload: "files",
        preset: Some("read-small-c16"),
        note: "Files of 4 KiB, read and hashed, 16 at once, from a warm cache.",
    },
    Measured {
        name: "Large files, read and hashed in pieces",
        workload: "files",
        preset: Some("read-large-c16"),
        note: "Pieces of 512 KiB of a file of 256 MiB, 16 at once, from a warm cache: what a disk \
               gives less is not in it.",
    },
    Measured { name: "Large bodies, streamed", workload: "download", preset: None, note: "" },
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

const fn service(clients: u64, rate_per_s: Option<f64>, memory_bytes: Option<f64>) -> Question {
    let (queries, bytes, delay_s) = (5, 10 * 1024, 0.001);
    Question::Service(Service { queries, bytes, delay_s, clients, rate_per_s, memory_bytes })
}

const fn crowd(count: u64, of: Idle, memory_bytes: f64) -> Question {
    Question::Crowd(Crowd { count, of, memory_bytes: Some(memory_bytes) })
}

pub(super) fn choose(model: &Model<'_>) -> Markup {
    let curves = curves(model);
    let proven = proven(&curves, &computing(model));
    let advices = SITUATIONS.map(|(name, situation)| (name, advice(model, &situation)));
    let calls = SITUATIONS.iter().zip(&advices);
    let calls = calls.map(|((name, _), (_, advice))| (CALLS, rows::calls(name, advice)));
    let other =
        QUESTIONS.iter().map(|(name, filter, question)| (*filter, rows::of(model, name, question)));
    let asked: Vec<(&str, rows::Row)> = calls.chain(other).collect();
    let mut unknown: Vec<(&str, Vec<&str>)> = Vec::new();
    for (filter, row) in asked.iter().filter(|(_, row)| !row.known()) {
        match unknown.last_mut().filter(|(known, _)| known == filter) {
            Some((_, names)) => names.push(row.name),
            None => unknown.push((filter, vec![row.name])),
        }
    }
    let rows = html! {
        table.plain {
            thead { tr {
                @for heading in ["Situation", "What fits, the cheapest first; or what was measured", "What does not, or is not known", "Not measured"] {
                    th scope="col" { (heading) }
                }
            } }
            tbody {
                @for (_, row) in asked.iter().filter(|(_, row)| row.known()) { (row.shown()) }
                @for situation in &MEASURED { (measured(model, situation)) }
            }
        }
    };
    let is_measured =
        |situation: &Measured| model.summary.cells.iter().any(|cell| situation.is_of(cell));
    let some = asked.iter().any(|(_, row)| row.known()) || MEASURED.iter().any(is_measured);
    let content = html! {
        p.prose { "A model, Little's law on the costs of the nearest measured cells, says what calls that wait \
            and compute would reach; it is as good as its error on cells that it was not shown, and it says \
            nothing of what lies beyond them, nor of a contestant that it gets wrong by more than 25 %. \
            Figures are medians of this machine. " code { "triathlon advise" } " has the same for any situation, \
            service, crowd or pool." }
        @if let Some(errors) = errors(&advices) { p { (errors) } }
        @if some { (scrolling("Situations", &rows)) }
        @if !unknown.is_empty() { p.soft {
            "Nothing in this run says anything of: "
            @for (place, (filter, names)) in unknown.iter().enumerate() {
                @if place > 0 { "; " } "“" (names.join("”, “")) "” (" code { "triathlon run '" (filter) "'" } ")"
            }
            "."
        } }
        (calculator::calculator(&curves, &proven))
    };
    section("choose", "Choose by situation", &content)
}

/// The model's error in calls; nothing where it has no answer.
fn errors(advices: &[(&str, Advice)]) -> Option<String> {
    let best =
        advices.iter().map(|(_, advice)| advice).max_by_key(|advice| advice.answers.len())?;
    let throughput = best.throughput_wrong.as_ref()?;
    Some(format!(
        "The model's error for calls in this run: throughput {}; memory {}.",
        words::wrong(Some(throughput)),
        words::wrong(best.memory_wrong.as_ref())
    ))
}

/// A cell with its value, which ranks of its family are open, and what it costs to rest.
fn entry(metric: &str, cell: &Cell, value: f64) -> Markup {
    let who = text::short(&key::who_and_way(&key::parts(&cell.id)), 60);
    let idle = cell.metrics.get("idle_cpu_share");
    html! { li {
        a href=(format!("#{}", cell_anchor(&cell.id))) { (who) }
        " " (quantified(quantity(metric), value))
        @if let Some(idle) = idle { ", CPU " (words::percent(idle.median)) " busy while idle" }
        @if let Some(standing) = cell.standing.get(metric) {
            @if standing.best == standing.worst { ", rank " (standing.best) }
            @else { ", ranks " (standing.best) "–" (standing.worst) }
            " of " (standing.of)
        }
    } }
}

impl Measured {
    fn is_of(&self, cell: &Cell) -> bool {
        cell.workload == self.workload && self.preset.is_none_or(|preset| cell.preset == preset)
    }
}

/// Who comes first by the workload's own metric.
fn measured(model: &Model<'_>, situation: &Measured) -> Markup {
    let Measured { name, workload, note, .. } = *situation;
    let found = model.input.run.workloads.iter().find(|own| own.name == workload);
    let metric = found.map_or("elapsed_s", |own| own.chart.metric.as_str());
    let value = |cell: &Cell| cell.metrics.get(metric).map(|spread| spread.median);
    let cells: Vec<&Cell> =
        model.summary.cells.iter().filter(|cell| situation.is_of(cell)).collect();
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
            th scope="row" { (name) span.under { (text::short(workload, 60)) "@" (text::short(&preset, 60)) ", as measured" } @if !note.is_empty() { span.under { (note) } } }
            td {
                (title) ", the " (if more { "highest" } else { "lowest" }) " medians:"
                (rows::first(own.iter().map(|(cell, value)| entry(metric, cell, *value))))
            }
            td { "—" }
            td { "—" }
        } }
    }
}
