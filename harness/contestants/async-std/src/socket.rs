//! One web socket, used by one task.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use async_std::io::{ReadExt, WriteExt};
use async_std::net::TcpStream;
use triathlon_contract::{Echoes, Received};
use triathlon_lab::Clock;

pub(crate) struct Socket {
    stream: TcpStream,
    clock: Clock,
    pub(crate) echoes: Echoes,
}

impl Socket {
    pub(crate) async fn open(
        server: SocketAddr,
        echoes: Echoes,
        clock: Clock,
    ) -> Result<Self> {
        let stream = TcpStream::connect(server).await.context("connect")?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, clock, echoes })
    }

    /// Shakes hands and awaits the first message that comes back.
    pub(crate) async fn warm_up(&mut self) -> Result<Received> {
        loop {
            self.turn().await?;
            if let Some(echo) = self.echoes.echo()? {
                return Ok(echo.received);
            }
        }
    }

    /// Sends what is due and awaits what comes.
    pub(crate) async fn turn(&mut self) -> Result<()> {
        let due = self.echoes.due(self.clock.now_ns());
        self.stream.write_all(due).await.context("send")?;
        let space = self.echoes.space();
        let count = self.stream.read(space).await.context("receive")?;
        self.echoes.advance(count)
    }

    /// Says goodbye and awaits that the server does so.
    pub(crate) async fn close(mut self) -> Result<()> {
        self.echoes.close();
        while !self.echoes.is_done() {
            self.turn().await?;
            self.echoes.echo()?;
        }
        Ok(())
    }
}
