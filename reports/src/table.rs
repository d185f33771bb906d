//! The comparison as plain text, for a terminal.

use std::path::Path;

use anyhow::Result;

use crate::asleep::{IDLE, WORKLOAD};
use crate::input::Input;
use crate::smallest::Smallest;
use crate::status::Status;
use crate::summarise::summarise;
use crate::summary::{Cell, RunPart, Summary, Warning};
use crate::{key, metrics, overload, ratio, text, verdicts};

/// A column: heading and metric.
type Column = (&'static str, &'static str);

/// Columns of a closed loop.
const CLOSED: [Column; 5] = [
    ("elapsed", "elapsed_s"),
    ("per second", "throughput_per_s"),
    ("CPU/op", "cpu_us_per_op"),
    ("switches/op", "ctx_switches_per_op"),
    ("peak memory", "peak_rss_bytes"),
];

/// Columns of an open loop, whose time and rate are the schedule's.
const OPEN: [Column; 6] = [
    ("rate", "achieved_per_s"),
    ("response p50", "response_p50_us"),
    ("response p99", "response_p99_us"),
    ("lag p50", "lag_p50_us"),
    ("service p50", "service_p50_us"),
    ("CPU/op", "cpu_us_per_op"),
];

/// Medians of the run in `run_dir`, one block per workload and preset, no line
/// wider than `width` columns, no colour. Columns that do not fit are left
/// out from the right; ranges are in the report.
///
/// # Errors
/// As [`crate::render`].
pub fn table(run_dir: &Path, width: usize) -> Result<String> {
    let input = Input::read(run_dir)?;
    let summary = summarise(&input, &ratio::executions(&input, false), &[])?.summary;
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
            let columns = columns(&input, &cell.workload);
            out.extend(block(&summary, group, columns, width));
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
        out.extend(Smallest::in_own_metric(&summary, &input.run.workloads).sentence());
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

/// Columns of an open loop beside which something goes on.
const LATE: [Column; 6] = [
    ("response p99", "response_p99_us"),
    ("lag p50", "lag_p50_us"),
    ("lag p99", "lag_p99_us"),
    ("lag max", "lag_max_us"),
    ("call mean", "call_mean_us"),
    ("CPU/op", "cpu_us_per_op"),
];

/// Columns of a closed loop that gives up.
const GIVING_UP: [Column; 6] = [
    ("giving up mean", "giving_up_mean_us"),
    ("p90", "giving_up_p90_us"),
    ("max", "giving_up_max_us"),
    ("elapsed", "elapsed_s"),
    ("CPU/op", "cpu_us_per_op"),
    ("peak memory", "peak_rss_bytes"),
];

/// Columns of sleepers.
const ASLEEP: [Column; 6] = [
    ("peak memory", "peak_rss_bytes"),
    ("held", "held_bytes"),
    ("lag p50", "lag_p50_us"),
    ("lag p99", "lag_p99_us"),
    ("lag max", "lag_max_us"),
    ("CPU/op", "cpu_us_per_op"),
];

/// Columns of idle connections.
const AT_REST: [Column; 6] = [
    ("peak memory", "peak_rss_bytes"),
    ("held each", "held_each_bytes"),
    ("idle CPU", "idle_cpu_share"),
    ("threads", "threads"),
    ("CPU/op", "cpu_us_per_op"),
    ("switches/op", "ctx_switches_per_op"),
];

/// Columns of overloaded servers.
const OVERLOAD: [Column; 6] = [
    ("goodput at 2×", "goodput_per_s"),
    ("to the best", "goodput_share"),
    ("capacity", "capacity_per_s"),
    ("recovery", "recovery_us"),
    ("CPU/op", "cpu_us_per_op"),
    ("peak memory", "peak_rss_bytes"),
];

/// The columns of a workload and its own metric, which the ratio is of.
#[derive(Clone, Copy)]
struct Columns<'a> {
    list: &'static [Column],
    own: &'a str,
}

fn columns<'a>(input: &'a Input, workload: &str) -> Columns<'a> {
    let known = input.run.workloads.iter().find(|known| known.name == workload);
    let list: &[Column] = match known.map(|known| (known.open, &known.beside)) {
        Some((true, Some(_))) => &LATE,
        Some((true, None)) => &OPEN,
        Some((false, _)) if workload == WORKLOAD => &ASLEEP,
        Some((false, _)) if workload == IDLE => &AT_REST,
        Some((false, _)) if workload == overload::WORKLOAD => &OVERLOAD,
        Some((false, Some(_))) => &GIVING_UP,
        Some((false, None)) | None => &CLOSED,
    };
    let metric = known.map(|known| known.chart.metric.as_str());
    let own = metric.filter(|metric| list.iter().any(|(_, own)| own == metric));
    Columns { list, own: own.unwrap_or(list[0].1) }
}

fn block(
    summary: &Summary,
    (workload, preset): (&str, &str),
    columns: Columns<'_>,
    width: usize,
) -> Vec<String> {
    let cells: Vec<&Cell> = summary
        .cells
        .iter()
        .filter(|cell| cell.workload == workload && cell.preset == preset)
        .collect();
    let mut rows = vec![header(columns)];
    rows.extend(cells.iter().map(|cell| row(cell, &cells, &summary.run, columns)));
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

fn header(columns: Columns<'_>) -> Vec<String> {
    let fixed = ["contestant".to_string(), "n".to_string()];
    let mut header: Vec<String> = fixed.into();
    for (heading, metric) in columns.list {
        header.push((*heading).to_string());
        if *metric == columns.own {
            header.push("×".to_string());
        }
    }
    header
}

fn row(cell: &Cell, group: &[&Cell], run: &RunPart, columns: Columns<'_>) -> Vec<String> {
    let who = text::clip(&key::who_and_way(&key::parts(&cell.id)), 40);
    let mark = if cell.status == Status::Degraded { "!" } else { "" };
    let mut row = vec![who, format!("{}{mark}", cell.n)];
    for (_, metric) in columns.list {
        let medians: Vec<f64> =
            group.iter().filter_map(|cell| Some(cell.metrics.get(*metric)?.median)).collect();
        let unit = text::quantity(metric).unit_for_all(&medians);
        let limited = cell.limited.is_some() && metrics::limitable(metric);
        let dagger = if limited { "†" } else { "" };
        let value = cell.metrics.get(*metric).map(|spread| unit.with(spread.median) + dagger);
        row.push(value.unwrap_or_default());
        if *metric == columns.own {
            row.push(against(cell, run, columns.own));
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
