//! How far this machine lets a process go, found out before the first spawn.

use std::fs;

use anyhow::{Context, Result};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use triathlon_contract::{ColdCache, Limits};

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
    let range = range.and_then(|text| port_range(&text));
    range.map_or(u64::MAX, |(first, last)| last - first + 1)
}

/// First and last port of `ip_local_port_range`.
pub fn port_range(text: &str) -> Option<(u64, u64)> {
    let mut ports = text.split_whitespace().map_while(|port| port.parse().ok());
    let range = (ports.next()?, ports.next()?);
    (range.0 <= range.1).then_some(range)
}

/// What bounds the threads of a process: the setting, and how many it permits.
/// One that cannot be read is left out.
pub fn thread_bounds() -> Vec<(&'static str, u64)> {
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

fn number(path: &str) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{limits, port_range};

    #[test]
    fn a_range_of_ports_has_two_ends_in_their_order() {
        assert_eq!(port_range("32768\t60999\n"), Some((32_768, 60_999)));
        for odd in ["", "1", "9 1", "x y", "-1 5"] {
            assert_eq!(port_range(odd), None, "{odd:?}");
        }
    }

    #[test]
    fn this_machine_has_limits() {
        let limits = limits().unwrap();
        assert!(limits.descriptors > 0 && limits.threads > 0 && limits.ports > 0, "{limits:?}");
    }
}
