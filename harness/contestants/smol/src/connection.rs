//! One keep-alive connection, used by one task.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use smol::Timer;
use smol::future;
use smol::io::{self, AsyncReadExt, AsyncWriteExt, ErrorKind};
use smol::net::TcpStream;
use triathlon_contract::{Received, Reply};

pub(crate) struct Connection {
    stream: TcpStream,
    reply: Reply,
}

impl Connection {
    pub(crate) async fn open(server: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(server).await.context("connect")?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, reply: Reply::new() })
    }

    /// The same with a buffer of so many bytes.
    pub(crate) async fn open_buffered(
        server: SocketAddr,
        buffer_bytes: usize,
    ) -> Result<Self> {
        let connection = Self::open(server).await?;
        Ok(Self { reply: Reply::with_buffer(buffer_bytes), ..connection })
    }

    /// Sends one request and awaits its complete response.
    pub(crate) async fn exchange(
        &mut self,
        request: &[u8],
    ) -> Result<Received> {
        self.stream.write_all(request).await.context("send")?;
        loop {
            let count = self
                .stream
                .read(self.reply.space())
                .await
                .context("receive")?;
            if let Some(received) = self.reply.advance(count)? {
                return Ok(received);
            }
        }
    }

    /// Sends one request; pieces of its response are then received.
    pub(crate) async fn send(&mut self, request: &[u8]) -> Result<()> {
        self.stream.write_all(request).await.context("send")
    }

    /// Awaits a piece of the response; gives the response with the last one.
    pub(crate) async fn receive(&mut self) -> Result<Option<Received>> {
        let space = self.reply.space();
        let count = self.stream.read(space).await.context("receive")?;
        self.reply.advance(count)
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

/// A connection of which each write and each read fails after `timeout`.
pub(crate) struct Timed {
    connection: Connection,
    server: SocketAddr,
    timeout: Duration,
}

impl Timed {
    pub(crate) fn new(
        connection: Connection,
        server: SocketAddr,
        timeout: Duration,
    ) -> Self {
        Self { connection, server, timeout }
    }

    /// Sends one request and awaits its complete response.
    pub(crate) async fn exchange(
        &mut self,
        request: &[u8],
    ) -> Result<Received> {
        let Connection { stream, reply } = &mut self.connection;
        let write = stream.write_all(request);
        within(self.timeout, write).await.context("send")?;
        loop {
            let read = stream.read(reply.space());
            let count = within(self.timeout, read).await.context("receive")?;
            if let Some(received) = reply.advance(count)? {
                return Ok(received);
            }
        }
    }

    /// Goes on with a new connection: what came late on this one would be taken
    /// for the next response.
    pub(crate) async fn reopen(&mut self) -> Result<()> {
        self.connection = Connection::open(self.server).await?;
        Ok(())
    }
}

/// A race that the timer loses if both are ready.
async fn within<T>(
    timeout: Duration,
    io: impl Future<Output = io::Result<T>>,
) -> io::Result<T> {
    let late = async {
        Timer::after(timeout).await;
        Err(ErrorKind::TimedOut.into())
    };
    future::or(io, late).await
}

/// Whether a read or a write took longer than the timeout.
pub(crate) fn timed_out(error: &anyhow::Error) -> bool {
    let kind = error.downcast_ref().map(io::Error::kind);
    kind == Some(ErrorKind::TimedOut)
}
