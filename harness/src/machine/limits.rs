//! How much memory an execution may hold; what else limits a process is asked by
//! whoever executes, see [`triathlon_execute::limits`].

use std::fs;

pub(crate) use triathlon_execute::limits::thread_bounds;
pub use triathlon_execute::limits::{limits, memory_bytes as resident_bytes, raise_descriptors};

/// A figure of `/proc/meminfo`.
pub(crate) fn memory_bytes(name: &str) -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = rest.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}
