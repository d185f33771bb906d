//! One connection: one request in flight, one response coming in.
//!
//! Protocol with the loop. The socket is registered once, edge-triggered, for
//! both directions. An edge comes when bytes arrive, so whoever stops reading
//! before [`WouldBlock`](ErrorKind::WouldBlock) must know that nothing is
//! left: either the response is complete, and bytes behind it would be an
//! error anyway, or the loop is told to ask for the edge again
//! ([`Progress::Yields`]). An end of stream that shares its edge with the last
//! bytes brings no edge of its own; its flag is looked at instead.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use anyhow::{Context, Result, ensure};
use rustix::event::epoll::EventFlags;
use triathlon_contract::{Received, Reply};

/// What every connection is registered for, once.
pub(crate) const INTEREST: EventFlags =
    EventFlags::IN.union(EventFlags::OUT).union(EventFlags::RDHUP).union(EventFlags::ET);

/// Flags after which reading brings bytes, the end, or the error.
pub(crate) const READABLE: EventFlags =
    EventFlags::IN.union(EventFlags::RDHUP).union(EventFlags::HUP).union(EventFlags::ERR);

/// Reads of one turn, 256 KiB of a long body; then others have their turn and
/// the deadline is looked at.
const READS_PER_TURN: u32 = 32;

/// How a turn of one connection ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The kernel has no more; an edge will come.
    Waits,
    /// There may be more to read, for which no edge will come by itself.
    Yields,
    /// The response is complete.
    Responded(Received),
}

/// A connected, non-blocking socket and the state of its current request.
pub(crate) struct Connection {
    stream: TcpStream,
    reply: Reply,
    /// Bytes of the current request that the kernel has taken.
    sent: usize,
    /// Requests whose response is not complete, the current one included.
    pub(crate) left: u64,
    /// When the current request started.
    pub(crate) started_ns: u64,
}

impl Connection {
    /// Takes over a connected stream for `requests` requests.
    pub(crate) fn new(stream: TcpStream, requests: u64) -> Result<Self> {
        stream.set_nodelay(true).context("setting TCP_NODELAY")?;
        stream.set_nonblocking(true).context("setting O_NONBLOCK")?;
        let mut reply = Reply::new();
        reply.space().fill(1); // no page fault in the loop
        Ok(Self { stream, reply, sent: 0, left: requests, started_ns: 0 })
    }

    /// The socket, to be registered.
    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Starts the next request: writes at once, as in nearly all cases the
    /// kernel has room for it.
    pub(crate) fn start(&mut self, request: &[u8], now_ns: u64) -> Result<()> {
        self.started_ns = now_ns;
        self.sent = 0;
        self.send(request)
    }

    /// Goes on after an edge with `flags`, until the response is complete or
    /// the kernel has no more.
    pub(crate) fn ready(&mut self, flags: EventFlags, request: &[u8]) -> Result<Progress> {
        if self.left == 0 {
            return Ok(Progress::Waits);
        }
        self.send(request)?;
        if !flags.intersects(READABLE) {
            return Ok(Progress::Waits);
        }
        let progress = self.receive()?;
        if let Progress::Responded(_) = progress {
            ensure!(self.sent == request.len(), "the response was complete before the request");
        }
        Ok(progress)
    }

    /// Counts the response that completed under `flags`; true if that was the
    /// last one.
    pub(crate) fn finish(&mut self, flags: EventFlags) -> Result<bool> {
        self.left -= 1;
        ensure!(
            self.left == 0 || !flags.contains(EventFlags::RDHUP),
            "the server closed the connection behind a response"
        );
        Ok(self.left == 0)
    }

    fn send(&mut self, request: &[u8]) -> Result<()> {
        while self.sent < request.len() {
            match self.stream.write(&request[self.sent..]) {
                Ok(count) => self.sent += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error).context("writing the request"),
            }
        }
        Ok(())
    }

    fn receive(&mut self) -> Result<Progress> {
        for _ in 0..READS_PER_TURN {
            match self.stream.read(self.reply.space()) {
                Ok(count) => {
                    if let Some(received) = self.reply.advance(count)? {
                        return Ok(Progress::Responded(received));
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Progress::Waits),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error).context("reading the response"),
            }
        }
        Ok(Progress::Yields)
    }
}

#[cfg(test)]
#[path = "connection_tests.rs"]
mod tests;
