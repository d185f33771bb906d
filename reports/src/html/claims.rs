//! What people say about async and threads, held against this run.

use maud::{Markup, html};

use super::{beside, cell_anchor, prose, section, unbroken};
use crate::cite;
use crate::claims::{bounds, compared, cost, counted, found_words, metric, told};
use crate::key;
use crate::render::Model;
use crate::summary::{Claimed, Claims, Finding, Tested};
use crate::text::{self, THIN};

/// Nothing for a run against which no claim was held.
pub(super) fn claims(model: &Model<'_>) -> Markup {
    let claims = &model.summary.claims;
    if claims.claims.is_empty() {
        return html! {};
    }
    let (unmeasured, measured): (Vec<&Claimed>, Vec<&Claimed>) =
        claims.claims.iter().partition(|claim| claim.verdict == Finding::NotMeasured);
    let content = html! {
        p.prose { strong { (counted(claims)) } " " (rule(claims)) }
        @if !measured.is_empty() { (filter(&measured)) }
        @for claim in &measured { (one(model, claim)) }
        (beside::beside(model))
        @if !unmeasured.is_empty() {
            details.more {
                summary {
                    (unmeasured.len())
                    (if unmeasured.len() == 1 { " claim that was" } else { " claims that were" })
                    " not measured"
                }
                @for claim in &unmeasured { (folded(model, claim)) }
            }
        }
    };
    section("claims", "Claims", &content)
}

/// How it was decided.
fn rule(claims: &Claims) -> Markup {
    html! {
        "Each claim names cells, a metric and what must hold. "
        @match &claims.silent {
            Some(why) => {
                "Here nothing is decided: " (text::line(why)) ". What is shown is the centre and the range \
                 of the rounds."
            }
            None => {
                strong { "Supported" } ": the interval lies wholly within what is claimed. "
                strong { "Refuted" } ": wholly outside. Otherwise " strong { "undecided" } ", also where \
                 value and bound are both within the noise floor, and where the parts of a run do not \
                 agree. All " (text::whole(claims.comparisons as u64)) " bounds of all claims are one \
                 family with Holm's correction: in 95" (THIN) "% of such runs not one is wrongly decided. \
                 It holds for this machine and these versions, and for nothing else."
            }
        }
    }
}

/// Choices that the style sheet obeys, so that they need no script.
fn filter(measured: &[&Claimed]) -> Markup {
    let some = |finding: &Finding| measured.iter().any(|claim| claim.verdict == *finding);
    let findings: Vec<Finding> = Finding::ALL.into_iter().filter(some).collect();
    html! {
        @if findings.len() > 1 {
            fieldset.choice {
                legend { "Show" }
                label { input type="radio" name="verdict" value="" checked; " all" }
                @for finding in findings {
                    label { input type="radio" name="verdict" value=(finding.name()); " " (finding.words()) }
                }
            }
        }
    }
}

fn head(model: &Model<'_>, claim: &Claimed) -> Markup {
    let reason = told(&claim.reason, model.summary.claims.silent.as_deref());
    html! {
        h3 {
            a.self href=(format!("#{}", anchor(claim))) { (claim.id) }
            " · " (text::line(&claim.claim))
        }
        p {
            span class=(class(claim.verdict)) { (sign(claim.verdict)) " " (claim.verdict.words()) }
            @if claim.verdict != Finding::NotMeasured { " on this machine" }
            @if !reason.is_empty() { ": " (prose(&text::clip(reason, 400))) }
        }
    }
}

fn class(finding: Finding) -> &'static str {
    match finding {
        Finding::Supported => "status ok",
        Finding::Refuted => "status bad",
        Finding::Undecided | Finding::NotMeasured => "status",
    }
}

/// Colour is never the only sign.
fn sign(finding: Finding) -> &'static str {
    match finding {
        Finding::Supported => "✓",
        Finding::Refuted => "✗",
        Finding::Undecided => "?",
        Finding::NotMeasured => "–",
    }
}

pub(crate) fn anchor(claim: &Claimed) -> String {
    format!("claim-{}", key::slug(&claim.id))
}

fn one(model: &Model<'_>, claim: &Claimed) -> Markup {
    let cited = cite::of_claimed(model, claim).ok();
    let warning = cited.as_ref().and_then(|cited| cited.warning.as_deref());
    html! {
        article class=(format!("claim {}", claim.verdict.name())) id=(anchor(claim))
            data-cite=[cited.as_ref().map(|cited| cited.words.as_str())] data-warning=[warning] {
            (head(model, claim))
            ul {
                @for test in &claim.tests { li { (tested(model, test)) } }
            }
            (words(claim))
        }
    }
}

fn folded(model: &Model<'_>, claim: &Claimed) -> Markup {
    html! {
        article.claim id=(anchor(claim)) { (head(model, claim)) (words(claim)) }
    }
}

fn words(claim: &Claimed) -> Markup {
    html! {
        p.soft {
            "Source: " (text::line(&claim.source))
            @if let Some(year) = claim.year { ", " (year) }
            @if let Some(url) = &claim.url { ", " code { (text::line(url)) } }
            "."
            @if claim.any { " One of the tests is enough." }
            @if !claim.counter.is_empty() { " " strong { "Against it: " } (prose(&claim.counter)) }
            @if !claim.note.is_empty() { " " strong { "Not shown: " } (prose(&claim.note)) }
        }
    }
}

/// What was compared, with links to the rows, what was found, and what was claimed.
fn tested(model: &Model<'_>, test: &Tested) -> Markup {
    let operation = operation(model, &key::parts(&test.of).workload);
    let reason = told(&test.reason, model.summary.claims.silent.as_deref());
    html! {
        span class=(class(test.verdict)) aria-hidden="true" { (sign(test.verdict)) }
        (compared(&test.of, test.to.as_deref())) ", " (metric(&test.metric, operation, test.slope.as_ref())) ": "
        @match &test.found {
            Some(found) => { strong { (unbroken(&found_words(test, found))) } "; " }
            None => {}
        }
        "claimed " (bounds(test)) ": " (test.verdict.words())
        @if !reason.is_empty() { " (" (prose(&text::clip(reason, 300))) ")" }
        (rows(model, &test.of, test.to.as_deref()))
    }
}

/// One operation of a workload, in the singular.
pub(crate) fn operation<'a>(model: &'a Model<'_>, workload: &str) -> &'a str {
    let known = model.input.run.workloads.iter().find(|known| known.name == workload);
    known.map_or("operation", |known| known.operation.as_str())
}

/// Links to the rows of those cases and programs that have one.
pub(super) fn rows(model: &Model<'_>, of: &str, to: Option<&str>) -> Markup {
    let anchors: Vec<String> =
        [of].into_iter().chain(to).filter_map(|id| row_anchor(model, id)).collect();
    html! {
        @for (anchor, word) in anchors.iter().zip(["row", "row of the other"]) {
            " · " a href=(format!("#{anchor}")) { (word) }
        }
    }
}

fn row_anchor(model: &Model<'_>, id: &str) -> Option<String> {
    let parts = key::parts(id);
    if parts.workload == cost::WORKLOAD {
        let mut programs = model.input.cost.iter().flat_map(|cost| &cost.programs);
        let own = programs.any(|program| program.runs.iter().any(|runs| runs.who == parts.who()));
        return own.then(|| cost::anchor(&parts.who()));
    }
    let cell = model.summary.cells.iter().find(|cell| cell.id == id)?;
    let mut workloads = model.input.run.workloads.iter();
    workloads.any(|known| known.name == cell.workload).then(|| cell_anchor(id))
}
