//! The files beside the page, and how to make them again.

use maud::{Markup, html};

use super::row::run_command;
use super::{cite, scrolling, section};
use crate::render::Model;
use crate::{about, schema, text};

pub(super) fn data(model: &Model<'_>, sums: &[(String, String)]) -> Markup {
    // A schema is linked from the row of the file that it describes.
    let files = sums.iter().filter(|(name, _)| schema::describes(name).is_none());
    let table = html! {
        table.plain {
            thead { tr { th scope="col" { "File" } th scope="col" { "What it has" } th scope="col" { "Schema" } th scope="col" { "SHA-256" } } }
            tbody {
                @for (name, sum) in files { tr {
                    th scope="row" { a href=(name) { (name) } }
                    td { (about::file(name)) }
                    td { @if let Some((schema, path)) = schema::of(name) { a href=(path) { (schema) } } }
                    td { code.sum { (sum) } }
                } }
            }
        }
    };
    let content = html! {
        p.prose { "These files lie beside this page, which is made from what the run wrote ("
            code { "run.json" } ", " code { "records.jsonl" } ", " code { "sources.json" } ") alone. "
            code { "SHA256SUMS" } " has the same sums and those of the page and of the JSON Schemas: " code { "sha256sum --check SHA256SUMS" }
            "; " a href="ro-crate-metadata.json" { code { "ro-crate-metadata.json" } }
            " (" a href="schemas/ro-crate-metadata.schema.json" { "schema" } ") describes them for archives. " code { "triathlon verify" }
            " makes everything again from the records and compares it, byte for byte." }
        (scrolling("Files of this run", &table))
        (cite::how(model))
        p { "The whole run again:" }
        code.command { (whole_run(model)) }
    };
    section("data", "Data", &content)
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
