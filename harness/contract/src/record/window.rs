//! What was measured, by the process itself and by its parent.

use serde::{Deserialize, Serialize};

/// What lies between the window's edges.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WindowRecord {
    /// Wall time.
    pub elapsed_ns: u64,
    /// CPU time in user mode, all threads.
    pub user_ns: u64,
    /// CPU time in the kernel, all threads.
    pub system_ns: u64,
    /// Switches because a thread waited.
    pub voluntary_switches: u64,
    /// Switches because the kernel took the CPU away.
    pub involuntary_switches: u64,
    /// Page faults served without input or output.
    pub minor_faults: u64,
    /// Page faults that read from a device.
    pub major_faults: u64,
    /// Resident memory at the opening edge.
    pub resident_open_bytes: u64,
    /// Resident memory at the closing edge.
    pub resident_close_bytes: u64,
    /// Highest resident memory of the process up to the closing edge.
    pub peak_resident_bytes: u64,
    /// Page tables at the closing edge.
    pub page_table_bytes: u64,
    /// Threads alive at the opening edge.
    pub threads_open: u64,
    /// Threads alive at the closing edge.
    pub threads_close: u64,
    /// CPU time of the mock server within the window.
    pub server_cpu_ns: u64,
    /// Time that the hypervisor took from all CPUs, in steps of 10 ms.
    pub steal_ns: u64,
    /// Operations with a sample.
    pub samples: u64,
    /// Service time over the samples of this execution.
    pub service_us: Option<Service>,
}

/// Service times of one execution; nearest-rank percentiles, and none where
/// fewer than ten samples lie beyond it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// Arithmetic mean.
    pub mean: f64,
    /// Median.
    pub p50: Option<f64>,
    /// 90th percentile.
    pub p90: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
    /// Highest value.
    pub max: f64,
}

/// Figures of the contestant's process from the parent's `wait4`, the second
/// witness of its costs: whole life, not only the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessRecord {
    /// CPU time in user mode.
    pub user_ns: u64,
    /// CPU time in the kernel.
    pub system_ns: u64,
    /// Switches because a thread waited.
    pub voluntary_switches: u64,
    /// Switches because the kernel took the CPU away.
    pub involuntary_switches: u64,
    /// Highest resident memory; at least that of the parent at the time of
    /// `fork`, which Linux counts in.
    pub peak_resident_bytes: u64,
    /// From start to reaped.
    pub wall_ns: u64,
}
