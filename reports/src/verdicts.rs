//! Verdicts in words.

use triathlon_statistics::verdict::MOST_EQUIVALENT;

use crate::render::Model;
use crate::summary::{Against, Cell, RunPart, Word};
use crate::text::{self, THIN};
use crate::{key, metrics};

/// Fewest rounds at which Holm's correction over the 36 pairs of nine
/// contestants leaves anything to find.
///
/// Source: MEASURING.md, "Statistics"; the least p-value of n rounds is
/// 2^(1 − n).
pub(crate) const LEAST_ROUNDS: u64 = 11;

/// Most cells that a sentence names for one verdict.
const MOST: usize = 3;

/// Whether a run says more than ranges.
pub(crate) fn concludes(model: &Model<'_>) -> bool {
    possible(&model.summary.run)
}

/// The same from the run alone.
pub(crate) fn possible(run: &RunPart) -> bool {
    run.verdicts && run.rounds >= LEAST_ROUNDS
}

/// What lower and higher values of a metric are called.
pub(crate) fn words(metric: &str) -> (&'static str, &'static str) {
    match metric {
        "elapsed_s" => ("faster", "slower"),
        "response_p50_us" | "response_p99_us" => ("shorter", "longer"),
        "ctx_switches_per_op" => ("fewer", "more"),
        _ => ("less", "more"),
    }
}

/// A verdict as one word.
pub(crate) fn word(metric: &str, verdict: Word) -> &'static str {
    let (lower, higher) = words(metric);
    match verdict {
        Word::Lower => lower,
        Word::Higher => higher,
        Word::Equivalent => "equivalent",
        Word::Undecided => "undecided",
    }
}

/// A verdict as one sign, for a terminal.
pub(crate) fn sign(verdict: Word) -> char {
    match verdict {
        Word::Lower => '↓',
        Word::Higher => '↑',
        Word::Equivalent => '=',
        Word::Undecided => '?',
    }
}

/// Whether a verdict is what one wants of a metric.
pub(crate) fn better(metric: &str, verdict: Word) -> Option<bool> {
    match verdict {
        Word::Lower => Some(!metrics::more_is_better(metric)),
        Word::Higher => Some(metrics::more_is_better(metric)),
        Word::Equivalent | Word::Undecided => None,
    }
}

/// `0.93 × [0.90–0.96]`.
pub(crate) fn interval(against: &Against) -> String {
    let [ratio, low, high] = [against.ratio, against.low, against.high].map(text::digits);
    format!("{ratio}{THIN}×{THIN}[{low}–{high}]")
}

/// `± 2.4 %`, as the margin is a ratio.
pub(crate) fn percent(ratio: f64) -> String {
    format!("{}{THIN}%", text::digits((ratio - 1.0) * 100.0))
}

/// What is said of these cells against their reference: first what is better,
/// then what is worse, equivalent, undecided; cells without a comparison are
/// left out.
pub(crate) fn clauses(metric: &str, cells: &[&Cell]) -> Vec<String> {
    let mut order = [Word::Lower, Word::Higher, Word::Equivalent, Word::Undecided];
    if metrics::more_is_better(metric) {
        order.swap(0, 1);
    }
    order.into_iter().filter_map(|verdict| clause(metric, cells, verdict)).collect()
}

fn clause(metric: &str, cells: &[&Cell], verdict: Word) -> Option<String> {
    let mut own: Vec<(&Cell, &Against)> = cells
        .iter()
        .filter_map(|cell| Some((*cell, cell.against_reference.get(metric)?)))
        .filter(|(_, against)| against.verdict == verdict)
        .collect();
    // The furthest from the reference first.
    own.sort_by(|a, b| b.1.ratio.ln().abs().total_cmp(&a.1.ratio.ln().abs()));
    let name = |(cell, against): &(&Cell, &Against)| {
        let name = text::short(&key::who_and_way(&key::parts(&cell.id)), 40);
        format!("{name} {}", interval(against))
    };
    let named: Vec<String> = own.iter().take(MOST).map(name).collect();
    let others = match own.len().saturating_sub(MOST) {
        0 => String::new(),
        count => format!(" and {count} more"),
    };
    let decided = match verdict {
        Word::Lower | Word::Higher => word(metric, verdict).to_string(),
        Word::Equivalent => {
            let margin = own.first()?.1.margin.min(MOST_EQUIVALENT);
            format!("equivalent within ±{THIN}{}", percent(margin))
        }
        Word::Undecided => "undecided".to_string(),
    };
    (!named.is_empty()).then(|| format!("{decided}: {}{others}", named.join(", ")))
}
