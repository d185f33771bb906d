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
        "response_p50_us" | "response_p99_us" | "giving_up_mean_us" => ("shorter", "longer"),
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

/// `a 0.90 × [0.89–0.91] and b 0.93 × [0.92–0.94] are faster`.
fn clause(metric: &str, cells: &[&Cell], verdict: Word) -> Option<String> {
    let mut own: Vec<(&Cell, &Against)> = cells
        .iter()
        .filter_map(|cell| Some((*cell, cell.against_reference.get(metric)?)))
        .filter(|(_, against)| against.verdict == verdict)
        .collect();
    // The furthest from the reference first.
    own.sort_by(|a, b| b.1.ratio.ln().abs().total_cmp(&a.1.ratio.ln().abs()));
    let margin = own.first()?.1.margin;
    let name = |(cell, against): &(&Cell, &Against)| {
        let name = text::short(&key::who_and_way(&key::parts(&cell.id)), 40);
        format!("{name} {}", interval(against))
    };
    let named: Vec<String> = own.iter().take(MOST).map(name).collect();
    let who = listed(named, own.len().saturating_sub(MOST));
    Some(format!("{who} {}", predicate(metric, verdict, margin, own.len() > 1)))
}

/// `a`, `a and b`, `a, b and c`, `a, b, c and 2 others`.
fn listed(mut names: Vec<String>, others: usize) -> String {
    let last = match others {
        0 => names.pop(),
        1 => Some("1 other".to_string()),
        others => Some(format!("{others} others")),
    };
    match (names.join(", "), last.unwrap_or_default()) {
        (first, last) if first.is_empty() => last,
        (first, last) => format!("{first} and {last}"),
    }
}

/// What a verdict says of one or of several.
fn predicate(metric: &str, verdict: Word, margin: f64, several: bool) -> String {
    let verb = |one: &'static str, many: &'static str| if several { many } else { one };
    let is = verb("is", "are");
    match verdict {
        Word::Equivalent => {
            format!("{is} equivalent within ±{THIN}{}", percent(margin.min(MOST_EQUIVALENT)))
        }
        Word::Undecided => format!("{is} undecided"),
        Word::Lower | Word::Higher => {
            let verb = match metric {
                "throughput_per_s" => verb("reaches", "reach"),
                "cpu_us_per_op" => verb("spends", "spend"),
                "ctx_switches_per_op" => verb("makes", "make"),
                "peak_rss_bytes" => verb("holds", "hold"),
                _ => is,
            };
            format!("{verb} {}", word(metric, verdict))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{listed, predicate};
    use crate::summary::Word;

    #[test]
    fn names_are_listed_and_the_others_counted() {
        let check = |names: &[&str], others, want: &str| {
            assert_eq!(
                listed(names.iter().map(|name| (*name).to_string()).collect(), others),
                want
            );
        };
        check(&["a"], 0, "a");
        check(&["a", "b"], 0, "a and b");
        check(&["a", "b", "c"], 0, "a, b and c");
        check(&["a", "b", "c"], 1, "a, b, c and 1 other");
        check(&["a", "b", "c"], 4, "a, b, c and 4 others");
    }

    #[test]
    fn a_predicate_goes_with_its_metric_and_number() {
        let check = |metric: &str, verdict: Word, several: bool, want: &str| {
            let got = predicate(metric, verdict, 1.25, several).replace('\u{202f}', " ");
            assert_eq!(got, want);
        };
        check("elapsed_s", Word::Lower, false, "is faster");
        check("cpu_us_per_op", Word::Higher, true, "spend more");
        check("ctx_switches_per_op", Word::Lower, false, "makes fewer");
        check("throughput_per_s", Word::Lower, true, "reach less");
        check("response_p99_us", Word::Higher, true, "are longer");
        check("elapsed_s", Word::Undecided, true, "are undecided");
        // However wide the margin.
        check("elapsed_s", Word::Equivalent, false, "is equivalent within ± 10.0 %");
    }
}
