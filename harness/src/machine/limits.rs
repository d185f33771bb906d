//! How far this machine lets a process go, found out before the first spawn.

use std::fs;

use anyhow::{Context, Result};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use triathlon_contract::{ColdCache, Limits};

use crate::doctor::parse;

/// Memory maps that a process needs besides its threads' stacks.
const MAPS_SPARE: u64 = 256;

/// Memory maps of one thread: stack and guard, and the signal stack and its
/// guard that the standard library adds.
const MAPS_PER_THREAD: u64 = 4;

/// Limits of this machine for one process.
///
/// Threads: the least of `vm.max_map_count`/4 − 256, `kernel.pid_max`,
/// `kernel.threads-max` and `ulimit -u`; past it a process aborts instead of
/// getting an error. A limit that cannot be read does not bind.
///
/// Ports: those of `ip_local_port_range`, reserved ones included.
///
/// # Errors
/// If the limit of open files cannot be read.
pub fn limits() -> Result<Limits> {
    let (_, descriptors) = getrlimit(Resource::RLIMIT_NOFILE).context("RLIMIT_NOFILE")?;
    let threads = thread_bounds().into_iter().map(|(_, most)| most).min().unwrap_or(u64::MAX);
    Ok(Limits { descriptors, threads, ports: ports(), cold: ColdCache::NotAsked })
}

fn ports() -> u64 {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok();
    let range = range.and_then(|text| parse::ports(&text));
    range.map_or(u64::MAX, |(first, last)| last - first + 1)
}

/// What bounds the threads of a process: the setting, and how many it permits.
/// One that cannot be read is left out.
pub(crate) fn thread_bounds() -> Vec<(&'static str, u64)> {
    let maps = number("/proc/sys/vm/max_map_count")
        .map(|maps| (maps / MAPS_PER_THREAD).saturating_sub(MAPS_SPARE));
    let processes = getrlimit(Resource::RLIMIT_NPROC).ok().map(|(soft, _)| soft);
    let bounds = [
        ("vm.max_map_count", maps),
        ("kernel.pid_max", number("/proc/sys/kernel/pid_max")),
        ("kernel.threads-max", number("/proc/sys/kernel/threads-max")),
        ("ulimit -u", processes),
    ];
    bounds.into_iter().filter_map(|(setting, most)| Some((setting, most?))).collect()
}

/// Raises the soft limit of open files to the hard one; children inherit it.
///
/// # Errors
/// If the kernel refuses.
pub fn raise_descriptors() -> Result<()> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).context("RLIMIT_NOFILE")?;
    if soft < hard {
        setrlimit(Resource::RLIMIT_NOFILE, hard, hard).context("raise RLIMIT_NOFILE")?;
    }
    Ok(())
}

/// Resident memory that one execution may hold: half of what is free, at most
/// 4 GiB.
pub fn resident_bytes() -> u64 {
    let most = 4 << 30;
    memory_bytes("MemAvailable:").map_or(most, |free| (free / 2).min(most))
}

/// A figure of `/proc/meminfo`.
pub(crate) fn memory_bytes(name: &str) -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = rest.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

fn number(path: &str) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}
