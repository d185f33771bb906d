//! How this machine tells time and waits.

use triathlon_contract::record::Finding;
use triathlon_statistics::percentile;

use super::{note, ok, unreadable, warning, with};
use crate::doctor::facts::Facts;

/// Sources that are read without a system call.
///
/// Source: the clock modes of the vDSO: arch/x86/include/asm/vdso/clocksource.h,
/// arch/arm64/include/asm/vdso/clocksource.h.
const FAST: [&str; 4] = ["tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter"];

/// Price of a reading that a loop of requests does not notice, and one that it
/// does: 1 and 10 % of the 10 µs or so that a request takes.
const COST_NS: (f64, f64) = (100.0, 1000.0);

/// Percentiles below ten times the resolution are refused; requests take
/// microseconds.
///
/// Source: research rule V7.
const RESOLUTION_NS: u64 = 100;

/// Lateness of a wait, p50 and p99, that is no more than slack and a switch.
const LATE_US: (f64, f64) = (200.0, 1000.0);

/// The same from which on delays of some milliseconds lose their meaning.
const VERY_LATE_US: (f64, f64) = (1000.0, 5000.0);

/// Slack of a thread that asked for nothing, see `PR_SET_TIMERSLACK`.
const SLACK_NS: u64 = 50_000;

/// Where time comes from.
pub(in crate::doctor) fn source(facts: &Facts) -> Finding {
    let Some(source) = facts.clock.source.as_deref() else {
        return unreadable("A slow time source makes every reading of the clock a system call.");
    };
    if FAST.contains(&source) {
        return ok(source, "The clock is read without a system call.");
    }
    let file = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    let faster = FAST.into_iter().find(|fast| facts.clock.available.iter().any(|a| a == fast));
    let advice = match faster {
        Some(fast) => format!("`echo {fast} | sudo tee {file}`"),
        None => "none that is faster is available here; fine to leave if the check `clock` shows \
                 a reading below 1 µs"
            .to_string(),
    };
    warning(
        source,
        "Every reading of the clock is a system call or a slow access to a device, twice in every \
         operation.",
        &advice,
    )
}

/// How fine the clock is, and what a reading costs.
pub(in crate::doctor) fn clock(facts: &Facts) -> Finding {
    let (resolution, cost) = (facts.clock.resolution_ns, facts.clock.cost_ns);
    let found = format!("resolution {resolution} ns, one reading {cost:.0} ns");
    let finding = if resolution > RESOLUTION_NS || cost > COST_NS.1 {
        warning(
            found,
            "Two readings belong to every operation of some microseconds, so the clock is part of \
             what it measures.",
            "see the check `clock-source`; fine to leave for workloads with delays of milliseconds",
        )
    } else if cost > COST_NS.0 {
        note(
            found,
            "Two readings in every operation cost up to some per cent of it, the same for \
             everybody.",
            "see the check `clock-source`; fine to leave",
        )
    } else {
        ok(found, "Reading the clock does not show in an operation of microseconds.")
    };
    with(finding, [("resolution_ns", resolution as f64), ("reading_ns", cost)])
}

/// How late waits end.
pub(in crate::doctor) fn timer(facts: &Facts) -> Finding {
    let late_us = &facts.clock.late_us;
    let (Some(p50), p99) = (percentile(late_us, 0.5), percentile(late_us, 0.99)) else {
        return unreadable("Waits may end late.");
    };
    let tail = p99.map_or("too few for a p99".to_string(), |p99| format!("p99 {p99:.0} µs"));
    let slack = facts.clock.slack_ns;
    let slack = slack.map_or(String::new(), |ns| format!("; timer slack {} µs", ns / 1000));
    let found =
        format!("{} sleeps of 1 ms ended late by p50 {p50:.0} µs, {tail}{slack}", late_us.len());
    let beyond = |(p50_us, p99_us): (f64, f64)| p50 > p50_us || p99.is_some_and(|p| p > p99_us);
    let rough = facts.clock.slack_ns.is_some_and(|ns| ns > SLACK_NS);
    let finding = if beyond(VERY_LATE_US) {
        warning(
            found,
            "Delays of some milliseconds end late by a part of themselves; a row whose server \
             answers late is marked, and gets no verdict.",
            "see the checks `other-processes` and `steal`, then look again",
        )
    } else if beyond(LATE_US) || rough || p99.is_none() {
        note(
            found,
            "Waits end somewhat late; the server's own lateness is measured in every execution.",
            "see the checks `other-processes` and `steal`; fine to leave",
        )
    } else {
        ok(found, "Waits end when they should, give or take slack and a switch.")
    };
    let tail = p99.into_iter().map(|p99| ("late_p99_us".to_string(), p99));
    let mut finding = with(finding, [("sleeps", late_us.len() as f64), ("late_p50_us", p50)]);
    finding.figures.extend(tail);
    finding
}
