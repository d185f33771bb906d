//! The schedule: who starts when, and what came of it. It does no I/O, so the
//! tests run it with a simulated clock and server.
//!
//! One queue for all connections of a thread. A request whose time has come
//! takes the connection that is free for longest, or waits for the next one
//! that becomes free: it is sent late, and never dropped or skipped. Its times
//! count from when it should have started.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Result, ensure};

use crate::fault::Fault;
use crate::gauge::Gauge;
use crate::pacing::{Pacing, Span};
use crate::records::{Instants, Records};
use crate::slots::Slots;
use crate::world::{Turn, World};

/// One thread's share of the load.
pub(crate) struct Engine<'a, W> {
    pub(crate) world: W,
    pacing: Pacing<'a>,
    span: Span,
    slots: Slots,
    records: Records,
    gauge: &'a Gauge,
    stop: &'a AtomicBool,
    /// Requests started; in an open loop, also the place in the plan.
    next: usize,
    /// When the oldest request in flight may have timed out.
    look_ns: u64,
    /// For the gauge, warm-up included.
    lag_ns: u64,
    ok: u64,
    failed: u64,
}

impl<'a, W: World> Engine<'a, W> {
    /// All connections of `world` are open and free.
    pub(crate) fn new(
        world: W,
        connections: usize,
        (pacing, span): (Pacing<'a>, Span),
        (gauge, stop): (&'a Gauge, &'a AtomicBool),
    ) -> Result<Self> {
        let seconds = (span.until_ns - span.from_ns).div_ceil(1_000_000_000) as usize;
        Ok(Self {
            world,
            pacing,
            span,
            slots: Slots::new(connections),
            records: Records::new(seconds)?,
            gauge,
            stop,
            next: 0,
            look_ns: u64::MAX,
            lag_ns: 0,
            ok: 0,
            failed: 0,
        })
    }

    /// Carries out the plan; the records, and how many requests were planned
    /// within the window.
    ///
    /// # Errors
    /// If the world fails, or the account does not add up.
    pub(crate) fn run(mut self) -> Result<(Records, u64, W)> {
        loop {
            let now_ns = self.world.now_ns();
            if self.is_done(now_ns) {
                return self.end(now_ns);
            }
            self.expire(now_ns);
            let any = self.start_due(now_ns);
            let now_ns = if any { self.world.now_ns() } else { now_ns };
            let wake_ns = self.wake_ns(now_ns);
            let count = self.world.wait(now_ns, wake_ns)?;
            for position in 0..count {
                self.turn(position);
            }
            self.publish();
        }
    }

    /// Nothing is left, or the patience with the end is.
    fn is_done(&self, now_ns: u64) -> bool {
        let left = match self.pacing {
            Pacing::Open(plan) => self.next < plan.len(),
            Pacing::Closed => now_ns < self.span.until_ns,
        };
        let too_late = now_ns >= self.span.until_ns + self.span.timeout_ns;
        !left && self.slots.busy == 0 || too_late || self.stop.load(Ordering::Relaxed)
    }

    /// Gives up what was sent a timeout ago.
    fn expire(&mut self, now_ns: u64) {
        if now_ns < self.look_ns {
            return;
        }
        let timeout_ns = self.span.timeout_ns;
        let late =
            |slots: &Slots, index: &u32| slots.started_ns[*index as usize] + timeout_ns <= now_ns;
        let expired: Vec<u32> = self.slots.in_flight().filter(|i| late(&self.slots, i)).collect();
        for connection in expired {
            let at = self.instants(connection, now_ns);
            if at.intended_ns >= self.span.from_ns {
                self.records.timed_out(at);
            }
            self.failed += 1;
            self.slots.down(connection);
            self.world.abandon(connection);
        }
        self.look_ns = self.slots.oldest_ns().map_or(u64::MAX, |oldest_ns| oldest_ns + timeout_ns);
    }

    /// Starts whatever may start at `now_ns`, which has just been read; true
    /// if anything did.
    #[inline]
    fn start_due(&mut self, mut now_ns: u64) -> bool {
        let mut any = false;
        while let Some(intended_ns) = self.due_ns(now_ns).filter(|due_ns| *due_ns <= now_ns) {
            let Some(connection) = self.slots.take() else {
                break;
            };
            if any {
                now_ns = self.world.now_ns(); // the last one took its time
            }
            self.start(connection, intended_ns, now_ns);
            any = true;
        }
        any
    }

    /// When the next request should start; in a closed loop, now.
    #[inline]
    fn due_ns(&self, now_ns: u64) -> Option<u64> {
        match self.pacing {
            Pacing::Open(plan) => plan.get(self.next).map(|offset| self.span.begin_ns + offset),
            Pacing::Closed => (now_ns < self.span.until_ns).then_some(now_ns),
        }
    }

    /// Until when nothing has to be done, unless something comes.
    fn wake_ns(&mut self, now_ns: u64) -> u64 {
        let due_ns = match self.pacing {
            Pacing::Open(_) if self.slots.any_free() => self.due_ns(now_ns).unwrap_or(u64::MAX),
            Pacing::Open(_) | Pacing::Closed => u64::MAX,
        };
        let end_ns = self.span.until_ns + self.span.timeout_ns;
        due_ns.min(self.look_ns).min(end_ns)
    }

    #[inline]
    fn turn(&mut self, position: usize) {
        match self.world.turn(position) {
            Turn::Nothing => {}
            Turn::Opened(connection) => {
                let now_ns = self.world.now_ns();
                self.slots.free(connection, now_ns);
                self.start_due(now_ns);
            }
            Turn::Lost(connection) => self.slots.down(connection),
            Turn::Ended { connection, outcome, usable } => {
                let done_ns = self.world.now_ns();
                self.ended(connection, outcome, done_ns);
                if usable {
                    self.slots.free(connection, done_ns);
                } else {
                    self.slots.down(connection);
                }
                // What became due meanwhile does not wait for the other events.
                self.start_due(done_ns);
            }
        }
    }

    #[inline]
    fn start(&mut self, connection: u32, intended_ns: u64, now_ns: u64) {
        let intended_ns = match self.pacing {
            Pacing::Open(_) => intended_ns,
            Pacing::Closed => now_ns,
        };
        self.next += 1;
        self.lag_ns = now_ns - intended_ns;
        if let Some(since_ns) = intended_ns.checked_sub(self.span.from_ns) {
            let second = match self.pacing {
                Pacing::Open(_) => (now_ns - self.span.from_ns) / 1_000_000_000,
                Pacing::Closed => since_ns / 1_000_000_000,
            };
            let free_ns = self.slots.free_ns[connection as usize];
            self.records.started(intended_ns, now_ns, free_ns, second as usize);
        } else {
            self.records.warmup += 1;
        }
        self.slots.start(connection, intended_ns, now_ns);
        if self.look_ns == u64::MAX {
            self.look_ns = now_ns + self.span.timeout_ns;
        }
        if let Err(fault) = self.world.send(connection) {
            let done_ns = self.world.now_ns();
            self.ended(connection, Err(fault), done_ns);
            self.slots.down(connection);
        }
    }

    #[inline]
    fn ended(&mut self, connection: u32, outcome: Result<u64, Fault>, done_ns: u64) {
        let at = self.instants(connection, done_ns);
        if at.intended_ns >= self.span.from_ns {
            self.records.ended(at, outcome, done_ns <= self.span.until_ns);
        }
        self.ok += u64::from(outcome.is_ok());
        self.failed += u64::from(outcome.is_err());
    }

    fn instants(&self, connection: u32, done_ns: u64) -> Instants {
        let index = connection as usize;
        let (intended_ns, started_ns) =
            (self.slots.intended_ns[index], self.slots.started_ns[index]);
        Instants { intended_ns, started_ns, done_ns }
    }

    #[inline]
    fn publish(&self) {
        let Gauge { started, ok, failed, in_flight, lag_ns } = self.gauge;
        started.store(self.next as u64, Ordering::Relaxed);
        ok.store(self.ok, Ordering::Relaxed);
        failed.store(self.failed, Ordering::Relaxed);
        in_flight.store(self.slots.busy as u64, Ordering::Relaxed);
        lag_ns.store(self.lag_ns, Ordering::Relaxed);
    }

    /// Counts what is left, and compares the account.
    fn end(mut self, now_ns: u64) -> Result<(Records, u64, W)> {
        self.publish();
        let from_ns = self.span.from_ns;
        for connection in self.slots.in_flight() {
            let at = self.instants(connection, now_ns);
            if at.intended_ns >= from_ns {
                self.records.unfinished(at.intended_ns, Some(at.started_ns), now_ns);
            }
        }
        let planned = match self.pacing {
            Pacing::Open(plan) => {
                // After an interruption, what was not due yet is not part of the plan.
                let intended = |offset: &u64| self.span.begin_ns + offset;
                let measured = |offset: &&u64| (from_ns..=now_ns).contains(&intended(offset));
                for offset in plan[self.next..].iter().filter(measured) {
                    self.records.unfinished(intended(offset), None, now_ns);
                }
                plan.iter().filter(measured).count() as u64
            }
            Pacing::Closed => self.records.lag.len(),
        };
        let accounted = self.records.accounted();
        ensure!(accounted == planned, "{planned} requests were planned, {accounted} accounted for");
        Ok((self.records, planned, self.world))
    }
}
