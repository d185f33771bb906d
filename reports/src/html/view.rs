//! What the page's script needs to show another metric or another reference:
//! numbers in attributes, which `maud` escapes.

use maud::{Markup, html};
use triathlon_statistics::verdict::{Pair, Verdict};

use super::table::Group;
use crate::matrix::{Between, Matrix};
use crate::metrics::{self, COMPARED};
use crate::render::Model;
use crate::summary::Cell;
use crate::{ratio, text, verdicts};

/// Says the same as elapsed for a closed loop, upside down.
const THROUGHPUT: &str = "throughput_per_s";
const ELAPSED: &str = "elapsed_s";

/// Above the tables: what to show of them. Hidden until the script is there.
pub(super) fn controls(model: &Model<'_>) -> Markup {
    let run = &model.input.run;
    let whos = run.contestants.iter().map(|contestant| contestant.who.as_str());
    let bases = whos.clone().filter(|who| *who != run.reference);
    let metrics = COMPARED
        .into_iter()
        .filter(|metric| *metric != THROUGHPUT && measured(model, metric))
        .map(|metric| (metric.to_string(), title(metric)));
    let runtimes = whos.clone().map(|who| who.split('/').next().unwrap_or(who));
    let selects = [
        ("metric", "Metric", "each workload’s own".to_string(), metrics.collect()),
        ("base", "Ratio to", text::short(&run.reference, 40), words(bases)),
        ("style", "Style", ALL.to_string(), words(run.contestants.iter().map(|c| &*c.style))),
        ("runtime", "Runtime", ALL.to_string(), words(runtimes)),
        (
            "category",
            "Category",
            ALL.to_string(),
            words(run.workloads.iter().map(|w| &*w.category)),
        ),
    ];
    html! {
        form.controls hidden data-metrics=(said(model)) data-reference=(text::short(&run.reference, 60)) {
            @for (name, label, first, options) in &selects {
                label { (label) " "
                    select name=(name) {
                        option value="" { (first) }
                        @for (value, name) in options { option value=(text::short(value, 60)) { (name) } }
                    }
                }
            }
            label { "Rows that match " input name="q" type="search" placeholder="c64|n100" size="12" spellcheck="false"; }
            button type="reset" { "Reset" }
            output.soft {}
        }
    }
}

const ALL: &str = "all";

fn words<'a>(words: impl Iterator<Item = &'a str>) -> Vec<(String, String)> {
    distinct(words).iter().map(|word| ((*word).to_string(), text::short(word, 40))).collect()
}

/// In the order in which they come first.
fn distinct<'a>(words: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut distinct = Vec::new();
    for word in words.filter(|word| !word.is_empty()) {
        if !distinct.contains(&word) {
            distinct.push(word);
        }
    }
    distinct
}

fn title(metric: &str) -> String {
    match metric {
        ELAPSED => "Elapsed or throughput".to_string(),
        other => metrics::title(other, "operation"),
    }
}

fn measured(model: &Model<'_>, metric: &str) -> bool {
    model.summary.cells.iter().any(|cell| cell.metrics.contains_key(metric))
}

/// Each metric with its name, its words for lower and higher, whether more is
/// wanted and whether the pair may be what limits it.
fn said(model: &Model<'_>) -> String {
    let concludes = verdicts::concludes(model);
    let said = COMPARED.map(|metric| {
        // Words of verdicts are not on a page without verdicts.
        let (lower, higher) = if concludes { verdicts::words(metric) } else { ("", "") };
        let flag = |yes: bool| if yes { "1" } else { "" };
        let (more, limitable) =
            (flag(metrics::more_is_better(metric)), flag(metrics::limitable(metric)));
        let title = metrics::title(metric, "operation");
        [metric, &title, lower, higher, more, limitable].join(";")
    });
    said.join("|")
}

/// The numbers of a preset, by metric: ratios of all pairs where there are
/// verdicts, else the values of all rounds.
///
/// `metric;margin;STANDING,…;PAIR,…|…` with a standing (`best worst letters`) per
/// row and a pair (`ratio low high word`) for every two rows, the first with the
/// second, the first with the third and so on; what there is none of is empty.
/// Without verdicts `metric;low high;VALUES,…|…`: the noise floor, then per row
/// the values by round, `-` for none.
pub(super) fn numbers(model: &Model<'_>, group: &Group<'_>) -> String {
    let own = |metric: &&str| match *metric {
        THROUGHPUT => group.metric == THROUGHPUT,
        ELAPSED => group.metric != THROUGHPUT,
        _ => true,
    };
    let some = |metric: &&str| group.cells.iter().any(|cell| cell.metrics.contains_key(*metric));
    let metrics = COMPARED.into_iter().filter(own).filter(some);
    let metrics = metrics.map(|metric| match group.concludes {
        true => judged(model, group, metric),
        false => rounds(model, group, metric),
    });
    metrics.collect::<Vec<_>>().join("|")
}

fn judged(model: &Model<'_>, group: &Group<'_>, metric: &str) -> String {
    let of_group = |matrix: &&Matrix| {
        let first = group.cells.first();
        first.is_some_and(|cell| {
            (&matrix.workload, &matrix.preset) == (&cell.workload, &cell.preset)
        }) && matrix.metric == metric
    };
    let matrices: Vec<&Matrix> = model.matrices.iter().filter(of_group).collect();
    let margin = matrices.first().map_or(String::new(), |matrix| five_digits(matrix.margin));
    let standings = group.cells.iter().map(|cell| match cell.standing.get(metric) {
        Some(standing) => format!("{} {} {}", standing.best, standing.worst, standing.letters),
        None => String::new(),
    });
    let standings = standings.collect::<Vec<_>>().join(",");
    let mut pairs = Vec::new();
    for (place, one) in group.cells.iter().enumerate() {
        for other in &group.cells[place + 1..] {
            let found = matrices.iter().find_map(|matrix| matrix.between(&one.id, &other.id));
            pairs.push(found.as_ref().map_or(String::new(), pair));
        }
    }
    format!("{metric};{margin};{standings};{}", pairs.join(","))
}

fn pair(between: &Between<'_>) -> String {
    let &Between { pair: &Pair { ratio, low, high, verdict, .. }, in_order, split } = between;
    let numbers =
        if in_order { [ratio, low, high] } else { [ratio.recip(), high.recip(), low.recip()] };
    let word = match verdict {
        _ if split => "s",
        Verdict::Equivalent => "e",
        Verdict::Undecided => "u",
        verdict if (verdict == Verdict::Lower) == in_order => "l",
        Verdict::Lower | Verdict::Higher => "h",
    };
    format!("{} {word}", numbers.map(five_digits).join(" "))
}

fn rounds(model: &Model<'_>, group: &Group<'_>, metric: &str) -> String {
    let values = |cell: &&Cell| {
        let executions = model.executions.get(cell.id.as_str());
        let values = executions.map_or_else(Vec::new, |e| ratio::of_metric(e, metric));
        let of_round = |round: u64| {
            let value = values.iter().find(|(of, _)| *of == round);
            value.map_or_else(|| "-".to_string(), |(_, value)| five_digits(*value))
        };
        let rounds = 1..=if values.is_empty() { 0 } else { group.rounds };
        rounds.map(of_round).collect::<Vec<_>>().join(" ")
    };
    let noise = group.cells.first().and_then(|cell| {
        model.summary.noise.iter().find(|noise| {
            (&noise.workload, &noise.preset) == (&cell.workload, &cell.preset)
                && noise.metric == metric
                && noise.way != triathlon_contract::STACK
        })
    });
    let noise = noise.map_or(String::new(), |noise| {
        [noise.ratio.low, noise.ratio.high].map(five_digits).join(" ")
    });
    let values: Vec<String> = group.cells.iter().map(values).collect();
    format!("{metric};{noise};{}", values.join(","))
}

/// Enough for three on the page.
fn five_digits(value: f64) -> String {
    let rounded: f64 = format!("{value:.4e}").parse().unwrap_or(value);
    rounded.to_string()
}
