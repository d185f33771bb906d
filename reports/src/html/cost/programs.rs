//! The small programs: built, weighed, started and ended.

use maud::{Markup, html};
use triathlon_contract::record::{CostBuild, CostFile, CostProcess, CostProgram, CostRuns};
use triathlon_statistics::Summary;

use super::super::{prose, scrolling};
use crate::claims::cost::anchor;
use crate::complexity::Complexity;
use crate::render::Model;
use crate::text::{self, THIN, Unit};

/// Most programs on the page; there are seven contestants.
const MOST: usize = 40;

/// A column: its title, the name of its metric, and the values that a row has.
struct Column {
    title: &'static str,
    metric: &'static str,
    of: fn(&CostProgram, &CostRuns) -> Vec<f64>,
}

const COLUMNS: [Column; 10] = [
    Column {
        title: "Crates",
        metric: "crates",
        of: |program, _| vec![program.crates.len() as f64],
    },
    Column {
        title: "Clean build",
        metric: "wall_s",
        of: |program, _| builds(program, |b| b.wall_ns),
    },
    Column {
        title: "CPU of the build",
        metric: "cpu_s",
        of: |program, _| builds(program, |build| build.user_ns + build.system_ns),
    },
    Column {
        title: "Program",
        metric: "binary_bytes",
        of: |program, _| vec![program.binary_bytes as f64],
    },
    Column { title: "Process", metric: "wall_s", of: |_, runs| times(runs, |p| p.wall_ns) },
    Column { title: "Up", metric: "up_s", of: |_, runs| times(runs, |p| p.up_ns) },
    Column { title: "First GET", metric: "first_s", of: |_, runs| times(runs, |p| p.first_ns) },
    Column { title: "Later GET", metric: "later_s", of: |_, runs| times(runs, |p| p.later_ns) },
    Column { title: "Down", metric: "down_s", of: |_, runs| times(runs, |p| p.down_ns) },
    Column {
        title: "Peak memory",
        metric: "peak_rss_bytes",
        of: |_, runs| runs.processes.iter().map(|p| p.peak_resident_bytes as f64).collect(),
    },
];

fn builds(program: &CostProgram, ns: fn(&CostBuild) -> u64) -> Vec<f64> {
    program.builds.iter().map(|build| ns(build) as f64 / 1e9).collect()
}

fn times(runs: &CostRuns, ns: fn(&CostProcess) -> u64) -> Vec<f64> {
    runs.processes.iter().map(|process| ns(process) as f64 / 1e9).collect()
}

pub(super) fn programs(model: &Model<'_>, cost: &CostFile, complexity: &Complexity) -> Markup {
    html! {
        h3 id="cost-programs" { "The same small program" }
        p.prose {
            "Each program fetches one URL with the client that its style has in the way "
            code { "stack" } ". It is built " (often(cost.rounds))
            " into an empty directory (" code { (text::clip(&cost.build, 300)) } ", at most "
            (text::whole(cost.jobs)) (if cost.jobs == 1 { " compiler" } else { " compilers" }) " at once), then executed "
            (often(cost.processes)) " in each flavour with "
            (text::whole(cost.gets)) " GETs of " (text::parameter("body_bytes", cost.body_bytes))
            " over one client; all take turns in random order. "
            strong { "Crates" } ": those of others in its tree. " strong { "Program" }
            ": the file without symbols. " strong { "Process" } ": from its start until it was reaped. "
            strong { "Up" } ": from the beginning of " code { "main" } " until what runs the GETs wants the \
             first. " strong { "First GET" } ": with making the client and connecting; " strong { "later" }
            ": the median of the others. " strong { "Down" } ": until client and runtime have ended."
        }
        @for remark in remarks(model, cost) { p.remark { (prose(&remark)) } }
        (scrolling("Cost of the same small program", &table(cost, complexity)))
        p.soft {
            "Median, below it lowest–highest: of builds, of processes. Ranges, no verdicts. Measured "
            (text::short(&cost.started_at, 30)) " with " (text::short(&cost.compiler, 80))
            "; profile: " (text::clip(&cost.profile, 200)) "; builds below "
            code { (text::clip(&cost.directory, 200)) } " (" (text::short(&cost.file_system, 30))
            "); seed " (cost.seed) "."
        }
        p { "Again:" }
        code.command { (text::clip(&cost.command, 400)) }
    }
}

fn often(count: u64) -> String {
    match count {
        1 => "once".to_string(),
        2 => "twice".to_string(),
        many => format!("{} times", text::whole(many)),
    }
}

/// What does not belong together, and what disturbed it.
fn remarks(model: &Model<'_>, cost: &CostFile) -> Vec<String> {
    let run = &model.input.run;
    let mut remarks = Vec::new();
    if cost.machine != run.machine.id {
        remarks.push("It was measured on another machine than the run.".to_string());
    }
    if (&cost.commit, cost.dirty) != (&run.commit, run.dirty) {
        let commit = text::short(&cost.commit, 13);
        let dirty = if cost.dirty { " and uncommitted changes" } else { "" };
        remarks.push(format!("It was measured at commit `{commit}`{dirty}, not at the run's."));
    }
    remarks.extend(cost.reasons.iter().take(8).map(|reason| sentence(&text::clip(reason, 300))));
    remarks
}

/// A reason as one: from its capital to its full stop.
fn sentence(reason: &str) -> String {
    let mut letters = reason.trim_end_matches('.').chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

fn table(cost: &CostFile, complexity: &Complexity) -> Markup {
    let rows: Vec<(&CostProgram, &CostRuns)> = cost
        .programs
        .iter()
        .flat_map(|program| program.runs.iter().map(move |runs| (program, runs)))
        .take(MOST)
        .collect();
    let units: Vec<Unit> = COLUMNS.iter().map(|column| unit(column, &rows)).collect();
    html! {
        table.plain.numbers.sorts {
            thead { tr {
                th scope="col" { "Contestant" }
                th scope="col" { "Lines" }
                @for column in &COLUMNS { th scope="col" { (column.title) } }
            } }
            tbody {
                @for (program, runs) in &rows {
                    tr id=(anchor(&runs.who)) {
                        th scope="row" { (text::short(&runs.who, 40)) small { (text::short(&program.style, 30)) } }
                        td { (lines(complexity, program)) }
                        @for (column, unit) in COLUMNS.iter().zip(&units) {
                            td { (value(*unit, &(column.of)(program, runs))) }
                        }
                    }
                }
            }
        }
    }
}

fn lines(complexity: &Complexity, program: &CostProgram) -> Markup {
    html! {
        @match complexity.programs.get(&program.contestant) {
            Some(code) => { (code.lines) small { (code.nesting) " deep" } },
            None => span.soft { "—" },
        }
    }
}

/// One unit for a column.
fn unit(column: &Column, rows: &[(&CostProgram, &CostRuns)]) -> Unit {
    let medians = rows.iter().filter_map(|(program, runs)| {
        Summary::of(&(column.of)(program, runs)).map(|summary| summary.median)
    });
    text::quantity(column.metric).unit_for_all(&medians.collect::<Vec<_>>())
}

/// Median with unit, range below.
fn value(unit: Unit, values: &[f64]) -> Markup {
    html! {
        @match Summary::of(values) {
            Some(summary) => {
                @if unit.name.is_empty() { (text::whole(summary.median as u64)) }
                @else { (unit.number(summary.median)) (THIN) i { (unit.name) } }
                @if values.len() > 1 {
                    small { (unit.number(summary.low)) "–" (unit.number(summary.high)) }
                }
            }
            None => span.soft { "—" },
        }
    }
}
