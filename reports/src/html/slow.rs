//! Of the workload `serve-slow`: what healthy clients get beside slow ones, in words and as a
//! table.

use std::collections::BTreeSet;

use maud::{Markup, html};
use triathlon_contract::record::WorkloadFile;

use super::scrolling;
use crate::render::Model;
use crate::slow::{BesideSlow, Slowed, WORKLOAD, kinds};
use crate::text::{self, Quantity};

/// Share of their goodput that others must have lost to be named.
const LOST: f64 = 0.1;

/// Nothing for any other workload, or where nothing was measured.
pub(super) fn slow(model: &Model<'_>, workload: &WorkloadFile) -> Markup {
    if workload.name != WORKLOAD || model.summary.slow_clients.is_empty() {
        return html! {};
    }
    html! {
        p.prose { strong { "Beside slow clients. " }
            "Goodput of a hundred healthy clients as a share of what they get without slow ones in \
             the same round: median [95 % interval of the Hodges–Lehmann centre, from six rounds \
             on]; below it p99 of their service times, ≥ where requests that still wait at the end \
             count with their age. Starved: no healthy client was answered within the window." }
        @for (kind, servers) in kinds(&model.summary.slow_clients) {
            p.prose { strong { (text::short(kind, 60)) ". " } (said(&servers)) }
            (scrolling(&format!("Beside slow clients, {}", text::short(kind, 60)), &table(&servers)))
        }
    }
}

/// Who starves and who loses with the most slow clients that were measured.
fn said(servers: &[&Slowed]) -> String {
    let all = || servers.iter().filter_map(|server| Some((server, server.beside.last()?)));
    let most = all().map(|(_, last)| last.slow).max().unwrap_or(0);
    if most == 0 {
        return "Measured without slow clients only.".to_string();
    }
    let with_most = || all().filter(|(_, last)| last.slow == most);
    let name = |who: &str| text::short(who, 40);
    let starved: Vec<String> = with_most()
        .filter(|(_, last)| starves(last))
        .map(|(server, _)| name(&server.who))
        .collect();
    let kept = |last: &BesideSlow| last.share.map(|share| share.median);
    let lost = with_most().filter(|(_, last)| !starves(last)).filter_map(|(server, last)| {
        let kept = kept(last).filter(|kept| *kept < 1.0 - LOST)?;
        Some(format!("{} keeps {}", name(&server.who), percent(kept)))
    });
    let lost: Vec<String> = lost.collect();
    let known = with_most().filter(|(_, last)| !starves(last) && kept(last).is_some()).count();
    let mut sentences = Vec::new();
    if !starved.is_empty() {
        let verb = if starved.len() == 1 { "starves" } else { "starve" };
        sentences.push(format!(
            "Beside {} slow clients the healthy of {} {verb}.",
            text::whole(most),
            starved.join(", ")
        ));
    }
    if !lost.is_empty() {
        let beside = format!("Beside {}, ", text::whole(most));
        sentences.push(format!("{beside}{}.", lost.join(", ")));
    }
    if known > lost.len() {
        let others = if starved.is_empty() && lost.is_empty() { "Nobody" } else { "Nobody else" };
        sentences.push(format!("{others} loses more than a tenth of its goodput."));
    }
    sentences.join(" ")
}

/// In most executions nobody was answered.
fn starves(beside: &BesideSlow) -> bool {
    beside.goodput_per_s.median == 0.0
}

fn percent(share: f64) -> String {
    format!("{:.0}\u{202f}%", 100.0 * share)
}

fn table(servers: &[&Slowed]) -> Markup {
    let numbers: BTreeSet<u64> =
        servers.iter().flat_map(|server| &server.beside).map(|beside| beside.slow).collect();
    let let_go = servers.iter().flat_map(|server| &server.beside).any(|b| b.let_go > 0);
    html! {
        table.plain.numbers {
            thead { tr {
                th scope="col" { "Server" }
                @for slow in &numbers { th scope="col" { (text::whole(*slow)) " slow" } }
                @if let_go { th scope="col" { "Let go" } }
            } }
            tbody {
                @for server in servers { tr {
                    th scope="row" { (text::short(&server.who, 60)) }
                    @for slow in &numbers {
                        td { @match server.beside.iter().find(|beside| beside.slow == *slow) {
                            Some(beside) => (one(beside)),
                            None => span.soft { "—" },
                        } }
                    }
                    @if let_go { td { (most_let_go(server)) } }
                } }
            }
        }
    }
}

/// The most slow clients that a server let go, of how many.
fn most_let_go(server: &Slowed) -> String {
    let most = server.beside.iter().max_by_key(|beside| beside.let_go);
    most.map_or("—".to_string(), |most| {
        format!("{} of {}", text::whole(most.let_go), text::whole(most.slow))
    })
}

fn one(beside: &BesideSlow) -> Markup {
    let BesideSlow { goodput_per_s, share, share_interval, starved, .. } = beside;
    let rounds = goodput_per_s.n;
    html! {
        @if starves(beside) {
            "starved"
        } @else if beside.slow == 0 || share.is_none() {
            (text::quantified(Quantity::PerSecond, goodput_per_s.median))
        } @else if let Some(share) = share {
            (format!("{:.2}", share.median))
            @if let Some([low, high]) = share_interval { " [" (format!("{low:.2}–{high:.2}")) "]" }
        }
        small {
            @if *starved > 0 { (starved) " of " (rounds) " starved" }
            @else if let Some(p99) = &beside.service_p99_us {
                "p99 " @if beside.p99_at_least { "≥ " }
                (text::quantified(Quantity::Microseconds, p99.median))
            }
            @else { "n = " (rounds) }
        }
    }
}
