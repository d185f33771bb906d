//! What this page is, of which run, and in short what it shows.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::{facts, overview};
use crate::chart::Charts;
use crate::chart::overview::Overview;
use crate::render::Model;
use crate::sentences::{self, InShort};
use crate::{key, text, verdicts};

pub(super) fn header(model: &Model<'_>, charts: &[Charts<'_>], overview: &Overview<'_>) -> Markup {
    let run = &model.summary.run;
    html! {
        header.page {
            p.eyebrow { "Benchmark report" }
            h1 { "Triathlon" }
            p.lede {
                "The same work, done by blocking code, by threads and by async runtimes: what it \
                 takes in time, CPU, memory and context switches on one machine."
            }
            (badge(model))
            @if model.summary.interrupted {
                p.banner role="note" {
                    strong { "Interrupted." } " "
                    (text::whole(model.summary.executions.recorded - model.summary.executions.twins))
                    " of " (text::whole(model.summary.executions.planned))
                    " planned executions were made; what is here is what was measured until then."
                }
            }
            (facts([
                ("Run", html! { code { (text::line(&run.id)) } }),
                ("Machine", html! { (text::line(&run.machine.class)) }),
                ("Started", html! { (text::line(&run.started_at)) }),
                ("Commit", commit(&run.commit, run.dirty)),
                ("Rounds", rounds(model)),
                ("Reference of all ratios", html! { (text::line(&run.reference)) }),
            ]))
            (in_short(model, charts))
            (contents(model, overview::any(model, overview)))
        }
    }
}

fn badge(model: &Model<'_>) -> Markup {
    let run = &model.summary.run;
    let (class, text) = match run.profile.as_str() {
        _ if model.invalid.is_some() => ("badge bad", "invalid — believe nothing here".to_string()),
        "smoke" => {
            ("badge warn", "smoke — proves that everything runs, no conclusions".to_string())
        }
        _ if !run.verdicts => ("badge note", "exploratory — ranges, no verdicts".to_string()),
        _ if !verdicts::concludes(model) => {
            ("badge note", "exploratory — too few rounds for verdicts".to_string())
        }
        "publish" => {
            ("badge note", format!("publish — verdicts on which {} parts agree", run.parts))
        }
        other => ("badge note", format!("{} — verdicts with intervals", text::short(other, 40))),
    };
    html! {
        p { span class=(class) { (text) } }
        @if let Some(why) = &model.invalid { p.banner role="note" { (text::line(why)) } }
    }
}

/// How many, in how many parts, and in which sessions they were measured.
fn rounds(model: &Model<'_>) -> Markup {
    let run = &model.summary.run;
    html! {
        (text::whole(run.rounds))
        @if run.parts > 1 { " in " (run.parts) " parts" }
        @if run.reversed { ", each backwards" }
        @if run.sessions > 1 {
            ", measured in " (run.sessions) " sessions"
            @let boots: BTreeSet<&str> =
                model.input.sessions.iter().map(|session| session.boot.as_str()).collect();
            @if boots.len() > 1 { " and " (boots.len()) " boots" }
        }
    }
}

fn commit(commit: &str, dirty: bool) -> Markup {
    html! {
        code title=(text::line(commit)) { (text::short(commit, 13)) }
        @if dirty { " + uncommitted changes" }
    }
}

/// Whether the profile permits to say anything.
fn concludes(profile: &str) -> bool {
    profile != "smoke"
}

fn in_short(model: &Model<'_>, charts: &[Charts<'_>]) -> Markup {
    let InShort { sentences, left_out } = sentences::in_short(model, charts);
    html! {
        @if !sentences.is_empty() && concludes(&model.summary.run.profile) {
            p.eyebrow id="in-short" { "In short" }
            p { "For a case of yours: " a href="#choose" { "Choose by situation" } "." }
            ul.short aria-labelledby="in-short" {
                @for sentence in &sentences {
                    li id=(sentence.anchor) {
                        a href=(format!("#{}", sentence.shown)) { (sentence.about) }
                        " " (super::unbroken(&sentence.text))
                    }
                }
            }
            @match left_out {
                0 => {}
                1 => { p.soft { a href="#workloads" { "1 more workload" } " has its own in its section." } }
                more => { p.soft { a href="#workloads" { (more) " more workloads" } " have theirs in their sections." } }
            }
        }
    }
}

fn contents(model: &Model<'_>, overview: bool) -> Markup {
    html! {
        nav aria-label="Contents" {
            a href="#trust" { "Can you trust it?" }
            a href="#comparison" { "Comparison" }
            @if overview { a href="#overview" { "Overview" } }
            @for workload in &model.input.run.workloads {
                a href=(format!("#workload-{}", key::slug(&workload.name))) {
                    (text::short(&workload.name, 40))
                }
            }
            a href="#cost" { "Cost" }
            @if !model.summary.claims.claims.is_empty() { a href="#claims" { "Claims" } }
            a href="#choose" { "Choose by situation" }
            a href="#environment" { "Environment" }
            a href="#method" { "Method and bias" }
            a href="#data" { "Data" }
        }
    }
}
