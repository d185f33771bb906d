//! What was measured, by the process itself and by its parent.

use serde::{Deserialize, Serialize};

/// What lies between the window's edges.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// CPUs that the process might use, as the kernel says; guests and records before
    /// it was read have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpus: Option<u64>,
    /// Descriptors open at the opening edge; guests and records before they were counted
    /// have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub descriptors_open: Option<u64>,
    /// Descriptors open at the closing edge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub descriptors_close: Option<u64>,
    /// CPU time of the mock server within the window.
    pub server_cpu_ns: u64,
    /// Time that the hypervisor took from all CPUs, in steps of 10 ms.
    pub steal_ns: u64,
    /// Operations with a sample, or stretches of operations.
    pub samples: u64,
    /// Operations of all samples, where each spans several; the harness fills it in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operations: Option<u64>,
    /// Service time over the samples of this execution.
    pub service_us: Option<Service>,
}

/// What went on beside the operations inside the window and is timed for itself, such
/// as calls that block beside what they delay, or giving up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BesideRecord {
    /// How often.
    pub count: u64,
    /// From the intended to the actual start, in the mean.
    pub lag_mean_us: f64,
    /// From the actual start to the end.
    pub service_us: Service,
}

/// Service times of one execution; nearest-rank percentiles, and none where
/// fewer than ten samples lie beyond it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

/// The window's costs over its operations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PerOperation {
    /// CPU time of the contestant, user and kernel.
    pub cpu_us: f64,
    /// Context switches of the contestant, voluntary and involuntary.
    pub switches: f64,
    /// Page faults of the contestant.
    pub faults: f64,
    /// CPU time of the mock server.
    pub server_cpu_us: f64,
}

impl WindowRecord {
    /// The same where a sample spans so many operations, by the spec.
    #[must_use]
    pub fn spanning(self, per_sample: u64) -> Self {
        let operations = (per_sample > 1).then(|| self.samples * per_sample);
        Self { operations, ..self }
    }

    /// Operations inside the window.
    pub fn operations(&self) -> u64 {
        self.operations.unwrap_or(self.samples)
    }
}

impl PerOperation {
    /// Of a window; nothing if it has no operation.
    pub fn of(window: &WindowRecord) -> Option<Self> {
        let operations = window.operations();
        if operations == 0 {
            return None;
        }
        let each = |total: u64| total as f64 / operations as f64;
        Some(Self {
            cpu_us: each(window.user_ns + window.system_ns) / 1e3,
            switches: each(window.voluntary_switches + window.involuntary_switches),
            faults: each(window.minor_faults + window.major_faults),
            server_cpu_us: each(window.server_cpu_ns) / 1e3,
        })
    }
}

/// What the kernel dropped or had to send again during an execution, counted
/// for the whole network namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KernelRecord {
    /// Connections that found a listen queue full.
    pub listen_overflows: u64,
    /// Connection attempts dropped at a listening socket.
    pub listen_drops: u64,
    /// Retransmission timers that went off.
    pub timeouts: u64,
    /// Connection attempts sent again.
    pub syn_retransmits: u64,
}

/// Figures of the contestant's process from the parent's `wait4`, the second
/// witness of its costs: whole life, not only the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// What devices read for it; early records have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_read_bytes: Option<u64>,
    /// From start to reaped, pauses left out.
    pub wall_ns: u64,
}

#[cfg(test)]
mod tests {
    use super::{PerOperation, WindowRecord};

    #[test]
    fn costs_are_divided_by_the_operations() {
        let window = WindowRecord {
            user_ns: 6_000,
            system_ns: 4_000,
            voluntary_switches: 3,
            involuntary_switches: 1,
            minor_faults: 2,
            server_cpu_ns: 8_000,
            samples: 4,
            ..WindowRecord::default()
        };
        let want = PerOperation { cpu_us: 2.5, switches: 1.0, faults: 0.5, server_cpu_us: 2.0 };
        assert_eq!(PerOperation::of(&window), Some(want));
        let spans = window.clone().spanning(2);
        assert_eq!((window.spanning(1).operations, spans.operations()), (None, 8));
        assert_eq!(PerOperation::of(&spans).map(|each| each.cpu_us), Some(1.25));
        assert_eq!(PerOperation::of(&WindowRecord::default()), None);
    }
}
