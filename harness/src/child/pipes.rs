//! Standard output and error of a process, read without blocking and bounded.

use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, ChildStderr, ChildStdout};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::ioctl_fionbio;

/// More than any answer; what comes beyond is dropped and makes it garbage.
const OUTPUT_MAX: usize = 16 << 20;

/// Enough for the last words of a panic.
const ERRORS_MAX: usize = 64 << 10;

pub(super) struct Pipes {
    output: Option<ChildStdout>,
    errors: Option<ChildStderr>,
    output_bytes: Vec<u8>,
    errors_bytes: Vec<u8>,
}

impl Pipes {
    pub(super) fn take(child: &mut Child) -> Result<Self> {
        let output = child.stdout.take().context("standard output")?;
        let errors = child.stderr.take().context("standard error")?;
        ioctl_fionbio(&output, true).context("standard output")?;
        ioctl_fionbio(&errors, true).context("standard error")?;
        Ok(Self {
            output: Some(output),
            errors: Some(errors),
            output_bytes: Vec::new(),
            errors_bytes: Vec::new(),
        })
    }

    /// Sleeps until there is something to read, the process ended or the time
    /// is over; reads what there is. Returns whether the process ended.
    pub(super) fn wait(&mut self, process: &OwnedFd, at_most: Duration) -> Result<bool> {
        let mut fds = vec![PollFd::new(process, PollFlags::IN)];
        fds.extend(
            self.output.as_ref().map(|pipe| PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::IN)),
        );
        fds.extend(
            self.errors.as_ref().map(|pipe| PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::IN)),
        );
        let timeout = Timespec {
            tv_sec: at_most.as_secs() as i64,
            tv_nsec: i64::from(at_most.subsec_nanos()),
        };
        match poll(&mut fds, Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error).context("poll"),
        }
        let ended = !fds[0].revents().is_empty();
        drop(fds);
        self.drain()?;
        Ok(ended)
    }

    /// Reads what there is now.
    pub(super) fn drain(&mut self) -> Result<()> {
        read_available(&mut self.output, &mut self.output_bytes, OUTPUT_MAX)
            .context("read standard output")?;
        read_available(&mut self.errors, &mut self.errors_bytes, ERRORS_MAX)
            .context("read standard error")
    }

    /// Takes the first line off the output, if it is complete.
    pub(super) fn take_line(&mut self) -> Option<Vec<u8>> {
        let end = self.output_bytes.iter().position(|byte| *byte == b'\n')?;
        let rest = self.output_bytes.split_off(end + 1);
        Some(std::mem::replace(&mut self.output_bytes, rest))
    }

    pub(super) fn into_bytes(self) -> (Vec<u8>, Vec<u8>) {
        (self.output_bytes, self.errors_bytes)
    }
}

/// Reads until the pipe would block; forgets the pipe at its end.
fn read_available(pipe: &mut Option<impl Read>, bytes: &mut Vec<u8>, max: usize) -> io::Result<()> {
    let mut piece = [0; 16 << 10];
    while let Some(open) = pipe {
        match open.read(&mut piece) {
            Ok(0) => *pipe = None,
            Ok(count) => {
                let room = max.saturating_sub(bytes.len()).min(count);
                bytes.extend_from_slice(&piece[..room]);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
