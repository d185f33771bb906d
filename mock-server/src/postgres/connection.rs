//! A session and its socket.
//!
//! # Protocol
//! The task of a connection takes everything that has come and answers it with one
//! write, so a client that sends several statements together has their answers
//! together. One measured statement of a connection is in flight at a time, from
//! when its turn comes until its answer is handed over. While it is held, what was
//! due before has been written, and what comes is read ahead as far as there is
//! room: so a client that vanishes is noticed, and its statement given up. A client
//! that does not read holds up its own connection only.

use std::io;
use std::pin::pin;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use triathlon_contract::QueryCounts;

use super::{Session, Step};
use crate::answer::hold;
use crate::listen::Port;
use crate::websocket::part;

/// Serves a connection until its end.
pub(crate) async fn serve(stream: TcpStream, port: &Port) {
    let mut line = Line::new(stream, port);
    // A client that vanished has done nothing bad.
    if line.converse().await.is_ok() {
        part(line.stream).await;
    }
}

struct Line<'a> {
    stream: TcpStream,
    session: Session,
    port: &'a Port,
    /// What the trial knows of already.
    counted: (QueryCounts, u64),
}

impl<'a> Line<'a> {
    fn new(stream: TcpStream, port: &'a Port) -> Self {
        let session = Session::new(port.trial.number_session());
        Self { stream, session, port, counted: Default::default() }
    }

    /// Returns when the session has ended.
    ///
    /// # Errors
    /// The client has gone before.
    async fn converse(&mut self) -> io::Result<()> {
        loop {
            match self.session.step() {
                Step::Query { pause_ns } => self.query(pause_ns).await?,
                Step::Write => self.write().await?,
                Step::Read => {
                    self.write().await?;
                    let count = self.stream.read(self.session.space()).await?;
                    self.take(count)?;
                }
                Step::End => return self.write().await,
            }
        }
    }

    async fn query(&mut self, pause_ns: u64) -> io::Result<()> {
        let trial = &self.port.trial;
        let arrival = trial.query(pause_ns);
        if let Some(deadline_ns) = arrival.deadline_ns {
            self.write().await?;
            self.hold(deadline_ns).await?;
        }
        let bytes = self.session.answer();
        arrival.flight.land(bytes);
        Ok(())
    }

    async fn hold(&mut self, deadline_ns: u64) -> io::Result<()> {
        let mut held = pin!(hold(deadline_ns, self.port));
        loop {
            let spare = self.session.spare();
            if spare.is_empty() {
                held.await;
                return Ok(());
            }
            tokio::select! {
                biased;
                () = &mut held => return Ok(()),
                read = self.stream.read(spare) => {
                    let count = read?;
                    self.take(count)?;
                }
            }
        }
    }

    fn take(&mut self, count: usize) -> io::Result<()> {
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.session.advance(count);
        Ok(())
    }

    /// Writes what is due. Whoever reads it finds it counted.
    async fn write(&mut self) -> io::Result<()> {
        let now = (self.session.counts(), self.session.refused());
        if now != self.counted {
            let refused = now.1 - self.counted.1;
            self.port.trial.counters.query(now.0.since(self.counted.0), refused);
            self.counted = now;
        }
        let due = self.session.outgoing();
        if !due.is_empty() {
            self.stream.write_all(due).await?;
            self.session.written();
        }
        Ok(())
    }
}
