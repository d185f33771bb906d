//! Where and with what it was measured.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::{prose, scrolling, section};
use crate::render::Model;
use crate::text;

pub(super) fn environment(model: &Model<'_>) -> Markup {
    let run = &model.input.run;
    let contestants = html! {
        table.plain {
            thead { tr { th scope="col" { "Contestant" } th scope="col" { "Style" } th scope="col" { "What it is" } } }
            tbody { @for contestant in &run.contestants { tr {
                th scope="row" { (text::short(&contestant.who, 60)) }
                td { (text::short(&contestant.style, 30)) }
                td.reason { (prose(&contestant.about)) }
            } } }
        }
    };
    let content = html! {
        h3 { "Contestants" }
        (scrolling("Contestants", &contestants))
        p {
            "Machine " code { (text::line(&run.machine.id)) } " (a hash of its facts), "
            (text::line(&run.machine.class)) ". Suite version " (text::line(&run.suite_version))
            ", package " (text::line(&run.package_version)) ", lock file SHA-256 "
            code.sum { (text::line(&run.lock_sha256)) } "."
        }
        div.columns {
            div { h3 { "Machine" } (list(&run.machine.facts)) }
            div { h3 { "Build" } (list(&run.build)) }
            div { h3 { "Versions" } (list(&run.versions)) }
        }
    };
    section("environment", "Environment", &content)
}

fn list(facts: &BTreeMap<String, String>) -> Markup {
    html! {
        dl.list {
            @for (name, value) in facts { dt { (text::line(name)) } dd { @if value.is_empty() { "none" } @else { (text::line(value)) } } }
        }
    }
}
