//! Noise floor: the same contestant under two labels, and what follows from it.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::scrolling;
use crate::metrics::{self, COMPARED};
use crate::render::Model;
use crate::smallest::Smallest;
use crate::summary::{AaTest, Noise};
use crate::text::{self, THIN};
use crate::verdicts;

pub(super) fn noise(model: &Model<'_>) -> Markup {
    let mut by_metric: BTreeMap<&str, Vec<&Noise>> = BTreeMap::new();
    for noise in &model.summary.noise {
        by_metric.entry(&noise.metric).or_default().push(noise);
    }
    if by_metric.is_empty() {
        return html! { p { "Not measured: this run has no execution of the reference under a second label." } };
    }
    let rows = COMPARED.iter().filter_map(|metric| Some((*metric, by_metric.get(metric)?)));
    let concludes = verdicts::concludes(model);
    let table = html! {
        table.plain.numbers {
            thead { tr {
                th scope="col" { "Metric" }
                th scope="col" { "Median of ratios" } th scope="col" { "Lowest–highest" }
                @if concludes {
                    th scope="col" { "Margins" } th scope="col" { "Different" }
                    th scope="col" { "Smallest difference, same program" }
                    th scope="col" { "Smallest difference, different programs" }
                }
                th scope="col" { "Presets" } th scope="col" { "Pairs" }
            } }
            tbody { @for (metric, noises) in rows { (row(model, metric, noises)) } }
        }
    };
    html! {
        p {
            "In every round " (text::line(&model.summary.run.reference))
            " (or, where it takes no part, another contestant) is executed twice under two labels. Their \
             ratio would be 1 on a quiet machine; a difference of other contestants within this range is \
             not distinguishable from none. Counts near zero, such as switches of an event loop, make \
             large ratios of nothing."
        }
        @if concludes { (follows()) }
        (scrolling("Noise floor by metric", &table))
        @if concludes { (means()) }
    }
}

/// What the two smallest differences mean.
fn means() -> Markup {
    html! {
        p.soft {
            "Change a program, and nine of ten such runs show it from the figure under "
            em { "same program" } " on: so much this run resolves. Two " em { "different programs" }
            " must be further apart where they react differently to the state of the machine: with a \
             neighbour in the caches a crowd of threads may become dearer and an event loop not, and \
             their ratio changes from round to round although neither program did."
        }
    }
}

fn follows() -> Markup {
    html! {
        p {
            strong { "Margin" } ": a difference is called one only beyond 2" (THIN)
            "%, or beyond the further bound of the 95" (THIN) "% interval of this ratio in the same case \
             and metric. " strong { "Different" } ": how often the two labels were told apart, by the same \
             exact test, with Holm's correction over all cases and metrics at 1" (THIN)
            "%; once would make the run invalid. " strong { "Smallest difference" }
            ": the true difference that nine of ten such runs would find, at the level and with the \
             margin of the rows; of the " em { "same program" } " from its two labels, in the median preset \
             and the worst one; of " em { "different programs" } " from each contestant and the reference, \
             in the median cell and the worst one."
        }
    }
}

fn row(model: &Model<'_>, metric: &str, noises: &[&Noise]) -> Markup {
    let medians: Vec<f64> = noises.iter().map(|noise| noise.ratio.median).collect();
    let low = noises.iter().map(|noise| noise.ratio.low).fold(f64::INFINITY, f64::min);
    let high = noises.iter().map(|noise| noise.ratio.high).fold(0.0, f64::max);
    let pairs: usize = noises.iter().map(|noise| noise.ratio.n).sum();
    let median = triathlon_statistics::median(&medians).unwrap_or(1.0);
    let tests: Vec<&AaTest> = noises.iter().filter_map(|noise| noise.test.as_ref()).collect();
    html! {
        tr {
            th scope="row" { (metrics::title(metric, "operation")) }
            td { (text::digits(median)) (THIN) "×" }
            td { (text::digits(low)) "–" (text::digits(high)) }
            @if verdicts::concludes(model) {
                td { (margins(&tests)) }
                td { (differing(&tests)) }
                @let found = Smallest::in_metric(model.summary, metric);
                td { (smallest(&found.same)) }
                td { (smallest(&found.different)) }
            }
            td { (noises.len()) }
            td { (pairs) }
        }
    }
}

/// `±2.0–14 %`.
fn margins(tests: &[&AaTest]) -> String {
    let margins = || tests.iter().map(|test| test.margin);
    let (low, high) = (margins().fold(f64::INFINITY, f64::min), margins().fold(1.0, f64::max));
    match tests {
        [] => "—".to_string(),
        _ if high - low < 5e-5 => format!("±{THIN}{}", verdicts::percent(high)),
        _ => format!("±{THIN}{} to {}", verdicts::percent(low), verdicts::percent(high)),
    }
}

fn differing(tests: &[&AaTest]) -> String {
    let tested = tests.iter().filter(|test| test.p_holm.is_some()).count();
    match tested {
        0 => "as elapsed".to_string(),
        tested => format!("{} of {tested}", tests.iter().filter(|test| test.different).count()),
    }
}

/// What the median and the worst would have shown.
fn smallest(all: &[f64]) -> String {
    let worst = all.iter().copied().fold(0.0, f64::max);
    match triathlon_statistics::median(all) {
        Some(median) => {
            format!("{}, worst {}", verdicts::percent(median), verdicts::percent(worst))
        }
        None => "—".to_string(),
    }
}
