//! One keep-alive connection, used by one thread.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result};
use triathlon_contract::{Received, Reply};

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

    /// Sends one request and blocks until its response is complete.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> Result<Received> {
        self.stream.write_all(request).context("send")?;
        loop {
            let count =
                self.stream.read(self.reply.space()).context("receive")?;
            if let Some(received) = self.reply.advance(count)? {
                return Ok(received);
            }
        }
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
