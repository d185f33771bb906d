//! Reads the facts. Nothing is written, pinned, raised or kept.

mod files;
mod sample;

use std::path::Path;

use anyhow::Context;
use nix::sys::resource::{Resource, getrlimit};

use crate::machine::{self, limits};
use crate::{Result, build};

use super::facts::{Bounds, Clock, Facts, Memory, System};
use super::{needs::needs, parse};
use files::{line, number, text};

/// Reads everything; takes as long as the sample does. `out` is where runs are
/// kept.
///
/// # Errors
/// If this process cannot even know its own limits.
pub(crate) fn look(out: &Path) -> Result<Facts> {
    let placement = machine::placement(machine::Share::Half);
    let needs = needs(&placement, machine::limits().context("limits of this process")?)?;
    let sample = sample::take(placement.of(false).0);
    let memory = memory();
    Ok(Facts {
        needs,
        cpu: files::cpu(sample.throttled),
        clock: Clock { late_us: sample.late_us, ..clock() },
        bounds: bounds(),
        network: files::network(),
        disk: files::disk(out),
        system: system(),
        load: sample.load,
        memory,
        placement,
    })
}

fn memory() -> Memory {
    let info = text("/proc/meminfo").unwrap_or_default();
    let figure = |name| parse::memory(&info, name);
    let swap = figure("SwapTotal").zip(figure("SwapFree"));
    Memory {
        available_bytes: figure("MemAvailable"),
        permitted_bytes: limits::resident_bytes(),
        swap_used_bytes: swap.map(|(total, free)| total.saturating_sub(free)),
        huge_pages: text("/sys/kernel/mm/transparent_hugepage/enabled")
            .and_then(|text| parse::chosen(&text).map(str::to_string)),
        randomised: number("/proc/sys/kernel/randomize_va_space"),
    }
}

fn clock() -> Clock {
    let clocks = "/sys/devices/system/clocksource/clocksource0";
    let available = text(&format!("{clocks}/available_clocksource")).unwrap_or_default();
    Clock {
        source: line(&format!("{clocks}/current_clocksource")),
        available: available.split_whitespace().map(str::to_string).collect(),
        resolution_ns: sample::resolution_ns(),
        cost_ns: sample::cost_ns(),
        late_us: Vec::new(),
        slack_ns: rustix::thread::current_timer_slack().ok(),
    }
}

fn bounds() -> Bounds {
    Bounds {
        descriptors: getrlimit(Resource::RLIMIT_NOFILE).ok(),
        threads: limits::thread_bounds(),
    }
}

fn system() -> System {
    let dirty = if build::dirty() { "+dirty" } else { "" };
    System {
        optimised: build::optimised(),
        commit: format!("{}{dirty}", build::COMMIT),
        kernel: line("/proc/sys/kernel/osrelease"),
        on_battery: files::supplies().map(|supplies| parse::on_battery(&supplies)),
    }
}

#[cfg(test)]
mod tests {
    use nix::sched::sched_getaffinity;
    use nix::sys::resource::{Resource, getrlimit};
    use nix::unistd::Pid;

    use super::look;
    use crate::doctor::judge;

    /// A run pins and raises; looking does not.
    #[test]
    fn this_process_keeps_its_cpus_limits_and_slack() {
        let state = || {
            let cpus = sched_getaffinity(Pid::from_raw(0)).unwrap();
            let limits = [Resource::RLIMIT_NOFILE, Resource::RLIMIT_NPROC].map(getrlimit);
            (cpus, limits, rustix::thread::current_timer_slack().unwrap())
        };
        let before = state();
        let facts = look("nowhere".as_ref()).unwrap();
        assert_eq!(state(), before);
        assert!(facts.load.sample_s >= 2.0 && facts.load.sample_s < 6.0, "{facts:?}");
        assert!(facts.clock.late_us.iter().all(|late| *late >= 0.0), "{facts:?}");
        assert!(facts.clock.late_us.is_sorted() && facts.clock.cost_ns > 0.0, "{facts:?}");
        assert!(!judge(&facts).is_empty());
    }
}
