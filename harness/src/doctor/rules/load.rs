//! Who else uses the machine.

use triathlon_contract::record::{Finding, Level};

use super::{finding, ok, problem, unreadable, with};
use crate::doctor::facts::{Busy, Facts};

/// Share of a CPU that others may take in an execution that counts, and one at
/// which most executions would be dropped.
///
/// Source: `reports/src/disturbed.rs`, research rule V23.
const OTHERS: (f64, f64) = (0.05, 0.25);

/// The same of all CPUs for the hypervisor.
const STEAL: (f64, f64) = (0.01, 0.1);

/// Steal is counted in ticks, and one is no proof.
const STEAL_LEAST: u64 = 1;

/// How many of the others are named.
const NAMED: usize = 3;

/// Whether another run measures now.
pub(in crate::doctor) fn other_run(facts: &Facts) -> Finding {
    match facts.load.measured {
        None => unreadable("Two runs at the same time measure each other."),
        Some(false) => ok("none", "No other run measures now."),
        Some(true) => problem(
            "another run measures now",
            "Two runs at the same time measure each other; both pages would say so.",
            "wait until it ends",
        ),
    }
}

/// What other processes took.
pub(in crate::doctor) fn other_processes(facts: &Facts) -> Finding {
    let load = &facts.load;
    let Some(others) = &load.others else {
        return unreadable("Executions that others disturb do not count.");
    };
    let share: f64 = others.iter().map(|busy| busy.share).sum();
    let found = format!(
        "{:.1} % of a CPU in {:.1} s{}{}",
        share * 100.0,
        load.sample_s,
        average(load.average),
        top(others)
    );
    let level = level(share, OTHERS);
    let (means, advice) = match level {
        Level::Ok => ("So little disturbs no execution.", ""),
        Level::Warning => (
            "An execution during which others take more than 5 % of a CPU does not count, so some \
             would be lost.",
            "end or pause what is named; fine to leave if it ends soon",
        ),
        _ => (
            "An execution during which others take more than 5 % of a CPU does not count: if this \
             goes on, hardly any would, and the run would be invalid.",
            "end or pause what is named, or wait, and look again",
        ),
    };
    with(
        finding(level, found, means, advice),
        [("others_cpu_share", share), ("sample_s", load.sample_s)],
    )
}

/// What the hypervisor took.
pub(in crate::doctor) fn steal(facts: &Facts) -> Finding {
    let Some((stolen, all)) = facts.load.steal else {
        return unreadable("Time that a hypervisor takes would not be told.");
    };
    let share = stolen as f64 / all.max(1) as f64;
    let counted = if stolen > STEAL_LEAST { share } else { 0.0 };
    let found = format!("{:.1} % of all CPUs in {:.1} s", share * 100.0, facts.load.sample_s);
    let level = level(counted, STEAL);
    let (means, advice) = match level {
        Level::Ok => ("The hypervisor gave what it promised.", ""),
        Level::Warning => (
            "The host gave CPU time to others; an execution that loses more than 1 % does not \
             count. It comes in bursts.",
            "measure when the host is quieter, or on a dedicated instance; fine to leave if it is \
             a burst",
        ),
        _ => (
            "The host gives much CPU time to others: if this goes on, hardly any execution would \
             count, and the run would be invalid.",
            "measure when the host is quieter, or on a dedicated instance",
        ),
    };
    with(finding(level, found, means, advice), [("steal_share", share)])
}

fn level(share: f64, (some, many): (f64, f64)) -> Level {
    match share {
        share if share > many => Level::Problem,
        share if share > some => Level::Warning,
        _ => Level::Ok,
    }
}

fn average(average: Option<f64>) -> String {
    average.map(|average| format!(", load average {average:.2}")).unwrap_or_default()
}

/// `: cc1plus (pid 4711) 99.0 %, …`
fn top(others: &[Busy]) -> String {
    let named = |busy: &Busy| {
        let name = if busy.name.is_empty() { "one that ended" } else { &busy.name };
        format!("{name} (pid {}) {:.1} %", busy.pid, busy.share * 100.0)
    };
    let named: Vec<String> = others.iter().take(NAMED).map(named).collect();
    if named.is_empty() { String::new() } else { format!(": {}", named.join(", ")) }
}
