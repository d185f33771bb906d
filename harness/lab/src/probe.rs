//! What the kernel says of this process, and of the mock server beside it.

use std::fs;

use nix::sys::resource::{UsageWho, getrusage};
use nix::time::clock_getcpuclockid;
use nix::unistd::Pid;

use crate::held;

/// One reading at an edge of the window. Times in nanoseconds, memory in bytes.
///
/// CPU time, switches and faults count all threads of this process, those that
/// ended included (`getrusage(RUSAGE_SELF)`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Probe {
    /// CPU time in user mode.
    pub user_ns: u64,
    /// CPU time in the kernel; on loopback also the receiver's share of it.
    pub system_ns: u64,
    /// Switches because a thread waited.
    pub voluntary_switches: u64,
    /// Switches because the kernel took the CPU away.
    pub involuntary_switches: u64,
    /// Page faults served without input or output.
    pub minor_faults: u64,
    /// Page faults that read from a device.
    pub major_faults: u64,
    /// Resident memory (`VmRSS`).
    pub resident_bytes: u64,
    /// Highest resident memory since `exec` (`VmHWM`).
    pub peak_resident_bytes: u64,
    /// Page tables (`VmPTE`), which `VmRSS` leaves out.
    pub page_table_bytes: u64,
    /// Threads alive.
    pub threads: u64,
    /// Descriptors open.
    pub descriptors: u64,
    /// CPU time of the mock server's process; 0 where there is none.
    pub server_cpu_ns: u64,
    /// Time that the hypervisor took from all CPUs, in ticks of 10 ms.
    pub steal_ns: u64,
}

/// A figure that the kernel did not give.
#[derive(Debug)]
pub struct ProbeError(pub String);

impl std::fmt::Display for ProbeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ProbeError {}

impl Probe {
    /// Reads every figure; the CPU figures last, so that the reading itself
    /// stays outside a window that opens after it.
    ///
    /// # Errors
    /// If `/proc` or a system call does not answer, or the server is gone.
    pub fn read(server: Option<u32>) -> Result<Self, ProbeError> {
        let mut probe = Self::default();
        probe.read_files()?;
        probe.read_cpu(server)?;
        Ok(probe)
    }

    /// Reads the figures in the order for the closing edge: CPU first.
    ///
    /// # Errors
    /// As [`Probe::read`].
    pub fn read_closing(server: Option<u32>) -> Result<Self, ProbeError> {
        let mut probe = Self::default();
        probe.read_cpu(server)?;
        probe.read_files()?;
        Ok(probe)
    }

    fn read_cpu(&mut self, server: Option<u32>) -> Result<(), ProbeError> {
        let usage = getrusage(UsageWho::RUSAGE_SELF)
            .map_err(|error| ProbeError(format!("getrusage: {error}")))?;
        let ns = |t: nix::sys::time::TimeVal| {
            t.tv_sec() as u64 * 1_000_000_000 + t.tv_usec() as u64 * 1000
        };
        self.user_ns = ns(usage.user_time());
        self.system_ns = ns(usage.system_time());
        self.voluntary_switches = usage.voluntary_context_switches() as u64;
        self.involuntary_switches = usage.involuntary_context_switches() as u64;
        self.minor_faults = usage.minor_page_faults() as u64;
        self.major_faults = usage.major_page_faults() as u64;
        self.server_cpu_ns = server.map_or(Ok(0), cpu_ns_of)?;
        Ok(())
    }

    fn read_files(&mut self) -> Result<(), ProbeError> {
        let status = text("/proc/self/status")?;
        self.resident_bytes = field(&status, "VmRSS:")? * 1024;
        self.peak_resident_bytes = field(&status, "VmHWM:")? * 1024;
        self.page_table_bytes = field(&status, "VmPTE:")? * 1024;
        self.threads = field(&status, "Threads:")?;
        self.descriptors = held::descriptors()?;
        self.steal_ns = steal_ns(&text("/proc/stat")?)?;
        Ok(())
    }
}

/// CPU time of all threads of another process.
fn cpu_ns_of(pid: u32) -> Result<u64, ProbeError> {
    let gone = |error| ProbeError(format!("CPU clock of process {pid}: {error}"));
    let clock = clock_getcpuclockid(Pid::from_raw(pid as i32)).map_err(gone)?;
    let time = clock.now().map_err(gone)?;
    Ok(time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64)
}

pub(crate) fn text(path: &str) -> Result<String, ProbeError> {
    fs::read_to_string(path).map_err(|error| ProbeError(format!("{path}: {error}")))
}

/// The number behind `name` in the text of `/proc/self/status` or another file of its kind.
pub(crate) fn field(status: &str, name: &str) -> Result<u64, ProbeError> {
    status
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .ok_or_else(|| ProbeError(format!("/proc has no number for {name}")))
}

/// Steal of all CPUs together. Source: proc(5), eighth figure of `cpu`.
fn steal_ns(stat: &str) -> Result<u64, ProbeError> {
    let ticks: u64 = stat
        .lines()
        .next()
        .and_then(|line| line.split_whitespace().nth(8)?.parse().ok())
        .ok_or_else(|| ProbeError("/proc/stat has no steal figure".to_string()))?;
    Ok(ticks * 10_000_000)
}

#[cfg(test)]
mod tests {
    use super::{Probe, field, steal_ns};

    #[test]
    fn reads_fields_of_the_kernel_files() {
        let status = "Name:\tx\nVmHWM:\t    2048 kB\nThreads:\t3\n";
        assert_eq!(field(status, "VmHWM:").unwrap(), 2048);
        assert_eq!(field(status, "Threads:").unwrap(), 3);
        assert!(field(status, "VmRSS:").is_err());
        assert_eq!(steal_ns("cpu  1 2 3 4 5 6 7 8 9 10\n").unwrap(), 80_000_000);
        assert!(steal_ns("").is_err());
    }

    #[test]
    fn work_shows_up_as_cpu_time_of_this_process_and_by_its_pid() {
        let own = std::process::id();
        let before = Probe::read(Some(own)).unwrap();
        let mut sum = 0u64;
        for i in 0..20_000_000u64 {
            sum = std::hint::black_box(sum ^ i);
        }
        let after = Probe::read_closing(Some(own)).unwrap();
        assert!(after.user_ns > before.user_ns);
        assert!(after.server_cpu_ns > before.server_cpu_ns);
        assert!(after.peak_resident_bytes >= after.resident_bytes);
        assert!(after.threads >= 1);
    }

    #[test]
    fn a_server_that_is_gone_is_an_error() {
        // The largest pid that Linux gives is 2^22 - 1.
        assert!(Probe::read(Some(1 << 22)).is_err());
    }
}
