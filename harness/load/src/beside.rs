//! Healthy clients beside slow ones: a closed loop by time, with nothing left behind it.
//!
//! The healthy ask again when their answer is complete. The slow hold a connection each and
//! take turns, evenly spread, in sending a byte or in reading a little; none of them keeps the
//! loop longer than one system call. When the window is over nobody asks again, the slow send
//! or read the rest at once, and whatever is in flight is awaited: so every request that a
//! server took has an answer, and its counts can be compared with these.

mod slow;

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rustix::event::Timespec;
use rustix::event::epoll::{self, Event, EventData, EventFlags};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use triathlon_contract::Tally;
use triathlon_contract::serve_slow::Slow;
use triathlon_lab::{Clock, Lab, Lane, Sample};

use crate::connection::{Connection, INTEREST, Progress};
use slow::{SlowClient, Step, Turns};

/// Most edges taken from the kernel at once.
const EVENTS_MAX: u64 = 1024;

/// Answers in a second for which a lane has room: more than one thread reads.
const ANSWERS_PER_S_MAX: u64 = 500_000;

/// Healthy clients, and slow ones beside them.
#[derive(Clone, Debug)]
pub struct BesidePlan {
    /// Where every connection goes.
    pub server: SocketAddr,
    /// Clients that ask again and again; at least 1.
    pub healthy: u64,
    /// Slow clients; may be none.
    pub slow: u64,
    /// In what they are slow.
    pub kind: Slow,
    /// How long each of them waits before its next byte, or before it reads again.
    pub every: Duration,
    /// Bytes of each request; at least two.
    pub request: Vec<u8>,
    /// How long the slow have been slow before the others begin.
    pub lead: Duration,
    /// How long answers are counted.
    pub window: Duration,
    /// Most time that connecting, the requests before the window, and what is left behind it
    /// may take, each.
    pub deadline: Duration,
}

/// What healthy clients saw within the window.
#[derive(Debug)]
pub struct Contended {
    /// One sample for each answer.
    pub lane: Lane,
    /// Ages of the requests that were in flight at its end.
    pub ages_ns: Vec<u64>,
    /// Bytes that slow clients sent or read.
    pub slow_bytes: u64,
}

/// What came of all requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// All answers to all clients.
    pub tally: Tally,
    /// Answers to healthy clients behind the window.
    pub late: u64,
    /// Answers to slow clients.
    pub finished: u64,
    /// Slow clients whose connection the server closed.
    pub let_go: u64,
}

/// All connections of a plan.
pub struct Beside<'a> {
    plan: &'a BesidePlan,
    clock: Clock,
    epoll: OwnedFd,
    events: Vec<Event>,
    healthy: Vec<Connection>,
    slow: Vec<SlowClient>,
    lane: Lane,
    tally: Tally,
    /// Until when answered clients ask again.
    until_ns: u64,
    /// Clients with a request under way.
    pending: usize,
    late: u64,
    finished: u64,
    let_go: u64,
}

impl<'a> Beside<'a> {
    /// Opens and registers every connection, one after the other.
    ///
    /// # Errors
    /// The plan holds no work, or a connection is not made within the deadline.
    pub fn connect(plan: &'a BesidePlan, lab: &Lab) -> Result<Self> {
        ensure!(plan.healthy > 0, "a plan needs a healthy client");
        ensure!(plan.request.len() > 1, "a plan needs the bytes of a request");
        ensure!(plan.slow == 0 || !plan.every.is_zero(), "slow clients wait");
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).context("creating the epoll")?;
        let healthy = (0..plan.healthy).map(|_| {
            let stream = TcpStream::connect_timeout(&plan.server, plan.deadline)?;
            Connection::new(stream, 1)
        });
        let healthy: Vec<_> = healthy.collect::<Result<_>>().context("connecting")?;
        let slow = (0..plan.slow).map(|_| SlowClient::connect(plan));
        let slow: Vec<_> = slow.collect::<Result<_>>().context("connecting a slow client")?;
        let streams = healthy.iter().map(Connection::stream);
        for (index, stream) in streams.chain(slow.iter().map(SlowClient::stream)).enumerate() {
            let data = EventData::new_u64(index as u64);
            epoll::add(&epoll, stream, data, INTEREST).context("registering with the epoll")?;
        }
        let connections = plan.healthy + plan.slow;
        let nothing = Event { flags: EventFlags::empty(), data: EventData::new_u64(0) };
        let answers = ANSWERS_PER_S_MAX * plan.window.as_millis() as u64 / 1000;
        Ok(Self {
            plan,
            clock: lab.clock(),
            epoll,
            events: vec![nothing; connections.min(EVENTS_MAX) as usize],
            healthy,
            slow,
            lane: lab.lane(answers),
            tally: Tally { connections, ..Tally::default() },
            until_ns: 0,
            pending: 0,
            late: 0,
            finished: 0,
            let_go: 0,
        })
    }

    /// Makes one request on every connection that is not slow, and logs none. Then the slow
    /// begin their first, alone: whatever they hold up is held up when the others begin. They
    /// have none before, because it would teach the server's kernel to hold more for them.
    ///
    /// # Errors
    /// A client is not answered within the deadline.
    pub fn warm_up(&mut self) -> Result<()> {
        self.begin_healthy()?;
        self.rest()?;
        self.late = 0;
        self.begin_slow()?;
        if self.plan.slow > 0 {
            self.crawl(self.clock.now_ns() + self.plan.lead.as_nanos() as u64)?;
        }
        Ok(())
    }

    /// Lets the healthy ask and the slow be slow, until the window is over.
    ///
    /// # Errors
    /// What went wrong on a connection; that slow ones are closed is none.
    pub fn contend(&mut self, lab: &Lab) -> Result<Contended> {
        self.until_ns = self.clock.now_ns() + self.plan.window.as_nanos() as u64;
        let before: u64 = self.slow_bytes();
        self.begin_healthy()?;
        self.crawl(self.until_ns)?;
        // Each of the healthy had one at the end, as whoever is answered before asks again.
        let ages = self.healthy.iter().map(|c| self.until_ns.saturating_sub(c.started_ns));
        Ok(Contended {
            ages_ns: ages.collect(),
            slow_bytes: self.slow_bytes() - before,
            lane: std::mem::replace(&mut self.lane, lab.lane(0)),
        })
    }

    /// Has everybody answered whose server still knows them.
    ///
    /// # Errors
    /// Somebody is not answered within the deadline.
    pub fn settle(mut self) -> Result<Settled> {
        self.slow.iter().try_for_each(SlowClient::widen)?;
        self.rest()?;
        let Self { tally, late, finished, let_go, .. } = self;
        Ok(Settled { tally, late, finished, let_go })
    }

    fn slow_bytes(&self) -> u64 {
        self.slow.iter().map(SlowClient::bytes).sum()
    }

    /// The slow take turns until then, and whoever is healthy and has begun goes on.
    fn crawl(&mut self, until_ns: u64) -> Result<()> {
        let every_ns = self.plan.every.as_nanos() as u64;
        let mut turns = Turns::new(self.clock.now_ns(), every_ns, self.slow.len());
        loop {
            let now_ns = self.clock.now_ns();
            if now_ns >= until_ns {
                return Ok(());
            }
            while let Some(place) = turns.due(now_ns) {
                let step = self.slow[place].tend(&self.plan.request)?;
                self.stepped(place, step)?;
            }
            self.events_until(turns.next_ns().min(until_ns))?;
        }
    }

    /// Begins a request of every slow client.
    fn begin_slow(&mut self) -> Result<()> {
        self.pending += self.slow.len();
        for place in 0..self.slow.len() {
            let step = self.slow[place].begin(&self.plan.request)?;
            self.stepped(place, step)?;
            // Of a slow client only the end is heard; it says itself when it reads.
            self.listen(self.healthy.len() + place, EventFlags::RDHUP | EventFlags::ET)?;
        }
        Ok(())
    }

    /// Starts a request of every healthy client.
    fn begin_healthy(&mut self) -> Result<()> {
        self.pending += self.healthy.len();
        for index in 0..self.healthy.len() {
            self.healthy[index].left = u64::MAX;
            self.start(index)?;
        }
        Ok(())
    }

    /// Nobody is slow any more: awaits what is under way.
    fn rest(&mut self) -> Result<()> {
        let due_ns = self.clock.now_ns() + self.plan.deadline.as_nanos() as u64;
        for place in 0..self.slow.len() {
            if self.slow[place].hurry() {
                self.listen(self.healthy.len() + place, INTEREST)?;
            }
        }
        while self.pending > 0 {
            if self.clock.now_ns() >= due_ns {
                let (pending, most) = (self.pending, self.plan.deadline);
                bail!("{pending} clients had no answer after {most:?}, though none was slow");
            }
            self.events_until(due_ns)?;
        }
        Ok(())
    }

    /// Waits for edges until then, and takes those that came.
    fn events_until(&mut self, until_ns: u64) -> Result<()> {
        let wait_ns = until_ns.saturating_sub(self.clock.now_ns());
        let timeout = Timespec {
            tv_sec: (wait_ns / 1_000_000_000) as i64,
            tv_nsec: (wait_ns % 1_000_000_000) as _,
        };
        let count = match epoll::wait(&self.epoll, self.events.as_mut_slice(), Some(&timeout)) {
            Ok(count) => count,
            Err(Errno::INTR) => 0,
            Err(error) => return Err(error).context("waiting on the epoll"),
        };
        for position in 0..count {
            let Event { flags, data } = self.events[position];
            let index = data.u64() as usize;
            match index.checked_sub(self.healthy.len()) {
                None => self.turn(index, flags)?,
                Some(place) => {
                    let step = self.slow[place].ready(&self.plan.request)?;
                    self.stepped(place, step)?;
                }
            }
        }
        Ok(())
    }

    /// One edge of a healthy client.
    #[inline]
    fn turn(&mut self, index: usize, flags: EventFlags) -> Result<()> {
        let connection = &mut self.healthy[index];
        match connection.ready(flags, &self.plan.request)? {
            Progress::Waits => Ok(()),
            Progress::Yields => self.listen(index, INTEREST),
            Progress::Responded(received) => {
                let now_ns = self.clock.now_ns();
                self.tally.add(received);
                let again = now_ns < self.until_ns;
                if again {
                    self.lane.log(Sample::closed(connection.started_ns, now_ns));
                } else {
                    connection.left = 1;
                }
                if connection.finish(flags)? {
                    self.late += 1;
                    self.pending -= 1;
                    return Ok(());
                }
                self.start(index)
            }
        }
    }

    #[inline]
    fn start(&mut self, index: usize) -> Result<()> {
        let now_ns = self.clock.now_ns();
        self.healthy[index].start(&self.plan.request, now_ns)
    }

    fn stepped(&mut self, place: usize, step: Step) -> Result<()> {
        match step {
            Step::Waits => return Ok(()),
            Step::Yields => return self.listen(self.healthy.len() + place, INTEREST),
            Step::Answered(received) => {
                self.tally.add(received);
                self.finished += 1;
            }
            Step::LetGo => self.let_go += 1,
        }
        self.pending -= 1;
        Ok(())
    }

    /// Asks for other edges; one that is there already is made again.
    fn listen(&self, index: usize, interest: EventFlags) -> Result<()> {
        let stream = match index.checked_sub(self.healthy.len()) {
            None => self.healthy[index].stream(),
            Some(place) => self.slow[place].stream(),
        };
        let data = EventData::new_u64(index as u64);
        epoll::modify(&self.epoll, stream, data, interest).context("asking for an edge")
    }
}

#[cfg(test)]
#[path = "beside_tests.rs"]
mod tests;
