//! What an event means: the read and the write of a request.

use rustix::event::epoll::{self, EventFlags};
use rustix::io::Errno;
use rustix::net::{self, RecvFlags, SendFlags};

use super::{Sockets, State};
use crate::connection::{INTEREST, READABLE};
use crate::fault::Fault;
use crate::reader::Response;
use crate::world::Turn;

/// Reads of one turn; then others have theirs.
const READS_PER_TURN: u32 = 8;

impl Sockets<'_> {
    /// Something came on a connection that waits for nothing: the end, bytes
    /// that nobody asked for, or the echo of an edge that is dealt with.
    pub(super) fn free(&mut self, index: usize, flags: EventFlags) -> Turn {
        if !flags.intersects(READABLE) || self.read(index) == Err(Errno::AGAIN) {
            return Turn::Nothing;
        }
        self.reopen(index);
        Turn::Lost(index as u32)
    }

    pub(super) fn busy(&mut self, index: usize, flags: EventFlags) -> Turn {
        if let Err(fault) = self.write(index) {
            return self.broken(index, fault);
        }
        if !flags.intersects(READABLE) {
            return Turn::Nothing;
        }
        let ends = flags.intersects(EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR);
        for _ in 0..READS_PER_TURN {
            let count = match self.read(index) {
                Ok(count) => count,
                Err(Errno::AGAIN) => return Turn::Nothing,
                Err(Errno::INTR) => continue,
                Err(error) => return self.broken(index, Fault::of_error(error.kind())),
            };
            let (reader, rules) = (&mut self.readers[index], &self.common.rules);
            let fed = match count {
                0 => reader.end(rules).map(Some),
                _ => reader.feed(&self.buffer[..count], &mut self.memo, rules),
            };
            match fed {
                Ok(Some(response)) => return self.complete(index, response, ends),
                Ok(None) if count < self.buffer.len() && !ends => return Turn::Nothing,
                Ok(None) => {}
                Err(fault) => return self.broken(index, fault),
            }
        }
        // There may be more, for which no edge comes by itself: ask for it again.
        let data = self.data(index);
        let asked =
            self.fds[index].as_ref().map(|fd| epoll::modify(&self.epoll, fd, data, INTEREST));
        if let Some(Err(_)) = asked { self.broken(index, Fault::Socket) } else { Turn::Nothing }
    }

    pub(super) fn complete(&mut self, index: usize, response: Response, ends: bool) -> Turn {
        let Response { outcome, keep_alive } = response;
        let sent = self.sent[index] == self.common.request.len();
        let usable = keep_alive && sent && !ends;
        if usable {
            self.states[index] = State::Free;
        } else {
            self.reopen(index);
        }
        Turn::Ended { connection: index as u32, outcome, usable }
    }

    pub(super) fn broken(&mut self, index: usize, fault: Fault) -> Turn {
        self.reopen(index);
        Turn::Ended { connection: index as u32, outcome: Err(fault), usable: false }
    }

    #[inline]
    pub(super) fn read(&mut self, index: usize) -> Result<usize, Errno> {
        let fd = self.fds[index].as_ref().ok_or(Errno::NOTCONN)?;
        net::recv(fd, &mut *self.buffer, RecvFlags::empty()).map(|(count, _)| count)
    }

    #[inline]
    pub(super) fn write(&mut self, index: usize) -> Result<(), Fault> {
        let request = self.common.request;
        while self.sent[index] < request.len() {
            let fd = self.fds[index].as_ref().ok_or(Fault::Socket)?;
            match net::send(fd, &request[self.sent[index]..], SendFlags::NOSIGNAL) {
                Ok(count) => self.sent[index] += count,
                Err(Errno::AGAIN) => break,
                Err(Errno::INTR) => {}
                Err(error) => return Err(Fault::of_error(error.kind())),
            }
        }
        Ok(())
    }
}
