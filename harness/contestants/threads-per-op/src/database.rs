//! One connection to the database, used by one thread at a time.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use triathlon_contract::{Dialogue, Received};

pub(crate) struct Database {
    stream: TcpStream,
    pub(crate) dialogue: Dialogue,
}

impl Database {
    /// Logs in and prepares the statement.
    pub(crate) fn open(server: SocketAddr, dialogue: Dialogue) -> Result<Self> {
        Self::open_within(server, dialogue, None)
    }

    /// The same, and no wait is longer than this, now and later, if there is a
    /// bound at all.
    pub(crate) fn open_within(
        server: SocketAddr,
        dialogue: Dialogue,
        each: Option<Duration>,
    ) -> Result<Self> {
        let stream = match each {
            Some(most) => TcpStream::connect_timeout(&server, most),
            None => TcpStream::connect(server),
        };
        let stream = stream.context("connect")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(each)?;
        stream.set_write_timeout(each)?;
        let mut database = Self { stream, dialogue };
        let answer = database.answer()?;
        ensure!(answer.is_none(), "an answer before the first question");
        Ok(database)
    }

    /// Sends what was asked and waits for the next answer; none once all have
    /// come.
    pub(crate) fn answer(&mut self) -> Result<Option<Received>> {
        loop {
            if let Some(answer) = self.dialogue.answer()? {
                return Ok(Some(answer));
            }
            if self.dialogue.is_idle() {
                return Ok(None);
            }
            let due = self.dialogue.due();
            self.stream.write_all(due).context("send")?;
            match self.stream.read(self.dialogue.space()) {
                Ok(count) => self.dialogue.advance(count)?,
                // A read with a timeout ends, too, when a stopped process
                // goes on.
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error).context("receive"),
            }
        }
    }
}
