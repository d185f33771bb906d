//! One keep-alive connection, used by one thread.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result};
use triathlon_contract::{Received, Reply};
use triathlon_lab::Clock;

pub(crate) struct Connection {
    stream: TcpStream,
    reply: Reply,
}

impl Connection {
    pub(crate) fn open(server: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(server).context("connect")?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, reply: Reply::new() })
    }

    /// The same, and each read and each write fails after `timeout`, if any.
    pub(crate) fn open_with(
        server: SocketAddr,
        timeout: Option<Duration>,
    ) -> Result<Self> {
        let connection = Self::open(server)?;
        connection.stream.set_read_timeout(timeout)?;
        connection.stream.set_write_timeout(timeout)?;
        Ok(connection)
    }

    /// The same with a buffer of so many bytes.
    pub(crate) fn open_buffered(
        server: SocketAddr,
        buffer_bytes: usize,
    ) -> Result<Self> {
        let connection = Self::open(server)?;
        Ok(Self { reply: Reply::with_buffer(buffer_bytes), ..connection })
    }

    /// Sends one request and blocks until its response is complete.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> Result<Received> {
        self.stream.write_all(request).context("send")?;
        loop {
            let count = self.read()?;
            if let Some(received) = self.reply.advance(count)? {
                return Ok(received);
            }
        }
    }

    /// Sends one request and blocks until its response is complete; nothing if
    /// it is not by the deadline. The connection is then of no more use.
    pub(crate) fn exchange_by(
        &mut self,
        request: &[u8],
        clock: Clock,
        deadline_ns: u64,
    ) -> Result<Option<Received>> {
        self.stream.write_all(request).context("send")?;
        // A timeout is that of one read, and each gets what is left. One that
        // is over a little early is followed by another.
        loop {
            let left = clock.until(deadline_ns);
            if left.is_zero() {
                return Ok(None);
            }
            self.stream.set_read_timeout(Some(left))?;
            match self.stream.read(self.reply.space()).context("receive") {
                Ok(count) => {
                    if let Some(received) = self.reply.advance(count)? {
                        return Ok(Some(received));
                    }
                }
                Err(error) if timed_out(&error) || interrupted(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends one request; pieces of its response are then received.
    pub(crate) fn send(&mut self, request: &[u8]) -> Result<()> {
        self.stream.write_all(request).context("send")
    }

    /// Blocks until a piece of the response has come; gives the response with
    /// the last one.
    pub(crate) fn receive(&mut self) -> Result<Option<Received>> {
        let count = self.read()?;
        self.reply.advance(count)
    }

    /// Blocks until something has come, however often it is interrupted.
    fn read(&mut self) -> Result<usize> {
        loop {
            match self.stream.read(self.reply.space()).context("receive") {
                Err(error) if interrupted(&error) => {}
                read => return read,
            }
        }
    }

    /// Bytes of the body in all pieces so far; 0 after the last one.
    pub(crate) fn passed(&self) -> u64 {
        self.reply.passed()
    }

    /// The body of the last response.
    pub(crate) fn body(&self) -> &[u8] {
        self.reply.body()
    }
}

/// Whether a read or a write took longer than the timeout: `set_read_timeout`
/// promises one of these two, depending on the platform.
pub(crate) fn timed_out(error: &anyhow::Error) -> bool {
    let kind = error.downcast_ref().map(io::Error::kind);
    matches!(kind, Some(ErrorKind::WouldBlock | ErrorKind::TimedOut))
}

/// Whether a read ended because its process was stopped and goes on: one with
/// a timeout is not taken up again by the kernel.
fn interrupted(error: &anyhow::Error) -> bool {
    let kind = error.downcast_ref().map(io::Error::kind);
    kind == Some(ErrorKind::Interrupted)
}
