//! Stops processes with their groups, and lets them go on.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use crate::time::monotonic_ns;

/// Longer than any thread takes to stop on a machine that is alive.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often to look whether the last thread has stopped.
const LOOK: Duration = Duration::from_micros(20);

/// Stops these groups at the same time, waits until every thread of their leaders
/// stands still or a leader has ended; `CLOCK_MONOTONIC` when they were stopped.
///
/// # Errors
/// If the kernel fails, or one does not stop.
pub fn stop(leaders: &[Pid]) -> Result<u64> {
    let at_ns = monotonic_ns()?;
    for leader in leaders {
        signal(*leader, Signal::STOP)?;
    }
    let asked = Instant::now();
    for leader in leaders {
        while !stands_still(*leader)? {
            ensure!(asked.elapsed() < PATIENCE, "process {leader:?} does not stop");
            std::thread::sleep(LOOK);
        }
    }
    Ok(at_ns)
}

/// Lets the groups go on; `CLOCK_MONOTONIC` just before.
///
/// # Errors
/// If the kernel fails.
pub fn go_on(leaders: &[Pid]) -> Result<u64> {
    let at_ns = monotonic_ns()?;
    for leader in leaders {
        signal(*leader, Signal::CONT)?;
    }
    Ok(at_ns)
}

/// No leader is reaped before, so its group's number is its own.
fn signal(leader: Pid, signal: Signal) -> Result<()> {
    kill_process_group(leader, signal).with_context(|| format!("{signal:?} to group {leader:?}"))
}

fn stands_still(leader: Pid) -> Result<bool> {
    // The news is left where it is: that of an end for whoever reaps, and that of a
    // stop, so that one who stands already is seen to.
    let options = WaitIdOptions::STOPPED | WaitIdOptions::EXITED;
    let options = options | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    let news = waitid(WaitId::Pid(leader), options);
    Ok(news.with_context(|| format!("look at process {leader:?}"))?.is_some())
}
