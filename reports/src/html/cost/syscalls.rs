//! What cases ask of the kernel, as far as it was counted.

use std::collections::BTreeMap;

use maud::{Markup, html};
use triathlon_contract::record::{SyscallsCase, SyscallsFile};
use triathlon_statistics::Summary;

use super::super::{prose, scrolling};
use crate::key;
use crate::render::Model;
use crate::text;

/// Most cases on the page; a command that names none counts about a hundred.
const MOST: usize = 200;

pub(super) fn syscalls(model: &Model<'_>, file: &SyscallsFile) -> Markup {
    let counted: Vec<&SyscallsCase> =
        file.cases.iter().filter(|case| case.reason.is_none()).collect();
    let out = file.cases.len() - counted.len();
    html! {
        h3 id="cost-syscalls" { "System calls per operation" }
        p.prose {
            "How often the contestant's process enters the kernel for one operation, by every thread of it, \
             counted under a tracer in processes of their own. A process with more laps calls more \
             often: that difference, divided by the further operations, is the count, so what start, \
             connecting and end call is not in it, but for a few hundredths by chance. Nothing of these processes was timed, and a count is no \
             time: a call that sleeps, one that copies a megabyte and one that returns at once are each one \
             call. " strong { "Varies" } ": repeats differ by more than a fifth and a twentieth of a call, because who sleeps and who is \
             woken is decided by time, which a tracer stretches."
            @if counted.iter().any(|case| case.without_delay) {
                " " strong { "No delay" } ": the server answers at once, so the answer is often there before \
                 a traced process reads; who reads first and waits after shows fewer calls than untraced. \
                 Compare styles at presets with a delay."
            }
        }
        @for remark in remarks(model, file) { p.remark { (prose(&remark)) } }
        details {
            summary {
                (text::whole(counted.len() as u64)) (if counted.len() == 1 { " case" } else { " cases" })
                @if let Some(finding) = finding(&counted) { ": " (finding) }
            }
            (scrolling("System calls per operation", &table(&counted)))
            @if counted.len() > MOST { p.soft { (text::whole((counted.len() - MOST) as u64)) " more are in " code { "syscalls.json" } "." } }
        }
        p.soft {
            "Medians of " (text::whole(file.repeats)) (if file.repeats == 1 { " repeat" } else { " repeats" })
            ", below them lowest–highest; Linux " (text::short(&file.kernel, 60)) " on "
            (text::short(&file.architecture, 20)) ". "
            @if out > 0 {
                (text::whole(out as u64)) (if out == 1 { " case was" } else { " cases were" })
                " not counted: " code { "syscalls.json" } " has the reasons. "
            }
            "Counted " (text::short(&file.started_at, 30)) "; again:"
        }
        code.command { (text::clip(&file.command, 400)) }
    }
}

/// The fewest and the most of the preset that has the widest range between them; not of one
/// without delay, where a tracer makes some of them fewer than they are.
fn finding(counted: &[&SyscallsCase]) -> Option<String> {
    let mut presets: BTreeMap<String, Vec<(f64, &SyscallsCase)>> = BTreeMap::new();
    for case in counted.iter().filter(|case| !case.without_delay) {
        if let Some(median) = median(&case.per_operation()).filter(|median| *median > 0.0) {
            presets.entry(key::parts(&case.id).what()).or_default().push((median, case));
        }
    }
    let ends = |(what, of): (String, Vec<(f64, _)>)| {
        let least = *of.iter().min_by(|(one, _), (other, _)| one.total_cmp(other))?;
        let most = *of.iter().max_by(|(one, _), (other, _)| one.total_cmp(other))?;
        (least.0 < most.0).then_some((most.0 / least.0, what, least, most))
    };
    let widest =
        presets.into_iter().filter_map(ends).max_by(|one, other| one.0.total_cmp(&other.0));
    let (_, what, least, most) = widest?;
    let who = |case: &SyscallsCase| text::short(&key::who_and_way(&key::parts(&case.id)), 60);
    Some(format!(
        "furthest apart in {}, {} of {} against {} of {}",
        text::short(&what, 60),
        number(least.0),
        who(least.1),
        number(most.0),
        who(most.1)
    ))
}

/// What does not belong together, and what disturbed it.
fn remarks(model: &Model<'_>, file: &SyscallsFile) -> Vec<String> {
    let run = &model.input.run;
    let mut remarks = Vec::new();
    if file.machine != run.machine.id {
        remarks.push("They were counted on another machine than the run's.".to_string());
    }
    if (&file.commit, file.dirty) != (&run.commit, run.dirty) {
        let commit = text::short(&file.commit, 13);
        let dirty = if file.dirty { " and uncommitted changes" } else { "" };
        remarks.push(format!("They were counted at commit `{commit}`{dirty}, not at the run's."));
    }
    remarks.extend(file.reasons.iter().take(8).map(|reason| text::clip(reason, 300)));
    remarks
}

fn table(counted: &[&SyscallsCase]) -> Markup {
    html! {
        table.plain {
            thead { tr { th scope="col" { "Case" } th scope="col" { "Calls" } th scope="col" { "Most often" } } }
            tbody {
                @for case in counted.iter().take(MOST) {
                    tr {
                        th scope="row" { (text::short(&case.id, 90)) }
                        td { (calls(case)) }
                        td { (named(case)) }
                    }
                }
            }
        }
    }
}

fn calls(case: &SyscallsCase) -> Markup {
    html! {
        @match Summary::of(&case.per_operation()) {
            Some(all) => {
                (number(all.median))
                @if all.n > 1 { small { (number(all.low)) "–" (number(all.high)) } }
                @if case.varies(all.median) { small { "varies" } }
                @if case.without_delay { small { "no delay" } }
            }
            None => span.soft { "—" },
        }
    }
}

/// `sendto 1, recvfrom 1`.
fn named(case: &SyscallsCase) -> String {
    let one = |call: &triathlon_contract::record::SyscallsCall| {
        let median = median(&case.per_operation_of(call))?;
        Some(format!("{} {}", text::short(&call.name, 30), number(median)))
    };
    case.calls.iter().take(6).filter_map(one).collect::<Vec<_>>().join(", ")
}

fn median(values: &[f64]) -> Option<f64> {
    Summary::of(values).map(|summary| summary.median)
}

/// Three digits of a count that may be far below one, without zeros at the end.
fn number(calls: f64) -> String {
    let digits = match calls.abs() {
        below if below < 0.0995 => format!("{calls:.3}"),
        below if below < 99.5 => format!("{calls:.2}"),
        _ => return format!("{calls:.0}"),
    };
    match digits.trim_end_matches('0').trim_end_matches('.') {
        "-0" => "0".to_string(),
        digits => digits.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn counts_have_three_digits_and_no_zeros_at_the_end() {
        let check = |calls: f64, want: &str| assert_eq!(number(calls), want);
        check(0.0, "0");
        check(-0.0001, "0");
        check(2.0, "2");
        check(2.0004, "2");
        check(10.0, "10");
        check(2.1, "2.1");
        check(100.0, "100");
        check(0.0123, "0.012");
        check(2.25, "2.25");
        check(123.4, "123");
    }
}
