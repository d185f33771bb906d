//! Time against memory, category by category.

use maud::{Markup, PreEscaped, html};

use crate::chart::origin;
use crate::chart::trade::Chart;
use crate::html::{scrolling, unbroken};
use crate::render::Model;
use crate::text::{self, THIN};
use crate::trades::{LeftOut, Mean, Trade};

pub(super) fn all(model: &Model<'_>, charts: &[Chart<'_>]) -> Markup {
    let reference = text::short(&model.summary.run.reference, 60);
    html! {
        h3 id="trade" { "Time against memory" }
        p.prose {
            "What a contestant saves of the one it may pay in the other. A mark per contestant, in its \
             plain way: elapsed to the right, peak memory upwards, each a geometric mean of ratios to "
            (reference) ", which lies where the thin lines cross. All marks of a category are over the \
             same cases, so that they can be compared with each other."
        }
        @for chart in charts {
            @let drawing = &chart.drawing;
            figure id=(drawing.anchor) {
                figcaption {
                    p.finding { (unbroken(&drawing.finding)) }
                    p.soft {
                        (notes(chart))
                        @if model.summary.run.profile == "smoke" {
                            " A smoke run permits no conclusions."
                        }
                    }
                }
                div.panels { @for panel in &drawing.panels { (PreEscaped(panel)) } }
                details {
                    summary { "The same numbers as a table" }
                    (numbers(&chart.trade))
                    p.soft { "Over " (origin::cases(&chart.trade.cells)) "." }
                    p.soft { "Stand-alone drawing: " a href=(drawing.file) { code { (drawing.file) } } }
                }
            }
        }
    }
}

/// Which cases, who is not here, and why.
fn notes(chart: &Chart<'_>) -> Markup {
    let trade = &chart.trade;
    html! {
        "Over " (trade.cases) " of " (trade.planned) " cases: those that all "
        (trade.contestants.len()) " contestants shown have, in both metrics, and of which none is \
         pair-limited. "
        @if trade.open { "Open loops are left out, because their time is the schedule's. " }
        "Both axes are logarithmic"
        @if chart.bars { "; bars: lowest to highest case" }
        @else { "; lowest and highest case are in the table" }
        ". A description of means and no verdict: whether two marks differ is not tested here."
        @if !trade.left_out.is_empty() {
            " Left out: "
            @for (place, contestant) in trade.left_out.iter().enumerate() {
                @if place > 0 { "; " }
                (left_out(contestant))
            }
            "."
        }
    }
}

fn left_out(contestant: &LeftOut<'_>) -> String {
    let LeftOut { who, lacks, of, why } = contestant;
    let why: Vec<String> = why.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    let who = text::short(who, 40);
    format!("{who}, which lacks {lacks} of {of} comparable cases ({})", why.join(", "))
}

fn numbers(trade: &Trade<'_>) -> Markup {
    let table = html! {
        table.plain.numbers {
            caption { "Ratios to the reference: geometric mean [lowest–highest case] of " (trade.cases) " cases" }
            thead { tr {
                th scope="col" { "Contestant" } th scope="col" { "Elapsed" } th scope="col" { "Peak memory" }
            } }
            tbody { @for contestant in &trade.contestants { tr {
                th scope="row" { (text::short(contestant.who, 40)) }
                td { (mean(&contestant.elapsed)) }
                td { (mean(&contestant.memory)) }
            } } }
        }
    };
    scrolling(
        &format!("Time against memory in {}, numbers", text::short(trade.category, 30)),
        &table,
    )
}

fn mean(mean: &Mean) -> Markup {
    html! {
        (text::digits(mean.ratio)) (THIN) "×"
        small { "[" (text::digits(mean.least)) "–" (text::digits(mean.most)) "]" }
    }
}
