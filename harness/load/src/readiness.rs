//! The loop: one `epoll`, one thread, all connections.

mod arrivals;

pub use arrivals::Arrivals;

use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::event::Timespec;
use rustix::event::epoll::{self, Event, EventData, EventFlags};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use triathlon_contract::Tally;
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::connection::{Connection, INTEREST, Progress};
use crate::{Plan, Totals, Unfinished};

/// Most edges taken from the kernel at once.
const EVENTS_MAX: u64 = 1024;

/// Longest single wait; then the deadline is looked at again. `epoll_wait`
/// cannot take more than 24 days.
const WAIT_MAX_NS: u64 = 3_600_000_000_000;

/// Carries out `plan`: connects, makes every request, closes.
///
/// # Errors
/// As [`ClosedLoop::connect`] and [`ClosedLoop::run`].
pub fn closed_loop(plan: &Plan, lab: &Lab) -> Result<Totals> {
    ClosedLoop::connect(plan, lab)?.run()
}

/// What is kept of answers beside their count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    /// Nothing: they warm up.
    Nothing,
    /// A sample of each.
    Samples,
    /// That, and once how many each connection had.
    SamplesAndStanding,
}

/// All connections of a plan, open and idle.
pub struct ClosedLoop<'a> {
    plan: &'a Plan,
    requests: u64,
    clock: Clock,
    epoll: OwnedFd,
    connections: Vec<Connection>,
    events: Vec<Event>,
    lane: Lane,
    tally: Tally,
    /// Answers of each connection when the first had its last; empty until then.
    standing: Vec<u64>,
}

impl<'a> ClosedLoop<'a> {
    /// Opens and registers every connection, and takes a lane for all samples.
    ///
    /// One after the other, so that no listen backlog overflows.
    ///
    /// # Errors
    /// If the plan holds no work, or a connection is refused or not made within
    /// the deadline; the message names its number and the server.
    pub fn connect(plan: &'a Plan, lab: &Lab) -> Result<Self> {
        let mut clients = Self::nobody(plan, lab)?;
        let begun = Instant::now();
        (0..plan.connections).try_for_each(|_| clients.join(|plan, _| connect(plan, begun)))?;
        Ok(clients)
    }

    /// With no connection yet.
    fn nobody(plan: &'a Plan, lab: &Lab) -> Result<Self> {
        let requests = plan.requests()?;
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).context("creating the epoll")?;
        let nothing = Event { flags: EventFlags::empty(), data: EventData::new_u64(0) };
        Ok(Self {
            plan,
            requests,
            clock: lab.clock(),
            epoll,
            events: vec![nothing; plan.connections.min(EVENTS_MAX) as usize],
            lane: lab.lane(requests),
            tally: Tally::default(),
            connections: Vec::with_capacity(plan.connections as usize),
            standing: Vec::with_capacity(plan.connections as usize),
        })
    }

    /// Takes in the next connection.
    fn join(&mut self, open: impl FnOnce(&Plan, u64) -> Result<TcpStream>) -> Result<()> {
        let (plan, index) = (self.plan, self.connections.len() as u64);
        let connection = open(plan, index).and_then(|stream| self.registered(stream, index));
        self.connections.push(connection.with_context(|| name(plan, index))?);
        self.tally.connections += 1;
        Ok(())
    }

    /// A connection, registered under its number.
    fn registered(&self, stream: TcpStream, index: u64) -> Result<Connection> {
        let connection = Connection::new(stream, self.plan.requests_per_connection)?;
        epoll::add(&self.epoll, connection.stream(), EventData::new_u64(index), INTEREST)
            .context("registering with the epoll")?;
        Ok(connection)
    }

    /// Makes one request on every connection, all at once, and logs none: each is then
    /// accepted and answered before the first that counts.
    ///
    /// # Errors
    /// As [`ClosedLoop::run`].
    pub fn warm_up(&mut self) -> Result<()> {
        self.warm_up_from(0)
    }

    /// The same for the connection of that number and all behind it.
    fn warm_up_from(&mut self, first: usize) -> Result<()> {
        self.connections[first..].iter_mut().for_each(|connection| connection.left = 1);
        self.go(first, Kept::Nothing)?;
        let requests = self.plan.requests_per_connection;
        self.connections[first..].iter_mut().for_each(|connection| connection.left = requests);
        Ok(())
    }

    /// Makes every request and logs it. A status other than 200 counts as
    /// failed, and the loop goes on.
    ///
    /// Does not allocate, except where a body does not fit the buffer of
    /// [`Reply`](triathlon_contract::Reply), which then takes a hasher.
    ///
    /// # Errors
    /// [`Unfinished`] if the deadline passes first. Otherwise what went wrong
    /// on which connection and request: closed, reset, no HTTP/1.1.
    pub fn run(mut self) -> Result<Totals> {
        let begun_ns = self.go(0, Kept::Samples)?;
        Ok(self.totals(begun_ns))
    }

    /// The same, and how many answers each connection had when the first of them had its
    /// last. Up to then all of them ask; at the end all have the same.
    ///
    /// What has come by then and is not read yet is not in it: at most one answer of each.
    ///
    /// # Errors
    /// As [`ClosedLoop::run`].
    pub fn run_compared(mut self) -> Result<(Totals, Vec<u64>)> {
        let begun_ns = self.go(0, Kept::SamplesAndStanding)?;
        let standing = std::mem::take(&mut self.standing);
        Ok((self.totals(begun_ns), standing))
    }

    fn totals(self, begun_ns: u64) -> Totals {
        let done_ns = self.lane.samples().last().map_or(begun_ns, |sample| sample.done_ns);
        let elapsed = Duration::from_nanos(done_ns - begun_ns);
        Totals { tally: self.tally, elapsed, lane: self.lane }
    }

    /// Makes what each connection from that number on has left, while nothing comes on those
    /// before it; when it began.
    fn go(&mut self, first: usize, kept: Kept) -> Result<u64> {
        let begun_ns = self.clock.now_ns();
        let due_ns = begun_ns.saturating_add(self.plan.deadline_ns());
        for index in first..self.connections.len() {
            self.start(index)?;
        }
        let mut finished = first;
        while finished < self.connections.len() {
            let count = self.wait(due_ns)?;
            for position in 0..count {
                let Event { flags, data } = self.events[position];
                let logged = kept != Kept::Nothing;
                let ends = self.turn(data.u64() as usize, flags, logged)?;
                if ends && finished == first && kept == Kept::SamplesAndStanding {
                    self.compare();
                }
                finished += usize::from(ends);
            }
        }
        Ok(begun_ns)
    }

    /// Keeps how many answers each connection has; there is room for that.
    fn compare(&mut self) {
        let of = self.plan.requests_per_connection;
        self.standing.extend(self.connections.iter().map(|connection| of - connection.left));
    }

    /// Waits for edges; how many came, 0 after a signal or a very long time.
    fn wait(&mut self, due_ns: u64) -> Result<usize> {
        let now_ns = self.clock.now_ns();
        if now_ns >= due_ns {
            return Err(self.unfinished().into());
        }
        let wait_ns = (due_ns - now_ns).min(WAIT_MAX_NS);
        let timeout = Timespec {
            tv_sec: (wait_ns / 1_000_000_000) as i64,
            tv_nsec: (wait_ns % 1_000_000_000) as _,
        };
        match epoll::wait(&self.epoll, self.events.as_mut_slice(), Some(&timeout)) {
            Ok(count) => Ok(count),
            Err(Errno::INTR) => Ok(0),
            Err(error) => Err(error).context("waiting on the epoll"),
        }
    }

    /// One edge of one connection; true if its last response completed.
    #[inline]
    fn turn(&mut self, index: usize, flags: EventFlags, logged: bool) -> Result<bool> {
        let connection = &mut self.connections[index];
        let progress = match connection.ready(flags, &self.plan.request) {
            Ok(progress) => progress,
            Err(error) => return Err(error.context(self.place(index))),
        };
        match progress {
            Progress::Waits => Ok(false),
            Progress::Yields => {
                // Modifying to the same interest makes the edge again.
                let data = EventData::new_u64(index as u64);
                epoll::modify(&self.epoll, connection.stream(), data, INTEREST)
                    .with_context(|| self.place(index))?;
                Ok(false)
            }
            Progress::Responded(received) => {
                if logged {
                    self.lane.log(Sample::closed(connection.started_ns, self.clock.now_ns()));
                }
                self.tally.add(received);
                match connection.finish(flags) {
                    Ok(true) => Ok(true),
                    Ok(false) => self.start(index).map(|()| false),
                    Err(error) => Err(error.context(self.place(index))),
                }
            }
        }
    }

    #[inline]
    fn start(&mut self, index: usize) -> Result<()> {
        let now_ns = self.clock.now_ns();
        let started = self.connections[index].start(&self.plan.request, now_ns);
        started.with_context(|| self.place(index))
    }

    /// Connection and request, for a message.
    fn place(&self, index: usize) -> String {
        let of = self.plan.requests_per_connection;
        let request = of - self.connections[index].left + 1;
        format!("{}, request {request} of {of}", name(self.plan, index as u64))
    }

    fn unfinished(&self) -> Unfinished {
        let left = |connection: &Connection| connection.left > 0;
        Unfinished {
            server: self.plan.server,
            requests: self.connections.iter().map(|connection| connection.left).sum(),
            planned: self.requests,
            connections: self.connections.iter().filter(|c| left(c)).count() as u64,
            first: self.connections.iter().position(left).map_or(0, |index| index as u64 + 1),
            deadline: self.plan.deadline,
        }
    }
}

/// Opens a connection.
fn connect(plan: &Plan, begun: Instant) -> Result<TcpStream> {
    TcpStream::connect_timeout(&plan.server, remaining(plan, begun)).context("connecting")
}

/// What is left of the deadline, and never nothing, which would be refused as an argument.
fn remaining(plan: &Plan, begun: Instant) -> Duration {
    plan.deadline.saturating_sub(begun.elapsed()).max(Duration::from_nanos(1))
}

/// A connection in a message, counted from 1.
fn name(plan: &Plan, index: u64) -> String {
    format!("connection {} of {} to {}", index + 1, plan.connections, plan.server)
}
