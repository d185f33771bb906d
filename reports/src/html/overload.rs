//! Of the workload `serve-overload`: what is in time under more load than a server can carry,
//! how soon it is itself again, and how equally it serves.

use std::collections::BTreeSet;

use maud::{Markup, PreEscaped, html};
use triathlon_contract::record::WorkloadFile;

use super::{scrolling, unbroken};
use crate::chart::{Charts, Drawing};
use crate::overload::{Overload, Stair, WORKLOAD, milliseconds, preset, said, said_behind, who};
use crate::render::Model;
use crate::summary::Spread;
use crate::text::{self, Quantity};

/// Nothing for any other workload, or where nobody was overloaded.
pub(super) fn overload(
    model: &Model<'_>,
    workload: &WorkloadFile,
    charts: Option<&Charts<'_>>,
) -> Markup {
    let found = &model.summary.overloads;
    if workload.name != WORKLOAD || found.is_empty() {
        return html! {};
    }
    let mut seen = BTreeSet::new();
    let presets: Vec<String> =
        found.iter().map(preset).filter(|preset| seen.insert(preset.clone())).collect();
    html! {
        @if let Some(drawing) = charts.and_then(|charts| charts.overload.as_ref()) {
            (figure(drawing))
        }
        @for (place, name) in presets.iter().enumerate() {
            @let own: Vec<&Overload> = found.iter().filter(|one| preset(one) == *name).collect();
            @let reference = &model.summary.run.reference;
            p.prose {
                // The figure has said so of the first.
                @if place > 0 { (unbroken(&said(&own, reference))) " " }
                (unbroken(&said_behind(&own, reference)))
            }
            (table(&own, name))
        }
    }
}

fn figure(drawing: &Drawing) -> Markup {
    html! {
        figure id=(drawing.anchor) {
            figcaption {
                p.finding { (unbroken(&drawing.finding)) }
                p.soft {
                    "Answers in time over what is asked for, both to the capacity that the server itself \
                     showed in the contest before. Mark: median; bar: lowest to highest execution. Grey \
                     line: a server that keeps its capacity and answers in order, whose queue makes \
                     answers late by arithmetic alone; above it somebody is served out of order, below \
                     it capacity is lost. Ranges, no verdicts. Hollow mark, †: the generator used 80 % \
                     of its CPU at that capacity, so that it may be its own."
                }
            }
            div.panels { @for panel in &drawing.panels { (PreEscaped(panel)) } }
            p.soft { "Stand-alone drawing: " a href=(drawing.file) { code { (drawing.file) } } }
        }
    }
}

fn table(own: &[&Overload], preset: &str) -> Markup {
    let percents: Vec<u64> = own
        .first()
        .map(|one| one.steps.iter().map(|stair| stair.percent).collect())
        .unwrap_or_default();
    let table = html! {
        table.plain.numbers {
            thead { tr {
                th scope="col" { "Server" }
                th scope="col" { "Capacity" }
                @for percent in &percents { th scope="col" { "In time at " (percent_of(*percent)) } }
                th scope="col" { "p99 at " (percents.first().map_or(String::new(), |p| percent_of(*p))) }
                th scope="col" { "p99 at " (percents.last().map_or(String::new(), |p| percent_of(*p))) }
                th scope="col" { "Recovery" }
                th scope="col" { "Least share" }
                th scope="col" { "Greatest" }
                th scope="col" { "Jain" }
            } }
            tbody {
                @for one in own { (row(one, &percents)) }
                @if let Some(one) = own.first() { tr {
                    th scope="row" { "in order, nothing lost" }
                    td { span.soft { "—" } }
                    @for stair in &one.steps { td { (text::quantified(Quantity::Share, stair.in_order)) } }
                    @for _ in 0..6 { td { span.soft { "—" } } }
                } }
            }
        }
    };
    let name = format!("Overload and recovery, {}", text::short(preset, 60));
    html! {
        details {
            summary { "Goodput by load, recovery and fairness: median [lowest–highest] over executions" }
            (scrolling(&name, &table))
        }
    }
}

fn percent_of(percent: u64) -> String {
    format!("{} ×", percent as f64 / 100.0)
}

fn row(one: &Overload, percents: &[u64]) -> Markup {
    let share = |value: f64| text::quantified(Quantity::Share, value);
    let p99 = |stair: Option<&Stair>| {
        let us = stair.and_then(|stair| stair.response_p99_us);
        us.map_or("—".to_string(), |us| text::quantified(Quantity::Microseconds, us))
    };
    html! {
        tr {
            th scope="row" { (who(one)) }
            td {
                (spread(&one.capacity_per_s, |value| text::quantified(Quantity::PerSecond, value)))
                @if one.limited { "†" }
            }
            @for percent in percents {
                td { @match one.steps.iter().find(|stair| stair.percent == *percent) {
                    Some(stair) => (spread(&stair.goodput, share)),
                    None => span.soft { "—" },
                } }
            }
            td { (p99(one.steps.first())) }
            td { (p99(one.steps.last())) }
            td { (recovery(one)) }
            td { (spread(&one.least, share)) }
            td { (spread(&one.greatest, share)) }
            td { (spread(&one.jain, text::digits)) }
        }
    }
}

fn recovery(one: &Overload) -> Markup {
    html! {
        @match &one.recovery_ms {
            Some(ms) => {
                (spread(ms, milliseconds))
                @if one.recovered < one.jain.n { small { (one.recovered) " of " (one.jain.n) } }
            }
            None => { "not within " (milliseconds(one.recovery_step_ms)) }
        }
    }
}

fn spread(value: &Spread, shown: impl Fn(f64) -> String) -> Markup {
    html! {
        (shown(value.median))
        @if value.n > 1 { small { "[" (shown(value.low)) "–" (shown(value.high)) "]" } }
    }
}
