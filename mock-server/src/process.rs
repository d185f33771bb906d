//! Limits, CPUs, and the end of the process.

use std::num::NonZeroU64;

use anyhow::{Context, Result};
use nix::sched::{CpuSet, sched_setaffinity};
use rustix::process::{
    Resource, Rlimit, Signal, getppid, getrlimit, set_parent_process_death_signal, setrlimit,
};
use rustix::thread::set_current_timer_slack;
use tokio::signal::unix::{SignalKind, signal};

use crate::Options;

/// Raises the limit of open files, pins this thread and asks for exact timers.
/// Threads started from here on inherit the CPUs and the slack.
///
/// # Errors
/// A CPU does not exist or is not permitted.
pub(crate) fn prepare(options: &Options) -> Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // To the hard limit is always permitted; without it fewer connections fit.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    let _ = set_current_timer_slack(NonZeroU64::new(1));
    pin(&options.cpus)
        .with_context(|| format!("cannot run on CPUs {:?}; name none, or others", options.cpus))
}

fn pin(cpus: &[usize]) -> Result<()> {
    if cpus.is_empty() {
        return Ok(());
    }
    let mut set = CpuSet::new();
    cpus.iter().try_for_each(|cpu| set.set(*cpu))?;
    Ok(sched_setaffinity(nix::unistd::Pid::from_raw(0), &set)?)
}

/// Worker threads: one per CPU.
pub(crate) fn workers(options: &Options) -> usize {
    match options.cpus.len() {
        0 => std::thread::available_parallelism().map_or(1, Into::into),
        named => named,
    }
}

/// Asks the kernel for a signal when the parent ends; says whether it lives.
///
/// The kernel signals when the *thread* that started this process ends, and a
/// test's thread ends long before its process. So the signal is not SIGTERM but
/// SIGUSR1, upon which [`Ends`] looks whether the parent is still the same.
/// Until that handler is in place SIGUSR1 ends the process.
///
/// # Errors
/// The kernel refuses, which it has no reason to.
pub(crate) fn follow(parent: Option<u32>) -> Result<bool> {
    if parent.is_some() {
        set_parent_process_death_signal(Some(Signal::USR1))
            .context("cannot ask for a signal at the parent's death; start without a parent")?;
    }
    Ok(parent_lives(parent))
}

fn parent_lives(parent: Option<u32>) -> bool {
    let now = getppid().and_then(|pid| u32::try_from(pid.as_raw_pid()).ok());
    parent.is_none_or(|parent| now == Some(parent))
}

/// Everything that ends the server.
pub(crate) struct Ends {
    parent: Option<u32>,
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    orphaned: tokio::signal::unix::Signal,
}

impl Ends {
    /// Takes the signals over from the system's default, inside a runtime.
    ///
    /// # Errors
    /// The handlers cannot be installed.
    pub(crate) fn new(parent: Option<u32>) -> Result<Self> {
        let handle = |kind| signal(kind).context("cannot handle signals");
        Ok(Self {
            parent,
            terminate: handle(SignalKind::terminate())?,
            interrupt: handle(SignalKind::interrupt())?,
            orphaned: handle(SignalKind::user_defined1())?,
        })
    }

    /// Returns at SIGTERM, SIGINT or the parent's death.
    pub(crate) async fn wait(mut self) {
        while parent_lives(self.parent) {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.orphaned.recv() => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Options, follow, parent_lives, pin, prepare, workers};

    fn options(cpus: &[usize]) -> Options {
        Options { listen: [127, 0, 0, 1].into(), port: 0, cpus: cpus.into(), parent: None }
    }

    #[test]
    fn a_stranger_is_no_parent() {
        assert!(parent_lives(Some(std::os::unix::process::parent_id())));
        assert!(!parent_lives(Some(std::process::id())));
        assert!(follow(None).unwrap());
    }

    #[test]
    fn an_impossible_cpu_is_an_error_with_advice() {
        let error = prepare(&options(&[100_000])).unwrap_err();
        assert!(format!("{error:#}").contains("name none, or others"), "{error:#}");
    }

    #[test]
    fn a_pinned_thread_has_one_cpu_and_one_worker() {
        // On a thread of its own: the others of this process stay where they are.
        std::thread::spawn(|| {
            let mine = nix::sched::sched_getaffinity(nix::unistd::Pid::from_raw(0)).unwrap();
            let cpu = (0..1024).find(|cpu| mine.is_set(*cpu).unwrap_or(false)).unwrap();
            pin(&[cpu]).unwrap();
            assert_eq!(workers(&options(&[])), 1);
            assert_eq!(workers(&options(&[cpu])), 1);
        })
        .join()
        .unwrap();
    }
}
