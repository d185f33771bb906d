//! ptrace(2) and the kinds of wait that go with it.
#![allow(unsafe_code, reason = "system calls that no safe wrapper offers whole, argued below")]

use std::ffi::{c_int, c_long, c_uint, c_void};
use std::io;
use std::mem::MaybeUninit;
use std::ptr;

use libc::pid_t;

/// Threads and processes that are started are traced, too; stops at calls can be told from
/// others; all are killed when the tracer ends.
const OPTIONS: c_int = libc::PTRACE_O_TRACECLONE
    | libc::PTRACE_O_TRACEFORK
    | libc::PTRACE_O_TRACEVFORK
    | libc::PTRACE_O_TRACEEXEC
    | libc::PTRACE_O_TRACESYSGOOD
    | libc::PTRACE_O_EXITKILL;

/// The event of whoever was seized or stopped. Source: `linux/ptrace.h`.
const EVENT_STOP: c_int = 128;

/// What the stop at a call adds to SIGTRAP. Source: ptrace(2), `PTRACE_O_TRACESYSGOOD`.
const AT_A_CALL: c_int = libc::SIGTRAP | 0x80;

/// The next that stands still, or has ended.
pub(super) struct News {
    pub(super) pid: pid_t,
    pub(super) stop: Stop,
}

/// Why it stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// It enters the kernel or leaves it.
    Call,
    /// It was seized, started another, or loaded a program.
    Event,
    /// It stands still with its group, as a shell or SIGSTOP wants it.
    Group,
    /// It is about to be given a signal.
    Signal(c_int),
    /// It has ended.
    Ended,
}

/// Traces a process from now on, without stopping it.
pub(super) fn seize(pid: pid_t) -> io::Result<()> {
    request(libc::PTRACE_SEIZE, pid, OPTIONS)
}

/// Stops one that is traced and runs.
pub(super) fn interrupt(pid: pid_t) -> io::Result<()> {
    request(libc::PTRACE_INTERRUPT, pid, 0)
}

/// Lets one that stands still go on to its next stop, with a signal unless that is 0.
pub(super) fn go_on(pid: pid_t, signal: c_int) -> io::Result<()> {
    request(libc::PTRACE_SYSCALL, pid, signal)
}

/// Leaves one that stands still with its group where it is, until the group goes on.
pub(super) fn listen(pid: pid_t) -> io::Result<()> {
    request(libc::PTRACE_LISTEN, pid, 0)
}

fn request(request: c_uint, pid: pid_t, data: c_int) -> io::Result<()> {
    let data = ptr::without_provenance_mut::<c_void>(data as usize);
    // SAFETY: none of these requests looks at memory of this process: the address is
    // ignored and the data is a number.
    done(unsafe { libc::ptrace(request, pid, ptr::null_mut::<c_void>(), data) })
}

/// A call that one is about to make.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) number: u64,
    /// Its first argument.
    pub(super) first: u64,
}

/// The call that one stands at, if it is about to enter the kernel.
pub(super) fn entered(pid: pid_t) -> io::Result<Option<Entry>> {
    let mut info = MaybeUninit::<libc::ptrace_syscall_info>::zeroed();
    let size = ptr::without_provenance_mut::<c_void>(size_of_val(&info));
    // SAFETY: the kernel writes at most `size` bytes to where `info` lies.
    done(unsafe {
        libc::ptrace(libc::PTRACE_GET_SYSCALL_INFO, pid, size, info.as_mut_ptr().cast::<c_void>())
    })?;
    // SAFETY: integers and a union of integers, all of which the zeroes made valid.
    let info = unsafe { info.assume_init() };
    if info.op != libc::PTRACE_SYSCALL_INFO_ENTRY {
        return Ok(None);
    }
    // SAFETY: it is an entry, so that is the field that the kernel filled.
    let entry = unsafe { info.u.entry };
    Ok(Some(Entry { number: entry.nr, first: entry.args[0] }))
}

/// Waits for the next of all that this thread traces; nothing if it traces nobody.
///
/// What happened is left as it is: a stop ends with the request to go on, the end of a
/// leader is for its parent, and that of others for [`reap`].
pub(super) fn news() -> io::Result<Option<News>> {
    let options = libc::WEXITED | libc::WSTOPPED | libc::WNOWAIT | libc::__WALL | libc::__WNOTHREAD;
    loop {
        let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
        // SAFETY: the kernel writes a `siginfo_t` to where one lies.
        let waited = unsafe { libc::waitid(libc::P_ALL, 0, info.as_mut_ptr(), options) };
        match done(waited.into()) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) if error.raw_os_error() == Some(libc::ECHILD) => return Ok(None),
            Err(error) => return Err(error),
        }
        // SAFETY: waitid(2) fills these two fields, which are those of SIGCHLD.
        let (pid, status) = unsafe {
            let info = info.assume_init();
            (info.si_pid(), (info.si_code == libc::CLD_TRAPPED).then(|| info.si_status()))
        };
        return Ok(Some(News { pid, stop: status.map_or(Stop::Ended, stop) }));
    }
}

/// What the status of one that is trapped means. Source: ptrace(2).
fn stop(status: c_int) -> Stop {
    let (signal, event) = (status & 0xff, status >> 8);
    match (signal, event) {
        (AT_A_CALL, 0) => Stop::Call,
        (libc::SIGSTOP | libc::SIGTSTP | libc::SIGTTIN | libc::SIGTTOU, EVENT_STOP) => Stop::Group,
        (signal, 0) => Stop::Signal(signal),
        _ => Stop::Event,
    }
}

/// Lets one go that has ended and is no child of this process.
pub(super) fn reap(pid: pid_t) -> io::Result<()> {
    let options = libc::__WALL | libc::__WNOTHREAD | libc::WNOHANG;
    // SAFETY: there is no status to write.
    let reaped = unsafe { libc::waitpid(pid, ptr::null_mut(), options) };
    match done(reaped.into()) {
        // Whoever else waits for it was faster.
        Err(error) if error.raw_os_error() == Some(libc::ECHILD) => Ok(()),
        other => other,
    }
}

fn done(result: c_long) -> io::Result<()> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::{Stop, stop};

    #[test]
    fn stops_are_told_apart() {
        let check = |status: i32, want: Stop| assert_eq!(stop(status), want, "{status:#x}");
        check(libc::SIGTRAP | 0x80, Stop::Call);
        check(libc::SIGTRAP | (128 << 8), Stop::Event);
        check(libc::SIGTRAP | (libc::PTRACE_EVENT_CLONE << 8), Stop::Event);
        check(libc::SIGSTOP | (128 << 8), Stop::Group);
        check(libc::SIGSTOP, Stop::Signal(libc::SIGSTOP));
        check(libc::SIGTRAP, Stop::Signal(libc::SIGTRAP));
        check(libc::SIGCHLD, Stop::Signal(libc::SIGCHLD));
        // Of the real-time signals the C library keeps the first for itself.
        check(33, Stop::Signal(33));
    }
}
