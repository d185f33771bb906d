//! What a run says of claims, for a terminal and for tables.

use std::fmt::Write;

use anyhow::Result;
use triathlon_contract::CaseId;

use super::{TIME_PER_OPERATION, cost};
use crate::summary::{Beside, Centred, Claimed, Claims, Finding, Over, Spread, Tested};
use crate::text::{self, THIN};
use crate::{key, metrics};

/// Columns of a terminal that texts are broken at.
const WIDTH: usize = 98;

/// Every claim with its evidence, those that are decided first.
pub fn text(claims: &Claims) -> String {
    let mut out = String::new();
    let silent = claims.silent.as_deref();
    if let Some(why) = silent {
        let _ = writeln!(out, "Nothing is decided: {}.", text::line(why));
    }
    for finding in Finding::ALL {
        let own = claims.claims.iter().filter(|claim| claim.verdict == finding);
        own.for_each(|claim| paragraph(&mut out, claim, silent));
    }
    let _ = writeln!(out, "{}", counted(claims));
    out.replace(THIN, " ")
}

/// `On this machine: 3 supported, 1 refuted, 2 undecided, 45 not measured.`
pub(crate) fn counted(claims: &Claims) -> String {
    let count = |finding: Finding| {
        let count = claims.claims.iter().filter(|claim| claim.verdict == finding).count();
        format!("{count} {}", finding.words())
    };
    format!("On this machine: {}.", Finding::ALL.map(count).join(", "))
}

fn paragraph(out: &mut String, claim: &Claimed, silent: Option<&str>) {
    let where_it_holds = match claim.verdict {
        Finding::NotMeasured => "",
        _ => " on this machine",
    };
    let head = format!("{}  {}{where_it_holds}", claim.id, claim.verdict.words());
    let mut write = |indent: &str, line: &str| {
        for line in text::wrapped(line, WIDTH - indent.len()) {
            let _ = writeln!(out, "{indent}{line}");
        }
    };
    write("", &format!("{head}: {}", claim.claim));
    if claim.verdict == Finding::NotMeasured {
        write("    ", &claim.reason);
        return;
    }
    for test in &claim.tests {
        write("    ", &sentence(test, silent));
    }
}

/// A reason, unless it is that of the whole run, which is said once.
pub(crate) fn told<'a>(reason: &'a str, silent: Option<&str>) -> &'a str {
    if silent == Some(reason) { "" } else { reason }
}

/// `threads-per-op over tokio/multi-thread in ring@n2-memory, time per hop: …`
fn sentence(test: &Tested, silent: Option<&str>) -> String {
    let found = test.found.as_ref().map(|found| format!("{}, ", found_words(test, found)));
    let reason = match told(&test.reason, silent) {
        "" => String::new(),
        reason => format!(" ({reason})"),
    };
    format!(
        "{}, {}: {}claimed {}: {}{reason}",
        compared(&test.of, test.to.as_deref()),
        metric(&test.metric, "operation", test.slope.as_ref()),
        found.unwrap_or_default(),
        bounds(test),
        test.verdict.words(),
    )
}

/// `a over b in w@p`, `a in w@p over b in w@q`, `a in w@p`.
pub(crate) fn compared(of: &str, to: Option<&str>) -> String {
    let parts = |id: &str| {
        let CaseId { workload, preset, .. } = key::parts(id);
        let who = text::short(&key::who_and_way(&key::parts(id)), 60);
        (who, text::short(&format!("{workload}@{preset}"), 60))
    };
    let (who, what) = parts(of);
    match to.map(parts) {
        None => format!("{who} in {what}"),
        Some((to, same)) if same == what => format!("{who} over {to} in {what}"),
        Some((to, other)) => format!("{who} in {what} over {to} in {other}"),
    }
}

/// Name of a metric, or of a slope of it, in the middle of a sentence.
pub(crate) fn metric(metric: &str, operation: &str, slope: Option<&Over>) -> String {
    let name = cost::title(metric).map_or_else(|| lower(metric, operation), str::to_string);
    match slope {
        Some(Over { parameter, .. }) => {
            format!("slope of {name} over {}", text::short(&text::parameter_name(parameter), 30))
        }
        None => name,
    }
}

fn lower(metric: &str, operation: &str) -> String {
    let title = match metric {
        TIME_PER_OPERATION => format!("Time per {}", text::short(operation, 30)),
        other => metrics::title(other, operation),
    };
    let abbreviation = title.chars().nth(1).is_some_and(char::is_uppercase);
    let mut letters = title.chars();
    match letters.next() {
        Some(first) if !abbreviation => first.to_lowercase().chain(letters).collect(),
        _ => title,
    }
}

/// `8.1 × [7.9–8.4], 99.6 % interval, n 15`.
pub(crate) fn found_words(test: &Tested, found: &Centred) -> String {
    let Centred { centre, low, high, confidence, n } = *found;
    let values = amounts(test.to.is_some(), &test.metric, [centre, low, high]);
    let kind = match confidence {
        Some(confidence) => {
            format!("{}{THIN}% interval", text::digits((confidence * 1e4).floor() / 1e2))
        }
        None => "range".to_string(),
    };
    format!("{values}, {kind}, n{THIN}{n}")
}

/// Median and range of this run, `8.1 × [7.9–8.4], n 6`.
pub(crate) fn ours_words(beside: &Beside, ours: &Spread) -> String {
    let values = [ours.median, ours.low, ours.high];
    let ratio = beside.to.is_some();
    let metric = beside.metric.as_deref().unwrap_or_default();
    format!("{}, n{THIN}{}", amounts(ratio, metric, values), ours.n)
}

/// The published value, in the same units.
pub(crate) fn theirs_words(beside: &Beside) -> String {
    match &beside.metric {
        Some(metric) if beside.to.is_none() => amount(metric, beside.theirs),
        _ => format!("{}{THIN}×", text::digits(beside.theirs)),
    }
}

/// A centre with its range in brackets.
fn amounts(ratio: bool, metric: &str, [centre, low, high]: [f64; 3]) -> String {
    if ratio {
        let [centre, low, high] = [centre, low, high].map(text::digits);
        return format!("{centre}{THIN}×{THIN}[{low}–{high}]");
    }
    let unit = text::quantity(metric).unit_for(centre);
    format!("{}{THIN}[{}–{}]", unit.with(centre), unit.number(low), unit.number(high))
}

fn amount(metric: &str, value: f64) -> String {
    text::quantified(text::quantity(metric), value)
}

/// `at least 4 ×`, `0.9 × to 1.1 ×`, `at most 40 ms`.
pub(crate) fn bounds(test: &Tested) -> String {
    let bound = |value: f64| match test.to {
        Some(_) => format!("{value}{THIN}×"),
        None => amount(&test.metric, value),
    };
    match (test.at_least, test.at_most) {
        (Some(low), Some(high)) => format!("{} to {}", bound(low), bound(high)),
        (Some(low), None) => format!("at least {}", bound(low)),
        (None, Some(high)) => format!("at most {}", bound(high)),
        (None, None) => "nothing".to_string(),
    }
}

/// One row a test, and one for a claim without tests.
///
/// # Errors
/// If it cannot be written as CSV.
pub fn csv(claims: &Claims) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "id",
        "claim",
        "verdict",
        "of",
        "to",
        "metric",
        "at_least",
        "at_most",
        "test",
        "centre",
        "low",
        "high",
        "confidence",
        "n",
        "margin",
        "reason",
        "slope_over",
        "slope_cases",
    ])?;
    for claim in &claims.claims {
        let head = [&claim.id, &claim.claim, claim.verdict.name()];
        if claim.tests.is_empty() {
            let none = std::iter::repeat_n("", 12).chain([claim.reason.as_str(), "", ""]);
            writer.write_record(head.into_iter().chain(none))?;
        }
        for test in &claim.tests {
            let row = row(test);
            writer.write_record(head.into_iter().chain(row.iter().map(String::as_str)))?;
        }
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

fn row(test: &Tested) -> [String; 15] {
    let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    let of = |value: fn(&Centred) -> f64| number(test.found.as_ref().map(value));
    [
        test.of.clone(),
        test.to.clone().unwrap_or_default(),
        test.metric.clone(),
        number(test.at_least),
        number(test.at_most),
        test.verdict.name().to_string(),
        of(|found| found.centre),
        of(|found| found.low),
        of(|found| found.high),
        number(test.found.and_then(|found| found.confidence)),
        test.found.map(|found| found.n.to_string()).unwrap_or_default(),
        number(test.margin),
        test.reason.clone(),
        test.slope.as_ref().map(|over| over.parameter.clone()).unwrap_or_default(),
        test.slope.as_ref().map(|over| over.cases.join(" ")).unwrap_or_default(),
    ]
}
