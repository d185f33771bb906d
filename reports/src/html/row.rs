//! One row of the comparison.

use maud::{Markup, html};
use triathlon_contract::CaseId;

use super::cell_anchor;
use super::shares::served;
use super::table::Group;
use super::workload::code_anchor;
use crate::columns::FAIRNESS;
use crate::render::Model;
use crate::status::Status;
use crate::summary::{Against, Cell, Spread, Standing};
use crate::text::{self, THIN, Unit};
use crate::{metrics, ratio as ratios, verdicts};

pub(super) fn row(model: &Model<'_>, group: &Group<'_>, cell: &Cell) -> Markup {
    let reference = ratios::is_reference(cell, &model.summary.run.reference);
    let claim = crate::cite::of_cell(model, cell, None).ok();
    html! {
        tr class=[reference.then_some("reference")] id=(cell_anchor(&cell.id)) data-who=(text::short(&crate::chart::data::who(cell), 60))
            data-way=[some(&cell.way)] data-style=(text::short(&cell.style, 60)) data-limited=[cell.limited.as_ref().map(|_| "")]
            data-cite=[claim.as_ref().map(|claim| &claim.words)] data-warning=[claim.as_ref().and_then(|claim| claim.warning.as_ref())] {
            th scope="row" { (who(cell, reference)) }
            @if cell.metrics.is_empty() {
                td.reason colspan=(group.columns.rest.len() + 2 + usize::from(group.concludes)) { (status(cell.status)) " " (text::line(&cell.reason)) }
            } @else {
                td { (spread(group, cell, group.columns.first)) }
                td.ratio { (ratio(group, cell, reference)) }
                @if group.concludes { td.rank { (standing(group, cell)) } }
                @for metric in group.columns.rest {
                    td { @if *metric == FAIRNESS { (served(cell)) } @else { (spread(group, cell, metric)) } }
                }
            }
            td { (count(group, cell)) }
            td.text { (finds(group, cell)) (notes(model, cell)) }
        }
    }
}

fn who(cell: &Cell, reference: bool) -> Markup {
    html! {
        a.self href=(format!("#{}", cell_anchor(&cell.id))) {
            (text::short(&crate::chart::data::who(cell), 40))
            @if !cell.way.is_empty() { span.way { ":" (text::short(&cell.way, 30)) } }
        }
        small { (text::short(&cell.style, 30)) @if reference { span.mark { " · reference" } } }
    }
}

/// A short text, if there is one.
fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text::short(text, 60))
}

/// Median with unit, range below.
fn spread(group: &Group<'_>, cell: &Cell, metric: &str) -> Markup {
    let unit = group.unit(metric);
    let dagger = cell.limited.is_some() && metrics::limitable(metric);
    html! {
        @match cell.metrics.get(metric) {
            Some(spread) => {
                (number(unit, spread.median)) @if dagger { span.dagger title="pair-limited" { "†" } }
                @if spread.n > 1 {
                    small { (unit.number(spread.low)) "–" (unit.number(spread.high)) }
                }
            }
            None => span.soft { "—" },
        }
    }
}

fn number(unit: Unit, value: f64) -> Markup {
    html! {
        (unit.number(value))
        @if !unit.name.is_empty() { (THIN) i { (unit.name) } }
    }
}

fn ratio(group: &Group<'_>, cell: &Cell, reference: bool) -> Markup {
    let against = cell.against_reference.get(group.metric).filter(|_| group.concludes);
    let ratio = cell.ratio_to_reference.get(group.metric);
    let dagger = cell.ratio_limited && metrics::limitable(group.metric);
    html! {
        @match (against, ratio) {
            (Some(against), _) => {
                span.said { (strip(&Spread::from(against), group.band)) (verdict(group, against)) }
                span.value {
                    (text::digits(against.ratio)) (THIN) i { "×" }
                    small { (text::digits(against.low)) "–" (text::digits(against.high)) }
                }
            }
            (None, Some(ratio)) => {
                (strip(ratio, group.band))
                span.value {
                    (text::digits(ratio.median)) (THIN) i { "×" }
                    @if dagger { span.dagger { "†" } }
                    @if ratio.n > 1 {
                        small { (text::digits(ratio.low)) "–" (text::digits(ratio.high)) }
                    }
                    @if group.concludes { small { "range, no verdict" } }
                }
            }
            (None, None) if reference => span.soft { "reference" },
            (None, None) => span.soft { "—" },
        }
    }
}

/// A verdict as a word; what one wants and what not, also by colour.
fn verdict(group: &Group<'_>, against: &Against) -> Markup {
    let class = match verdicts::better(group.metric, against.verdict) {
        Some(true) => "status ok",
        Some(false) => "status bad",
        None => "status",
    };
    html! {
        span class=(class) { (verdicts::word(group.metric, against.verdict)) }
        @if against.parts_disagree { small { "the parts disagree" } }
    }
}

/// The smallest difference that the row would have shown.
fn finds(group: &Group<'_>, cell: &Cell) -> Markup {
    let against = cell.against_reference.get(group.metric).filter(|_| group.concludes);
    html! {
        @if let Some(smallest) = against.and_then(|against| against.smallest_difference) {
            p.soft.finds { "finds " (verdicts::percent(smallest)) }
        }
    }
}

/// The ranks that the pairs leave open, and letters.
fn standing(group: &Group<'_>, cell: &Cell) -> Markup {
    html! {
        @match cell.standing.get(group.metric) {
            Some(Standing { best, worst, of, letters }) => {
                (best) @if best != worst { "–" (worst) }
                small { "of " (of) " · " (text::short(letters, 20)) }
            }
            None => span.soft { "—" },
        }
    }
}

/// Width of a strip; the middle is 1, the ends are ½ and 2.
const STRIP: f64 = 120.0;

/// Where a ratio lies on a strip, and whether it lies beyond its ends.
fn place(ratio: f64) -> (f64, bool) {
    let share = (ratio.log2() + 1.0) / 2.0;
    ((share.clamp(0.0, 1.0) * (STRIP - 8.0) + 4.0).round(), !(0.0..=1.0).contains(&share))
}

/// Range and median on a fixed logarithmic scale; the numbers stand beside it.
fn strip(ratio: &Spread, noise: Option<(f64, f64)>) -> Markup {
    let (low, high) = (place(ratio.low).0, place(ratio.high).0);
    let (median, beyond) = place(ratio.median);
    let arrow = if ratio.median > 1.0 { "m-4 -4 7 4-7 4z" } else { "m4 -4-7 4 7 4z" };
    html! {
        svg.strip viewBox=(format!("0 0 {STRIP} 16")) aria-hidden="true" {
            @if let Some((low, high)) = noise {
                @let (from, to) = (place(low).0, place(high).0);
                rect.band x=(from - 1.0) width=(to - from + 2.0) height="16" {}
            }
            path.one d=(format!("M{} 0V16", place(1.0).0)) {}
            @if beyond {
                path.dot d=(format!("M{median} 8{arrow}")) {}
            } @else {
                path.range d=(format!("M{low} 8H{high}")) {}
                circle.dot cx=(median) cy="8" r="3.5" {}
            }
        }
    }
}

fn count(group: &Group<'_>, cell: &Cell) -> Markup {
    let complete = cell.n as u64 >= group.rounds;
    html! {
        @match cell.status {
            Status::Absent => span.soft { "—" },
            _ if complete => (cell.n),
            _ => { (cell.n) small { "of " (group.rounds) } }
        }
    }
}

/// A status as a word with a shape, never by colour alone.
pub(super) fn status(status: Status) -> Markup {
    let (class, sign) = match status {
        Status::Valid => ("status ok", "✓"),
        Status::Degraded => ("status warn", "▲"),
        Status::Invalid | Status::Failed => ("status bad", "✕"),
        Status::Absent => ("status", "–"),
        Status::NotRun => ("status", "○"),
    };
    html! { span class=(class) { span aria-hidden="true" { (sign) } " " (status.name()) } }
}

fn notes(model: &Model<'_>, cell: &Cell) -> Markup {
    let own = !cell.metrics.is_empty() && cell.status != Status::Valid;
    html! {
        @if own { p { (status(cell.status)) " " (text::line(&cell.reason)) } }
        @if !own && cell.disturbed > 0 {
            p.soft { (cell.disturbed) " more disturbed, not counted" }
        }
        @if let Some(why) = limited(cell) { p.soft { span.dagger { "†" } " " (text::line(why)) } }
        @if cell.status != Status::Absent && let Some(command) = command(model, cell) {
            details {
                summary { "Reproduce" }
                code.command { (command) }
                @if let Some(anchor) = code_anchor(model, cell) {
                    a href=(format!("#{anchor}")) { "Code of this cell" }
                }
            }
        }
    }
}

/// Why the pair may have been the limit.
fn limited(cell: &Cell) -> Option<&str> {
    let why = cell.limited.as_deref()?;
    Some(why.strip_prefix("pair-limited: ").unwrap_or(why))
}

/// The command that measures this cell and the reference again; none if the id
/// is no case, since it will be pasted into a shell.
fn command(model: &Model<'_>, cell: &Cell) -> Option<String> {
    let id: CaseId = cell.id.parse().ok()?;
    let own = cell.id.split_once('/')?.1;
    let filter = match &cell.reference {
        Some(reference) => {
            let reference = reference.parse::<CaseId>().ok().map(|_| reference.split_once('/'))??.1;
            format!("^{}/({reference}|{own})$", id.what())
        }
        None => format!("^{}$", cell.id),
    };
    let asked = &model.input.run.filters;
    let files = if cell.workload == "files" { of_files(asked) } else { String::new() };
    Some(format!("{}{}{files} '{filter}'", run_command(model), how(asked)))
}

/// What the run's words say of how a case is measured, not of which.
fn how(words: &[String]) -> String {
    let kept = words.windows(2).filter_map(|pair| match [pair[0].as_str(), &pair[1]] {
        ["--cpus", "one"] => Some(" --cpus one".to_string()),
        ["--slice", ms] => Some(format!(" --slice {}", ms.parse::<u64>().ok()?)),
        _ => None,
    });
    kept.collect()
}

/// What was asked for about files, quoted for a shell.
fn of_files(asked: &[String]) -> String {
    let directory = asked.windows(2).find(|words| words[0] == "--files-dir");
    let directory = directory.map_or(String::new(), |words| {
        format!(" --files-dir '{}'", text::line(&words[1]).replace('\'', r"'\''"))
    });
    let cold = asked.iter().any(|word| word == "--cold-files");
    format!("{directory}{}", if cold { " --cold-files" } else { "" })
}

/// The command that does the run again, without a filter.
pub(super) fn run_command(model: &Model<'_>) -> String {
    let run = &model.summary.run;
    let word = run.profile.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let profile = if word { run.profile.as_str() } else { "quick" };
    let (seed, rounds) = (run.seed, run.rounds);
    let reverse = if run.reversed { " --reverse" } else { "" };
    format!(
        "cargo run --release -- run --profile {profile} --seed {seed} --rounds {rounds}{reverse}"
    )
}
