//! One keep-alive connection, used by one task.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use smol::io::{AsyncReadExt, AsyncWriteExt};
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

    /// The body of the last response.
    pub(crate) fn body(&self) -> &[u8] {
        self.reply.body()
    }
}
