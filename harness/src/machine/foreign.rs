//! What other processes took from the CPUs of an execution.
//!
//! Every process has a CPU clock in nanoseconds, where `/proc/stat` counts ticks
//! of 10 ms, which is more than many windows are long. A process that ends
//! meanwhile takes its last share with it, and one outside of our process
//! namespace is not seen: its trace is steal, or a wider noise floor.

use std::collections::HashMap;
use std::fs;

use anyhow::{Context, Result};
use nix::time::clock_getcpuclockid;
use nix::unistd::Pid;

/// Less than this of one process is not looked into.
const LEAST_NS: u64 = 1_000_000;

/// Bit of a process' flags that tells the kernel's own threads, whose work on
/// loopback is the execution's.
///
/// Source: `PF_KTHREAD` in `include/linux/sched.h`.
const KERNEL_THREAD: u64 = 0x0020_0000;

/// CPU time of every process, by its number.
pub struct Reading(HashMap<i32, u64>);

/// Reads every process' clock.
///
/// # Errors
/// If there is no `/proc`.
pub fn reading() -> Result<Reading> {
    let entries = fs::read_dir("/proc").context("/proc")?;
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    // One that ended between being listed and being read has no clock.
    Ok(Reading(pids.filter_map(|pid| Some((pid, cpu_ns(pid)?))).collect()))
}

/// What one process took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Took {
    /// Its number.
    pub pid: i32,
    /// CPU time.
    pub ns: u64,
}

/// CPU time that others than `own` took on `cpus` since a reading; on all CPUs
/// if none are named.
///
/// A process counts with all it took, if any of its threads ran last on one of
/// these CPUs: where it ran before is not known.
///
/// # Errors
/// As [`reading`].
pub fn since(before: &Reading, cpus: &[usize], own: &[u32]) -> Result<u64> {
    Ok(each_since(before, cpus, own)?.iter().map(|took| took.ns).sum())
}

/// The same by process, the one that took most first.
///
/// # Errors
/// As [`reading`].
pub fn each_since(before: &Reading, cpus: &[usize], own: &[u32]) -> Result<Vec<Took>> {
    let mut tally = Tally::default();
    tally.add(before, &reading()?);
    Ok(tally.each(cpus, own))
}

/// What every process took between pairs of readings, together.
#[derive(Clone, Debug, Default)]
pub struct Tally(HashMap<i32, u64>);

impl Tally {
    /// Adds what was taken between two readings.
    pub fn add(&mut self, before: &Reading, after: &Reading) {
        for (pid, now) in &after.0 {
            let ns = now.saturating_sub(before.0.get(pid).copied().unwrap_or(0));
            if ns > 0 {
                *self.0.entry(*pid).or_default() += ns;
            }
        }
    }

    /// What others than `own` took on `cpus`, as [`since`] counts it.
    pub fn total(&self, cpus: &[usize], own: &[u32]) -> u64 {
        self.each(cpus, own).iter().map(|took| took.ns).sum()
    }

    fn each(&self, cpus: &[usize], own: &[u32]) -> Vec<Took> {
        let took = |(pid, ns): (&i32, &u64)| {
            let ours = own.iter().any(|own| *own as i32 == *pid);
            (*ns >= LEAST_NS && !ours && ran_on(*pid, cpus)).then_some(Took { pid: *pid, ns: *ns })
        };
        let mut each: Vec<Took> = self.0.iter().filter_map(took).collect();
        each.sort_unstable_by_key(|took| (std::cmp::Reverse(took.ns), took.pid));
        each
    }
}

fn cpu_ns(pid: i32) -> Option<u64> {
    let time = clock_getcpuclockid(Pid::from_raw(pid)).ok()?.now().ok()?;
    Some(time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64)
}

/// Whether a process is no thread of the kernel and ran on one of `cpus`.
fn ran_on(pid: i32, cpus: &[usize]) -> bool {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return false;
    };
    tasks.flatten().any(|task| {
        let stat = fs::read_to_string(task.path().join("stat")).unwrap_or_default();
        let Some((flags, cpu)) = flags_and_cpu(&stat) else {
            return false;
        };
        flags & KERNEL_THREAD == 0 && (cpus.is_empty() || cpus.contains(&cpu))
    })
}

/// Ninth and 39th field of a `stat` file; its second, the name, may hold
/// anything between parentheses.
///
/// Source: proc_pid_stat(5).
fn flags_and_cpu(stat: &str) -> Option<(u64, usize)> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let flags = fields.nth(6)?.parse().ok()?;
    let cpu = fields.nth(29)?.parse().ok()?;
    Some((flags, cpu))
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    use super::{each_since, flags_and_cpu, reading, since};

    #[test]
    fn fields_are_counted_behind_the_name() {
        let stat = "7 (a) b 1) S 1 7 7 0 -1 4194560 10 0 0 0 5 6 0 0 20 0 1 0 9 8 7 6 1 1 1 0 0 0 0 0 0 \
                    0 0 0 17 1 0 0 0";
        assert_eq!(flags_and_cpu(stat), Some((4_194_560, 1)));
        assert_eq!(flags_and_cpu("7 (a"), None);
    }

    /// Half a second of a busy neighbour is seen, and not seen as soon as it is
    /// one of ours.
    #[test]
    fn a_busy_neighbour_is_seen() {
        let before = reading().unwrap();
        let mut busy = Command::new("sh")
            .args(["-c", "while :; do :; done"])
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        let least = 20_000_000;
        while since(&before, &[], &[]).unwrap() < least && Instant::now() < deadline {
            std::thread::yield_now();
        }
        let seen = since(&before, &[], &[]).unwrap();
        let own = std::process::id();
        let mine = since(&before, &[], &[busy.id(), own]).unwrap();
        let each = each_since(&before, &[], &[]).unwrap();
        busy.kill().unwrap();
        busy.wait().unwrap();
        assert!(seen >= least, "{seen} ns");
        assert!(mine < seen, "{mine} of {seen} ns");
        assert!(each.iter().any(|took| took.pid == busy.id() as i32), "{each:?}");
        assert!(each.is_sorted_by_key(|took| std::cmp::Reverse(took.ns)), "{each:?}");
    }
}
