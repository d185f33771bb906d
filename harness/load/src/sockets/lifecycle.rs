//! Connections that end and are opened again.

use std::net::SocketAddr;

use anyhow::{Result, ensure};
use rustix::event::epoll::EventFlags;
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::{self, sockopt};

use super::{Sockets, State};
use crate::world::Turn;

/// How long after a refusal a connection is tried again.
const RETRY_NS: u64 = 10_000_000;

/// How long nobody may be connected before the server counts as gone.
const GONE_NS: u64 = 1_000_000_000;

impl Sockets<'_> {
    /// Closes a connection and begins to open another one in its place.
    pub(super) fn reopen(&mut self, index: usize) {
        if self.states[index] != State::Opening {
            self.up -= 1;
        }
        self.generations[index] = self.generations[index].wrapping_add(1) & 0x7fff_ffff;
        self.states[index] = State::Opening;
        self.readers[index].reset();
        self.fds[index] = None; // closed, and so taken out of the epoll
        let begun = connect(self.common.target).and_then(|fd| {
            self.fds[index] = Some(fd);
            self.register(index)
        });
        if let Err(error) = begun {
            self.refused(index, error);
        }
    }

    pub(super) fn refused(&mut self, index: usize, error: Errno) {
        let now_ns = self.clock.now_ns();
        self.fds[index] = None;
        self.down.push(index as u32);
        self.retry_ns = self.retry_ns.min(now_ns + RETRY_NS);
        self.refusal = Some(error);
        if self.up == 0 {
            self.refused_since_ns.get_or_insert(now_ns);
        }
    }

    pub(super) fn retry(&mut self, now_ns: u64) -> Result<()> {
        if self.up == 0
            && let (Some(since_ns), Some(error)) = (self.refused_since_ns, self.refusal)
        {
            ensure!(
                now_ns - since_ns < GONE_NS,
                "the server at {} went away: no connection can be made since a second ago ({error})",
                self.common.target
            );
        }
        if now_ns >= self.retry_ns {
            self.retry_ns = u64::MAX;
            for index in std::mem::take(&mut self.down) {
                self.reopen(index as usize);
            }
        }
        Ok(())
    }

    pub(super) fn opening(&mut self, index: usize, flags: EventFlags) -> Turn {
        if !flags.intersects(EventFlags::OUT | EventFlags::ERR | EventFlags::HUP) {
            return Turn::Nothing;
        }
        let found = self.fds[index].as_ref().map(sockopt::socket_error);
        match found {
            None => Turn::Nothing,
            Some(Ok(Ok(()))) => {
                self.states[index] = State::Free;
                self.up += 1;
                self.refused_since_ns = None;
                self.reconnects += 1;
                Turn::Opened(index as u32)
            }
            Some(Ok(Err(error)) | Err(error)) => {
                self.refused(index, error);
                Turn::Nothing
            }
        }
    }
}

/// Begins to connect; the socket is writable when it is done.
fn connect(target: SocketAddr) -> rustix::io::Result<OwnedFd> {
    let family =
        if target.is_ipv4() { net::AddressFamily::INET } else { net::AddressFamily::INET6 };
    let flags = net::SocketFlags::NONBLOCK | net::SocketFlags::CLOEXEC;
    let fd = net::socket_with(family, net::SocketType::STREAM, flags, None)?;
    sockopt::set_tcp_nodelay(&fd, true)?;
    match net::connect(&fd, &target) {
        Ok(()) | Err(Errno::INPROGRESS) => Ok(fd),
        Err(error) => Err(error),
    }
}
