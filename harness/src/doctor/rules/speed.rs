//! What changes the speed of the CPUs.

use triathlon_contract::record::Finding;

use super::{note, ok, unreadable, warning, with};
use crate::doctor::facts::Facts;

/// Who decides the frequency.
pub(in crate::doctor) fn governor(facts: &Facts) -> Finding {
    let governors = &facts.cpu.governors;
    match governors.as_slice() {
        [] => unreadable(
            "Frequencies are decided where this system does not see it, as in most virtual \
             machines.",
        ),
        [one] if one == "performance" => ok("performance", "Frequencies do not follow the load."),
        _ => warning(
            governors.join(", "),
            "The frequency follows the load, so a contestant that waits a lot is measured on a \
             slower CPU than one that computes.",
            "`sudo cpupower frequency-set -g performance`; fine to leave for a first look",
        ),
    }
}

/// Whether CPUs run faster than their base while they are cool.
pub(in crate::doctor) fn boost(facts: &Facts) -> Finding {
    match facts.cpu.boost {
        None => unreadable("With boost the frequency depends on heat and on how many cores work."),
        Some((false, _)) => ok("off", "The frequency does not depend on heat."),
        Some((true, file)) => {
            let off = u8::from(file.ends_with("no_turbo"));
            note(
                "on",
                "The frequency depends on heat and on how many cores work, so contestants that \
                 use one CPU have a faster one.",
                &format!(
                    "`echo {off} | sudo tee {file}` gives steadier and lower figures; fine to \
                     leave if your servers have it on"
                ),
            )
        }
    }
}

/// Whether heat slowed the CPUs down.
pub(in crate::doctor) fn throttling(facts: &Facts) -> Finding {
    match facts.cpu.throttled {
        None => unreadable("Heat may slow CPUs down without a trace here."),
        Some((0, _)) => ok("never since boot", "Heat did not slow the CPUs down."),
        Some((count, 0)) => with(
            note(
                format!("{count} events since boot, none in the sample"),
                "Heat slowed CPUs down before and may do so in a long run.",
                "let the machine cool, keep its vents free; fine to leave if the count stays",
            ),
            [("events", count as f64)],
        ),
        Some((count, now)) => with(
            warning(
                format!("{now} events in the sample, {count} since boot"),
                "Heat slows the CPUs down now, so later executions are slower than earlier ones.",
                "wait until it is cool, keep its vents free, or switch boost off",
            ),
            [("events", count as f64), ("events_in_sample", now as f64)],
        ),
    }
}

/// Where the power comes from.
pub(in crate::doctor) fn battery(facts: &Facts) -> Finding {
    match facts.system.on_battery {
        None => unreadable("On battery, firmware slows CPUs down as it likes."),
        Some(false) => ok("not on battery", "Firmware has no reason to save power."),
        Some(true) => warning(
            "on battery",
            "Firmware slows CPUs down as it likes and as the charge falls.",
            "plug it in",
        ),
    }
}
