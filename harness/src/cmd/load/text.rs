//! The block on the terminal: narrow, aligned, and with all three times.

use std::fmt::Write;

use triathlon_contract::record::{LoadRecord, LoadStatus, LoadTimes};
use triathlon_load::PERCENTILES;

use super::units::thousands;

/// All of it, with a line end.
pub(crate) fn block(record: &LoadRecord) -> String {
    let mut text = format!("{}\n  {}\n\n", record.url, head(record));
    text.push_str(&times(record));
    let mut line = |words: String| {
        // A String takes everything.
        let _ = writeln!(text, "  {words}");
    };
    line(account(record));
    record.failures.iter().for_each(|(class, n)| line(format!("  {class}: {}", thousands(*n))));
    line(rates(record));
    line(generator(record));
    for slo in &record.slo {
        let word = if slo.met { "holds" } else { "DOES NOT HOLD" };
        line(format!("{} {word}", slo.expression));
    }
    let status = match record.status {
        LoadStatus::Valid => "valid",
        LoadStatus::Degraded => "degraded",
        LoadStatus::Invalid => "INVALID",
        LoadStatus::Saturated => "SATURATED",
    };
    line(if record.reasons.is_empty() { status.to_string() } else { format!("{status}:") });
    record.reasons.iter().for_each(|reason| line(format!("  - {reason}")));
    text
}

fn head(record: &LoadRecord) -> String {
    let model = match (&record.arrival, record.rate_offered_per_s) {
        (Some(arrival), Some(rate)) => format!("open loop, {arrival} {rate:.1}/s"),
        _ => "closed loop".to_string(),
    };
    let plural = |n: u64, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    let seed = record.seed.map(|seed| format!(", seed {seed}")).unwrap_or_default();
    let cut = if record.interrupted { ", interrupted" } else { "" };
    format!(
        "{model}, {:.3} s after {:.3} s of warm-up{cut}\n  {}, {}{seed}",
        record.duration_s,
        record.warmup_s,
        plural(record.connections, "connection"),
        plural(record.threads, "thread"),
    )
}

/// One column for each kind of time that there is.
fn times(record: &LoadRecord) -> String {
    let kinds =
        [("response", record.response_ms), ("service", record.service_ms), ("lag", record.lag_ms)];
    let columns: Vec<(&str, LoadTimes)> =
        kinds.into_iter().filter_map(|(name, times)| Some((name, times?))).collect();
    if columns.is_empty() {
        return String::new();
    }
    let mut text = format!("  {:<6}", "ms");
    columns.iter().for_each(|(name, _)| text.push_str(&format!(" {name:>11}")));
    text.push('\n');
    let rows = ["mean"].into_iter().chain(PERCENTILES.iter().map(|(name, _)| *name)).chain(["max"]);
    for row in rows {
        let _ = write!(text, "  {row:<6}");
        for (_, times) in &columns {
            let _ = write!(text, " {:>11}", cell(times, row, record.planned));
        }
        text.push('\n');
    }
    text.push('\n');
    text
}

/// A figure, `> x` if it falls among those without an end, or nothing.
fn cell(times: &LoadTimes, row: &str, n: u64) -> String {
    let (value, p) = match row {
        "mean" => (times.mean, None),
        "max" => (times.max, Some(1.0)),
        "p50" => (times.p50, Some(0.5)),
        "p75" => (times.p75, Some(0.75)),
        "p90" => (times.p90, Some(0.9)),
        "p95" => (times.p95, Some(0.95)),
        "p98" => (times.p98, Some(0.98)),
        "p99" => (times.p99, Some(0.99)),
        "p99.5" => (times.p99_5, Some(0.995)),
        _ => (times.p99_9, Some(0.999)),
    };
    let enough = |p: f64| p >= 1.0 || n as f64 * (1.0 - p) >= 10.0 - 1e-6;
    match (value, times.beyond_ms, p) {
        (Some(value), ..) => format!("{value:.3}"),
        (None, Some(beyond), Some(p)) if enough(p) => format!("> {beyond:.1}"),
        _ => "-".to_string(),
    }
}

fn account(record: &LoadRecord) -> String {
    let LoadRecord { planned, ok, failed, timed_out, unfinished, .. } = record;
    let [planned, ok, failed, timed_out, unfinished] =
        [planned, ok, failed, timed_out, unfinished].map(|n| thousands(*n));
    let what = if record.rate_offered_per_s.is_some() { "planned" } else { "started" };
    format!(
        "{what} {planned} = {ok} ok + {failed} failed\n    + {timed_out} timed out + {unfinished} unfinished"
    )
}

fn rates(record: &LoadRecord) -> String {
    let offered = record.rate_offered_per_s.map(|rate| format!("offered {rate:.1}/s, "));
    let growth = record.queue_growth_per_s.map(|rate| format!(", the queue grew by {rate:.1}/s"));
    format!(
        "{}achieved {:.1}/s{}\n  {} bytes of bodies, verified: {}; reconnects: {}",
        offered.unwrap_or_default(),
        record.rate_achieved_per_s,
        growth.unwrap_or_default(),
        thousands(record.bytes),
        record.verified,
        record.reconnects,
    )
}

fn generator(record: &LoadRecord) -> String {
    let generator = &record.generator;
    let cpu = generator.cpu_us_per_request.map(|us| format!(", {us:.1} µs CPU a request"));
    format!(
        "generator: busy {:.1} %, spun {:.1} %{}, steal {:.1} %",
        100.0 * generator.busy_share,
        100.0 * generator.spin_share,
        cpu.unwrap_or_default(),
        100.0 * record.steal_share,
    )
}

#[cfg(test)]
mod tests {
    use triathlon_contract::record::LoadTimes;

    use super::cell;

    #[test]
    fn what_is_not_known_is_no_number() {
        let known = LoadTimes {
            p50: Some(1.25),
            censored: 30,
            beyond_ms: Some(300.0),
            ..LoadTimes::default()
        };
        let rows = ["mean", "p50", "p95", "p99", "max"];
        let cells = |n| rows.map(|row| cell(&known, row, n));
        assert_eq!(cells(1000), ["-", "1.250", "> 300.0", "> 300.0", "> 300.0"]);
        assert_eq!(cells(500), ["-", "1.250", "> 300.0", "-", "> 300.0"]); // too few beyond p99
        let failed = LoadTimes { max: Some(2.0), ..LoadTimes::default() };
        assert_eq!(rows.map(|row| cell(&failed, row, 1000)), ["-", "-", "-", "-", "2.000"]);
    }
}
