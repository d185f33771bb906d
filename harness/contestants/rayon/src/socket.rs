//! One web socket, used by one thread.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context, Result};
use triathlon_contract::{Echoes, Received};
use triathlon_lab::Clock;

pub(crate) struct Socket {
    stream: TcpStream,
    clock: Clock,
    pub(crate) echoes: Echoes,
}

impl Socket {
    pub(crate) fn open(
        server: SocketAddr,
        echoes: Echoes,
        clock: Clock,
    ) -> Result<Self> {
        let stream = TcpStream::connect(server).context("connect")?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, clock, echoes })
    }

    /// Shakes hands and blocks until the first message has come back.
    pub(crate) fn warm_up(&mut self) -> Result<Received> {
        loop {
            self.turn()?;
            if let Some(echo) = self.echoes.echo()? {
                return Ok(echo.received);
            }
        }
    }

    /// Sends what is due and blocks until something has come.
    pub(crate) fn turn(&mut self) -> Result<()> {
        let due = self.echoes.due(self.clock.now_ns());
        self.stream.write_all(due).context("send")?;
        let count = self.stream.read(self.echoes.space()).context("receive")?;
        self.echoes.advance(count)
    }

    /// Says goodbye and blocks until the server has done so.
    pub(crate) fn close(mut self) -> Result<()> {
        self.echoes.close();
        while !self.echoes.is_done() {
            self.turn()?;
            self.echoes.echo()?;
        }
        Ok(())
    }
}
