//! Of the workload `serve`: the answer to the question from how many clients on it matters
//! how a server is written, in words, as charts and as tables.

use std::collections::BTreeSet;

use maud::{Markup, html};
use triathlon_contract::record::WorkloadFile;

use super::figures::figure;
use super::{said, scrolling, unbroken};
use crate::chart::Charts;
use crate::chart::servers::{Chart, Over, in_words};
use crate::crossover::{METRICS, WORKLOAD, kind};
use crate::render::Model;
use crate::summary::Crossover;
use crate::text::{self, THIN};

/// Nothing for any other workload; where no sweep was measured, how to do it.
pub(super) fn crossover(
    model: &Model<'_>,
    workload: &WorkloadFile,
    charts: Option<&Charts<'_>>,
) -> Markup {
    let found = &model.summary.crossovers;
    if workload.name != WORKLOAD {
        return html! {};
    }
    if found.is_empty() {
        return html! {
            p.prose { strong { "Crossover. " } "No sweep over clients was measured: "
                code { "triathlon run '^serve@crud-n5-10k-1ms-c[0-9]+/'" } " does it." }
        };
    }
    let mut seen = BTreeSet::new();
    let presets: Vec<&str> =
        found.iter().map(|one| one.preset.as_str()).filter(|preset| seen.insert(*preset)).collect();
    html! {
        @for preset in presets {
            @let of_preset: Vec<&Crossover> = found.iter().filter(|c| c.preset == preset).collect();
            @let said = said::paragraphs(model, workload, preset, &of_preset);
            @for (place, said) in said.iter().enumerate() {
                p.prose {
                    @if place == 0 { strong { "Crossover, " (kind(preset)) ". " } }
                    (unbroken(said))
                }
            }
            @let drawn = drawn(charts, preset);
            @for (place, chart) in drawn.iter().enumerate() {
                @let own: Vec<&Crossover> =
                    of_preset.iter().filter(|one| one.metric == chart.metric).copied().collect();
                @let figure = figure(model, &chart.drawing, &notes(&own), &table(&own, preset));
                @if place == 0 { (figure) } @else {
                    details.more { summary { (text::short(&chart.title, 80)) } (figure) }
                }
            }
            @let rest: Vec<&Crossover> = of_preset
                .iter()
                .filter(|one| drawn.iter().all(|chart| chart.metric != one.metric))
                .copied()
                .collect();
            @if !rest.is_empty() {
                details {
                    summary { "Advantage of tasks over threads by clients in " (metrics(workload, &rest)) }
                    (table(&rest, preset))
                }
            }
        }
    }
}

fn drawn<'c>(charts: Option<&'c Charts<'_>>, preset: &str) -> Vec<&'c Chart> {
    let all = charts.map_or(&[][..], |charts| charts.servers.as_slice());
    all.iter().filter(|chart| chart.over == Over::Clients(preset.to_string())).collect()
}

fn metrics(workload: &WorkloadFile, found: &[&Crossover]) -> String {
    let occurs = |metric: &&str| found.iter().any(|one| one.metric == **metric);
    let words = METRICS.iter().filter(|metric| occurs(metric));
    let words = words.map(|metric| in_words(metric, &workload.operation));
    words.collect::<Vec<_>>().join(", ")
}

fn notes(found: &[&Crossover]) -> Markup {
    html! {
        "A panel for each server of tasks, a line over each of threads; both axes logarithmic and \
         the same in all panels. Above 1 tasks are ahead. Mark: median of the ratio per round; bar: \
         its exact 95 % interval, for this point alone. Tick on the line at 1: from where on tasks \
         are ahead by more than 2 %; bar through it: its 95 % interval."
        @if found.iter().any(|one| one.limited) { " Hollow mark: pair-limited." }
    }
}

fn table(found: &[&Crossover], preset: &str) -> Markup {
    let clients = found.first().map(|one| one.clients.clone()).unwrap_or_default();
    let table = html! {
        table.plain.numbers {
            caption { "Median of the ratio per round [95 % interval], above 1 where the server is ahead" }
            thead { tr {
                th scope="col" { "Server" }
                th scope="col" { "Against" }
                th scope="col" { "In" }
                th scope="col" { "From" }
                th scope="col" { "95 % interval" }
                @for clients in &clients { th scope="col" { (text::whole(*clients)) } }
            } }
            tbody {
                @for one in found { tr {
                    th scope="row" { (text::short(&one.of, 40)) }
                    td { (text::short(&one.to, 40)) }
                    td { (metric(&one.metric)) @if one.limited { "†" } }
                    td { (value(one.from)) }
                    td { (interval(one)) }
                    @for clients in &clients { td { (ratio(one, *clients)) } }
                } }
            }
        }
    };
    let what = found.first().map_or("", |one| metric(&one.metric));
    let name = format!("Advantage by clients, {}, {what}", kind(preset));
    scrolling(&name, &table)
}

fn metric(metric: &str) -> &'static str {
    match metric {
        "throughput_per_s" => "throughput",
        "peak_rss_bytes" => "peak memory",
        _ => "CPU per request",
    }
}

fn value(clients: Option<f64>) -> String {
    clients.map_or("never".to_string(), |clients| text::whole(clients.round() as u64))
}

fn end(clients: Option<f64>) -> String {
    clients.map_or("never".to_string(), text::digits)
}

fn interval(one: &Crossover) -> String {
    one.interval.map_or("—".to_string(), |[low, high]| format!("{}–{}", end(low), end(high)))
}

fn ratio(one: &Crossover, clients: u64) -> Markup {
    let place = one.clients.iter().position(|known| *known == clients);
    let Some((place, ratio)) = place.and_then(|at| Some((at, one.ratios.get(at)?))) else {
        return html! { span.soft { "—" } };
    };
    html! {
        (text::digits(*ratio)) (THIN) "×"
        @if let Some([low, high]) = one.intervals.get(place) {
            small { "[" (text::digits(*low)) "–" (text::digits(*high)) "]" }
        }
    }
}
