//! What the rules judge. `None` is what cannot be read here; nothing is made up
//! in its place.

use triathlon_contract::record::{KernelRecord, Placement};

/// Everything that was read.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    /// Who runs where, as a run without a flag would have it.
    pub(crate) placement: Placement,
    /// What the default run asks for.
    pub(crate) needs: Needs,
    pub(crate) cpu: Cpu,
    pub(crate) load: Load,
    pub(crate) clock: Clock,
    pub(crate) bounds: Bounds,
    pub(crate) network: Network,
    pub(crate) memory: Memory,
    pub(crate) disk: Disk,
    pub(crate) system: System,
}

/// What the default run asks of the machine, from the very rules that plan it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Needs {
    /// Default cases that a machine without limits would run.
    pub(crate) cases: u64,
    /// The least limit of descriptors with which all of them run.
    pub(crate) descriptors: u64,
    /// The same of threads.
    pub(crate) threads: u64,
    /// Cases that are absent here for want of descriptors.
    pub(crate) without_descriptors: u64,
    /// Cases that are absent here for want of threads.
    pub(crate) without_threads: u64,
    /// Cases that are absent here for want of ports.
    pub(crate) without_ports: u64,
    /// Connections of one execution that are open at once, at most.
    pub(crate) at_once: u64,
    /// Connections that one execution opens, at most.
    pub(crate) connections: u64,
    /// The same to one address: for each of them it takes a port.
    pub(crate) to_one_address: u64,
    /// Connections that the run opens in its busiest minute.
    pub(crate) in_a_minute: u64,
    /// Resident memory of the largest execution.
    pub(crate) memory_bytes: u64,
    /// What the run's directory takes.
    pub(crate) disk_bytes: u64,
}

/// CPUs and what changes their speed.
#[derive(Clone, Debug)]
pub(crate) struct Cpu {
    /// CPUs that a cgroup quota pays for; infinite without one.
    pub(crate) quota: Option<f64>,
    /// The different governors of the CPUs.
    pub(crate) governors: Vec<String>,
    /// Whether CPUs may run faster than their base, and the file that says so.
    pub(crate) boost: Option<(bool, &'static str)>,
    /// Whether cores have several hardware threads.
    pub(crate) smt: Option<bool>,
    /// `name: state` of the flaws that this CPU has; empty if it has none.
    pub(crate) flaws: Option<Vec<String>>,
    /// Whether the CPU says that it is a guest's.
    pub(crate) guest: Option<bool>,
    /// What the machine calls itself.
    pub(crate) product: Option<String>,
    /// Events of thermal throttling since boot, and of them during the sample.
    pub(crate) throttled: Option<(u64, u64)>,
}

/// Who else uses the machine.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    /// Length of the sample.
    pub(crate) sample_s: f64,
    /// What other processes took during it, those that took most first.
    pub(crate) others: Option<Vec<Busy>>,
    /// Ticks that the hypervisor took, and all ticks of all CPUs.
    pub(crate) steal: Option<(u64, u64)>,
    /// Load average over a minute.
    pub(crate) average: Option<f64>,
    /// Whether another run measures now.
    pub(crate) measured: Option<bool>,
}

/// A process that took CPU time during the sample.
#[derive(Clone, Debug)]
pub(crate) struct Busy {
    pub(crate) pid: i32,
    /// Its `comm`, printable.
    pub(crate) name: String,
    /// Share of one CPU.
    pub(crate) share: f64,
}

/// How this machine tells time and waits.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    pub(crate) source: Option<String>,
    /// Sources that could be chosen.
    pub(crate) available: Vec<String>,
    pub(crate) resolution_ns: u64,
    /// What one reading costs.
    pub(crate) cost_ns: f64,
    /// How late sleeps of 1 ms ended, ascending, in microseconds.
    pub(crate) late_us: Vec<f64>,
    pub(crate) slack_ns: Option<u64>,
}

/// Limits of a process.
#[derive(Clone, Debug)]
pub(crate) struct Bounds {
    /// Soft and hard limit of open files.
    pub(crate) descriptors: Option<(u64, u64)>,
    /// What bounds threads.
    pub(crate) threads: Vec<(&'static str, u64)>,
}

/// The kernel's side of loopback.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    /// First and last ephemeral port.
    pub(crate) ports: Option<(u64, u64)>,
    /// Sockets in TIME_WAIT now.
    pub(crate) time_wait: Option<u64>,
    pub(crate) time_wait_max: Option<u64>,
    pub(crate) reuse: Option<u64>,
    pub(crate) backlog: Option<u64>,
    /// Counters of this network namespace, since it exists.
    pub(crate) drops: Option<KernelRecord>,
}

/// Memory.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    pub(crate) available_bytes: Option<u64>,
    /// What an execution may hold before it is killed.
    pub(crate) permitted_bytes: u64,
    pub(crate) swap_used_bytes: Option<u64>,
    /// The chosen word of `transparent_hugepage/enabled`.
    pub(crate) huge_pages: Option<String>,
    /// `randomize_va_space`.
    pub(crate) randomised: Option<u64>,
}

/// The place where runs are kept.
#[derive(Clone, Debug)]
pub(crate) struct Disk {
    /// Where it is, or will be.
    pub(crate) path: String,
    pub(crate) free_bytes: Option<u64>,
    /// Whether this process may write there.
    pub(crate) writable: bool,
}

/// Build, kernel, power.
#[derive(Clone, Debug)]
pub(crate) struct System {
    pub(crate) optimised: bool,
    /// Commit and whether the tree differed from it.
    pub(crate) commit: String,
    pub(crate) kernel: Option<String>,
    /// Whether it runs on a battery; none if it does not tell.
    pub(crate) on_battery: Option<bool>,
}

#[cfg(test)]
#[path = "facts_made_up.rs"]
mod made_up;
