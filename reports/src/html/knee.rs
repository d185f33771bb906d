//! Of the workload `serve-load`: the rule of the knee in words, and the curves as a table.

use maud::{Markup, html};
use triathlon_contract::serve_load::QUEUEING;

use super::{scrolling, unbroken};
use crate::chart::knee_of;
use crate::render::Model;
use crate::saturated::ANSWERED;
use crate::summary::{LoadCurve, LoadPoint, Spread};
use crate::text::{self, Quantity, Unit};

pub(super) fn notes(model: &Model<'_>) -> Markup {
    let curves = &model.summary.load_curves;
    let queueing = text::quantified(Quantity::Microseconds, QUEUEING.as_micros() as f64);
    let answered = text::whole((100.0 * ANSWERED).round() as u64);
    html! {
        "Open loop at the clients, the same schedule for all, both axes logarithmic and the same in \
         all panels. Line: 99th percentile of response, from the intended start; dotted: median; \
         mark: median of the executions, bar: lowest to highest. Vertical: the knee. Up to that rate \
         the 99th percentile stays within a bound (horizontal: what the database pauses for a \
         request, and " (queueing) " to queue in), and " (answered) (text::THIN) "% of what is asked \
         for is answered when the schedule ends. Between two rates that were measured the line is \
         straight. Grey: its 95" (text::THIN) "% interval over rounds (bootstrap), from six rounds on. "
        @if curves.iter().any(|curve| curve.points.iter().any(|point| point.beyond)) {
            "Hollow: beyond capacity, so that times depend on how long that goes on. "
        }
        @if curves.iter().any(|curve| curve.limited) {
            "†: beyond the knee clients and database, which share their CPUs, may have been the limit. "
        }
    }
}

/// A table for each service, a row for each contestant.
pub(super) fn numbers(model: &Model<'_>) -> Markup {
    let curves = &model.summary.load_curves;
    let mut presets: Vec<&str> = Vec::new();
    for curve in curves {
        if !presets.contains(&curve.preset.as_str()) {
            presets.push(&curve.preset);
        }
    }
    html! {
        @for preset in presets {
            (table(preset, &curves.iter().filter(|curve| curve.preset == preset).collect::<Vec<_>>()))
        }
    }
}

fn table(preset: &str, curves: &[&LoadCurve]) -> Markup {
    let mut rates: Vec<u64> =
        curves.iter().flat_map(|curve| &curve.points).map(|point| point.rate_per_s).collect();
    rates.sort_unstable();
    rates.dedup();
    let times = curves.iter().flat_map(|curve| &curve.points);
    let times: Vec<f64> = times.filter_map(|point| Some(point.p99_us?.median)).collect();
    let unit = Quantity::Microseconds.unit_for_all(&times);
    let table = html! {
        table.plain.numbers {
            caption {
                (text::short(preset, 60)) ": p50 and p99 of response, " (unit.name)
                ", and answers a second, medians of the executions; ‡: beyond capacity"
            }
            thead { tr {
                th scope="col" { "Server" }
                th scope="col" { "Knee" }
                @for rate in &rates { th scope="col" { (text::whole(*rate)) "/s" } }
            } }
            tbody {
                @for curve in curves { tr {
                    th scope="row" { (text::short(&curve.who, 60)) }
                    td {
                        @match &curve.missing {
                            Some(why) => span.soft { (why) },
                            None => {
                                (unbroken(&knee_of(curve))) @if curve.limited { span.dagger { "†" } }
                                small { "n = " (curve.rounds) }
                            }
                        }
                    }
                    @for rate in &rates {
                        td { (point(curve.points.iter().find(|point| point.rate_per_s == *rate), unit)) }
                    }
                } }
            }
        }
    };
    scrolling(&format!("Response over offered load, {}", text::short(preset, 60)), &table)
}

fn point(point: Option<&LoadPoint>, unit: Unit) -> Markup {
    let Some(LoadPoint { p50_us, p99_us, answered_per_s, beyond, .. }) = point else {
        return html! { span.soft { "—" } };
    };
    let time = |spread: &Option<Spread>| {
        spread.map_or("—".to_string(), |spread| unit.number(spread.median))
    };
    html! {
        (time(p50_us)) " / " (time(p99_us)) @if *beyond { "‡" }
        small { (text::digits(answered_per_s.median)) "/s, n = " (answered_per_s.n) }
    }
}
