//! The same connections on a schedule: an open loop by count.
//!
//! One queue for all connections. A request whose time has come takes the connection that
//! has been free for longest, or waits for the next one that becomes free: it is sent late
//! and never dropped. Every request has its response before this ends, so nothing is
//! censored.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::event::epoll::{self, Event, EventData, EventFlags};
use rustix::io::Errno;
use triathlon_lab::{Lane, Sample};

use super::{ClosedLoop, WAIT_MAX_NS};
use crate::Totals;
use crate::connection::{INTEREST, Progress};
use crate::slots::Slots;
use crate::timer::{TIMER, Timer, timespec};

/// A schedule that was carried out to its last request.
#[derive(Debug)]
pub struct Paced {
    /// What came of it; samples have intended starts.
    pub totals: Totals,
    /// For each request how late it was although a connection was free: the generator's
    /// own share of its lag. From when it could have started to when it did.
    pub own_lag: Lane,
}

/// Where a schedule is.
struct Progression<'s> {
    schedule: &'s [u64],
    begun_ns: u64,
    /// Requests that have started.
    next: usize,
    slots: Slots,
    timer: Timer,
    own_lag: Lane,
}

impl Progression<'_> {
    /// When the next request is due.
    fn due_ns(&self) -> Option<u64> {
        self.schedule.get(self.next).map(|offset_ns| self.begun_ns + offset_ns)
    }
}

impl ClosedLoop<'_> {
    /// Makes every request of the plan, each when `schedule` says so: offsets in
    /// nanoseconds from now on, ascending, as many as there are requests on all
    /// connections. `own_lag` is a lane for as many.
    ///
    /// # Errors
    /// As [`ClosedLoop::run`]; and if the schedule is of another length.
    pub fn run_paced(mut self, schedule: &[u64], own_lag: Lane) -> Result<Paced> {
        ensure!(
            schedule.len() as u64 == self.requests,
            "a schedule of {} starts for {} requests",
            schedule.len(),
            self.requests
        );
        // What comes on a connection without a request is left for its next one to find.
        self.connections.iter_mut().for_each(|connection| connection.left = 0);
        let mut at = Progression {
            schedule,
            timer: Timer::new(&self.epoll)?,
            slots: Slots::new(self.connections.len()),
            begun_ns: self.clock.now_ns(),
            next: 0,
            own_lag,
        };
        let end_ns = at.begun_ns.saturating_add(self.plan.deadline_ns());
        while self.lane.samples().len() < schedule.len() {
            self.start_due(&mut at)?;
            let count = self.wait_until_due(&mut at, end_ns)?;
            for position in 0..count {
                self.paced_turn(position, &mut at)?;
            }
        }
        let done_ns = self.lane.samples().last().map_or(at.begun_ns, |sample| sample.done_ns);
        let elapsed = Duration::from_nanos(done_ns - at.begun_ns);
        let totals = Totals { tally: self.tally, elapsed, lane: self.lane };
        Ok(Paced { totals, own_lag: at.own_lag })
    }

    /// Starts whatever is due while a connection is free.
    #[inline]
    fn start_due(&mut self, at: &mut Progression<'_>) -> Result<()> {
        while let Some(intended_ns) = at.due_ns() {
            let now_ns = self.clock.now_ns();
            if intended_ns > now_ns {
                return Ok(());
            }
            let Some(connection) = at.slots.take() else {
                return Ok(());
            };
            let index = connection as usize;
            let free_ns = at.slots.free_ns[index].max(at.begun_ns);
            at.own_lag.log(Sample::closed(intended_ns.max(free_ns), now_ns));
            at.slots.start(connection, intended_ns, now_ns);
            at.next += 1;
            self.connections[index].left = 1;
            let started = self.connections[index].start(&self.plan.request, now_ns);
            started.with_context(|| self.paced_place(index, at.next))?;
        }
        Ok(())
    }

    /// Waits for edges or for the next request that can start; how many edges came.
    fn wait_until_due(&mut self, at: &mut Progression<'_>, end_ns: u64) -> Result<usize> {
        let now_ns = self.clock.now_ns();
        if now_ns >= end_ns {
            return Err(self.late().into());
        }
        let due_ns = if at.slots.any_free() { at.due_ns() } else { None };
        let wait_ns = match due_ns {
            Some(due_ns) if due_ns <= now_ns => 0,
            Some(due_ns) => {
                at.timer.arm(now_ns, due_ns)?;
                (end_ns - now_ns).min(WAIT_MAX_NS)
            }
            None => (end_ns - now_ns).min(WAIT_MAX_NS),
        };
        let timeout = timespec(wait_ns);
        match epoll::wait(&self.epoll, self.events.as_mut_slice(), Some(&timeout)) {
            Ok(count) => Ok(count),
            Err(Errno::INTR) => Ok(0),
            Err(error) => Err(error).context("waiting on the epoll"),
        }
    }

    /// One edge: of the timer, or of a connection.
    #[inline]
    fn paced_turn(&mut self, position: usize, at: &mut Progression<'_>) -> Result<()> {
        let Event { flags, data } = self.events[position];
        if data.u64() == TIMER {
            return Ok(());
        }
        let index = data.u64() as usize;
        match self.progress(index, flags, at.next)? {
            Progress::Waits => Ok(()),
            Progress::Yields => {
                // Modifying to the same interest makes the edge again.
                let data = EventData::new_u64(index as u64);
                epoll::modify(&self.epoll, self.connections[index].stream(), data, INTEREST)
                    .with_context(|| self.paced_place(index, at.next))
            }
            Progress::Responded(received) => {
                let done_ns = self.clock.now_ns();
                let intended_ns = at.slots.intended_ns[index];
                let started_ns = at.slots.started_ns[index];
                self.lane.log(Sample { intended_ns, started_ns, done_ns });
                self.tally.add(received);
                let finished = self.connections[index].finish(flags);
                finished.with_context(|| self.paced_place(index, at.next))?;
                at.slots.free(index as u32, done_ns);
                // What became due meanwhile does not wait for the other edges.
                self.start_due(at)
            }
        }
    }

    #[inline]
    fn progress(&mut self, index: usize, flags: EventFlags, next: usize) -> Result<Progress> {
        match self.connections[index].ready(flags, &self.plan.request) {
            Ok(progress) => Ok(progress),
            Err(error) => Err(error.context(self.paced_place(index, next))),
        }
    }

    /// Connection and requests, for a message.
    fn paced_place(&self, index: usize, started: usize) -> String {
        let connection = super::name(self.plan, index as u64);
        format!("{connection}, after {started} of {} requests had started", self.requests)
    }

    /// The deadline passed: on each connection the request that it has, and all that had
    /// none yet.
    fn late(&self) -> crate::Unfinished {
        let busy = |connection: &crate::connection::Connection| connection.left > 0;
        let answered = self.lane.samples().len() as u64;
        crate::Unfinished {
            server: self.plan.server,
            requests: self.requests - answered,
            planned: self.requests,
            connections: self.connections.iter().filter(|c| busy(c)).count() as u64,
            first: self.connections.iter().position(busy).map_or(0, |index| index as u64 + 1),
            deadline: self.plan.deadline,
        }
    }
}

#[cfg(test)]
#[path = "paced_tests.rs"]
mod tests;
