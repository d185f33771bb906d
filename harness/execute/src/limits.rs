//! How far this machine lets a process go, found out before the first spawn.

use std::fs;

use anyhow::{Context, Result};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::geteuid;
use triathlon_contract::{ColdCache, Limits};

/// Memory maps that a process needs besides its threads' stacks.
const MAPS_SPARE: u64 = 256;

/// Resident and kernel memory that one thread is taken to hold.
const BYTES_PER_THREAD: u64 = 40 << 10;

/// Address space of one thread: the standard library's default stack.
const STACK_BYTES: u64 = 2 << 20;

/// Most memory of one execution, however much is free.
const MEMORY_MOST: u64 = 4 << 30;

/// Memory maps of one thread: stack and guard, and the signal stack and its
/// guard that the standard library adds.
const MAPS_PER_THREAD: u64 = 4;

/// Limits of this machine for one process.
///
/// Threads: the least of [`thread_bounds`]; past it a process aborts instead of
/// getting an error. A limit that cannot be read does not bind.
///
/// Memory: half of what is free, at most 4 GiB.
///
/// Ports: those of `ip_local_port_range`, reserved ones included.
///
/// # Errors
/// If the limit of open files cannot be read.
pub fn limits() -> Result<Limits> {
    let (_, descriptors) = getrlimit(Resource::RLIMIT_NOFILE).context("RLIMIT_NOFILE")?;
    let least = thread_bounds().into_iter().min_by_key(|(_, most)| *most);
    let (threads_by, threads) = least.unwrap_or(("", u64::MAX));
    let cold = ColdCache::NotAsked;
    let memory_bytes = memory_bytes();
    Ok(Limits { descriptors, threads, threads_by, memory_bytes, ports: ports(), cold })
}

/// Memory that one execution may hold.
pub fn memory_bytes() -> u64 {
    let free = fs::read_to_string("/proc/meminfo").ok();
    let free = free.and_then(|text| kib(&text, "MemAvailable:"));
    free.map_or(MEMORY_MOST, |free| (free / 2).min(MEMORY_MOST))
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
    let soft = |resource| getrlimit(resource).ok().map(|(soft, _)| soft);
    bounds(&Found {
        read: &|path| fs::read_to_string(path).ok(),
        root: geteuid().is_root(),
        processes: soft(Resource::RLIMIT_NPROC),
        address_space: soft(Resource::RLIMIT_AS),
    })
}

/// Where limits are found.
struct Found<'a> {
    /// The text of a file; none if it cannot be read.
    read: &'a dyn Fn(&str) -> Option<String>,
    /// Whether `ulimit -u` is for others.
    root: bool,
    /// `ulimit -u`.
    processes: Option<u64>,
    /// `ulimit -v`, in bytes.
    address_space: Option<u64>,
}

fn bounds(found: &Found<'_>) -> Vec<(&'static str, u64)> {
    let read = found.read;
    let number = |path: &str| read(path)?.trim().parse::<u64>().ok();
    let maps = number("/proc/sys/vm/max_map_count")
        .map(|maps| (maps / MAPS_PER_THREAD).saturating_sub(MAPS_SPARE));
    let memory = read("/proc/meminfo").unwrap_or_default();
    let free = kib(&memory, "MemAvailable:").map(|free| free / 2 / BYTES_PER_THREAD);
    // Only then does the kernel count what nothing lies behind yet.
    let strict = number("/proc/sys/vm/overcommit_memory") == Some(2);
    let promised = kib(&memory, "CommitLimit:").zip(kib(&memory, "Committed_AS:"));
    let promised = promised.map(|(most, now)| most.saturating_sub(now) / STACK_BYTES);
    let bounds = [
        ("vm.max_map_count", maps),
        ("kernel.pid_max", number("/proc/sys/kernel/pid_max")),
        ("kernel.threads-max", number("/proc/sys/kernel/threads-max")),
        ("ulimit -u", found.processes.filter(|_| !found.root)),
        ("ulimit -v", found.address_space.map(|bytes| bytes / STACK_BYTES)),
        ("pids.max of the cgroup", of_groups(read)),
        ("vm.overcommit_memory", promised.filter(|_| strict)),
        ("free memory", free),
    ];
    bounds.into_iter().filter_map(|(setting, most)| Some((setting, most?))).collect()
}

/// What the groups of this process leave it, the least of all up to the root.
fn of_groups(read: &dyn Fn(&str) -> Option<String>) -> Option<u64> {
    let groups = read("/proc/self/cgroup")?;
    let left = |directory: &str| {
        let number = |name: &str| read(&format!("{directory}/{name}"))?.trim().parse::<u64>().ok();
        Some(number("pids.max")?.saturating_sub(number("pids.current").unwrap_or(0)))
    };
    let of_line = |line: &str| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        let mount = match controllers {
            "" => "/sys/fs/cgroup",
            named if named.split(',').any(|name| name == "pids") => "/sys/fs/cgroup/pids",
            _ => return None,
        };
        let mut least = left(mount);
        let mut directory = mount.to_string();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            directory = format!("{directory}/{part}");
            least = least.into_iter().chain(left(&directory)).min();
        }
        least
    };
    groups.lines().filter_map(of_line).min()
}

/// A figure of `/proc/meminfo`, in bytes.
fn kib(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(rest.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

/// Soft limit of open files as it is now.
pub fn soft_descriptors() -> Option<u64> {
    getrlimit(Resource::RLIMIT_NOFILE).ok().map(|(soft, _)| soft)
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

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::{Found, bounds, limits, port_range};

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

    /// The limit that binds on a machine with these files.
    fn least(files: &[(&str, &str)], root: bool) -> (&'static str, u64) {
        let usual = [
            ("/proc/sys/vm/max_map_count", "65530\n"),
            ("/proc/sys/kernel/pid_max", "32768\n"),
            ("/proc/sys/kernel/threads-max", "192729\n"),
            ("/proc/sys/vm/overcommit_memory", "0\n"),
            (
                "/proc/meminfo",
                "MemAvailable: 16777216 kB\nCommitLimit: 4096000 kB\nCommitted_AS: 0 kB\n",
            ),
        ];
        let files: HashMap<&str, &str> = usual.into_iter().chain(files.iter().copied()).collect();
        let found = Found {
            read: &|path| files.get(path).map(ToString::to_string),
            root,
            processes: Some(9000),
            address_space: Some(u64::MAX),
        };
        bounds(&found).into_iter().min_by_key(|(_, most)| *most).unwrap()
    }

    #[test]
    fn the_least_of_all_limits_binds_and_has_a_name() {
        assert_eq!(least(&[], true), ("vm.max_map_count", 65_530 / 4 - 256));
        assert_eq!(least(&[], false), ("ulimit -u", 9000));
        let maps = ("/proc/sys/vm/max_map_count", "1048576");
        assert_eq!(least(&[maps], true), ("kernel.pid_max", 32_768));
        let pids = ("/proc/sys/kernel/pid_max", "4194304");
        assert_eq!(least(&[maps, pids], true), ("kernel.threads-max", 192_729));
        let threads = ("/proc/sys/kernel/threads-max", "4194304");
        // Half of 16 GiB at 40 KiB each; kept promises of 2 MiB each.
        assert_eq!(least(&[maps, pids, threads], true), ("free memory", 209_715));
        let strict = ("/proc/sys/vm/overcommit_memory", "2");
        assert_eq!(least(&[strict], true), ("vm.overcommit_memory", 2000));
    }

    #[test]
    fn the_tightest_group_up_to_the_root_counts_less_what_is_in_it() {
        let own = ("/proc/self/cgroup", "4:memory:/x\n0::/a/b\n");
        let unlimited = ("/sys/fs/cgroup/a/b/pids.max", "max\n");
        let above =
            [("/sys/fs/cgroup/a/pids.max", "1000"), ("/sys/fs/cgroup/a/pids.current", "30")];
        let name = "pids.max of the cgroup";
        assert_eq!(least(&[own, unlimited, above[0], above[1]], true), (name, 970));
        let container = ("/sys/fs/cgroup/pids.max", "100");
        assert_eq!(least(&[own, unlimited, above[0], container], true), (name, 100));
        let one = ("/proc/self/cgroup", "8:cpu,pids:/c\n");
        assert_eq!(least(&[one, ("/sys/fs/cgroup/pids/c/pids.max", "7")], true), (name, 7));
        assert_eq!(least(&[own, unlimited], true).0, "vm.max_map_count");
    }
}
