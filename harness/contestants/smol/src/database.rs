//! One connection to the database, used by one task at a time.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::net::TcpStream;
use triathlon_contract::{Dialogue, Received};

pub(crate) struct Database {
    stream: TcpStream,
    pub(crate) dialogue: Dialogue,
}

impl Database {
    /// Logs in and prepares the statement.
    pub(crate) async fn open(
        server: SocketAddr,
        dialogue: Dialogue,
    ) -> Result<Self> {
        let stream = TcpStream::connect(server).await.context("connect")?;
        stream.set_nodelay(true)?;
        let mut database = Self { stream, dialogue };
        let answer = database.answer().await?;
        ensure!(answer.is_none(), "an answer before the first question");
        Ok(database)
    }

    /// Sends what was asked and awaits the next answer; none once all have
    /// come.
    pub(crate) async fn answer(&mut self) -> Result<Option<Received>> {
        loop {
            if let Some(answer) = self.dialogue.answer()? {
                return Ok(Some(answer));
            }
            if self.dialogue.is_idle() {
                return Ok(None);
            }
            let due = self.dialogue.due();
            self.stream.write_all(due).await.context("send")?;
            let space = self.dialogue.space();
            let count = self.stream.read(space).await.context("receive")?;
            self.dialogue.advance(count)?;
        }
    }
}
