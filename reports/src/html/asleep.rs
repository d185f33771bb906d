//! Of the workload `sleepers`: bytes for each, how late they wake, and which limit bound.

use maud::{Markup, html};
use triathlon_contract::record::{OpenTimes, WorkloadFile};
use triathlon_statistics::median;

use super::{scrolling, unbroken};
use crate::asleep::{CONNECTION, Each, READINGS, Slope, WORKLOAD};
use crate::render::Model;
use crate::summary::{Cell, Status};
use crate::text::{self, Quantity};
use crate::{key, status};

/// Nothing for any other workload.
pub(super) fn asleep(model: &Model<'_>, workload: &WorkloadFile) -> Markup {
    if workload.name != WORKLOAD {
        return html! {};
    }
    let slopes = model.summary.memory_slopes.iter();
    let slopes: Vec<&Slope> = slopes.filter(|slope| slope.variant != CONNECTION).collect();
    let late: Vec<&Cell> =
        cells(model, WORKLOAD).filter(|cell| parameter(cell, "sleep_us") > 0).collect();
    html! {
        @if !slopes.is_empty() {
            p.prose { strong { "Bytes for each sleeper. " }
                "Slope by least squares over the number of sleepers of what the process held more \
                 than before the first was started, round by round; median [interval] over n rounds: \
                 95 % of the Hodges–Lehmann centre from six rounds on, lowest and highest below. \
                 Page tables, kernel stacks and slab lie beside what is resident; kernel stacks and \
                 slab are those of the whole machine, so others disturb them. Address space costs \
                 nothing until it is used. Idle is CPU time of the process in a second in which all \
                 sleep, at the highest number." }
            (scrolling("Bytes for each sleeper", &memory(&slopes)))
        }
        @if let Some(sentence) = limits(model, WORKLOAD, "sleepers") { p.prose { strong { "Limits. " } (sentence) } }
        @if !late.is_empty() {
            p.prose { strong { "Lateness. " }
                "From the end of the time that a sleeper asked for to when it ran again: median \
                 over executions of each percentile. None where fewer than ten sleeps lie beyond." }
            (scrolling("How late sleepers wake", &lateness(model, &late)))
        }
    }
}

/// Cells of a workload that were measured.
fn cells<'a>(model: &'a Model<'_>, workload: &'a str) -> impl Iterator<Item = &'a Cell> {
    let shown = |cell: &&Cell| matches!(cell.status, Status::Valid | Status::Degraded);
    let own = model.summary.cells.iter().filter(move |cell| cell.workload == workload);
    own.filter(shown).filter(|cell| cell.n > 0)
}

fn parameter(cell: &Cell, name: &str) -> u64 {
    cell.parameters.get(name).copied().unwrap_or(0)
}

fn memory(slopes: &[&Slope]) -> Markup {
    html! {
        table.plain.numbers {
            thead { tr {
                th scope="col" { "Contestant" }
                th scope="col" { "Sleeps in" }
                th scope="col" { "Sleepers" }
                th scope="col" { "Resident" }
                th scope="col" { "Page tables" }
                th scope="col" { "Kernel stacks" }
                th scope="col" { "Slab" }
                th scope="col" { "Address space" }
                th scope="col" { "Idle" }
            } }
            tbody {
                @for slope in slopes { tr {
                    th scope="row" { (text::short(&slope.who, 60)) }
                    td { (slope.variant) }
                    td { (numbers(&slope.sleepers)) }
                    @match &slope.missing {
                        Some(why) => { td colspan=(READINGS.len()) { (why) } }
                        None => { @for (name, _) in &READINGS { td { (bytes(slope.bytes.get(*name))) } } }
                    }
                    td { (time(slope.idle_cpu_us_per_s.median)) "/s" }
                } }
            }
        }
    }
}

/// `100, 1000, 10 000`.
pub(super) fn numbers(sleepers: &[u64]) -> String {
    sleepers.iter().map(|n| text::whole(*n)).collect::<Vec<_>>().join(", ")
}

pub(super) fn bytes(each: Option<&Each>) -> Markup {
    let Some(Each { over_rounds, interval }) = each else {
        return html! { span.soft { "—" } };
    };
    let [low, high] = interval.unwrap_or([over_rounds.low, over_rounds.high]);
    let unit = Quantity::Bytes.unit_for(over_rounds.median);
    html! {
        (unit.with(over_rounds.median))
        small {
            @if over_rounds.n > 1 { "[" (unit.number(low)) "–" (unit.number(high)) "], " }
            "n = " (over_rounds.n)
        }
    }
}

pub(super) fn time(us: f64) -> String {
    text::quantified(Quantity::Microseconds, us)
}

/// How far those went who were to go as far as they can, by the parameter that counts them,
/// and what sockets had.
pub(super) fn limits(model: &Model<'_>, workload: &str, count: &str) -> Option<Markup> {
    let run = &model.input.run;
    let bound = |id: &str| run.cases.iter().find(|case| case.id == id)?.bound.clone();
    let most: Vec<String> = cells(model, workload)
        .filter_map(|cell| {
            let who = key::who_and_way(&key::parts(&cell.id));
            let count = text::whole(parameter(cell, count));
            let bound = bound(&cell.id)?;
            Some(format!("{} {count} ({})", text::short(&who, 60), text::short(&bound, 60)))
        })
        .collect();
    let descriptors = model.input.records.iter().filter_map(|record| record.asleep.as_ref());
    let descriptors = descriptors.filter_map(|asleep| asleep.descriptors).max();
    if most.is_empty() && descriptors.is_none() {
        return None;
    }
    let most = most.join(", ");
    Some(html! {
        @if !most.is_empty() { "As many as there can be, and what ended it: " (most) ". " }
        @if let Some(descriptors) = descriptors {
            "The soft limit of open files was raised to the hard one, " (text::whole(descriptors))
            ". "
        }
        "What a limit left out is absent, with its name."
    })
}

fn lateness(model: &Model<'_>, cells: &[&Cell]) -> Markup {
    html! {
        table.plain.numbers {
            thead { tr {
                th scope="col" { "Sleep" }
                th scope="col" { "Sleepers" }
                th scope="col" { "Contestant" }
                th scope="col" { "p50" }
                th scope="col" { "p90" }
                th scope="col" { "p99" }
                th scope="col" { "p99.9" }
                th scope="col" { "Longest" }
            } }
            tbody {
                @for cell in cells {
                    @let of = |which| late(model, cell, which);
                    tr {
                        td { (text::parameter("sleep_us", parameter(cell, "sleep_us"))) }
                        td { (text::whole(parameter(cell, "sleepers"))) }
                        th scope="row" { (text::short(&key::who_and_way(&key::parts(&cell.id)), 60)) }
                        td { (of(|times| times.p50)) }
                        td { (of(|times| times.p90)) }
                        td { (of(|times| times.p99)) }
                        td { (of(|times| times.p99_9)) }
                        td { (of(|times| Some(times.max))) }
                    }
                }
            }
        }
    }
}

/// Median over the executions of a cell that have it.
fn late(model: &Model<'_>, cell: &Cell, which: fn(&OpenTimes) -> Option<f64>) -> Markup {
    let run = &model.input.run;
    let own = model.input.records.iter().filter(|record| record.id == cell.id && !record.twin);
    let own = own.filter(|record| status::counts(record));
    let own = own.filter(|record| status::disturbed(run, record).is_none());
    let values: Vec<f64> = own.filter_map(|record| which(&record.late.as_ref()?.late_us)).collect();
    match median(&values) {
        Some(us) => unbroken(&time(us)),
        None => html! { span.soft { "—" } },
    }
}
