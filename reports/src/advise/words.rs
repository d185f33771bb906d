//! Advice for a terminal.

use super::{Advice, Answer, Bound, Situation, Wrong};
use crate::text::{self, quantified, quantity};

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
    parts.extend(rate_per_s.map(|rate| format!("{} wanted", quantified(quantity("_per_s"), rate))));
    parts.extend(
        memory_bytes.map(|most| format!("{} allowed", quantified(quantity("_bytes"), most))),
    );
    parts.join(", ")
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
pub(crate) fn fits(answer: &Answer) -> &'static str {
    match answer.fits {
        Some(true) => "yes",
        Some(false) => "no",
        None => "not known",
    }
}

/// Memory, or that it is not known.
pub(crate) fn memory(answer: &Answer) -> String {
    let memory = answer.memory_bytes;
    memory.map_or("not measured".to_string(), |bytes| quantified(quantity("_bytes"), bytes))
}

pub(super) fn text(advice: &Advice) -> String {
    let mut out = vec![
        situation(&advice.situation),
        format!("run {}, {}", advice.run, advice.machine),
        format!(
            "Little's law on measured costs. Throughput: {}.",
            wrong(advice.throughput_wrong.as_ref())
        ),
        format!("Memory: {}.", wrong(advice.memory_wrong.as_ref())),
        String::new(),
    ];
    let mut rows = vec![
        [
            "contestant",
            "fits",
            "per second",
            "bound by",
            "CPU/call",
            "CPU busy",
            "in flight",
            "memory",
            "cells",
        ]
        .map(str::to_string),
    ];
    rows.extend(advice.answers.iter().map(|answer| {
        [
            answer.who.clone(),
            fits(answer).to_string(),
            quantified(quantity("_per_s"), answer.throughput_per_s),
            bound(answer.bound).to_string(),
            quantified(quantity("_us"), answer.cpu_us_per_call),
            format!("{} %", text::digits(answer.cpu_share * 100.0)),
            text::digits(answer.in_flight),
            memory(answer),
            answer.cells.join(" "),
        ]
    }));
    match advice.answers.is_empty() {
        true => {
            out.push(
                "Not measured: no contestant has cells that say anything of this.".to_string(),
            );
        }
        false => out.extend(aligned(&rows)),
    }
    if let Some(few) = fewest(advice) {
        out.extend([String::new(), few]);
    }
    if !advice.not_measured.is_empty() {
        out.extend([String::new(), "Not measured".to_string()]);
        out.extend(advice.not_measured.iter().map(|one| format!("  {}: {}", one.who, one.why)));
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
