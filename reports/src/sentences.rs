//! What the page says first: three to six sentences, to be quoted.
//!
//! With verdicts up to five workloads have a sentence each, and the last one
//! counts all comparisons of the run. Without, up to six workloads have one. A
//! run of one or two workloads has fewer: three to six is meant for a run of
//! several.
//!
//! Which workloads have theirs here never depends on a verdict: see
//! [`chosen`]; only one without any chart, of which nothing was measured, is
//! passed over. The test `rebuilt.rs` makes every sentence of runs with verdicts
//! anew from the raw records.

use crate::chart::{Charts, Drawing};
use crate::render::Model;
use crate::smallest::Smallest;
use crate::summary::{Against, Word};
use crate::{key, text, verdicts};

/// Most sentences.
const MOST: usize = 6;

/// What stands at the head of the page.
pub(crate) struct InShort {
    pub(crate) sentences: Vec<Sentence>,
    /// Workloads whose sentence stands only in their section.
    pub(crate) left_out: usize,
}

/// One sentence.
pub(crate) struct Sentence {
    /// Its own anchor.
    pub(crate) anchor: String,
    /// Anchor of what shows it.
    pub(crate) shown: String,
    /// What it is about.
    pub(crate) about: String,
    pub(crate) text: String,
}

/// The sentences in page order, that of the totals last. Each is that of the
/// workload's [`first`](Charts::first) chart: the forest, where anything is compared.
pub(crate) fn in_short(model: &Model<'_>, charts: &[Charts<'_>]) -> InShort {
    let drawn = model.input.run.workloads.iter().zip(charts);
    let drawn: Vec<(&str, &str, &Drawing)> = drawn
        .filter_map(|(workload, charts)| {
            Some((workload.category.as_str(), workload.name.as_str(), charts.first()?))
        })
        .collect();
    let categories: Vec<&str> = drawn.iter().map(|(category, ..)| *category).collect();
    let concludes = verdicts::concludes(model);
    let places = chosen(&categories, MOST - usize::from(concludes));
    let left_out = drawn.len() - places.len();
    let mut sentences: Vec<Sentence> =
        places.iter().map(|place| of_workload(drawn[*place].1, drawn[*place].2)).collect();
    if concludes && !sentences.is_empty() {
        sentences.push(totals(model));
    }
    InShort { sentences, left_out }
}

/// The places, ascending, of at most so many workloads: the first of each
/// category in page order, then the second of each, and so on.
fn chosen(categories: &[&str], most: usize) -> Vec<usize> {
    let first = |category: &str| categories.iter().position(|other| *other == category);
    let turn = |place: usize| {
        categories[..place].iter().filter(|other| **other == categories[place]).count()
    };
    let mut places: Vec<usize> = (0..categories.len()).collect();
    places.sort_by_key(|place| (turn(*place), first(categories[*place])));
    places.truncate(most);
    places.sort_unstable();
    places
}

fn of_workload(name: &str, drawing: &Drawing) -> Sentence {
    Sentence {
        anchor: format!("verdict-{}", key::slug(name)),
        shown: drawing.anchor.clone(),
        about: text::line(name),
        text: drawing.finding.clone(),
    }
}

/// All comparisons of the run with the reference, counted.
fn totals(model: &Model<'_>) -> Sentence {
    let comparisons = comparisons(model);
    let reference = text::short(&model.summary.run.reference, 40);
    let text = match comparisons.len() {
        0 => format!("No cell has a verdict against {reference}: see the notes of the rows."),
        count => {
            let noun = if count == 1 { "comparison" } else { "comparisons" };
            format!(
                "Of {} {noun} with {reference}, in each workload's own metric: {}. The table has the \
                 interval of each.{}",
                text::whole(count as u64),
                counted(&comparisons),
                sensitivity(&comparisons) + &of_one_program(model)
            )
        }
    };
    Sentence {
        anchor: "verdict-totals".to_string(),
        shown: "comparison".to_string(),
        about: "All workloads".to_string(),
        text,
    }
}

/// Every cell that is compared with its reference in the metric of its
/// workload's chart, with that metric.
fn comparisons<'a>(model: &Model<'a>) -> Vec<(&'a str, &'a Against)> {
    let metric = |name: &str| {
        let own = model.input.run.workloads.iter().find(|workload| workload.name == name);
        own.map(|workload| workload.chart.metric.as_str())
    };
    let compared = model.summary.cells.iter().filter_map(|cell| {
        let metric = metric(&cell.workload)?;
        Some((metric, cell.against_reference.get(metric)?))
    });
    compared.collect()
}

fn counted(comparisons: &[(&str, &Against)]) -> String {
    let count = |wanted: &dyn Fn(&str, &Against) -> bool| {
        let own = comparisons.iter().filter(|(metric, against)| wanted(metric, against));
        text::whole(own.count() as u64)
    };
    let side = |side: bool| {
        count(&|metric, against| verdicts::better(metric, against.verdict) == Some(side))
    };
    let word = |word: Word| count(&|_, against| against.verdict == word);
    let because = match comparisons.iter().filter(|(_, against)| against.parts_disagree).count() {
        0 => String::new(),
        split => {
            let split = text::whole(split as u64);
            format!(" ({split} because not every part of the run shows the same)")
        }
    };
    format!(
        "better than the reference in {}, worse in {}, equivalent in {}, undecided in {}{because}",
        side(true),
        side(false),
        word(Word::Equivalent),
        word(Word::Undecided)
    )
}

/// How small a difference they would have found; nothing where none would have
/// found any.
fn sensitivity(comparisons: &[(&str, &Against)]) -> String {
    let smallest: Vec<f64> =
        comparisons.iter().filter_map(|(_, against)| against.smallest_difference).collect();
    let Some(median) = triathlon_statistics::median(&smallest) else {
        return String::new();
    };
    let who = match (smallest.len(), comparisons.len()) {
        (1, 1) => "It".to_string(),
        (some, all) if some == all => "In the median they".to_string(),
        (some, _) => {
            format!("In the median of the {} with enough rounds they", text::whole(some as u64))
        }
    };
    let percent = verdicts::percent(median);
    format!(" {who} would find a difference from {percent} on, in nine of ten such runs.")
}

/// How small a change of one program they would have found; nothing where that is not known.
fn of_one_program(model: &Model<'_>) -> String {
    let Smallest { same, .. } = Smallest::in_own_metric(model.summary, &model.input.run.workloads);
    let Some(median) = triathlon_statistics::median(&same) else {
        return String::new();
    };
    let presets = match same.len() {
        1 => String::new(),
        many => format!(", in the median of {} presets", text::whole(many as u64)),
    };
    let percent = verdicts::percent(median);
    format!(" A change of one and the same program would be found from {percent} on{presets}.")
}

#[cfg(test)]
mod tests {
    use super::chosen;

    #[test]
    fn categories_take_turns_and_the_order_is_the_page_s() {
        let check = |categories: &[&str], most, want: &[usize]| {
            assert_eq!(chosen(categories, most), want, "{categories:?} {most}");
        };
        check(&[], 5, &[]);
        check(&["a", "a"], 5, &[0, 1]);
        // One of each, then the second of a and c.
        check(&["a", "a", "a", "b", "c", "c", "c"], 5, &[0, 1, 3, 4, 5]);
        check(&["a", "a", "a", "b", "c", "c", "c"], 6, &[0, 1, 2, 3, 4, 5]);
        // Categories that are not together count as one.
        check(&["a", "b", "a", "b", "c"], 3, &[0, 1, 4]);
        check(&["a", "b", "a", "b", "c"], 4, &[0, 1, 2, 4]);
        // More categories than sentences: the first ones.
        check(&["a", "b", "c", "d"], 2, &[0, 1]);
    }
}
