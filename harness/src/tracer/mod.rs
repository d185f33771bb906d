//! Counts what a process asks of the kernel, by ptrace(2).
//!
//! A thread of its own seizes the process, is told of every thread and process that it
//! starts, and stops each of them where it enters the kernel and where it leaves. That
//! costs the process many times what its calls cost, so nothing of it is ever timed.
//! It needs no privilege: whoever may kill a child may trace it.
//!
//! The tracer waits for what it traces alone and leaves the end of the process to whoever
//! started it. Should its thread end before, the kernel kills all that it traces.

mod names;
mod request;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use libc::pid_t;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

pub use names::name;
use request::{Entry, News, Stop};

/// A process asks for its input within milliseconds, on a machine that is alive.
const READY_AT_MOST: Duration = Duration::from_secs(30);

/// How often each call was made, by its number.
pub type Calls = BTreeMap<u64, u64>;

/// The kernel does not let this process trace another.
#[derive(Debug)]
pub struct Refused(io::Error);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "calls cannot be counted here: the kernel does not permit to trace a process ({}); \
             repeat it where no debugger and no strace watches, in a container with --cap-add \
             SYS_PTRACE, on Linux 5.3 or later",
            self.0
        )
    }
}

impl std::error::Error for Refused {}

/// A process whose calls are counted until it ends.
pub struct Tracing {
    thread: JoinHandle<Result<Calls>>,
}

impl Tracing {
    /// Begins to count the calls of a child of this process when it reads its standard
    /// input, which it must do while it has one thread only: how far it came before is a
    /// matter of chance. When this returns, it waits for its input, and all that it
    /// starts later is counted, too.
    ///
    /// # Errors
    /// [`Refused`] if the kernel does not permit it; a failure if the process is not there
    /// or ends before it asks for its input.
    pub fn attach(process: Pid) -> Result<Self> {
        let (begun, told) = sync_channel(1);
        let leader = process.as_raw_nonzero().get();
        let follow = move || follow(leader, begun);
        let thread = thread::Builder::new().name("tracer".to_string()).spawn(follow);
        let thread = thread.context("start the tracer")?;
        Self { thread }.once(&told)
    }

    /// Waits until the process is traced.
    fn once(self, told: &Receiver<()>) -> Result<Self> {
        match told.recv_timeout(READY_AT_MOST) {
            Ok(()) => Ok(self),
            Err(RecvTimeoutError::Timeout) => bail!("a traced process does not ask for its input"),
            // It ended before: the reason is what it gives back.
            Err(RecvTimeoutError::Disconnected) => {
                self.calls().and_then(|_| bail!("the tracer ended without a reason"))
            }
        }
    }

    /// Waits for the end of the process; what it and all that it started called.
    ///
    /// # Errors
    /// If the kernel fails: nothing was counted then.
    pub fn calls(self) -> Result<Calls> {
        self.thread.join().map_err(|_| anyhow!("the tracer panicked"))?
    }
}

/// Traces until the leader has ended, which is left for its parent to reap.
fn follow(leader: pid_t, begun: SyncSender<()>) -> Result<Calls> {
    request::seize(leader).map_err(|error| refused(leader, error))?;
    request::interrupt(leader).with_context(|| format!("stop process {leader}"))?;
    let mut begun = Some(begun);
    let mut calls = Calls::new();
    while let Some(News { pid, stop }) = request::news().context("wait for what is traced")? {
        match stop {
            Stop::Ended if pid == leader => break,
            Stop::Ended => request::reap(pid).with_context(|| format!("reap {pid}"))?,
            Stop::Call => {
                if let Some(entry) = gone(request::entered(pid))?.flatten() {
                    match begun.take_if(|_| pid == leader && asks_for_input(pid, entry)) {
                        // Nobody listens any more only if nobody wants to know.
                        Some(begun) => _ = begun.send(()),
                        None if begun.is_none() => *calls.entry(entry.number).or_default() += 1,
                        None => {}
                    }
                }
                gone(request::go_on(pid, 0))?;
            }
            Stop::Event => _ = gone(request::go_on(pid, 0))?,
            Stop::Group => _ = gone(request::listen(pid))?,
            Stop::Signal(signal) => _ = gone(request::go_on(pid, signal))?,
        }
    }
    ensure!(begun.is_none(), "the process ended before it asked for its standard input");
    Ok(calls)
}

/// Whether it is about to read from its standard input, by whatever descriptor.
fn asks_for_input(pid: pid_t, entry: Entry) -> bool {
    let open = |descriptor| fs::read_link(format!("/proc/{pid}/fd/{descriptor}")).ok();
    let reads = entry.number == libc::SYS_read as u64;
    reads && open(entry.first).is_some_and(|file| open(0).as_ref() == Some(&file))
}

/// Nothing where the one that was stopped was killed meanwhile: its end is the next news.
fn gone<T>(result: io::Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(None),
        Err(error) if refuses(&error) => Err(Refused(error).into()),
        Err(error) => Err(error).context("trace"),
    }
}

/// To trace one that has ended is not permitted either, and says nothing of the kernel.
fn refused(leader: pid_t, error: io::Error) -> anyhow::Error {
    let pid = Pid::from_raw(leader).map(WaitId::Pid);
    let look = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    let ended = pid.is_some_and(|pid| waitid(pid, look).is_ok_and(|news| news.is_some()));
    match !ended && refuses(&error) {
        true => Refused(error).into(),
        false => anyhow!(error).context(format!("trace process {leader}")),
    }
}

/// Whether it is the kernel's word that there is no tracing: forbidden, filtered, not built
/// in, or older than what it is asked for.
fn refuses(error: &io::Error) -> bool {
    let refusals = [libc::EPERM, libc::EACCES, libc::ENOSYS, libc::EIO, libc::EINVAL];
    error.raw_os_error().is_some_and(|number| refusals.contains(&number))
}

#[cfg(test)]
mod tests;
