//! One slow client, and whose turn it is among many.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;

use anyhow::{Context, Result, bail};
use socket2::{Domain, SockRef, Socket, Type};
use triathlon_contract::serve_slow::{RECEIVE_BYTES, SEGMENT_BYTES, SIP_BYTES, Slow};
use triathlon_contract::{Received, Reply};

use super::BesidePlan;

/// Reads of one turn at the end; then others have theirs.
const READS_PER_TURN: u32 = 32;

/// Receive buffer of who reads the rest.
const HURRY_BYTES: usize = 128 * 1024;

/// How far a slow client came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// No further than its turn allows, or than the kernel has bytes.
    Waits,
    /// There may be more, for which no edge will come by itself.
    Yields,
    /// Its answer is complete.
    Answered(Received),
    /// The server closed its connection, with words or without.
    LetGo,
}

/// What a client is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    /// Its request is under way, slowly.
    Slow,
    /// The rest of it, as fast as it goes.
    Rest,
    /// Nothing.
    Done,
}

/// A connected, non-blocking socket, with at most one request under way.
pub(super) struct SlowClient {
    stream: TcpStream,
    kind: Slow,
    reply: Reply,
    pace: Pace,
    /// Bytes of the request that the kernel has taken.
    sent: usize,
    /// Bytes that were sent or read slowly.
    bytes: u64,
}

impl SlowClient {
    /// Connects; who will read slowly with a small buffer, which takes effect only so.
    pub(super) fn connect(plan: &BesidePlan) -> Result<Self> {
        let BesidePlan { server, deadline, kind, .. } = plan;
        let stream = match kind {
            Slow::Sends => TcpStream::connect_timeout(server, *deadline)?,
            Slow::Reads => {
                let socket = Socket::new(Domain::for_address(*server), Type::STREAM, None)?;
                socket.set_recv_buffer_size(RECEIVE_BYTES).context("setting SO_RCVBUF")?;
                socket.set_tcp_mss(SEGMENT_BYTES).context("setting TCP_MAXSEG")?;
                socket.connect_timeout(&(*server).into(), *deadline)?;
                socket.into()
            }
        };
        stream.set_nodelay(true).context("setting TCP_NODELAY")?;
        stream.set_nonblocking(true).context("setting O_NONBLOCK")?;
        let (reply, pace) = (Reply::new(), Pace::Done);
        Ok(Self { stream, kind: *kind, reply, pace, sent: 0, bytes: 0 })
    }

    /// The socket, to be registered.
    pub(super) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Bytes that were sent or read slowly.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Begins a request: who reads slowly sends it now, the other waits for its turn.
    pub(super) fn begin(&mut self, request: &[u8]) -> Result<Step> {
        (self.pace, self.sent, self.bytes) = (Pace::Slow, 0, 0);
        match self.kind {
            Slow::Sends => Ok(Step::Waits),
            Slow::Reads => {
                let sent = self.send(request);
                self.unless_gone(sent)
            }
        }
    }

    /// Its turn: one byte more, but never the last one; or one small read.
    pub(super) fn tend(&mut self, request: &[u8]) -> Result<Step> {
        match (self.pace, self.kind) {
            (Pace::Rest | Pace::Done, _) => Ok(Step::Waits),
            (Pace::Slow, Slow::Sends) => {
                let most = (self.sent + 1).min(request.len() - 1);
                let before = self.sent;
                let sent = self.send(&request[..most]);
                self.bytes += (self.sent - before) as u64;
                self.unless_gone(sent)
            }
            (Pace::Slow, Slow::Reads) => match self.read(SIP_BYTES)? {
                (Step::Answered(_), _) => bail!("a slow client had its answer within the window"),
                (step, count) => {
                    self.bytes += count as u64;
                    Ok(if step == Step::Yields { Step::Waits } else { step })
                }
            },
        }
    }

    /// From now on it is as fast as it can; false if nothing of it is under way.
    pub(super) fn hurry(&mut self) -> bool {
        if self.pace == Pace::Slow {
            self.pace = Pace::Rest;
        }
        self.pace == Pace::Rest
    }

    /// Makes room for the rest of an answer that was read slowly.
    pub(super) fn widen(&self) -> Result<()> {
        match self.kind {
            Slow::Sends => Ok(()),
            Slow::Reads => SockRef::from(&self.stream)
                .set_recv_buffer_size(HURRY_BYTES)
                .context("setting SO_RCVBUF"),
        }
    }

    /// Goes on after an edge. While it is slow that is the end of its connection, which who
    /// reads slowly finds behind what has come before.
    pub(super) fn ready(&mut self, request: &[u8]) -> Result<Step> {
        match (self.pace, self.kind) {
            (Pace::Done, _) | (Pace::Slow, Slow::Reads) => return Ok(Step::Waits),
            (Pace::Slow, Slow::Sends) => {}
            (Pace::Rest, _) => {
                let sent = self.send(request);
                if self.unless_gone(sent)? == Step::LetGo {
                    return Ok(Step::LetGo);
                }
            }
        }
        for _ in 0..READS_PER_TURN {
            match self.read(usize::MAX)? {
                (Step::Yields, _) => {}
                (step, _) => return Ok(step),
            }
        }
        Ok(Step::Yields)
    }

    /// Sends up to the end of `bytes`, or as much as the kernel takes.
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        while self.sent < bytes.len() {
            match (&self.stream).write(&bytes[self.sent..]) {
                Ok(count) => self.sent += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// One read of at most so many bytes; how many came. Whatever is no answer with status
    /// 200 lets it go.
    fn read(&mut self, most: usize) -> Result<(Step, usize)> {
        let space = self.reply.space();
        let most = most.min(space.len());
        let count = match (&self.stream).read(&mut space[..most]) {
            Ok(0) => return Ok((self.gone(), 0)),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok((Step::Waits, 0)),
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok((Step::Yields, 0)),
            Err(error) => return Ok((self.unless_gone(Err(error))?, 0)),
        };
        let received = self.reply.advance(count).context("reading as a slow client")?;
        let step = match received {
            None => Step::Yields,
            Some(received) if received.status == 200 => {
                self.pace = Pace::Done;
                Step::Answered(received)
            }
            Some(_) => self.gone(),
        };
        Ok((step, count))
    }

    fn gone(&mut self) -> Step {
        self.pace = Pace::Done;
        Step::LetGo
    }

    /// An error that says that the other side closed is its answer; any other is an error.
    fn unless_gone(&mut self, done: io::Result<()>) -> Result<Step> {
        let closed = [
            ErrorKind::BrokenPipe,
            ErrorKind::ConnectionAborted,
            ErrorKind::ConnectionReset,
            ErrorKind::NotConnected,
        ];
        match done {
            Ok(()) => Ok(Step::Waits),
            Err(error) if closed.contains(&error.kind()) => Ok(self.gone()),
            Err(error) => Err(error).context("a slow client"),
        }
    }
}

/// Whose turn it is: each has one every so often, evenly spread.
#[derive(Debug)]
pub(super) struct Turns {
    next: usize,
    next_ns: u64,
    step_ns: u64,
    count: usize,
}

impl Turns {
    pub(super) fn new(begun_ns: u64, every_ns: u64, count: usize) -> Self {
        let step_ns = every_ns.checked_div(count as u64).unwrap_or(u64::MAX).max(1);
        Self { next: 0, next_ns: begun_ns.saturating_add(step_ns), step_ns, count }
    }

    /// The next whose turn has come, if any.
    pub(super) fn due(&mut self, now_ns: u64) -> Option<usize> {
        if self.count == 0 || now_ns < self.next_ns {
            return None;
        }
        let place = self.next;
        self.next = (place + 1) % self.count;
        self.next_ns = self.next_ns.saturating_add(self.step_ns);
        Some(place)
    }

    /// When the next turn is.
    pub(super) fn next_ns(&self) -> u64 {
        self.next_ns
    }
}

#[cfg(test)]
mod tests {
    use super::Turns;

    #[test]
    fn everybody_has_a_turn_every_so_often_and_catches_up() {
        let mut turns = Turns::new(1000, 400, 4);
        assert_eq!((turns.next_ns(), turns.due(1099)), (1100, None));
        assert_eq!((turns.due(1100), turns.due(1100)), (Some(0), None));
        let late: Vec<_> = std::iter::from_fn(|| turns.due(1550)).collect();
        assert_eq!((late, turns.next_ns()), (vec![1, 2, 3, 0], 1600));
        let mut nobody = Turns::new(1000, 400, 0);
        assert_eq!((nobody.due(u64::MAX), nobody.next_ns()), (None, u64::MAX));
    }
}
