//! One keep-alive connection, used by one thread.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

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
