//! The charts of a workload: the first in sight, the others one click away.

use maud::{Markup, PreEscaped, html};

use super::knee;
use super::{scrolling, unbroken};
use crate::chart::data::{Figure, Panel, Series};
use crate::chart::rows::{self, Block, Row};
use crate::chart::{Charts, Drawing, forest, look};
use crate::render::Model;
use crate::{key, text, verdicts};

pub(super) fn figures(model: &Model<'_>, charts: &Charts<'_>) -> Markup {
    let ratios = charts.forest.as_ref().map(|(drawing, blocks)| {
        let notes = forest_notes(model, charts, blocks);
        (
            "Ratio to the reference".to_string(),
            figure(model, drawing, &notes, &ratios(model, charts, blocks)),
        )
    });
    let scaling = charts.scaling.as_ref().map(|(drawing, data)| {
        let title = format!("Scaling: {} over {}", data.metric, data.over_label);
        let numbers =
            html! { @for panel in &data.panels { (numbers(&charts.workload, data, panel)) } };
        (title, figure(model, drawing, &scaling_notes(model, data), &numbers))
    });
    let strip = charts.strip.as_ref().map(|(drawing, blocks)| {
        let notes = strip_notes(charts, blocks);
        let numbers = html! {
            p { a href=(format!("#comparison-{}", key::slug(&charts.workload))) { "Medians and ranges" }
                " are in the comparison; every execution is a line of "
                a href="records.jsonl" { code { "records.jsonl" } } "." }
        };
        ("Every execution".to_string(), figure(model, drawing, &notes, &numbers))
    });
    let spectrum = charts.spectrum.as_ref().map(|(drawing, data)| {
        let numbers =
            html! { @for panel in &data.panels { (numbers(&charts.workload, data, panel)) } };
        let title = "Spectrum of response times".to_string();
        (title, figure(model, drawing, &scaling_notes(model, data), &numbers))
    });
    let knees = charts.knees.as_ref().map(|drawing| {
        let title = "Response time over offered load".to_string();
        (title, figure(model, drawing, &knee::notes(model), &knee::numbers(model)))
    });
    let mut figures = [knees, ratios, scaling, spectrum, strip].into_iter().flatten();
    html! {
        @match figures.next() {
            Some((_, first)) => div id=(format!("figure-{}", key::slug(&charts.workload))) {
                (first)
                @for (title, figure) in figures {
                    details.more { summary { (title) } (figure) }
                }
            },
            None => p { "No chart: no cell of this workload has been measured." },
        }
    }
}

/// A drawing with its finding, what its marks mean, and the same as numbers.
pub(super) fn figure(
    model: &Model<'_>,
    drawing: &Drawing,
    notes: &Markup,
    numbers: &Markup,
) -> Markup {
    html! {
        figure id=(drawing.anchor) {
            figcaption {
                p.finding { (unbroken(&drawing.finding)) }
                p.soft {
                    (notes)
                    @if model.summary.run.profile == "smoke" { " A smoke run permits no conclusions." }
                }
            }
            div.panels { @for panel in &drawing.panels { (PreEscaped(panel)) } }
            details {
                summary { "The same numbers as a table" }
                (numbers)
                p.soft { "Stand-alone drawing: " a href=(drawing.file) { code { (drawing.file) } } }
            }
        }
    }
}

fn forest_notes(model: &Model<'_>, charts: &Charts<'_>, blocks: &[Block<'_>]) -> Markup {
    let mut rows = blocks.iter().flat_map(Block::rows);
    html! {
        (charts.metric.title) " as a ratio to " (text::short(&model.summary.run.reference, 60))
        ", taken round by round; " (if charts.metric.more { "higher" } else { "lower" })
        " is better. A block per preset, each with a logarithmic axis of its own. "
        @if verdicts::concludes(model) {
            "Dot: Hodges–Lehmann centre; line: interval, 95 % for the family by Holm's correction; grey \
             band: margin, within which no difference is worth a verdict; ↓ lower, ↑ higher, = equivalent, ? undecided. "
        } @else if rows::with_noise(blocks) {
            "Dot: median; line: lowest to highest round; grey band: the reference against itself, \
             the noise floor of the preset. "
        } @else {
            "Dot: median; line: lowest to highest round. No noise floor: nobody was executed twice a \
             round. "
        }
        (legend(charts))
        @if rows.any(|row| row.limited) { " Hollow, †: pair-limited." }
    }
}

fn strip_notes(charts: &Charts<'_>, blocks: &[Block<'_>]) -> Markup {
    let mut rows = blocks.iter().flat_map(Block::rows);
    html! {
        (charts.metric.title) ", " (if charts.metric.more { "higher" } else { "lower" })
        " is better. A block per preset, each with a logarithmic axis of its own. Dot: one execution, \
         from top to bottom in the order of the rounds; tick: median. " (legend(charts))
        @if rows.any(|row| row.limited) { " Hollow, †: pair-limited." }
    }
}

/// What the colours stand for.
fn legend(charts: &Charts<'_>) -> Markup {
    html! {
        @for style in &charts.styles {
            span class=(format!("key s{}", look::of_style(style).colour)) { "● " (text::short(style, 20)) } " "
        }
    }
}

fn scaling_notes(model: &Model<'_>, figure: &Figure) -> Markup {
    html! {
        (figure.metric) " over " (figure.over_label)
        ", both axes logarithmic and the same in all panels. Mark: median; bar: lowest to highest of n \
         executions (" (text::whole(model.summary.run.rounds)) " planned). Dotted line: another way of \
         the contestant; the way stack is not drawn."
        @if figure.hidden { " Of presets at the same place the first is drawn." }
        @if figure.points().any(|point| point.limited) { " Hollow mark: pair-limited." }
    }
}

/// Ratios of all presets: a row per contestant and way.
fn ratios(model: &Model<'_>, charts: &Charts<'_>, blocks: &[Block<'_>]) -> Markup {
    let with_intervals = verdicts::concludes(model);
    let mut names: Vec<String> = Vec::new();
    for row in blocks.iter().flat_map(Block::rows) {
        let name = full_name(row);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.sort();
    let table = html! {
        table.plain.numbers {
            caption {
                "Ratio to the reference, "
                (if with_intervals { "centre [interval]" } else { "median [lowest–highest]" })
                " of n rounds"
            }
            thead { tr {
                th scope="col" { "Contestant" }
                @for block in blocks { th scope="col" { (text::short(block.preset, 40)) } }
            } }
            tbody {
                @for name in &names { tr {
                    th scope="row" { (text::short(name, 60)) }
                    @for block in blocks {
                        td { @match block.rows().find(|row| full_name(row) == *name) {
                            Some(row) => (ratio(row)),
                            None => span.soft { "—" },
                        } }
                    }
                } }
                @if blocks.iter().any(|block| noise(block).is_some()) { tr {
                    th scope="row" {
                        (if with_intervals { "margin" } else { "the reference against itself" })
                    }
                    @for block in blocks { td { (noise(block).unwrap_or_default()) } }
                } }
            }
        }
    };
    scrolling(&format!("Ratios of {}, numbers", text::short(&charts.workload, 60)), &table)
}

fn full_name(row: &Row<'_>) -> String {
    key::who_and_way(&key::parts(&row.cell.id))
}

fn ratio(row: &Row<'_>) -> Markup {
    let spread = &row.spread;
    html! {
        (forest::times(spread.median)) @if row.limited { span.dagger { "†" } }
        small {
            @if spread.n > 1 { "[" (text::digits(spread.low)) "–" (text::digits(spread.high)) "], " }
            "n = " (spread.n)
        }
    }
}

/// Of the plain way.
fn noise(block: &Block<'_>) -> Option<Markup> {
    let noise = block.groups.iter().find(|group| group.way.is_empty())?.noise?;
    Some(html! {
        (forest::times(noise.median))
        small { "[" (text::digits(noise.low)) "–" (text::digits(noise.high)) "], n = " (noise.n) }
    })
}

fn numbers(workload: &str, figure: &Figure, panel: &Panel) -> Markup {
    let xs = panel.xs();
    let table = html! {
        table.plain.numbers {
            caption { (panel.title) ": " (figure.metric) ", median [lowest–highest], n executions" }
            thead { tr {
                th scope="col" { "Contestant" }
                @for x in &xs { th scope="col" { (text::parameter(&figure.over, *x)) } }
            } }
            tbody {
                @for series in &panel.series { tr {
                    th scope="row" { (text::short(&series.who, 40)) }
                    @for x in &xs { td { (point(figure, series, *x)) } }
                } }
            }
        }
    };
    let label =
        format!("{}: {}, {}, numbers", text::short(workload, 60), figure.metric, panel.title);
    scrolling(&label, &table)
}

fn point(figure: &Figure, series: &Series, x: u64) -> Markup {
    let Some(point) = series.points.iter().find(|point| point.x == x) else {
        return html! { span.soft { "—" } };
    };
    let value = &point.value;
    html! {
        (figure.unit.with(value.median)) @if point.limited { span.dagger { "†" } }
        small {
            @if value.n > 1 {
                "[" (figure.unit.number(value.low)) "–" (figure.unit.number(value.high)) "], "
            }
            "n = " (value.n)
        }
    }
}
