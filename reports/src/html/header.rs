//! What this page is, of which run, and in short what it shows.

use maud::{Markup, html};

use super::facts;
use crate::chart::Charts;
use crate::render::Model;
use crate::{key, text};

pub(super) fn header(model: &Model<'_>, charts: &[Charts<'_>]) -> Markup {
    let run = &model.summary.run;
    html! {
        header.page {
            p.eyebrow { "Benchmark report" }
            h1 { "Triathlon" }
            p.lede {
                "The same work, done by blocking code, by threads and by async runtimes: what it \
                 takes in time, CPU, memory and context switches on one machine."
            }
            (badge(&run.profile))
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
                ("Rounds", html! { (text::whole(run.rounds)) }),
                ("Reference of all ratios", html! { (text::line(&run.reference)) }),
            ]))
            (in_short(&run.profile, charts))
            (contents(model))
        }
    }
}

fn badge(profile: &str) -> Markup {
    let (class, text) = match profile {
        "smoke" => {
            ("badge warn", "smoke — proves that everything runs, no conclusions".to_string())
        }
        "quick" => ("badge note", "exploratory — ranges, no verdicts".to_string()),
        other => ("badge note", format!("profile {}", text::short(other, 40))),
    };
    html! { p { span class=(class) { (text) } } }
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

fn in_short(profile: &str, charts: &[Charts<'_>]) -> Markup {
    html! {
        @let findings: Vec<_> =
            charts.iter().filter_map(|charts| Some((charts, charts.drawings().next()?))).collect();
        @if !findings.is_empty() && concludes(profile) {
            p.eyebrow id="in-short" { "In short" }
            ul.short aria-labelledby="in-short" {
                @for (charts, drawing) in findings {
                    li {
                        a href=(format!("#{}", drawing.anchor)) { (text::line(&charts.workload)) }
                        " " (super::unbroken(&drawing.finding))
                    }
                }
            }
        }
    }
}

fn contents(model: &Model<'_>) -> Markup {
    html! {
        nav aria-label="Contents" {
            a href="#trust" { "Can you trust it?" }
            a href="#comparison" { "Comparison" }
            @for workload in &model.input.run.workloads {
                a href=(format!("#workload-{}", key::slug(&workload.name))) {
                    (text::short(&workload.name, 40))
                }
            }
            a href="#environment" { "Environment" }
            a href="#method" { "Method and bias" }
            a href="#data" { "Data" }
        }
    }
}
