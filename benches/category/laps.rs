//! The process behind a target: `triathlon bench`, which knows the cases, does
//! the laps of each in a child process, and verifies them.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};
use std::time::Duration;

use serde::de::DeserializeOwned;
use triathlon_contract::record::{Assignment, LapsReply, LapsRequest};

/// Why a benchmark ends before its samples are complete.
pub(crate) enum Stop {
    /// The contestant failed, for this reason.
    Failed(String),
    /// Nobody does laps any more; standard error says why.
    Gone,
}

/// The process and the pipes to it.
pub(crate) struct Laps {
    child: Child,
    replies: BufReader<ChildStdout>,
}

impl Laps {
    /// Starts it with the words that cargo gave this target.
    pub(crate) fn start(target: &str) -> io::Result<Self> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_triathlon"))
            .args(["bench", target, "--"])
            .args(std::env::args_os().skip(1))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().expect("standard output is piped");
        Ok(Self { child, replies: BufReader::new(stdout) })
    }

    /// What is to be done, unless it refused the call.
    pub(crate) fn assignment(&mut self) -> Result<Assignment, Stop> {
        self.hear()
    }

    /// Does so many laps; the time between the edges of their window.
    pub(crate) fn measure(&mut self, id: &str, laps: u64) -> Result<Duration, Stop> {
        if laps == 0 {
            // Criterion asks for none when it profiles what is slow.
            return Ok(Duration::ZERO);
        }
        match self.ask(&LapsRequest::Laps { id: id.to_string(), laps })? {
            LapsReply::Elapsed { ns } => Ok(Duration::from_nanos(ns)),
            LapsReply::Failed { reason } => Err(Stop::Failed(reason)),
            LapsReply::Ended => Err(Stop::Gone),
        }
    }

    /// Ends the child process of the benchmark.
    pub(crate) fn end(&mut self) -> Result<(), Stop> {
        match self.ask(&LapsRequest::End)? {
            LapsReply::Failed { reason } => Err(Stop::Failed(reason)),
            LapsReply::Elapsed { .. } | LapsReply::Ended => Ok(()),
        }
    }

    /// Closes the pipe, waits for the end; the exit code that it found right.
    pub(crate) fn finish(mut self) -> ExitCode {
        drop(self.child.stdin.take());
        match self.child.wait().map(|status| status.code()) {
            Ok(Some(code)) => ExitCode::from(code as u8),
            Ok(None) | Err(_) => ExitCode::FAILURE,
        }
    }

    fn ask(&mut self, request: &LapsRequest) -> Result<LapsReply, Stop> {
        let line = serde_json::to_string(request).expect("a request is JSON");
        let stdin = self.child.stdin.as_mut().expect("standard input is piped");
        // One that is gone says so on standard error.
        writeln!(stdin, "{line}").map_err(|_| Stop::Gone)?;
        self.hear()
    }

    fn hear<T: DeserializeOwned>(&mut self) -> Result<T, Stop> {
        let mut line = String::new();
        match self.replies.read_line(&mut line) {
            Ok(1..) => Ok(serde_json::from_str(&line).expect("both sides are built together")),
            Ok(0) | Err(_) => Err(Stop::Gone),
        }
    }
}
