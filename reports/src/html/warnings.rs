//! What is suspicious, and what to do about it.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::{cell_anchor, scrolling};
use crate::render::Model;
use crate::summary::{Warning, WarningKind};
use crate::text;

/// Most cells that one rule lists on the page; all are in `summary.json`.
const MOST: usize = 12;

pub(super) fn warnings(model: &Model<'_>) -> Markup {
    let mut by_kind: BTreeMap<WarningKind, Vec<&Warning>> = BTreeMap::new();
    for warning in &model.summary.warnings {
        by_kind.entry(warning.kind).or_default().push(warning);
    }
    let table = html! {
        table.plain {
            thead { tr { th scope="col" { "What was seen" } th scope="col" { "What to do" } } }
            tbody { @for (kind, warnings) in &by_kind { (rule(model, *kind, warnings)) } }
        }
    };
    html! {
        h3 id="warnings" { "Warnings" }
        @if by_kind.is_empty() {
            p { "None: no drift, no second cluster, no far outlier and no disturbed cell was found"
                @if !model.summary.run.verdicts { " (rules about the shape of values need eleven rounds)" } "." }
        } @else {
            p { "Data behind a warning is kept and used. Rules and thresholds are in "
                code { "METHODOLOGY.md" } "." }
            (scrolling("Warnings", &table))
        }
    }
}

fn rule(model: &Model<'_>, kind: WarningKind, warnings: &[&Warning]) -> Markup {
    let known = |id: &str| model.summary.cells.iter().any(|cell| cell.id == id);
    html! {
        tr {
            td.reason {
                strong { (title(kind)) } " " span.soft { "(" (warnings.len()) ")" }
                @for warning in warnings.iter().take(MOST) {
                    p {
                        @if known(&warning.id) {
                            a href=(format!("#{}", cell_anchor(&warning.id))) { (text::short(&warning.id, 80)) } " "
                        } @else if !warning.id.is_empty() {
                            (text::short(&warning.id, 80)) " "
                        }
                        (text::line(&warning.sentence))
                    }
                }
                @if warnings.len() > MOST {
                    p.soft { (warnings.len() - MOST) " more in summary.json." }
                }
            }
            td.reason { @if let Some(first) = warnings.first() { (text::line(&first.advice)) } }
        }
    }
}

fn title(kind: WarningKind) -> &'static str {
    match kind {
        WarningKind::AaDiffers => "A/A differs",
        WarningKind::Disturbed => "Disturbed",
        WarningKind::NoAa => "No A/A",
        WarningKind::RatioDrift => "A ratio drifts",
        WarningKind::Drift => "A value drifts",
        WarningKind::TwoModes => "Two clusters",
        WarningKind::Outlier => "Outlier",
        WarningKind::FirstRound => "First round",
        WarningKind::SplitRound => "Split round",
    }
}
