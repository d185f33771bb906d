//! Of the workload `serve`: who is ahead by queries, delay and bytes, with as many clients.

use std::collections::BTreeSet;

use maud::{Markup, html};
use triathlon_contract::record::WorkloadFile;

use super::figures::figure;
use super::{scrolling, unbroken};
use crate::chart::Charts;
use crate::chart::servers::{Chart, Over, in_words};
use crate::crossover::{METRICS, THREADS, WORKLOAD};
use crate::render::Model;
use crate::summary::Advantage;
use crate::text::THIN;
use crate::{key, text};

/// Nothing for any other workload; where no grid was measured, how to do it.
pub(super) fn grid(
    model: &Model<'_>,
    workload: &WorkloadFile,
    charts: Option<&Charts<'_>>,
) -> Markup {
    let found = &model.summary.advantages;
    if workload.name != WORKLOAD {
        return html! {};
    }
    if found.is_empty() {
        return html! {
            p.prose { strong { "Queries, delays and bytes. " } "The grid was not measured: "
                code { "triathlon run '^serve@crud-n[0-9]+-[0-9]+k-[0-9]+[mu]s-c64/'" } " does it." }
        };
    }
    let clients: BTreeSet<u64> = found.iter().map(|one| one.connections).collect();
    html! {
        @for clients in clients {
            @let own: Vec<&Advantage> = found.iter().filter(|one| one.connections == clients).collect();
            p.prose { strong { "Queries, delays and bytes, " (text::whole(clients)) " clients. " }
                (unbroken(&who_wins(workload, &own))) }
            @for (place, metric) in METRICS.iter().enumerate() {
                @let own: Vec<&Advantage> =
                    own.iter().filter(|one| one.metric == *metric).copied().collect();
                @let what = in_words(metric, &workload.operation);
                @let anchor = format!("{WORKLOAD}-grid-{clients}-{}", key::slug(&what));
                @let table = html! { div id=(anchor) { (table(&own, &what)) } };
                @let charts = drawn(charts, clients, metric);
                @let figures = html! {
                    @for chart in &charts { (figure(model, &chart.drawing, &notes(&own), &twin(chart, &anchor))) }
                };
                @if place == 0 { (table) (figures) } @else if !own.is_empty() {
                    details.more { summary { "The same in " (what) } (table) (figures) }
                }
            }
        }
    }
}

fn drawn<'c>(charts: Option<&'c Charts<'_>>, clients: u64, metric: &str) -> Vec<&'c Chart> {
    let all = charts.map_or(&[][..], |charts| charts.servers.as_slice());
    let of_grid = |over: &Over| [Over::Delays(clients), Over::Bytes(clients)].contains(over);
    all.iter().filter(|chart| chart.metric == metric && of_grid(&chart.over)).collect()
}

/// Its table stands above the chart.
fn twin(chart: &Chart, anchor: &str) -> Markup {
    let same = match chart.over {
        Over::Bytes(_) => "queries and delay are the same",
        _ => "bytes are the same",
    };
    html! {
        p { "Rows of " a href=(format!("#{anchor}")) { "the table above" } " in which " (same) "." }
    }
}

fn notes(own: &[&Advantage]) -> Markup {
    html! {
        "Ratio to " (THREADS) ", both axes logarithmic and the same in all panels; above 1 a server is \
         ahead of it. Mark: median of the ratio per round; bar: its exact 95 % interval, for this point \
         alone."
        @if own.iter().any(|one| one.limited) { " Hollow mark: pair-limited." }
    }
}

/// One row for each preset.
fn presets<'a>(own: &[&'a Advantage]) -> Vec<&'a Advantage> {
    let mut seen = BTreeSet::new();
    let first = own.iter().filter(|one| seen.insert(one.preset.as_str()));
    let mut presets: Vec<&Advantage> = first.copied().collect();
    presets.sort_by_key(|one| (one.bytes, one.queries, one.delay_us));
    presets
}

fn servers<'a>(own: &[&'a Advantage]) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    own.iter().map(|one| one.of.as_str()).filter(|server| seen.insert(*server)).collect()
}

fn table(own: &[&Advantage], what: &str) -> Markup {
    let (servers, limited) = (servers(own), own.iter().any(|one| one.limited));
    let at = |preset: &str, server: &str| {
        own.iter().find(|one| one.preset == preset && one.of == server).copied()
    };
    let table = html! {
        table.plain.numbers {
            caption {
                "Ratio to " (THREADS) " in " (what) ", median [95 % interval] of the rounds; above 1 \
                 the server is ahead" @if limited { "; † pair-limited" }
            }
            thead { tr {
                th scope="col" { "Queries (N)" }
                th scope="col" { "Delay" }
                th scope="col" { "Bytes (M)" }
                th scope="col" { "First" }
                @for server in &servers { th scope="col" { (text::short(server, 40)) } }
            } }
            tbody {
                @for preset in presets(own) { tr {
                    th scope="row" { (text::whole(preset.queries)) }
                    td { (text::parameter("delay_us", preset.delay_us)) }
                    td { (text::parameter("page_bytes", preset.bytes)) }
                    td { (text::short(&first(own, &preset.preset), 60)) }
                    @for server in &servers {
                        td { @match at(&preset.preset, server) {
                            Some(one) => (advantage(one)),
                            None => span.soft { "—" },
                        } }
                    }
                } }
            }
        }
    };
    scrolling(&format!("Who is ahead in {what}, by queries, delay and bytes"), &table)
}

fn advantage(one: &Advantage) -> Markup {
    html! {
        (text::digits(one.ratio)) (THIN) "×" @if one.limited { span.dagger { "†" } }
        @if let Some([low, high]) = one.interval {
            small { "[" (text::digits(low)) "–" (text::digits(high)) "] " (word(one)) }
        }
    }
}

/// By its interval; nothing without one.
fn word(one: &Advantage) -> &'static str {
    match one.interval {
        Some([low, _]) if low > 1.0 => "ahead",
        Some([_, high]) if high < 1.0 => "behind",
        Some(_) => "undecided",
        None => "",
    }
}

/// Who has the greatest ratio of those ahead; the server with a thread per connection if all
/// are behind it.
fn first(own: &[&Advantage], preset: &str) -> String {
    let own: Vec<&Advantage> = own.iter().filter(|one| one.preset == preset).copied().collect();
    let ahead = own.iter().filter(|one| word(one) == "ahead");
    let best = ahead.max_by(|one, other| one.ratio.total_cmp(&other.ratio));
    match best {
        Some(best) => best.of.clone(),
        None if own.iter().all(|one| word(one) == "behind") => THREADS.to_string(),
        None if own.iter().any(|one| one.interval.is_none()) => "too few rounds".to_string(),
        None => "undecided".to_string(),
    }
}

/// In how many presets who is first, metric by metric.
fn who_wins(workload: &WorkloadFile, own: &[&Advantage]) -> String {
    let sentence = |metric: &&str| {
        let own: Vec<&Advantage> =
            own.iter().filter(|one| one.metric == **metric).copied().collect();
        let mut counts: Vec<(String, usize)> = Vec::new();
        for preset in presets(&own) {
            let first = first(&own, &preset.preset);
            match counts.iter_mut().find(|(known, _)| *known == first) {
                Some((_, count)) => *count += 1,
                None => counts.push((first, 1)),
            }
        }
        let all: usize = counts.iter().map(|(_, count)| count).sum();
        let each: Vec<String> =
            counts.iter().map(|(who, count)| format!("{} {count}", text::short(who, 40))).collect();
        let what = in_words(metric, &workload.operation);
        (all > 0).then(|| format!("First in {what}, of {all} presets: {}.", each.join(", ")))
    };
    METRICS.iter().filter_map(sentence).collect::<Vec<_>>().join(" ")
}
