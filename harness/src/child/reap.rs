//! `wait4`: the exit status of one child together with what it cost.
//!
//! No safe wrapper offers it; `RUSAGE_CHILDREN` would mix children that are
//! reaped at the same time.
#![allow(unsafe_code, reason = "one system call, argued below")]

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};

use anyhow::{Result, bail};
use triathlon_contract::record::ProcessRecord;

/// Waits for the end of a child and takes its costs; `wall_ns` stays 0.
pub(super) fn wait4(child: Child) -> Result<(ExitStatus, ProcessRecord)> {
    let pid = child.id() as libc::pid_t;
    let mut status: libc::c_int = 0;
    // SAFETY: all-zero bytes are a valid `rusage`, a struct of integers.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    loop {
        // SAFETY: both pointers are to live, writable values of the types that
        // wait4(2) names, and the call keeps neither.
        let reaped = unsafe { libc::wait4(pid, &raw mut status, 0, &raw mut usage) };
        if reaped == pid {
            break;
        }
        let error = std::io::Error::last_os_error();
        if error.kind() != std::io::ErrorKind::Interrupted {
            bail!("wait for process {pid}: {error}");
        }
    }
    // `Child` never reaps when dropped, so its stale pid is not used again.
    drop(child);
    let ns = |time: libc::timeval| time.tv_sec as u64 * 1_000_000_000 + time.tv_usec as u64 * 1000;
    let process = ProcessRecord {
        user_ns: ns(usage.ru_utime),
        system_ns: ns(usage.ru_stime),
        voluntary_switches: usage.ru_nvcsw as u64,
        involuntary_switches: usage.ru_nivcsw as u64,
        peak_resident_bytes: usage.ru_maxrss as u64 * 1024,
        // In blocks of 512 bytes, whatever the device has. Source: getrusage(2).
        device_read_bytes: Some(usage.ru_inblock as u64 * 512),
        wall_ns: 0,
    };
    Ok((ExitStatus::from_raw(status), process))
}
