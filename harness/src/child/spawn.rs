//! A child that ends with this process, whatever program it is.
#![allow(unsafe_code, reason = "one hook between fork and exec, argued below")]

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::sys::prctl;
use nix::sys::signal::Signal;

/// Asks the kernel, before the program is loaded, to kill it when the thread that
/// starts it ends: a program that never asks itself could be left behind, and one
/// that is stopped at that moment would be left stopped.
pub(crate) fn ending_with_us(command: &mut Command) -> &mut Command {
    let parent = std::process::id();
    let ask = move || {
        prctl::set_pdeathsig(Signal::SIGKILL)?;
        // It may have ended before the request.
        if std::os::unix::process::parent_id() == parent {
            Ok(())
        } else {
            Err(io::ErrorKind::NotFound.into())
        }
    };
    // SAFETY: between fork and exec only async-signal-safe calls are allowed; these
    // are two system calls, prctl and getppid, and errors that do not allocate.
    unsafe { command.pre_exec(ask) }
}
