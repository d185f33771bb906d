//! Advice for a terminal.

use super::{Advice, Bound, NotMeasured, Situation, Wrong};
use crate::text::{self, quantified, quantity};

/// Instead of what the model does not say.
pub(crate) const NOT: &str = "not measured";

/// What was asked, in words.
pub(crate) fn situation(situation: &Situation) -> String {
    let Situation { in_flight, wait_s, cpu_s, rate_per_s, memory_bytes } = situation;
    let mut parts = vec![
        format!("{} calls in flight", text::whole(*in_flight)),
        format!("each waits {}", quantified(quantity("_s"), *wait_s)),
    ];
    if *cpu_s > 0.0 {
        parts.push(format!("and computes {}", quantified(quantity("_s"), *cpu_s)));
    }
    parts.extend(bounds(*rate_per_s, *memory_bytes));
    parts.join(", ")
}

/// What is wanted and what is allowed, if anything is.
pub(super) fn bounds(
    rate_per_s: Option<f64>,
    memory_bytes: Option<f64>,
) -> impl Iterator<Item = String> {
    let rate = rate_per_s.map(|rate| format!("{} wanted", quantified(quantity("_per_s"), rate)));
    let memory =
        memory_bytes.map(|most| format!("{} allowed", quantified(quantity("_bytes"), most)));
    [rate, memory].into_iter().flatten()
}

/// `1 query`, `5 queries`.
pub(crate) fn count(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", text::whole(count), if count == 1 { one } else { many })
}

/// A share.
pub(crate) fn percent(share: f64) -> String {
    format!("{}{}%", text::digits(share * 100.0), text::THIN)
}

/// Why somebody has no answer whom the model gets wrong.
pub(super) fn wrong_by(wrong: &Wrong) -> String {
    format!("the model is wrong by {:.0} % on a held-out cell", wrong.most * 100.0)
}

/// An error of the model.
pub(crate) fn wrong(wrong: Option<&Wrong>) -> String {
    match wrong {
        Some(Wrong { n, median, most, .. }) => {
            let [median, most] = [median, most].map(|share| text::digits(share * 100.0));
            format!("median {median} %, most {most} % on {n} held-out cells")
        }
        None => "no cell could be held out".to_string(),
    }
}

/// What keeps it from more.
pub(crate) fn bound(bound: Bound) -> &'static str {
    match bound {
        Bound::Waiting => "waiting",
        Bound::Cpu => "CPU",
    }
}

/// Whether it fits.
pub(crate) fn fits(fits: Option<bool>) -> &'static str {
    match fits {
        Some(true) => "yes",
        Some(false) => "no",
        None => "not known",
    }
}

/// Memory, or that it is not known.
pub(crate) fn memory(memory: Option<f64>) -> String {
    memory.map_or(NOT.to_string(), |bytes| quantified(quantity("_bytes"), bytes))
}

pub(super) fn text(advice: &Advice) -> String {
    let head = vec![
        situation(&advice.situation),
        format!("run {}, {}", advice.run, advice.machine),
        format!(
            "Little's law on measured costs. Throughput: {}.",
            wrong(advice.throughput_wrong.as_ref())
        ),
        format!("CPU of a call that computes nothing: {}.", wrong(advice.cpu_wrong.as_ref())),
        format!("Memory: {}.", wrong(advice.memory_wrong.as_ref())),
    ];
    let headings = [
        "contestant",
        "fits",
        "per second",
        "bound by",
        "CPU/call",
        "CPU busy",
        "in flight",
        "memory",
        "cells",
    ];
    let rows = advice.answers.iter().map(|answer| {
        [
            answer.who.clone(),
            fits(answer.fits).to_string(),
            quantified(quantity("_per_s"), answer.throughput_per_s),
            bound(answer.bound).to_string(),
            quantified(quantity("_us"), answer.cpu_us_per_call),
            percent(answer.cpu_share),
            text::digits(answer.in_flight),
            memory(answer.memory_bytes),
            answer.cells.join(" "),
        ]
    });
    page(head, headings, rows.collect(), fewest(advice), &advice.not_measured)
}

/// What was asked, a table of the answers, and who has none.
pub(super) fn page<const N: usize>(
    head: Vec<String>,
    headings: [&str; N],
    answers: Vec<[String; N]>,
    note: Option<String>,
    not_measured: &[NotMeasured],
) -> String {
    let mut out = head;
    out.push(String::new());
    match answers.is_empty() {
        true if not_measured.is_empty() => {
            out.push(
                "Not measured: no contestant has cells that say anything of this.".to_string(),
            );
        }
        true => out.push("Nobody has an answer, for these reasons.".to_string()),
        false => {
            let mut rows = vec![headings.map(str::to_string)];
            rows.extend(answers);
            out.extend(aligned(&rows));
        }
    }
    if let Some(note) = note {
        out.extend([String::new(), note]);
    }
    if !not_measured.is_empty() {
        out.extend([String::new(), "Not measured".to_string()]);
        out.extend(not_measured.iter().map(|one| format!("  {}: {}", one.who, one.why)));
    }
    out.join("\n").replace(text::THIN, " ") + "\n"
}

/// Where calls were asked for at once and the first were done before the last began.
pub(crate) fn fewest(advice: &Advice) -> Option<String> {
    let asked = advice.situation.in_flight as f64;
    let served = advice.answers.iter().filter_map(|answer| answer.served_at_once);
    let least = served.filter(|served| *served < asked / 2.0).min_by(f64::total_cmp)?;
    Some(format!(
        "Calls that are wanted at once are not all there at once: in these cells the server had as few as \
         {} at a time, so memory is that of starting them, not of holding them all.",
        text::digits(least)
    ))
}

/// Columns under each other.
fn aligned<const N: usize>(rows: &[[String; N]]) -> Vec<String> {
    let width =
        |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let line = |row: &[String; N]| {
        let cells = row.iter().enumerate().map(|(at, cell)| format!("{cell:<w$}", w = width(at)));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_string()
    };
    rows.iter().map(line).collect()
}
