//! The files beside the page, and how to make them again.

use maud::{Markup, html};

use super::row::run_command;
use super::{scrolling, section};
use crate::render::Model;
use crate::text;

pub(super) fn data(model: &Model<'_>, sums: &[(String, String)]) -> Markup {
    let table = html! {
        table.plain {
            thead { tr { th scope="col" { "File" } th scope="col" { "What it has" } th scope="col" { "SHA-256" } } }
            tbody {
                @for (name, sum) in sums { tr {
                    th scope="row" { a href=(name) { (name) } }
                    td { (about(name)) }
                    td { code.sum { (sum) } }
                } }
            }
        }
    };
    let content = html! {
        p.prose { "These files lie beside this page, which is made from what the run wrote ("
            code { "run.json" } ", " code { "records.jsonl" } ", " code { "sources.json" } ") alone. "
            code { "SHA256SUMS" } " has the same sums and that of the page: " code { "sha256sum --check SHA256SUMS" }
            ". " code { "triathlon verify" } " makes everything again from the records and compares it, byte for byte." }
        (scrolling("Files of this run", &table))
        p { "The whole run again:" }
        code.command { (whole_run(model)) }
    };
    section("data", "Data", &content)
}

fn about(name: &str) -> &'static str {
    match name {
        "run.json" => "plan, seed, machine, versions, build",
        "records.jsonl" => "one line per execution: all that was measured",
        "histograms.jsonl" => {
            "one line per execution of an open loop: its distributions, HdrHistogram V2"
        }
        "sessions.jsonl" => "one line per session: when the run was begun and taken up again",
        "sources.json" => "code of the cells",
        "selftest.json" => "certificate of the self-test: each row with its figures and bounds",
        "pairs.csv" => "every pair of contestants, by case and metric: ratio, interval, verdict",
        "summary.json" => "median and range per cell and metric, ratios, noise",
        "summary.csv" => "the same, one row per cell",
        "summary.md" => "the comparison as Markdown",
        _ => "figure",
    }
}

/// The run with its filters, each quoted for a shell.
fn whole_run(model: &Model<'_>) -> String {
    let quoted = model
        .input
        .run
        .filters
        .iter()
        .map(|filter| format!(" '{}'", text::line(filter).replace('\'', r"'\''")));
    run_command(model) + &quoted.collect::<String>()
}
