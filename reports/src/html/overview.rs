//! All cases of a category at once: performance profile, time against memory,
//! geometric means.

mod trade;

use maud::{Markup, PreEscaped, html};

use super::{scrolling, section};
use crate::chart::overview::Overview;
use crate::chart::profile::Profile;
use crate::metrics;
use crate::render::Model;
use crate::summary::GeometricMean;
use crate::text::{self, THIN};

/// Whether there is anything to say about a category.
pub(super) fn any(model: &Model<'_>, overview: &Overview<'_>) -> bool {
    overview.drawings().next().is_some() || !model.summary.geometric_means.is_empty()
}

pub(super) fn overview(model: &Model<'_>, overview: &Overview<'_>) -> Markup {
    let content = html! {
        @if !overview.profiles.is_empty() { (all_profiles(&overview.profiles)) }
        @if !overview.trades.is_empty() { (trade::all(model, &overview.trades)) }
        @if !model.summary.geometric_means.is_empty() { (all_means(model)) }
    };
    html! { @if any(model, overview) { (section("overview", "Overview", &content)) } }
}

fn all_profiles(profiles: &[Profile]) -> Markup {
    html! {
        h3 id="profile" { "Performance profile" }
        p.prose {
            "For each contestant the share of the category's cases in which it is within a factor of the \
             best one, by the median of each workload's own metric. A line that is higher at the left \
             wins more often; one that rises to 100" (THIN) "% soon is never far behind. A case that a \
             contestant leaves out, or fails in, counts against it: the line then ends below 100" (THIN)
            "%. Rows that are pair-limited are not told apart from the server here: read them with care. \
             After Dolan and Moré (2002)."
        }
        @for profile in profiles {
            @let drawing = &profile.drawing;
            figure id=(drawing.anchor) {
                figcaption { p.finding { (super::unbroken(&drawing.finding)) } }
                div.panels { @for panel in &drawing.panels { (PreEscaped(panel)) } }
                details {
                    summary { "The same numbers as a table" }
                    (steps(profile))
                    p.soft { "Stand-alone drawing: " a href=(drawing.file) { code { (drawing.file) } } }
                }
            }
        }
    }
}

/// Shares at a few factors.
fn steps(profile: &Profile) -> Markup {
    let table = html! {
        table.plain.numbers {
            caption { "Share of " (profile.cases) " cases within a factor of the best" }
            thead { tr {
                th scope="col" { "Contestant" }
                @for factor in Profile::FACTORS { th scope="col" { (factor) (THIN) "×" } }
            } }
            tbody { @for line in &profile.lines { tr {
                th scope="row" { (text::short(&line.who, 40)) }
                @for factor in Profile::FACTORS {
                    td { (text::digits(100.0 * line.share(factor))) (THIN) "%" }
                }
            } } }
        }
    };
    scrolling(&format!("Performance profile of {}, numbers", profile.category), &table)
}

fn all_means(model: &Model<'_>) -> Markup {
    let means = &model.summary.geometric_means;
    let mut groups: Vec<(&str, &str)> = Vec::new();
    for mean in means {
        let group = (mean.category.as_str(), mean.metric.as_str());
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    let table = html! {
        table.plain.numbers {
            thead { tr {
                th scope="col" { "Contestant" } th scope="col" { "Geometric mean" }
                th scope="col" { "Interval, same cases" } th scope="col" { "Interval, other cases" }
                th scope="col" { "Lowest–highest case" } th scope="col" { "One case left out" }
                th scope="col" { "Cases" }
            } }
            @for (category, metric) in groups {
                tbody {
                    tr { th colspan="7" scope="rowgroup" {
                        (text::short(category, 30)) ": " (metrics::title(metric, "operation"))
                    } }
                    @for mean in means.iter().filter(|m| m.category == category && m.metric == metric) {
                        (row(mean))
                    }
                }
            }
        }
    };
    html! {
        h3 id="geometric-means" { "Geometric means of ratios to the reference" }
        p.prose {
            "Over the cases of one category that a contestant shares with "
            (text::line(&model.summary.run.reference))
            ", in its plain way, pair-limited elapsed left out. Contestants with different cases are not \
             comparable with each other. First interval: if these cases were measured again; the second, \
             wider: if other cases had been chosen. Both are 95" (THIN)
            "% percentile intervals of a bootstrap over parts and rounds (and cases). Categories are \
             never mixed."
        }
        (scrolling("Geometric means", &table))
    }
}

fn row(mean: &GeometricMean) -> Markup {
    let range = |low: f64, high: f64| format!("{}–{}", text::digits(low), text::digits(high));
    html! {
        tr {
            th scope="row" { (text::short(&mean.who, 40)) }
            td { (text::digits(mean.ratio)) (THIN) "×" }
            td { (range(mean.low, mean.high)) }
            td { (range(mean.wide_low, mean.wide_high)) }
            td { (range(mean.least, mean.most)) }
            td { @if mean.cells > 1 { (range(mean.without_low, mean.without_high)) } @else { "—" } }
            td { (mean.cells) }
        }
    }
}
