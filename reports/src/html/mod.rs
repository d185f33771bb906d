//! `report.html`: one file, nothing loaded.
//!
//! Outside text is escaped by `maud`, and the content-security policy permits one
//! script, by its hash, which is the same on every page: `page.js`. It sorts,
//! filters and folds; whatever it could show of the run is there without it.

mod asleep;
mod beside;
mod ceiling;
mod choose;
mod cite;
mod claims;
pub(crate) mod compare;
mod cost;
mod crossover;
mod data;
mod environment;
mod figures;
mod files;
mod grid;
mod header;
mod idle;
mod knee;
mod method;
mod noise;
mod overload;
mod overview;
mod pools;
mod ports;
mod row;
mod said;
mod script;
mod selftest;
mod shares;
mod slow;
mod stall;
mod style;
mod table;
mod trust;
mod turns;
mod view;
mod warnings;
mod workload;

pub(crate) use claims::{anchor as claim_anchor, operation};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::chart::Charts;
use crate::chart::overview::Overview;
use crate::render::Model;
use crate::{key, text};

/// The page; `sums` are the checksums of the files beside it.
pub(crate) fn page(
    model: &Model<'_>,
    charts: &[Charts<'_>],
    overview: &Overview<'_>,
    sums: &[(String, String)],
) -> String {
    let run = &model.summary.run;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(script::policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Triathlon, run " (text::line(&run.id)) }
                style { (PreEscaped(style::style())) }
            }
            body {
                a.skip href="#comparison" { "Skip to the comparison" }
                (header::header(model, charts, overview))
                main {
                    (trust::trust(model))
                    (table::comparison(model))
                    (overview::overview(model, overview))
                    (workload::workloads(model, charts))
                    (cost::cost(model))
                    (claims::claims(model))
                    (choose::choose(model))
                    (environment::environment(model))
                    (method::method(model))
                    (data::data(model, sums))
                }
                footer.page {
                    p { "Triathlon · run " code { (text::line(&run.id)) } " · rendered from its files alone" }
                }
                script { (PreEscaped(script::SCRIPT)) }
            }
        }
    }
    .into_string()
}

/// The sections of a page, by anchor, for whoever cites one; the test
/// `cite.rs::sections_are_those_of_the_page` compares them.
pub(crate) const SECTIONS: [(&str, &str); 10] = [
    ("trust", "Can you trust it?"),
    ("comparison", "Comparison"),
    ("overview", "Overview"),
    ("workloads", "Workloads"),
    ("cost", "Cost"),
    ("claims", "Claims"),
    ("choose", "Choose by situation"),
    ("environment", "Environment"),
    ("method", "Method and bias"),
    ("data", "Data"),
];

/// A section with a heading that links to itself.
fn section(id: &str, title: &str, content: &Markup) -> Markup {
    html! {
        section id=(id) aria-labelledby=(format!("{id}-title")) {
            h2 id=(format!("{id}-title")) { a.self href=(format!("#{id}")) { (title) } }
            (content)
        }
    }
}

/// A list of names and values.
fn facts<'a>(facts: impl IntoIterator<Item = (&'a str, Markup)>) -> Markup {
    html! {
        dl.facts {
            @for (name, value) in facts { div { dt { (text::line(name)) } dd { (value) } } }
        }
    }
}

/// Something wide that scrolls by itself, also by keyboard.
fn scrolling(label: &str, content: &Markup) -> Markup {
    html! { div.scroll role="region" tabindex="0" aria-label=(label) { (content) } }
}

/// Anchor of a cell's row.
pub(crate) fn cell_anchor(id: &str) -> String {
    format!("cell-{}", key::slug(id))
}

/// A sentence whose ranges in brackets stay on one line.
fn unbroken(sentence: &str) -> Markup {
    let mut pieces = sentence.split('[');
    let head = pieces.next().unwrap_or_default();
    html! {
        (head)
        @for piece in pieces {
            @match piece.split_once(']') {
                Some((range, rest)) => { span.nowrap { "[" (range) "]" } (rest) }
                None => { "[" (piece) }
            }
        }
    }
}

/// Sentences in which backticks mark code.
fn prose(text: &str) -> Markup {
    let text = text::clip(text, 1200);
    html! {
        @for (place, piece) in text.split('`').enumerate() {
            @if place % 2 == 1 { code { (piece) } } @else { (piece) }
        }
    }
}
