//! Of the workload `serve`: the answer to the question from how many clients on it matters
//! how a server is written, in words and as a table.

use std::collections::BTreeSet;

use maud::{Markup, html};
use triathlon_contract::record::WorkloadFile;

use super::{scrolling, unbroken};
use crate::crossover::{METRICS, WORKLOAD};
use crate::render::Model;
use crate::summary::Crossover;
use crate::text;

/// Nothing for any other workload, or where no sweep was measured.
pub(super) fn crossover(model: &Model<'_>, workload: &WorkloadFile) -> Markup {
    let found = &model.summary.crossovers;
    if workload.name != WORKLOAD || found.is_empty() {
        return html! {};
    }
    let mut seen = BTreeSet::new();
    let presets: Vec<&str> =
        found.iter().map(|one| one.preset.as_str()).filter(|preset| seen.insert(*preset)).collect();
    html! {
        @for preset in presets {
            @let of_preset: Vec<&Crossover> = found.iter().filter(|c| c.preset == preset).collect();
            p.prose { strong { "Crossover, " (text::short(kind(preset), 60)) ". " }
                (unbroken(&said(&of_preset, &model.summary.run.reference))) }
            (table(&of_preset, preset))
        }
    }
}

/// The preset without its number of clients.
fn kind(preset: &str) -> &str {
    preset.rsplit_once("-c").map_or(preset, |(kind, _)| kind)
}

/// Of the reference, or of the first that was measured, against each server of threads.
fn said(found: &[&Crossover], reference: &str) -> String {
    let of = match found.iter().any(|one| one.of == reference) {
        true => reference,
        false => found.first().map_or("", |one| one.of.as_str()),
    };
    let metrics = METRICS.map(|metric| {
        let own = found.iter().filter(|one| one.of == of && one.metric == metric);
        own.map(|one| sentence(one)).collect::<Vec<_>>()
    });
    metrics.concat().join(" ")
}

fn sentence(one: &Crossover) -> String {
    let Crossover { of, to, rounds, clients, .. } = one;
    let (fewest, most) = (clients.first().copied(), clients.last().copied());
    let (fewest, most) = (fewest.unwrap_or(0), most.unwrap_or(0));
    let in_what = match one.metric.as_str() {
        "throughput_per_s" => "answers more requests than",
        _ => "takes less CPU time for a request than",
    };
    let (who, than) = (text::short(of, 40), text::short(to, 40));
    let of_rounds = format!("{rounds} {}", if *rounds == 1 { "round" } else { "rounds" });
    let whole = text::whole;
    let from = |value: f64| whole(value.round() as u64);
    let text = match (one.from, one.interval) {
        (None, None) => format!(
            "{who} never {in_what} {than} up to {} clients, by the medians of {of_rounds}",
            whole(most)
        ),
        (Some(value), None) => format!(
            "{who} {in_what} {than} from about {} clients on, by the medians of {of_rounds}: too few for an interval",
            from(value)
        ),
        (_, Some([None, _])) => format!(
            "On this machine {who} never {in_what} {than} up to {} clients ({of_rounds})",
            whole(most)
        ),
        (_, Some([Some(_), Some(high)])) if high <= fewest as f64 => {
            format!(
                "{who} {in_what} {than} with any number of clients from {} to {} ({of_rounds})",
                whole(fewest),
                whole(most)
            )
        }
        (Some(value), Some([Some(low), Some(high)])) => format!(
            "{who} {in_what} {than} from about {} clients on (95 % interval {} to {}, {of_rounds})",
            from(value),
            from(low),
            from(high)
        ),
        (_, Some([Some(low), _])) => format!(
            "Whether {who} ever {in_what} {than} is undecided: from {} clients on at the earliest, perhaps not even with {} (95 % interval, {of_rounds})",
            from(low),
            whole(most)
        ),
    };
    let limited = if one.limited { "; clients and database may have been the limit" } else { "" };
    format!("{text}{limited}.")
}

fn table(found: &[&Crossover], preset: &str) -> Markup {
    let clients = found.first().map(|one| one.clients.clone()).unwrap_or_default();
    let table = html! {
        table.plain.numbers {
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
    let name = format!("Advantage by clients, {}", text::short(kind(preset), 60));
    html! {
        details {
            summary { "Advantage of tasks over threads by clients, median of the rounds" }
            (scrolling(&name, &table))
        }
    }
}

fn metric(metric: &str) -> &'static str {
    if metric == "throughput_per_s" { "throughput" } else { "CPU per request" }
}

fn value(clients: Option<f64>) -> String {
    clients.map_or("never".to_string(), |clients| text::whole(clients.round() as u64))
}

fn interval(one: &Crossover) -> String {
    one.interval.map_or("—".to_string(), |[low, high]| format!("{}–{}", value(low), value(high)))
}

fn ratio(one: &Crossover, clients: u64) -> String {
    let place = one.clients.iter().position(|known| *known == clients);
    let ratio = place.and_then(|place| one.ratios.get(place));
    ratio.map_or("—".to_string(), |ratio| format!("{} ×", text::digits(*ratio)))
}
