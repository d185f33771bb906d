//! Build, kernel, and the place where runs are kept.

use triathlon_contract::record::Finding;

use super::{note, ok, problem, size, unreadable, warning, with};
use crate::doctor::{facts::Facts, parse};

/// The first kernel with all that is used: `pidfd_open`.
const KERNEL: (u64, u64) = (5, 3);

/// Whether this program is the one that should be measured.
pub(in crate::doctor) fn build(facts: &Facts) -> Finding {
    let commit = &facts.system.commit;
    if facts.system.optimised {
        return ok(format!("optimised, commit {commit}"), "This build may be measured.");
    }
    problem(
        format!("not optimised, commit {commit}"),
        "No figure of such a build means anything.",
        "`cargo run --release -- doctor`, and the same for `run`",
    )
}

/// The kernel.
pub(in crate::doctor) fn kernel(facts: &Facts) -> Finding {
    let Some(release) = facts.system.kernel.as_deref() else {
        return unreadable("Linux is the platform that is measured.");
    };
    if parse::version(release).is_some_and(|version| version < KERNEL) {
        return problem(
            release,
            "Executions cannot be watched: the kernel has no pidfd_open.",
            "update to Linux 5.3 or newer",
        );
    }
    if release.to_ascii_lowercase().contains("microsoft") {
        return note(
            release,
            "WSL is a virtual machine whose timers and loopback are its own.",
            "fine to leave for a first look; measure on Linux itself for figures to cite",
        );
    }
    ok(release, "It has what a run needs and is part of every record.")
}

/// Where runs are kept.
pub(in crate::doctor) fn disk(facts: &Facts) -> Finding {
    let (disk, need) = (&facts.disk, facts.needs.disk_bytes);
    let path = &disk.path;
    let elsewhere = "choose another place with `--out DIR`";
    if !disk.writable {
        return problem(
            format!("{path} cannot be written"),
            "A run would stop before its first execution.",
            elsewhere,
        );
    }
    let Some(free) = disk.free_bytes else {
        return unreadable("A full disk ends a run; what was measured is kept.");
    };
    let found = format!("{} free below {path}; the run keeps {}", size(free), size(need));
    let finding = if free < need {
        problem(found, "The disk fills before the run ends.", &format!("free some, or {elsewhere}"))
    } else if free < need.saturating_mul(4) {
        let advice = format!("free some, or {elsewhere}; fine to leave for one run");
        warning(found, "A few runs fill the disk.", &advice)
    } else {
        ok(found, "Enough for many runs.")
    };
    with(finding, [("free_bytes", free as f64), ("needed_bytes", need as f64)])
}
