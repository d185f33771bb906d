//! Two runs on one page: no script, nothing loaded.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{facts, scrolling, style};
use crate::compare::{Change, Comparison, Turn, words};
use crate::{metrics, text};

/// A page may show its own style and do nothing else.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The page of a comparison.
pub(crate) fn page(comparison: &Comparison) -> String {
    let Comparison { title, before, after, .. } = comparison;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Triathlon, " (title) }
                style { (PreEscaped(style::style())) }
            }
            body {
                header.page {
                    p.eyebrow { "Comparison of two runs" }
                    h1 { (title) }
                    (facts([
                        ("Before", html! { code { (before.run) } }),
                        ("After", html! { code { (after.run) } }),
                        ("Commits", html! { code { (before.commit) } " and " code { (after.commit) } }),
                        ("Profiles", html! { (before.profile) ", " (before.rounds) " rounds, and " (after.profile) ", " (after.rounds) " rounds" }),
                        ("Machine before", html! { (before.machine) }),
                        ("Machine after", html! { (after.machine) }),
                    ]))
                }
                main {
                    (environment(comparison))
                    (outcome(comparison))
                    (left_out(comparison))
                }
                footer.page { p { "Triathlon · made from the records of both runs alone" } }
            }
        }
    }
    .into_string()
}

fn environment(comparison: &Comparison) -> Markup {
    let table = html! {
        table.plain {
            thead { tr { th scope="col" { "Fact" } th scope="col" { "Before" } th scope="col" { "After" } } }
            tbody { @for one in &comparison.environment { tr {
                th scope="row" { (one.name) } td { (one.before) } td { (one.after) }
            } } }
        }
    };
    html! {
        section id="environment" {
            h2 { "Environment" }
            @if comparison.environment.is_empty() { p { "No difference." } }
            @else { (scrolling("Differences of the environment", &table)) }
        }
    }
}

fn outcome(comparison: &Comparison) -> Markup {
    let groups = words::counts(comparison);
    html! {
        section id="changes" {
            h2 { "What came out" }
            @for note in &comparison.notes { p.remark { (note) } }
            p { (words::in_short(comparison)) }
            @for (turn, count) in groups {
                @let rows = comparison.changes.iter().filter(|change| change.verdict == turn);
                @let heading = format!("{}: {count}", words::heading(turn));
                @if turn.changed() { h3 { (heading) } (table(turn, rows)) }
                @else { details { summary { (heading) } (table(turn, rows)) } }
            }
        }
    }
}

fn table<'a>(turn: Turn, rows: impl Iterator<Item = &'a Change>) -> Markup {
    let table = html! {
        table.plain {
            thead { tr {
                @for heading in ["Case or contestant", "Metric", "After over before", "Ratio to the reference", "p, corrected", "Margin"] {
                    th scope="col" { (heading) }
                }
            } }
            tbody { @for change in rows { tr {
                th scope="row" { (words::of(change)) }
                td { (metrics::title(&change.metric, "operation")) }
                td { (words::by(change)) }
                td { (words::ratios(change)) }
                td { (text::digits(change.p_holm)) }
                td { "±" (text::THIN) (crate::verdicts::percent(change.margin)) }
            } } }
        }
    };
    scrolling(&words::heading(turn), &table)
}

fn left_out(comparison: &Comparison) -> Markup {
    html! {
        @if !comparison.not_compared.is_empty() {
            section id="not-compared" {
                h2 { "Not compared" }
                ul { @for (why, ids) in words::left_out(comparison) {
                    li { (ids.len()) " " (why) ": " (words::named(&ids)) }
                } }
            }
        }
    }
}
