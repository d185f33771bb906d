//! The same connections under one load after the other: a contest, in which each asks again
//! as soon as it is answered, and plans of intended starts.
//!
//! As in the other loops here one thread waits on one `epoll`. A request whose time has come
//! takes the connection that is free for longest, or waits for one: it is sent late, and
//! never dropped. Nobody gives up before everything is answered, but the whole has a bound.

mod messages;

use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::event::epoll::{self, Event, EventData, EventFlags};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use triathlon_contract::Tally;
use triathlon_lab::{Clock, Lab, Sample};

use crate::Answered;
use crate::connection::{Connection, INTEREST, Progress};
use crate::slots::Slots;
use crate::timer::{TIMER, Timer, timespec};

/// Most edges taken from the kernel at once.
const EVENTS_MAX: usize = 1024;

/// Longest sleep without a look at the time.
const SLEEP_MAX_NS: u64 = 50_000_000;

/// What all requests have in common.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// Where every connection goes.
    pub server: SocketAddr,
    /// Bytes of each request, head and body.
    pub request: &'a [u8],
    /// Most time for connecting; counted anew for the warm-up; and once more from the first
    /// request behind it on, for all loads together.
    pub patience: Duration,
}

/// Keep-alive connections, and everything that was counted over them.
pub struct Clients<'a> {
    target: Target<'a>,
    clock: Clock,
    epoll: OwnedFd,
    timer: Timer,
    events: Vec<Event>,
    connections: Vec<Connection>,
    slots: Slots,
    tally: Tally,
    give_up_ns: u64,
}

/// What starts the next request.
enum Due<'p> {
    /// A free connection, until then. Of so many connections one after the other joins in
    /// over the ramp.
    Free { begin_ns: u64, ramp_ns: u64, connections: u64, until_ns: u64 },
    /// These offsets from the beginning, ascending; it is not over before its end.
    Plan { offsets_ns: &'p [u64], begin_ns: u64, next: usize, until_ns: u64 },
}

impl Due<'_> {
    /// When the next request is to start, with so many in flight; none if there is no other.
    fn next_ns(&self, now_ns: u64, busy: usize) -> Option<u64> {
        match self {
            Self::Free { begin_ns, ramp_ns, connections, until_ns } => {
                let joins_ns = begin_ns + ramp_ns * busy as u64 / connections;
                (now_ns < *until_ns).then_some(now_ns.max(joins_ns))
            }
            Self::Plan { offsets_ns, begin_ns, next, .. } => {
                offsets_ns.get(*next).map(|offset_ns| begin_ns + offset_ns)
            }
        }
    }

    /// When there is nothing more to come.
    fn until_ns(&self) -> u64 {
        match self {
            Self::Free { until_ns, .. } | Self::Plan { until_ns, .. } => *until_ns,
        }
    }

    fn started(&mut self) {
        if let Self::Plan { next, .. } = self {
            *next += 1;
        }
    }
}

impl<'a> Clients<'a> {
    /// Opens and registers every connection, one after the other, so that no listen backlog
    /// overflows.
    ///
    /// # Errors
    /// There is nothing to do; or a connection is refused, or not made in time, and the
    /// message names its number.
    pub fn connect(target: Target<'a>, count: u64, lab: &Lab) -> Result<Self> {
        ensure!(count > 0, "a load needs at least one connection");
        ensure!(!target.request.is_empty(), "a load needs the bytes of a request");
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).context("make an epoll")?;
        let begun = Instant::now();
        let open = |index: u64| -> Result<Connection> {
            let left = target.patience.saturating_sub(begun.elapsed());
            let left = left.max(Duration::from_millis(1)); // 0 is no timeout
            let stream = TcpStream::connect_timeout(&target.server, left).context("connecting")?;
            let connection = Connection::new(stream, 0)?;
            epoll::add(&epoll, connection.stream(), EventData::new_u64(index), INTEREST)
                .context("add a connection to the epoll")?;
            Ok(connection)
        };
        let name = |index: u64| format!("connection {} of {count} to {}", index + 1, target.server);
        let connections = (0..count).map(|index| open(index).with_context(|| name(index)));
        let connections: Vec<Connection> = connections.collect::<Result<_>>()?;
        let nothing = Event { flags: EventFlags::empty(), data: EventData::new_u64(0) };
        Ok(Self {
            target,
            clock: lab.clock(),
            timer: Timer::new(&epoll)?,
            epoll,
            events: vec![nothing; EVENTS_MAX.min(connections.len() + 1)],
            slots: Slots::new(connections.len()),
            tally: Tally { connections: count, ..Tally::default() },
            connections,
            give_up_ns: u64::MAX,
        })
    }

    /// Makes one request on every connection and logs none.
    ///
    /// # Errors
    /// As [`Clients::follow`].
    pub fn warm_up(&mut self) -> Result<()> {
        let at_once = vec![0; self.connections.len()];
        self.follow(&at_once, Duration::ZERO, |_| ())?;
        // However long it is until the next load, nobody loses patience meanwhile.
        self.give_up_ns = u64::MAX;
        Ok(())
    }

    /// Has every connection ask again as soon as it is answered, for a time, then waits for
    /// what is in flight. Tells `log` of every answer, as they come. When it began.
    ///
    /// Over the ramp one more request after the other is in flight, up to one on each
    /// connection: a server that all ask at once may stay in a dearer state for good, in
    /// which threads of its own take turns.
    ///
    /// # Errors
    /// As [`Clients::follow`].
    pub fn contest(
        &mut self,
        length: Duration,
        ramp: Duration,
        log: impl FnMut(Answered),
    ) -> Result<u64> {
        let begin_ns = self.begin();
        let due = Due::Free {
            begin_ns,
            ramp_ns: ramp.as_nanos() as u64,
            connections: self.connections.len() as u64,
            until_ns: begin_ns + length.as_nanos() as u64,
        };
        self.carry_out(due, log)?;
        Ok(begin_ns)
    }

    /// Makes a request at each of these offsets from now, ascending, or as soon after it as a
    /// connection is free; returns when all are answered and so much time is over. Tells `log`
    /// of every answer, as they come. When it began.
    ///
    /// Does not allocate for a request, except where a body does not fit the buffer of
    /// [`Reply`](triathlon_contract::Reply), which then takes a hasher.
    ///
    /// # Errors
    /// [`Unfinished`](crate::Unfinished) if the patience is over. Otherwise what went wrong on
    /// which connection, and how many requests had started.
    pub fn follow(
        &mut self,
        offsets_ns: &[u64],
        length: Duration,
        log: impl FnMut(Answered),
    ) -> Result<u64> {
        let begin_ns = self.begin();
        let until_ns = begin_ns + length.as_nanos() as u64;
        self.carry_out(Due::Plan { offsets_ns, begin_ns, next: 0, until_ns }, log)?;
        Ok(begin_ns)
    }

    /// Responses by outcome, of all loads so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Now; the patience is counted from the first load on.
    fn begin(&mut self) -> u64 {
        let now_ns = self.clock.now_ns();
        if self.give_up_ns == u64::MAX {
            let patience_ns = u64::try_from(self.target.patience.as_nanos()).unwrap_or(u64::MAX);
            self.give_up_ns = now_ns.saturating_add(patience_ns);
        }
        now_ns
    }

    /// Carries out one load to its last answer.
    fn carry_out(&mut self, mut due: Due<'_>, mut log: impl FnMut(Answered)) -> Result<()> {
        loop {
            self.start_due(&mut due)?;
            let now_ns = self.clock.now_ns();
            let next_ns = due.next_ns(now_ns, self.slots.busy);
            let until_ns = due.until_ns();
            if next_ns.is_none() && self.slots.busy == 0 && now_ns >= until_ns {
                return Ok(());
            }
            let wake_ns = match next_ns {
                Some(next_ns) if self.slots.any_free() => next_ns,
                None if now_ns < until_ns => until_ns,
                Some(_) | None => u64::MAX,
            };
            for position in 0..self.wait(&due, now_ns, wake_ns)? {
                self.turn(position, &mut due, &mut log)?;
            }
        }
    }

    /// Starts whatever may start now.
    #[inline]
    fn start_due(&mut self, due: &mut Due<'_>) -> Result<()> {
        loop {
            let now_ns = self.clock.now_ns();
            let next_ns = due.next_ns(now_ns, self.slots.busy);
            let Some(intended_ns) = next_ns.filter(|at_ns| *at_ns <= now_ns) else {
                return Ok(());
            };
            let Some(connection) = self.slots.take() else {
                return Ok(());
            };
            due.started();
            self.slots.start(connection, intended_ns, now_ns);
            let index = connection as usize;
            self.connections[index].left = 1;
            let started = self.connections[index].start(self.target.request, now_ns);
            started.with_context(|| self.place(index, due))?;
        }
    }

    /// Waits for edges; how many came, 0 after a signal or for another look at the time.
    fn wait(&mut self, due: &Due<'_>, now_ns: u64, wake_ns: u64) -> Result<usize> {
        if now_ns >= self.give_up_ns {
            return Err(self.gave_up(due));
        }
        let sleep_ns = wake_ns.saturating_sub(now_ns).min(SLEEP_MAX_NS);
        if sleep_ns > 0 && wake_ns < u64::MAX {
            self.timer.arm(now_ns, wake_ns)?;
        }
        // The timer is exact; the timeout behind it is rounded up by the kernel.
        match epoll::wait(&self.epoll, self.events.as_mut_slice(), Some(&timespec(sleep_ns))) {
            Ok(count) => Ok(count),
            Err(Errno::INTR) => Ok(0),
            Err(error) => Err(error).context("wait on the epoll"),
        }
    }

    /// One edge of one connection. What became due meanwhile does not wait for the others.
    #[inline]
    fn turn(
        &mut self,
        position: usize,
        due: &mut Due<'_>,
        log: &mut impl FnMut(Answered),
    ) -> Result<()> {
        let Event { flags, data } = self.events[position];
        if data.u64() == TIMER {
            return Ok(());
        }
        let index = data.u64() as usize;
        let progress = self.connections[index].ready(flags, self.target.request);
        match progress.with_context(|| self.place(index, due))? {
            Progress::Waits => self.stays(index, flags, due),
            Progress::Yields => {
                // Modifying to the same interest makes the edge again.
                let stream = self.connections[index].stream();
                epoll::modify(&self.epoll, stream, data, INTEREST)
                    .with_context(|| self.place(index, due))
            }
            Progress::Responded(received) => {
                let done_ns = self.clock.now_ns();
                self.tally.add(received);
                self.connections[index].finish(flags)?;
                self.stays(index, flags, due)?;
                log(self.answered(index, done_ns));
                self.slots.free(index as u32, done_ns);
                self.start_due(due)
            }
        }
    }

    /// The answer to what that connection was asked, before it is free again.
    #[inline]
    fn answered(&self, connection: usize, done_ns: u64) -> Answered {
        let intended_ns = self.slots.intended_ns[connection];
        let started_ns = self.slots.started_ns[connection];
        let sample = Sample { intended_ns, started_ns, done_ns };
        Answered { connection, sample, free_ns: self.slots.free_ns[connection] }
    }

    /// No server may end a connection: it would be missing in what follows.
    fn stays(&self, index: usize, flags: EventFlags, due: &Due<'_>) -> Result<()> {
        let closed = flags.contains(EventFlags::RDHUP);
        ensure!(!closed, "{}: the server closed it", self.place(index, due));
        Ok(())
    }
}

#[cfg(test)]
#[path = "clients_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "clients_schedule_tests.rs"]
mod schedule_tests;
