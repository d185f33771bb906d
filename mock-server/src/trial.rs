//! One trial: counters and gate of one execution.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::clock::now_ns;
use crate::counters::{Asked, Counters, CountersRecord, Flight};
use crate::draws::Draws;
use crate::law::Law;
use crate::queue::{Queueing, Slot};
use crate::respond::Refusal;

/// What the server keeps for one execution.
pub(crate) struct Trial {
    pub(crate) id: u64,
    pub(crate) counters: Counters,
    pub(crate) draws: Draws,
    /// What delays each query of the database in addition.
    pub(crate) query_law: Option<Law>,
    queue: Slot,
    sessions: AtomicU32,
    started_ns: u64,
    /// When the gate opens; in the past, or 0, while it is open. Only grows.
    gate_ns: AtomicU64,
}

/// A request that has arrived and is counted.
pub(crate) struct Arrival<'a> {
    pub(crate) flight: Flight<'a>,
    /// When it is to be answered; nothing means now.
    pub(crate) deadline_ns: Option<u64>,
}

impl Trial {
    /// A trial that starts now.
    pub(crate) fn new(id: u64, stamps: usize, seed: u64) -> Self {
        // The stamps first: their memory takes time to touch.
        let counters = Counters::new(stamps);
        let (draws, queue) = (Draws::new(seed), Slot::default());
        Self {
            id,
            counters,
            draws,
            query_law: None,
            queue,
            sessions: AtomicU32::new(0),
            started_ns: now_ns(),
            gate_ns: AtomicU64::new(0),
        }
    }

    /// Counts a request that is to be answered after `delay_ns`, or as the gate
    /// opens.
    pub(crate) fn arrive(&self, delay_ns: u64) -> Arrival<'_> {
        let deadline_ns = self.deadline_ns(delay_ns);
        let since_start_ns = || now_ns().saturating_sub(self.started_ns);
        Arrival { flight: self.counters.arrive(since_start_ns), deadline_ns }
    }

    /// Counts a request that is to be answered now; nothing, and nothing is counted, if
    /// the gate was ever closed.
    pub(crate) fn arrive_at_once(&self) -> Option<Flight<'_>> {
        if self.gate_ns.load(Ordering::Acquire) > 0 {
            return None;
        }
        Some(self.counters.arrive(|| now_ns().saturating_sub(self.started_ns)))
    }

    /// Counts a request that is to be answered as it departs from the queue, or
    /// as the gate opens, which holds up no server.
    ///
    /// # Errors
    /// The queue is another one, or too long; then nothing is counted.
    pub(crate) fn queue(&self, asked: Queueing) -> Result<Arrival<'_>, Refusal> {
        let mut turn = self.queue.lock();
        let now = now_ns();
        let departure_ns = turn.depart_ns(asked, now, || self.draws.queue.next())?;
        let flight = self.counters.arrive(|| now.saturating_sub(self.started_ns));
        let deadline_ns = self.gate_ns.load(Ordering::Acquire).max(departure_ns);
        Ok(Arrival { flight, deadline_ns: (deadline_ns > now).then_some(deadline_ns) })
    }

    /// Counts a query that is to be answered after its pause and what the trial's law
    /// adds to it, or as the gate opens.
    pub(crate) fn query(&self, pause_ns: u64) -> Arrival<'_> {
        let drawn_ns = self.query_law.map_or(0, |law| law.duration_ns(self.draws.queries.next()));
        self.arrive(pause_ns + drawn_ns)
    }

    /// Numbers the sessions of the database, from 1.
    pub(crate) fn number_session(&self) -> u32 {
        self.sessions.fetch_add(1, Ordering::Relaxed).wrapping_add(1)
    }

    /// Closes the gate from now for `stall_ns`. A closed gate is never opened
    /// earlier; who waits already is released when it was told.
    pub(crate) fn stall(&self, stall_ns: u64) {
        self.gate_ns.fetch_max(now_ns() + stall_ns, Ordering::Release);
    }

    /// When a request that has just arrived is to be answered; nothing means
    /// now, and then the clock is not read.
    fn deadline_ns(&self, delay_ns: u64) -> Option<u64> {
        let gate_ns = self.gate_ns.load(Ordering::Acquire);
        if delay_ns == 0 && gate_ns == 0 {
            return None;
        }
        let now = now_ns();
        let deadline = gate_ns.max(now + delay_ns);
        (deadline > now).then_some(deadline)
    }

    /// The counters, with the stamps of the arrivals if asked for.
    pub(crate) fn record(&self, stamps: bool) -> CountersRecord {
        let stalled = self.gate_ns.load(Ordering::Acquire) > now_ns();
        self.counters.record(&Asked { id: self.id, stalled, stamps })
    }
}

#[cfg(test)]
mod tests {
    use super::{Law, Queueing, Trial, now_ns};

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn an_open_gate_leaves_the_delay_and_a_closed_one_prevails_over_it() {
        let trial = Trial::new(1, 0, 0);
        assert_eq!(trial.deadline_ns(0), None);
        let before = now_ns();
        assert!(trial.deadline_ns(SECOND).unwrap() >= before + SECOND);

        trial.stall(50 * SECOND);
        let gate = trial.deadline_ns(0).unwrap();
        assert_eq!(trial.deadline_ns(SECOND), Some(gate));
        assert!(trial.deadline_ns(60 * SECOND).unwrap() > gate);
        trial.stall(SECOND);
        assert_eq!(trial.deadline_ns(0), Some(gate), "a shorter stall does not open the gate");
        trial.stall(60 * SECOND);
        assert!(trial.deadline_ns(0).unwrap() > gate);
    }

    #[test]
    fn a_gate_of_no_length_holds_nothing() {
        let trial = Trial::new(1, 0, 0);
        trial.stall(0);
        assert_eq!(trial.deadline_ns(0), None);
    }

    #[test]
    fn the_gate_holds_what_has_departed_and_holds_up_no_server() {
        let trial = Trial::new(1, 0, 0);
        let asked = Queueing { law: Law::Fixed { ns: SECOND }, servers: 1 };
        trial.stall(50 * SECOND);
        let gate = trial.deadline_ns(0);
        let departures = [(); 51].map(|()| trial.queue(asked).unwrap().deadline_ns);
        assert_eq!(departures[..49], vec![gate; 49]);
        assert_eq!(departures[50].unwrap() - departures[49].unwrap(), SECOND);
        assert!(departures[50].unwrap() < gate.unwrap() + 2 * SECOND);
    }
}
