//! The world of a real run: one `epoll`, one thread, all of its connections.
//!
//! A request costs one write and one read, and its share of an `epoll_wait`.
//! All reads go to one buffer. Sockets are registered once, edge-triggered, as
//! [`crate::connection`] explains; what belongs to a connection that was
//! closed meanwhile is known by its generation.

mod lifecycle;
mod turns;

use std::net::SocketAddr;

use anyhow::{Context, Result};
use rustix::event::epoll::{self, Event, EventData, EventFlags};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use triathlon_lab::Clock;

use crate::connection::INTEREST;
use crate::fault::Fault;
use crate::head::Memo;
use crate::reader::{Reader, Rules};
use crate::timer::{TIMER, Timer, timespec};
use crate::world::{Turn, World};

/// Most edges taken from the kernel at once.
const EVENTS_MAX: usize = 1024;

/// Bytes of one read.
const BUFFER_BYTES: usize = 64 * 1024;

/// Longest sleep without a look at the time and at interruptions; only a
/// shorter one needs the timer.
const SLEEP_MAX_NS: u64 = 50_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Opening,
    Free,
    Busy,
}

/// What all connections have in common.
#[derive(Debug)]
pub(crate) struct Common<'a> {
    pub(crate) target: SocketAddr,
    /// The bytes of a request.
    pub(crate) request: &'a [u8],
    pub(crate) rules: Rules<'a>,
    /// How long before the time to wake spinning begins.
    pub(crate) tail_ns: u64,
}

/// Where the time of a thread went that was not work.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Idle {
    pub(crate) slept_ns: u64,
    pub(crate) spun_ns: u64,
}

/// Open connections of one thread.
pub(crate) struct Sockets<'a> {
    common: Common<'a>,
    clock: Clock,
    epoll: OwnedFd,
    timer: Timer,
    events: Vec<Event>,
    buffer: Box<[u8]>,
    memo: Memo,
    fds: Vec<Option<OwnedFd>>,
    generations: Vec<u32>,
    states: Vec<State>,
    sent: Vec<usize>,
    readers: Vec<Reader>,
    /// Refused, to be tried again.
    down: Vec<u32>,
    retry_ns: u64,
    /// Connections that are up.
    up: usize,
    refused_since_ns: Option<u64>,
    refusal: Option<Errno>,
    /// When the last look began, if it found nothing.
    empty_ns: Option<u64>,
    pub(crate) idle: Idle,
    pub(crate) reconnects: u64,
}

impl<'a> Sockets<'a> {
    /// Takes over connected streams.
    pub(crate) fn new(common: Common<'a>, clock: Clock, fds: Vec<OwnedFd>) -> Result<Self> {
        let count = fds.len();
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).context("make an epoll")?;
        let nothing = Event { flags: EventFlags::empty(), data: EventData::new_u64(0) };
        let mut sockets = Self {
            timer: Timer::new(&epoll)?,
            epoll,
            common,
            clock,
            events: vec![nothing; EVENTS_MAX.min(count + 1)],
            buffer: vec![1; BUFFER_BYTES].into(), // written, so that no page is missing later
            memo: Memo::default(),
            fds: fds.into_iter().map(Some).collect(),
            generations: vec![0; count],
            states: vec![State::Free; count],
            sent: vec![0; count],
            readers: std::iter::repeat_with(Reader::default).take(count).collect(),
            down: Vec::with_capacity(count),
            retry_ns: u64::MAX,
            up: count,
            refused_since_ns: None,
            refusal: None,
            empty_ns: None,
            idle: Idle::default(),
            reconnects: 0,
        };
        for index in 0..count {
            sockets.register(index).context("add a connection to the epoll")?;
        }
        Ok(sockets)
    }

    fn data(&self, index: usize) -> EventData {
        EventData::new_u64(u64::from(self.generations[index]) << 32 | index as u64)
    }

    fn register(&mut self, index: usize) -> rustix::io::Result<()> {
        let data = self.data(index);
        match &self.fds[index] {
            Some(fd) => epoll::add(&self.epoll, fd, data, INTEREST),
            None => Ok(()),
        }
    }
}

impl World for Sockets<'_> {
    #[inline]
    fn now_ns(&mut self) -> u64 {
        self.clock.now_ns()
    }

    fn wait(&mut self, now_ns: u64, wake_ns: u64) -> Result<usize> {
        if let Some(empty_ns) = self.empty_ns.take() {
            self.idle.spun_ns += now_ns - empty_ns;
        }
        let mut wake_ns = wake_ns;
        if !self.down.is_empty() {
            self.retry(now_ns)?;
            wake_ns = wake_ns.min(self.retry_ns);
        }
        let sleeps = wake_ns > now_ns + self.common.tail_ns;
        let most_ns = if sleeps { SLEEP_MAX_NS } else { 0 };
        if sleeps && wake_ns - self.common.tail_ns - now_ns < SLEEP_MAX_NS {
            self.timer.arm(now_ns, wake_ns - self.common.tail_ns)?;
        }
        let count =
            match epoll::wait(&self.epoll, self.events.as_mut_slice(), Some(&timespec(most_ns))) {
                Ok(count) => count,
                Err(Errno::INTR) => 0,
                Err(error) => return Err(error).context("wait on the epoll"),
            };
        if sleeps {
            self.idle.slept_ns += self.clock.now_ns() - now_ns;
        } else if count == 0 {
            self.empty_ns = Some(now_ns);
        }
        Ok(count)
    }

    #[inline]
    fn turn(&mut self, position: usize) -> Turn {
        let Event { flags, data } = self.events[position];
        let data = data.u64();
        let index = (data & u64::from(u32::MAX)) as usize;
        if data == TIMER || self.generations[index] != (data >> 32) as u32 {
            return Turn::Nothing;
        }
        match self.states[index] {
            State::Busy => self.busy(index, flags),
            State::Free => self.free(index, flags),
            State::Opening => self.opening(index, flags),
        }
    }

    #[inline]
    fn send(&mut self, connection: u32) -> Result<(), Fault> {
        let index = connection as usize;
        self.states[index] = State::Busy;
        self.sent[index] = 0;
        let written = self.write(index);
        if written.is_err() {
            self.reopen(index);
        }
        written
    }

    fn abandon(&mut self, connection: u32) {
        self.reopen(connection as usize);
    }
}
