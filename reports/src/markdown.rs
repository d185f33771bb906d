//! `summary.md`: the comparison for a pull request or an issue.

use triathlon_contract::record::WorkloadFile;

use crate::render::Model;
use crate::summary::{Ceiling, Cell, Spread};
use crate::text::{self, Unit};
use crate::{key, metrics, ratio};

/// Columns with median and range.
const COLUMNS: [&str; 5] =
    ["elapsed_s", "throughput_per_s", "cpu_us_per_op", "ctx_switches_per_op", "peak_rss_bytes"];

/// A head that says where the numbers come from, then a table per workload.
pub(crate) fn markdown(model: &Model<'_>) -> String {
    let run = &model.summary.run;
    let dirty = if run.dirty { " + uncommitted changes" } else { "" };
    let mut out = format!(
        "# Triathlon, run {}\n\n{}\n\n\
         Machine: {} · started {} · commit {}{dirty} · profile {}, {} rounds · seed {}\n\n\
         Median [lowest–highest] of n executions, each a fresh process, closed loop; the range is \
         no interval. × is the per-round ratio of elapsed to {}, median [lowest–highest].\n",
        escape(&run.id),
        badge(&run.profile),
        escape(&run.machine.class),
        escape(&run.started_at),
        escape(&run.commit),
        escape(&run.profile),
        run.rounds,
        run.seed,
        escape(&run.reference),
    );
    if model.summary.interrupted {
        out += "\n**Interrupted**: fewer executions than planned.\n";
    }
    for note in &model.summary.notes {
        out += &format!("\n{}\n", escape(note));
    }
    for workload in &model.input.run.workloads {
        out += &table(model, workload);
    }
    out
}

fn badge(profile: &str) -> &'static str {
    match profile {
        "smoke" => "**Smoke**: proves that everything runs, no conclusions.",
        _ => "**Exploratory**: ranges, no verdicts.",
    }
}

fn table(model: &Model<'_>, workload: &WorkloadFile) -> String {
    let all = model.summary.cells.iter();
    let cells: Vec<&Cell> = all.filter(|cell| cell.workload == workload.name).collect();
    let units = COLUMNS.map(|metric| unit(&cells, metric));
    let heads: Vec<String> = COLUMNS
        .iter()
        .zip(units)
        .map(|(metric, unit)| {
            let title = escape(&metrics::title(metric, &workload.operation));
            if unit.name.is_empty() { title } else { format!("{title}, {}", unit.name) }
        })
        .collect();
    let mut out = format!(
        "\n## {}\n\n{}\n\n| preset | contestant | {} | × | n | status |\n|:-|:-|{}-:|-:|:-|\n",
        escape(&workload.name),
        escape(&workload.question),
        heads.join(" | "),
        "-:|".repeat(COLUMNS.len()),
    );
    for cell in &cells {
        out += &row(cell, units, &model.summary.run.reference);
    }
    if cells.iter().any(|cell| cell.limited.is_some()) {
        out += "\n† pair-limited: the mock server was busy or late, or the rate is near the null \
                ceiling, so that the pair may have been the limit.\n";
    }
    out + &ceilings(&model.summary.ceilings_of(&workload.name))
}

/// What the bare generator reached; nothing if the workload refers to none.
fn ceilings(ceilings: &[&Ceiling]) -> String {
    if ceilings.is_empty() {
        return String::new();
    }
    let value = |spread: Option<&Spread>, unit: Unit| {
        spread.map_or(String::new(), |spread| with_range(spread, unit, false))
    };
    let (rate, percent) = (Unit { name: "/s", size: 1.0 }, Unit { name: "%", size: 0.01 });
    let mut out = "\nNull ceiling: the bare generator against the same server, without delay.\n\n\
                   | ceiling | document | reached, /s | server CPU, % | generator CPU, % | n |\n\
                   |:-|:-|-:|-:|-:|-:|\n"
        .to_string();
    for ceiling in ceilings {
        out += &format!(
            "| {} | {} | {} | {} | {} | {} |\n",
            escape(&ceiling.name),
            escape(&ceiling.document),
            value(ceiling.throughput_per_s.as_ref(), rate),
            value(ceiling.server_cpu_share.as_ref(), percent),
            value(ceiling.generator_cpu_share.as_ref(), percent),
            ceiling.n,
        );
    }
    out
}

fn unit(cells: &[&Cell], metric: &str) -> Unit {
    let medians = cells.iter().filter_map(|cell| Some(cell.metrics.get(metric)?.median));
    text::quantity(metric).unit_for_all(&medians.collect::<Vec<_>>())
}

fn row(cell: &Cell, units: [Unit; 5], reference: &str) -> String {
    let mut fields = vec![escape(&cell.preset), escape(&key::who_and_way(&key::parts(&cell.id)))];
    for (metric, unit) in COLUMNS.iter().zip(units) {
        let dagger = cell.limited.is_some() && metrics::limitable(metric);
        let spread = cell.metrics.get(*metric);
        fields.push(spread.map_or(String::new(), |spread| with_range(spread, unit, dagger)));
    }
    let unit = Unit { name: "", size: 1.0 };
    fields.push(match cell.ratio_to_reference.get("elapsed_s") {
        Some(ratio) => with_range(ratio, unit, cell.ratio_limited),
        None if ratio::is_reference(cell, reference) && !cell.metrics.is_empty() => {
            "reference".to_string()
        }
        None => String::new(),
    });
    fields.push(cell.n.to_string());
    fields.push(match cell.reason.as_str() {
        "" => cell.status.name().to_string(),
        reason => format!("{}: {}", cell.status.name(), escape(reason)),
    });
    format!("| {} |\n", fields.join(" | "))
}

fn with_range(spread: &Spread, unit: Unit, dagger: bool) -> String {
    let [median, low, high] = [spread.median, spread.low, spread.high].map(|v| unit.number(v));
    let range = if spread.n > 1 { format!(" [{low}–{high}]") } else { String::new() };
    format!("{median}{}{range}", if dagger { "†" } else { "" })
}

/// Outside text as plain text: whatever Markdown or HTML gives a meaning is
/// escaped, and links are not made of addresses.
///
/// Source: CommonMark 0.31, "Backslash escapes"; an entity in the scheme is
/// what keeps GitHub from making a link of an address.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text::line(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' => {
                out.push('\\');
                out.push(c);
            }
            other => out.push(other),
        }
    }
    out.replace("://", "&#58;//")
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn outside_text_has_no_meaning() {
        let check = |text: &str, want: &str| assert_eq!(escape(text), want);
        check("fan-out@n10/tokio/multi-thread", "fan-out@n10/tokio/multi-thread");
        check("a|b\n<b>*x*</b>", r"a\|b &lt;b&gt;\*x\*&lt;/b&gt;");
        check("[x](http://y)", r"\[x\](http&#58;//y)");
    }
}
