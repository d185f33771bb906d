//! The rule: who runs where on a machine, and what that does not permit to
//! conclude. Pure.
//!
//! Contestant and server get disjoint sets of whole cores of one kind in one
//! package; what cannot be had is a reason for the page. Workloads without
//! server get all that both roles would have, and nothing else: their figures
//! come from the same cores.

use std::collections::{BTreeMap, BTreeSet};

use triathlon_contract::record::Placement;

use super::quota::Quota;
use super::topology::{Cpu, Topology};

/// What the contestant gets of the CPUs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Share {
    /// One CPU, also for workloads without server
    One,
    /// Half of the cores beside the server; all of them without one
    #[default]
    Half,
}

/// A core: those of its hardware threads that may be used.
#[derive(Clone)]
struct Core {
    /// What cores are ordered by.
    first: usize,
    cpus: Vec<usize>,
    capacity: u64,
    package: usize,
    node: usize,
}

/// Who runs where on this machine.
pub(crate) fn place(topology: &Topology, share: Share) -> Placement {
    let mut placement = match choose(topology) {
        Ok((cores, idle)) => apart(&cores, share, idle),
        Err(reason) => together(topology, &reason),
    };
    placement.reasons.extend(topology.quota.map(throttling));
    placement
}

/// The cores of both roles, and why others stay idle.
///
/// # Errors
/// Why there are no two sets.
fn choose(topology: &Topology) -> Result<(Vec<Core>, Vec<String>), String> {
    if let Some(reason) = &topology.unpinnable {
        return Err(reason.clone());
    }
    let all = cores(&topology.cpus);
    if all.len() < 2 {
        return Err(format!("there is one core ({})", names(&cpus(&all))));
    }
    let kind = of_one_kind(&all)
        .ok_or_else(|| format!("no two cores are of one kind ({})", names(&cpus(&all))))?;
    let near = in_one_package(&kind);
    let paid = within(&near, topology.quota).ok_or("the quota is below two CPUs")?;
    let reasons = [
        idle(&all, &kind, "only cores of one kind are used"),
        idle(&kind, &near, "only one package is used, because loopback between two costs more"),
        idle(&near, &paid, "the quota does not pay for more"),
    ];
    Ok((paid, reasons.into_iter().flatten().collect()))
}

/// Hardware threads by the core they belong to.
fn cores(cpus: &[Cpu]) -> Vec<Core> {
    let mut cores: BTreeMap<usize, Core> = BTreeMap::new();
    for cpu in cpus {
        let Cpu { capacity, package, node, .. } = *cpu;
        let new = || Core { first: cpu.core, cpus: Vec::new(), capacity, package, node };
        cores.entry(cpu.core).or_insert_with(new).cpus.push(cpu.id);
    }
    cores.into_values().collect()
}

/// The most capable kind of which there are two cores.
fn of_one_kind(cores: &[Core]) -> Option<Vec<Core>> {
    let mut cores = cores.to_vec();
    cores.sort_by_key(|core| std::cmp::Reverse(core.capacity));
    // Firmware gives cores of one kind slightly different capacities. Source:
    // `capacity_greater` in kernel/sched/fair.c, the margin of the scheduler.
    let alike =
        |a: &Core, b: &Core| a.capacity.saturating_mul(1024) <= b.capacity.saturating_mul(1078);
    let mut kind = cores.chunk_by(alike).find(|kind| kind.len() >= 2)?.to_vec();
    kind.sort_by_key(|core| core.first);
    Some(kind)
}

/// The package with most of the cores, if it has two.
///
/// Both roles are in it: loopback then costs what it costs on a machine with
/// one package, and each role has caches and memory near. One package each
/// would make every request cross the interconnect, and styles that hand work
/// between CPUs would seem to pay for that. Packages that share all memory are
/// none: virtual machines often claim one for every CPU.
fn in_one_package(cores: &[Core]) -> Vec<Core> {
    let nodes: BTreeSet<usize> = cores.iter().map(|core| core.node).collect();
    let mut packages: BTreeMap<usize, Vec<Core>> = BTreeMap::new();
    for core in cores {
        packages.entry(core.package).or_default().push(core.clone());
    }
    let largest = packages.into_values().min_by_key(|cores| std::cmp::Reverse(cores.len()));
    match largest {
        Some(largest) if nodes.len() >= 2 && largest.len() >= 2 => largest,
        _ => cores.to_vec(),
    }
}

/// As many of the cores as a quota can keep busy; none if it cannot even two.
///
/// A quota counts hardware threads. Where it does not pay for all, each core is
/// used with its first one, because two cores with one thread are better for
/// two roles than one core with two.
fn within(cores: &[Core], quota: Option<Quota>) -> Option<Vec<Core>> {
    let most = quota.map_or(usize::MAX, Quota::whole_cpus);
    if cpus(cores).len() <= most {
        return Some(cores.to_vec());
    }
    let first = |mut core: Core| {
        core.cpus.truncate(1);
        core
    };
    (most >= 2).then(|| cores.iter().take(most).cloned().map(first).collect())
}

/// Two sets. Of the cores the second half, rounded up, is the contestant's, the
/// first the server's, because the first CPU usually serves interrupts.
fn apart(cores: &[Core], share: Share, mut reasons: Vec<String>) -> Placement {
    let (server, contestant) = cores.split_at(cores.len() / 2);
    let (mut contestant_cpus, mut alone_cpus) = (cpus(contestant), cpus(cores));
    if share == Share::One {
        contestant_cpus.truncate(1);
        alone_cpus.clone_from(&contestant_cpus);
    }
    let narrow = match (contestant_cpus.len(), alone_cpus.len()) {
        (1, 1) => Some("the contestant has one CPU: nothing here"),
        (1, _) => Some("beside the server the contestant has one CPU: nothing there"),
        _ => None,
    };
    reasons.extend(narrow.map(|narrow| format!("{narrow} says how a style scales over cores")));
    Placement {
        workers: contestant_cpus.len() as u64,
        contestant_cpus,
        server_cpus: cpus(server),
        alone_workers: alone_cpus.len() as u64,
        alone_cpus,
        reasons,
    }
}

/// No sets: everybody runs on whatever the process may use. The workers are
/// those that the standard library would suggest.
fn together(topology: &Topology, reason: &str) -> Placement {
    let most = topology.quota.map_or(usize::MAX, Quota::whole_cpus);
    let workers = topology.cpus.len().min(most).max(1) as u64;
    let reason = format!(
        "{reason}: contestant and server share what there is and nobody is pinned, so throughput \
         and elapsed say what both can do together"
    );
    Placement { workers, alone_workers: workers, reasons: vec![reason], ..Placement::default() }
}

fn throttling(quota: Quota) -> String {
    format!(
        "a cgroup quota of {quota} CPUs is in force: where it is used up the kernel stops the \
         whole group for a while, which distorts waits"
    )
}

/// The sentence about what was there `before` and is not used, if it is any.
fn idle(before: &[Core], after: &[Core], why: &str) -> Option<String> {
    let used: BTreeSet<usize> = cpus(after).into_iter().collect();
    let idle: Vec<usize> = cpus(before).into_iter().filter(|id| !used.contains(id)).collect();
    let verb = if idle.len() == 1 { "stays" } else { "stay" };
    (!idle.is_empty()).then(|| format!("{} {verb} idle: {why}", names(&idle)))
}

/// All hardware threads, ascending.
fn cpus(cores: &[Core]) -> Vec<usize> {
    let mut cpus: Vec<usize> = cores.iter().flat_map(|core| core.cpus.iter().copied()).collect();
    cpus.sort_unstable();
    cpus
}

/// `CPU 3`, `CPUs 0-3, 8`.
pub(crate) fn names(cpus: &[usize]) -> String {
    let runs = cpus.chunk_by(|a, b| a + 1 == *b).filter_map(|run| match run {
        [] => None,
        [one] => Some(one.to_string()),
        [first, .., last] => Some(format!("{first}-{last}")),
    });
    let plural = if cpus.len() == 1 { "" } else { "s" };
    format!("CPU{plural} {}", runs.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
#[path = "placement_tests.rs"]
mod tests;
