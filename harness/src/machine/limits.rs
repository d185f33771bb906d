//! How much memory an execution may hold; what else limits a process is asked by
//! whoever executes, see [`triathlon_execute::limits`].

use std::fs;

pub(crate) use triathlon_execute::limits::thread_bounds;
pub use triathlon_execute::limits::{limits, raise_descriptors};

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
