//! One verb a file: its arguments, its help, what it does.

mod added;
pub mod advise;
pub mod bench;
pub mod cite;
pub mod claims;
pub mod compare;
pub mod cost;
pub mod doctor;
mod dry_run;
pub mod execute;
pub mod list;
pub mod load;
pub mod mock_server;
pub mod report;
mod resume;
pub mod run;
pub mod selftest;
pub mod syscalls;
pub mod verify;

use std::io::{self, Write};

/// Prints to standard output; a reader that went away (`| head`) is no
/// failure.
///
/// # Errors
/// If standard output cannot be written otherwise: a full disk, say.
pub fn print(text: &str) -> crate::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(crate::Failure::usage(format_args!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Columns of the terminal; none where standard output is no terminal.
fn terminal_width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0).then(|| size.ws_col.into())
}
