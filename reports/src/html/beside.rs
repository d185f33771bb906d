//! Figures that others published, beside those of this run: in one table and never on
//! one axis, since they are of different machines.

use maud::{Markup, html};
use triathlon_contract::CaseId;

use super::claims::{operation, rows};
use super::{prose, scrolling, unbroken};
use crate::claims::{compared, metric, ours_words, theirs_words};
use crate::key;
use crate::render::Model;
use crate::summary::{Beside, Claimed, Spread};
use crate::text::{self, THIN};

/// Up to this factor, and down to its inverse, two figures are of one order of magnitude.
const ORDER: f64 = 10.0;

/// Nothing without a published figure that has one of this run's beside it.
pub(super) fn beside(model: &Model<'_>) -> Markup {
    let all: Vec<(&Claimed, &Beside)> = model
        .summary
        .claims
        .claims
        .iter()
        .flat_map(|claim| claim.published.iter().map(move |beside| (claim, beside)))
        .collect();
    let measured: Vec<_> = all.iter().filter(|(_, beside)| beside.ours.is_some()).collect();
    let others: Vec<_> = all.iter().filter(|(_, beside)| beside.ours.is_none()).collect();
    html! {
        @if !all.is_empty() {
            h3 id="published" { a.self href="#published" { "Published figures, and ours beside them" } }
            p.prose {
                "Orders of magnitude, and no race: every published figure is of another machine, another year \
                 and often of other work. Ours are of " (text::line(&model.summary.run.machine.class)) ", "
                (model.summary.run.started_at.get(..10).map_or(String::new(), text::line))
                ": median [lowest–highest] of n executions, or of the ratio in n rounds."
            }
        }
        @if !measured.is_empty() { (table(model, &measured)) }
        @if !others.is_empty() {
            details.more {
                summary { (others.len()) " published figures without one of this run" }
                ul {
                    @for (claim, beside) in others {
                        li {
                            (link(claim)) ": " (text::line(&beside.what)) ", " (theirs_words(beside)) " ("
                            (text::line(&beside.by)) "). Ours: " (prose(&text::clip(&beside.reason, 300))) "."
                        }
                    }
                }
            }
        }
    }
}

fn table(model: &Model<'_>, measured: &[&(&Claimed, &Beside)]) -> Markup {
    let table = html! {
        table.plain.besides {
            thead { tr {
                th scope="col" { "Figure" } th scope="col" { "Theirs" } th scope="col" { "Ours" }
                th scope="col" { "Ours to theirs" } th scope="col" { "Why they may differ" }
            } }
            tbody {
                @for (claim, beside) in measured {
                    @if let (Some(ours), Some(of)) = (&beside.ours, &beside.of) { (row(model, claim, beside, ours, of)) }
                }
            }
        }
    };
    scrolling("Published figures and ours", &table)
}

fn row(model: &Model<'_>, claim: &Claimed, beside: &Beside, ours: &Spread, of: &str) -> Markup {
    let operation = operation(model, &key::parts(of).workload);
    let name = beside.metric.as_deref();
    let name = name.map_or(String::new(), |name| metric(name, operation, beside.slope.as_ref()));
    html! {
        tr {
            th scope="row" { (link(claim)) " " (text::line(&beside.what)) }
            td { strong.nowrap { (theirs_words(beside)) } small { (text::line(&beside.by)) } }
            td {
                strong { (unbroken(&ours_words(beside, ours))) }
                small {
                    (compared(of, beside.to.as_deref())) ", " (name) "; " (parameters(model, of))
                    (rows(model, of, beside.to.as_deref()))
                }
            }
            td { (apart(ours.median, beside.theirs)) }
            td.reason { (prose(&beside.why)) }
        }
    }
}

fn link(claim: &Claimed) -> Markup {
    html! { a href=(format!("#claim-{}", key::slug(&claim.id))) { (claim.id) } }
}

/// What the preset asks for and who had which CPUs.
fn parameters(model: &Model<'_>, id: &str) -> String {
    let CaseId { workload, .. } = key::parts(id);
    let cell = model.summary.cells.iter().find(|cell| cell.id == id);
    let named = cell.into_iter().flat_map(|cell| &cell.parameters).map(|(name, value)| {
        format!(
            "{} {}",
            text::short(&text::parameter_name(name), 30),
            text::parameter(name, *value)
        )
    });
    let server = crate::metrics::with_server(&model.input.run, &workload);
    let case = model.input.run.cases.iter().find(|case| case.id == id);
    let cpus = case.and_then(|case| case.cpus);
    let (set, workers) = model.input.run.placement.within(server, cpus);
    let placed = match set.len() {
        0 => "not pinned".to_string(),
        1 => "1 CPU".to_string(),
        count => format!("{count} CPUs"),
    };
    let placed = format!("{placed}, workers {workers}");
    named.chain([placed]).collect::<Vec<_>>().join(", ")
}

/// How many times the published figure ours is.
fn apart(ours: f64, theirs: f64) -> Markup {
    let ratio = ours / theirs;
    html! {
        @if ratio.is_finite() && ratio > 0.0 {
            span.nowrap { (text::digits(ratio)) (THIN) "×" }
            small {
                @if (ORDER.recip()..=ORDER).contains(&ratio) { "same order of magnitude" }
                @else { "another order of magnitude" }
            }
        } @else { "—" }
    }
}
