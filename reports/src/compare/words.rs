//! A comparison for a terminal and for a pull request.

use std::collections::BTreeMap;

use super::{Change, Comparison, Subject, Turn};
use crate::{metrics, text};

/// Most cases that are named as not compared.
const MOST: usize = 12;

/// What was changed, for a line: `elapsed 1.11 × [1.07–1.15]`.
pub(crate) fn by(change: &Change) -> String {
    let interval = match (change.low, change.high) {
        (Some(low), Some(high)) => format!("[{}–{}]", text::digits(low), text::digits(high)),
        _ => "[too few rounds for an interval]".to_string(),
    };
    format!("{} × {interval}", text::digits(change.change))
}

/// Who or what: `fan-out@n100/rayon`, `rayon, all 14 cases`.
pub(crate) fn of(change: &Change) -> String {
    match change.of {
        Subject::Case => change.id.clone(),
        Subject::Contestant => format!("{}, all {} cases", change.id, change.cases),
        Subject::Reference => format!("{}, the reference, against all others", change.id),
    }
}

/// Ratios to the reference, before and after; rounds of each.
pub(crate) fn ratios(change: &Change) -> String {
    let rounds = format!("n = {} and {}", change.n_before, change.n_after);
    match (change.ratio_before, change.ratio_after) {
        (Some(before), Some(after)) => {
            format!("{} → {}, {rounds}", text::digits(before), text::digits(after))
        }
        _ => rounds,
    }
}

/// How many of each verdict, in their order.
pub(crate) fn counts(comparison: &Comparison) -> Vec<(Turn, usize)> {
    let mut counts: BTreeMap<Turn, usize> = BTreeMap::new();
    for change in &comparison.changes {
        *counts.entry(change.verdict).or_default() += 1;
    }
    counts.into_iter().collect()
}

/// What is said first: how much was compared and what came out.
pub(crate) fn in_short(comparison: &Comparison) -> String {
    let counts = counts(comparison);
    let listed: Vec<String> =
        counts.iter().map(|(turn, count)| format!("{count} {}", turn.name())).collect();
    match comparison.changes.len() {
        0 => "Nothing can be compared.".to_string(),
        all => format!(
            "{all} comparisons of ratios to the in-run reference, one family at {} %: {}.",
            text::digits(comparison.level * 100.0),
            listed.join(", ")
        ),
    }
}

/// Reasons with how many cases have them, and the first of these cases.
pub(crate) fn left_out(comparison: &Comparison) -> Vec<(String, Vec<String>)> {
    let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for one in &comparison.not_compared {
        reasons.entry(&one.why).or_default().push(one.id.clone());
    }
    reasons.into_iter().map(|(why, ids)| (why.to_string(), ids)).collect()
}

/// The first of some ids, and how many more there are.
pub(crate) fn named(ids: &[String]) -> String {
    let more = ids.len().saturating_sub(MOST);
    let mut named = ids.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
    if more > 0 {
        named += &format!(" and {more} more");
    }
    named
}

pub(super) fn text(comparison: &Comparison) -> String {
    let Comparison { title, before, after, environment, notes, .. } = comparison;
    let mut out = vec![
        title.clone(),
        format!(
            "before  {}  {}  {} × {}",
            before.run, before.commit, before.profile, before.rounds
        ),
        format!("after   {}  {}  {} × {}", after.run, after.commit, after.profile, after.rounds),
        String::new(),
        match environment.len() {
            0 => "Environment: no difference".to_string(),
            count => format!("Environment: {count} differences"),
        },
    ];
    let width = environment.iter().map(|one| one.name.chars().count()).max().unwrap_or(0);
    out.extend(
        environment
            .iter()
            .map(|one| format!("  {:<width$}  {}  →  {}", one.name, one.before, one.after)),
    );
    out.push(String::new());
    out.extend(notes.iter().map(|note| format!("Note: {note}")));
    out.push(in_short(comparison));
    let mut last = None;
    for change in comparison.changes.iter().filter(|change| shown(change)) {
        if last != Some(change.verdict) {
            out.extend([String::new(), heading(change.verdict)]);
            last = Some(change.verdict);
        }
        let metric = metrics::title(&change.metric, "operation");
        out.push(format!("  {}: {metric} {} ({})", of(change), by(change), ratios(change)));
    }
    if !comparison.not_compared.is_empty() {
        out.extend([String::new(), "Not compared".to_string()]);
        let lines = left_out(comparison).into_iter();
        out.extend(lines.map(|(why, ids)| format!("  {} {why}: {}", ids.len(), named(&ids))));
    }
    out.join("\n").replace(text::THIN, " ") + "\n"
}

/// What did not change is counted, not listed.
fn shown(change: &Change) -> bool {
    change.verdict.changed() || change.verdict == Turn::WithReference
}

/// A verdict as a heading.
pub(crate) fn heading(turn: Turn) -> String {
    let name = match turn {
        Turn::Regression => "Regressions",
        Turn::Improvement => "Improvements",
        Turn::Higher => "Higher in the second run",
        Turn::Lower => "Lower in the second run",
        Turn::WithReference => "Moved with the reference",
        Turn::Undecided => "Undecided",
        Turn::Equivalent => "Equivalent",
    };
    name.to_string()
}

pub(super) fn markdown(comparison: &Comparison) -> String {
    let Comparison { title, before, after, environment, notes, .. } = comparison;
    let cell = |text: &str| escaped(text);
    let mut out = vec![
        format!("# {title}"),
        String::new(),
        "| | run | commit | profile | rounds |".to_string(),
        "|:-|:-|:-|:-|-:|".to_string(),
    ];
    for (name, side) in [("before", before), ("after", after)] {
        let [run, commit, profile] = [&side.run, &side.commit, &side.profile].map(|t| cell(t));
        out.push(format!("| {name} | {run} | {commit} | {profile} | {} |", side.rounds));
    }
    out.extend([String::new(), "## Environment".to_string(), String::new()]);
    match environment.is_empty() {
        true => out.push("No difference.".to_string()),
        false => out.extend(["| | before | after |".to_string(), "|:-|:-|:-|".to_string()]),
    }
    out.extend(environment.iter().map(|one| {
        format!("| {} | {} | {} |", cell(&one.name), cell(&one.before), cell(&one.after))
    }));
    out.extend([String::new(), "## What came out".to_string(), String::new()]);
    out.extend(notes.iter().flat_map(|note| [format!("> {}", cell(note)), String::new()]));
    out.push(in_short(comparison));
    if comparison.changes.iter().any(shown) {
        out.extend([
            String::new(),
            "| verdict | of | metric | change | ratio to the reference |".to_string(),
            "|:-|:-|:-|-:|-:|".to_string(),
        ]);
    }
    out.extend(comparison.changes.iter().filter(|change| shown(change)).map(|change| {
        let metric = metrics::title(&change.metric, "operation");
        let [of, by, ratios] = [of(change), by(change), ratios(change)].map(|text| cell(&text));
        format!("| {} | {of} | {metric} | {by} | {ratios} |", change.verdict.name())
    }));
    if !comparison.not_compared.is_empty() {
        out.extend([String::new(), "## Not compared".to_string(), String::new()]);
        let lines = left_out(comparison).into_iter();
        out.extend(
            lines.map(|(why, ids)| {
                format!("- {} {}: {}", ids.len(), cell(&why), cell(&named(&ids)))
            }),
        );
    }
    out.join("\n").replace(text::THIN, " ") + "\n"
}

/// Text for a cell of a table.
fn escaped(text: &str) -> String {
    crate::markdown::escape(text)
}
