//! Standard input and output as a dialogue with the harness: jobs, answers, and what is
//! asked in between.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use triathlon_contract::record::{Asked, Proceed, Question};
use triathlon_lab::Conductor;

/// Standard input, read by one thread after the other: by the one that takes jobs, and
/// by the one that leads the load of a server while the first serves.
#[derive(Clone)]
pub(crate) struct Input(Arc<Mutex<BufReader<File>>>);

impl Input {
    pub(crate) fn new() -> Result<Self> {
        let input = io::stdin().as_fd().try_clone_to_owned().context("standard input")?;
        Ok(Self(Arc::new(Mutex::new(BufReader::new(File::from(input))))))
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).read(buffer)
    }
}

/// Writes one line. A reader that went away has ended this process, or is about to.
pub(crate) fn say(what: &impl Serialize) -> Result<()> {
    let mut line = serde_json::to_vec(what).context("write a line")?;
    line.push(b'\n');
    let mut out = io::stdout().lock();
    match out.write_all(&line).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}

/// Asks the harness to lead the clients of a server, or when a generator may begin.
pub(crate) struct Leader(pub(crate) Input);

impl Leader {
    fn ask(&mut self, question: Question) -> Result<(), String> {
        say(&question).map_err(|error| format!("{error:#}"))?;
        let mut input = serde_json::Deserializer::from_reader(&mut self.0);
        let Proceed { .. } = Proceed::deserialize(&mut input)
            .map_err(|error| format!("the clients did not come to their end ({error})"))?;
        Ok(())
    }
}

impl Conductor for Leader {
    fn gather(&mut self, address: SocketAddr) -> Result<(), String> {
        self.ask(Question { question: Asked::Clients, address: Some(address) })
    }

    fn conduct(&mut self) -> Result<(), String> {
        self.ask(Question::of(Asked::Load))
    }
}

/// A generator that is ready: waits until it may begin.
///
/// # Errors
/// The harness does not let it.
pub fn ready() -> Result<()> {
    let input = Input::new()?;
    Leader(input).conduct().map_err(anyhow::Error::msg)
}

/// A generator that has ended its load, before it counts what came of it.
///
/// # Errors
/// Standard output cannot be written.
pub fn over() -> Result<()> {
    say(&Question::of(Asked::Nothing))
}
