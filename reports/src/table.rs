//! The comparison as plain text, for a terminal.

use std::path::Path;

use anyhow::Result;

use crate::input::Input;
use crate::status::Status;
use crate::summarise::summarise;
use crate::summary::{Cell, RunPart, Summary, Warning};
use crate::{key, metrics, ratio, text, verdicts};

/// Columns of the table: heading and metric.
const COLUMNS: [(&str, &str); 5] = [
    ("elapsed", "elapsed_s"),
    ("per second", "throughput_per_s"),
    ("CPU/op", "cpu_us_per_op"),
    ("switches/op", "ctx_switches_per_op"),
    ("peak memory", "peak_rss_bytes"),
];

/// Medians of the run in `run_dir`, one block per workload and preset, no line
/// wider than `width` columns, no colour. Columns that do not fit are left
/// out from the right; ranges are in the report.
///
/// # Errors
/// As [`crate::render`].
pub fn table(run_dir: &Path, width: usize) -> Result<String> {
    let input = Input::read(run_dir)?;
    let summary = summarise(&input, &ratio::executions(&input, false))?.summary;
    let run = &summary.run;
    let concludes = verdicts::possible(run);
    let badge = match run.profile.as_str() {
        "smoke" => "proves that everything runs, no conclusions",
        _ if concludes => "verdicts; intervals are in the report",
        _ => "exploratory: ranges, no verdicts",
    };
    let mut out = vec![
        format!("run {}, {}: {badge}", text::short(&run.id, 80), text::short(&run.profile, 20)),
        text::short(&run.machine.class, 200),
        String::new(),
    ];
    let mut done: Vec<(&str, &str)> = Vec::new();
    for cell in &summary.cells {
        let group = (cell.workload.as_str(), cell.preset.as_str());
        if !done.contains(&group) {
            done.push(group);
            let own = own_metric(&input, &cell.workload);
            out.extend(block(&summary, group, own, width));
            out.push(String::new());
        }
    }
    out.push(format!(
        "Medians of up to {}. ×: ratio of the column before it to {}.",
        if run.rounds == 1 {
            "1 execution".to_string()
        } else {
            format!("{} executions", run.rounds)
        },
        text::short(&run.reference, 60)
    ));
    if concludes {
        out.push(
            "↓ lower, ↑ higher, = equivalent, ? undecided, which is not “the same”.".to_string(),
        );
    }
    if let Some(Warning { id, sentence, .. }) = summary.warnings.first() {
        let case = if id.is_empty() { String::new() } else { format!("{id}: ") };
        let count = summary.warnings.len();
        out.push(format!("Warnings: {count}, first: {case}{sentence}"));
    }
    if summary.cells.iter().any(|cell| cell.limited.is_some()) {
        out.push(
            "† pair-limited: the mock server, or the pair, may have been the limit.".to_string(),
        );
    }
    if summary.interrupted {
        out.push("Interrupted: fewer executions than planned.".to_string());
    }
    Ok(out.iter().map(|line| cut(line, width) + "\n").collect())
}

/// The workload's own metric, which the ratio is of.
fn own_metric<'a>(input: &'a Input, workload: &str) -> &'a str {
    let known = input.run.workloads.iter().find(|known| known.name == workload);
    let metric = known.map(|known| known.chart.metric.as_str());
    metric.filter(|metric| COLUMNS.iter().any(|(_, own)| own == metric)).unwrap_or("elapsed_s")
}

fn block(
    summary: &Summary,
    (workload, preset): (&str, &str),
    own: &str,
    width: usize,
) -> Vec<String> {
    let cells: Vec<&Cell> = summary
        .cells
        .iter()
        .filter(|cell| cell.workload == workload && cell.preset == preset)
        .collect();
    let mut rows = vec![header(own)];
    rows.extend(cells.iter().map(|cell| row(cell, &cells, &summary.run, own)));
    let widths = widths(&rows, width);
    let mut lines = vec![
        format!("{}@{}", text::short(workload, 60), text::short(preset, 60)),
        aligned(&rows[0], &widths),
    ];
    for (row, cell) in rows.iter().skip(1).zip(&cells) {
        let (status, reason) = (cell.status.name(), text::line(&cell.reason));
        lines.push(match cell.metrics.is_empty() {
            true => format!("  {}  {status}: {reason}", pad_right(&row[0], widths[0])),
            false => aligned(row, &widths),
        });
    }
    lines
}

/// Width of each column, for as many columns as fit.
fn widths(rows: &[Vec<String>], width: usize) -> Vec<usize> {
    let widest = |column: usize| rows.iter().map(|row: &Vec<String>| chars(&row[column])).max();
    let mut used = 0;
    (0..rows[0].len())
        .map(|column| widest(column).unwrap_or(0))
        .take_while(|column| {
            used += column + 2;
            used <= width.max(1) || used == column + 2
        })
        .collect()
}

fn header(own: &str) -> Vec<String> {
    let fixed = ["contestant".to_string(), "n".to_string()];
    let mut header: Vec<String> = fixed.into();
    for (heading, metric) in &COLUMNS {
        header.push((*heading).to_string());
        if *metric == own {
            header.push("×".to_string());
        }
    }
    header
}

fn row(cell: &Cell, group: &[&Cell], run: &RunPart, own: &str) -> Vec<String> {
    let who = text::clip(&key::who_and_way(&key::parts(&cell.id)), 40);
    let mark = if cell.status == Status::Degraded { "!" } else { "" };
    let mut row = vec![who, format!("{}{mark}", cell.n)];
    for (index, (_, metric)) in COLUMNS.iter().enumerate() {
        let medians: Vec<f64> =
            group.iter().filter_map(|cell| Some(cell.metrics.get(*metric)?.median)).collect();
        let unit = text::quantity(metric).unit_for_all(&medians);
        let dagger = if index < 2 && cell.limited.is_some() { "†" } else { "" };
        let value = cell.metrics.get(*metric).map(|spread| unit.with(spread.median) + dagger);
        row.push(value.unwrap_or_default());
        if *metric == own {
            row.push(against(cell, run, own));
        }
    }
    row
}

/// `0.931 ↓`, a ratio without a verdict, or `ref`.
fn against(cell: &Cell, run: &RunPart, metric: &str) -> String {
    let verdict = cell.against_reference.get(metric).filter(|_| verdicts::possible(run));
    match (verdict, cell.ratio_to_reference.get(metric)) {
        (Some(against), _) => {
            format!("{} {}", text::digits(against.ratio), verdicts::sign(against.verdict))
        }
        (None, Some(ratio)) if cell.ratio_limited && metrics::limitable(metric) => {
            text::digits(ratio.median) + "†"
        }
        (None, Some(ratio)) => text::digits(ratio.median),
        (None, None) if ratio::is_reference(cell, &run.reference) => "ref".to_string(),
        (None, None) => String::new(),
    }
}

fn aligned(row: &[String], widths: &[usize]) -> String {
    let mut line = format!("  {}", pad_right(&row[0], widths[0]));
    for (cell, width) in row.iter().zip(widths).skip(1) {
        line.push_str("  ");
        line.push_str(&" ".repeat(width.saturating_sub(chars(cell))));
        line.push_str(cell);
    }
    line
}

fn pad_right(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(chars(text))))
}

fn chars(text: &str) -> usize {
    text.chars().count()
}

fn cut(line: &str, width: usize) -> String {
    let line = line.trim_end();
    if chars(line) <= width {
        return line.to_string();
    }
    let head: String = line.chars().take(width.saturating_sub(1)).collect();
    head + "…"
}
