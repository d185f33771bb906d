//! Memory and how it is given out.

use triathlon_contract::record::Finding;

use super::{note, ok, problem, size, unreadable, warning, with};
use crate::doctor::facts::Facts;

/// Swap in use that is more than forgotten pages.
const SWAPPED: u64 = 256 << 20;

/// Memory that is free, against what the largest execution needs.
pub(in crate::doctor) fn free(facts: &Facts) -> Finding {
    let (memory, need) = (&facts.memory, facts.needs.memory_bytes);
    let Some(free) = memory.available_bytes else {
        return unreadable("An execution that takes more than half of what is free is killed.");
    };
    let permitted = memory.permitted_bytes;
    let found = format!(
        "{} available, an execution may hold {}; the largest is planned with {}",
        size(free),
        size(permitted),
        size(need)
    );
    let advice = "end what holds memory, or leave out large cases by a filter";
    let finding = if permitted < need {
        problem(found, "The largest executions would be killed: failed cells.", advice)
    } else if permitted < need.saturating_mul(2) {
        warning(found, "It fits, but only just.", advice)
    } else {
        ok(found, "All executions fit.")
    };
    with(finding, [("available_bytes", free as f64), ("needed_bytes", need as f64)])
}

/// Memory that lies on a disk.
pub(in crate::doctor) fn swap(facts: &Facts) -> Finding {
    let advice = "`sudo swapoff -a && sudo swapon -a` brings all back; fine to leave if plenty of \
                  memory is available";
    match facts.memory.swap_used_bytes {
        None => unreadable("Pages that come back from a disk make tails."),
        Some(0) => ok("none in use", "No page comes back from a disk."),
        Some(used) if used <= SWAPPED => note(
            format!("{} in use", size(used)),
            "Pages of idle processes were put away; they come back when these wake up.",
            advice,
        ),
        Some(used) => warning(
            format!("{} in use", size(used)),
            "Memory was short, and pages that come back from a disk make tails.",
            advice,
        ),
    }
}

/// Transparent huge pages.
pub(in crate::doctor) fn huge_pages(facts: &Facts) -> Finding {
    match facts.memory.huge_pages.as_deref() {
        None => unreadable("Huge pages change how much memory a style seems to take."),
        Some("always") => note(
            "always",
            "Large buffers and stacks may get pages of 2 MiB: peak memory is higher and varies \
             more.",
            "`echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled`; fine to leave \
             if your servers have it so",
        ),
        Some(other) => ok(other, "Memory is given out in small pages unless asked otherwise."),
    }
}

/// Randomisation of addresses.
pub(in crate::doctor) fn address_space(facts: &Facts) -> Finding {
    match facts.memory.randomised {
        None => unreadable("Where things lie in memory changes speeds by some per cent."),
        Some(2) => ok(
            "randomised",
            "Where things lie in memory changes speeds by some per cent; it differs between \
             executions, so rounds average over it.",
        ),
        Some(other) => note(
            format!("randomize_va_space is {other}"),
            "Every execution has much the same layout in memory, good or bad: that is a bias \
             which no number of rounds shows.",
            "`sudo sysctl kernel.randomize_va_space=2`",
        ),
    }
}
