//! `summary.md`: the comparison for a pull request or an issue.

use triathlon_contract::record::WorkloadFile;

use crate::columns::Columns;
use crate::remedies::{self, Found};
use crate::render::Model;
use crate::selftest::Proof;
use crate::smallest::Smallest;
use crate::summary::{Ceiling, Cell, Spread, Standing};
use crate::text::{self, Unit};
use crate::{key, metrics, ratio, verdicts};

/// A head that says where the numbers come from, then a table per workload.
pub(crate) fn markdown(model: &Model<'_>) -> String {
    let run = &model.summary.run;
    let proof = Proof::of(model.summary.selftest.as_ref());
    let dirty = if run.dirty { " + uncommitted changes" } else { "" };
    let mut out = format!(
        "# Triathlon, run {}\n\n{}\n\n\
         Machine: {} · started {} · commit {}{dirty} · profile {}, {} rounds · seed {}\n\n\
         Median [lowest–highest] of n executions, each a fresh process; the range is no interval. × is the per-round ratio of the workload's own metric to {}, {}.\n",
        escape(&run.id),
        badge(model),
        escape(&run.machine.class),
        escape(&run.started_at),
        escape(&run.commit),
        escape(&run.profile),
        run.rounds,
        run.seed,
        escape(&run.reference),
        if verdicts::concludes(model) {
            "centre [interval] and verdict, 95 % for all pairs of a case together (Holm); undecided \
             never means the same"
        } else {
            "median [lowest–highest]"
        },
    );
    out += &format!("\nSelf-test: {}\n", escape(&proof.sentence()));
    if verdicts::concludes(model) {
        let smallest = Smallest::in_own_metric(model.summary, &model.input.run.workloads);
        out += &smallest.sentence().map_or(String::new(), |text| format!("\n{text}\n"));
    }
    if model.summary.interrupted {
        out += "\n**Interrupted**: fewer executions than planned.\n";
    }
    for warning in &model.summary.warnings {
        let case = if warning.id.is_empty() { String::new() } else { escape(&warning.id) + ": " };
        out += &format!("\n- {case}{} {}", escape(&warning.sentence), escape(&warning.advice));
    }
    if !model.summary.warnings.is_empty() {
        out.push('\n');
    }
    for note in &model.summary.notes {
        out += &format!("\n{}\n", escape(note));
    }
    for workload in &model.input.run.workloads {
        out += &table(model, workload);
    }
    out + &means(model)
}

/// Geometric means of ratios to the reference; nothing without verdicts.
fn means(model: &Model<'_>) -> String {
    let means = &model.summary.geometric_means;
    if means.is_empty() {
        return String::new();
    }
    let mut out = format!(
        "\n## Geometric means of ratios to {}\n\nOver the cases of a category that both have; intervals \
         for the same cases measured again, and for other cases chosen.\n\n\
         | category | metric | contestant | mean, × | same cases | other cases | cases |\n\
         |:-|:-|:-|-:|-:|-:|-:|\n",
        escape(&model.summary.run.reference)
    );
    for mean in means {
        let range = |low: f64, high: f64| format!("{}–{}", text::digits(low), text::digits(high));
        out += &format!(
            "| {} | {} | {} | {} | {} | {} | {} |\n",
            escape(&mean.category),
            escape(&metrics::title(&mean.metric, "operation")),
            escape(&mean.who),
            text::digits(mean.ratio),
            range(mean.low, mean.high),
            range(mean.wide_low, mean.wide_high),
            mean.cells,
        );
    }
    out
}

fn badge(model: &Model<'_>) -> String {
    match &model.invalid {
        Some(why) => format!("**Invalid**: {}.", escape(why.trim_start_matches("invalid: "))),
        None if model.summary.run.profile == "smoke" => {
            "**Smoke**: proves that everything runs, no conclusions.".to_string()
        }
        None if verdicts::concludes(model) => "**Verdicts** with intervals.".to_string(),
        None => "**Exploratory**: ranges, no verdicts.".to_string(),
    }
}

fn table(model: &Model<'_>, workload: &WorkloadFile) -> String {
    let all = model.summary.cells.iter();
    let cells: Vec<&Cell> = all.filter(|cell| cell.workload == workload.name).collect();
    let columns = Columns::of(workload, &model.summary.cells).all();
    let columns: Vec<(&str, Unit)> = columns.map(|metric| (metric, unit(&cells, metric))).collect();
    let heads: Vec<String> = columns
        .iter()
        .map(|(metric, unit)| {
            let title = escape(&metrics::title(metric, &workload.operation));
            if unit.name.is_empty() { title } else { format!("{title}, {}", unit.name) }
        })
        .collect();
    let mut out = format!(
        "\n## {}\n\n{}\n\n| preset | contestant | {} | × {}{} | n | status |\n|:-|:-|{}-:|{}-:|:-|\n",
        escape(&workload.name),
        escape(&workload.question),
        heads.join(" | "),
        escape(&metrics::title(&workload.chart.metric, &workload.operation)),
        if verdicts::concludes(model) { " | rank" } else { "" },
        "-:|".repeat(columns.len()),
        if verdicts::concludes(model) { ":-|" } else { "" },
    );
    for cell in &cells {
        out += &row(model, cell, &columns, &workload.chart.metric);
    }
    if cells.iter().any(|cell| cell.limited.is_some()) {
        out += "\n† pair-limited: the mock server was busy or late, or the rate is near the null \
                ceiling, so that the pair may have been the limit.\n";
    }
    out += &remedies(model, workload);
    out + &ceilings(&model.summary.ceilings_of(&workload.name))
}

/// What each remedy does and costs; nothing if the workload has none.
fn remedies(model: &Model<'_>, workload: &WorkloadFile) -> String {
    let found = remedies::found(model, workload);
    if found.is_empty() {
        return String::new();
    }
    let remedy = |remedy: &String| format!("  - {}\n", escape(remedy));
    let lines = |one: &Found| {
        let remedies: String = one.remedies.iter().map(remedy).collect();
        format!("- **{}**: {}\n{remedies}", escape(&one.about), escape(&one.before))
    };
    format!("\nRemedies:\n\n{}", found.iter().map(lines).collect::<String>())
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

fn row(model: &Model<'_>, cell: &Cell, columns: &[(&str, Unit)], own: &str) -> String {
    let mut fields = vec![escape(&cell.preset), escape(&key::who_and_way(&key::parts(&cell.id)))];
    for (metric, unit) in columns {
        let dagger = cell.limited.is_some() && metrics::limitable(metric);
        let spread = cell.metrics.get(*metric);
        fields.push(spread.map_or(String::new(), |spread| with_range(spread, *unit, dagger)));
    }
    let unit = Unit { name: "", size: 1.0 };
    let concludes = verdicts::concludes(model);
    let against = cell.against_reference.get(own).filter(|_| concludes);
    let dagger = cell.ratio_limited && metrics::limitable(own);
    fields.push(match (against, cell.ratio_to_reference.get(own)) {
        (Some(against), _) => format!(
            "{} {}",
            with_range(&Spread::from(against), unit, false),
            verdicts::word(own, against.verdict)
        ),
        (None, Some(ratio)) => with_range(ratio, unit, dagger),
        (None, None) if ratio::is_reference(cell, &model.summary.run.reference) && cell.n > 0 => {
            "reference".to_string()
        }
        (None, None) => String::new(),
    });
    if concludes {
        fields.push(cell.standing.get(own).map_or(String::new(), |standing| {
            let Standing { best, worst, letters, .. } = standing;
            match best == worst {
                true => format!("{best} {}", escape(letters)),
                false => format!("{best}–{worst} {}", escape(letters)),
            }
        }));
    }
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
pub(crate) fn escape(text: &str) -> String {
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
