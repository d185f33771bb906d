//! Which CPUs there are and who gets them.

use triathlon_contract::record::{Finding, Level};

use super::{finding, note, ok, unreadable, warning, with};
use crate::doctor::facts::Facts;
use crate::machine::names;

/// What contestant and server get, and why no more.
pub(in crate::doctor) fn placement(facts: &Facts) -> Finding {
    let placement = &facts.placement;
    let workers = placement.workers;
    let reasons = placement.reasons.join(". ");
    if placement.contestant_cpus.is_empty() {
        return warning(
            format!("contestant and server are not pinned, workers {workers}"),
            &format!("{reasons}."),
            "give this process two cores and the right to pin itself (in a container \
             `--cpuset-cpus 0-1`); fine to leave for CPU per operation and memory",
        );
    }
    let (contestant, server) = (names(&placement.contestant_cpus), names(&placement.server_cpus));
    let alone = names(&placement.alone_cpus);
    let found = format!(
        "contestant on {contestant}, server on {server}, workers {workers}; without server the \
         contestant has {alone}"
    );
    match reasons.as_str() {
        "" => ok(found, "Both sides have cores of their own."),
        reasons => note(
            found,
            &format!("Reasons: {reasons}."),
            "more cores would permit more conclusions; fine to leave, the page says the same",
        ),
    }
}

/// The cgroup's share.
pub(in crate::doctor) fn quota(facts: &Facts) -> Finding {
    let Some(cpus) = facts.cpu.quota else {
        return unreadable("A quota would stop the whole group for a while when it is used up.");
    };
    if cpus.is_infinite() {
        return ok("no cgroup quota", "Nothing stops a contestant that computes.");
    }
    let level = if cpus < 2.0 { Level::Warning } else { Level::Note };
    let found = finding(
        level,
        format!("{} CPUs by cgroup quota", (cpus * 100.0).round() / 100.0),
        "Where it is used up the kernel stops the whole group for a while, which distorts waits \
         and tails.",
        "measure outside of the limited group, in a container started with `--cpuset-cpus` in \
         place of `--cpus`; fine to leave if such a container is what you deploy to",
    );
    with(found, [("quota_cpus", cpus)])
}

/// Whether there is a machine below this machine.
pub(in crate::doctor) fn hypervisor(facts: &Facts) -> Finding {
    let product = facts.cpu.product.as_deref();
    let called = product.map(|product| format!(" ({product})")).unwrap_or_default();
    match facts.cpu.guest {
        None => unreadable("A virtual machine shares its CPUs with others that cannot be seen."),
        Some(false) => ok(
            format!("none that shows itself{called}"),
            "Who else uses the CPUs can be seen from here.",
        ),
        Some(true) => note(
            format!("virtual machine{called}"),
            "Neighbours on the host change the speed between rounds; a run compares within a \
             round and tells its noise floor.",
            "fine to leave for ratios; for absolute figures take a dedicated or bare-metal \
             instance",
        ),
    }
}

/// Hardware threads.
pub(in crate::doctor) fn smt(facts: &Facts) -> Finding {
    match facts.cpu.smt {
        None => unreadable("Two hardware threads of a core slow each other down."),
        Some(false) => ok("off or not there", "Every CPU is a core."),
        Some(true) => note(
            "on",
            "Two hardware threads of a core slow each other down; no core is ever split between \
             contestant and server, but a contestant with several workers shares its own.",
            "`echo off | sudo tee /sys/devices/system/cpu/smt/control` gives steadier figures; \
             fine to leave if your servers have it on",
        ),
    }
}

/// What the kernel does against flaws of the CPU.
pub(in crate::doctor) fn mitigations(facts: &Facts) -> Finding {
    let Some(flaws) = &facts.cpu.flaws else {
        return unreadable("Mitigations make system calls and switches dearer.");
    };
    if flaws.is_empty() {
        return ok("none needed", "System calls and switches have their plain price.");
    }
    let active = flaws.iter().filter(|flaw| flaw.contains("Mitigation")).count();
    let found = note(
        format!("{} flaws, {active} mitigated ({})", flaws.len(), flaws.join("; ")),
        "System calls and switches cost more than without, which moves styles that make many of \
         them; every record says what was in force.",
        "leave them as your servers have them: figures of a machine without are not theirs",
    );
    with(found, [("flaws", flaws.len() as f64), ("mitigated", active as f64)])
}
