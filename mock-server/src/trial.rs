//! One trial: counters and gate of one execution.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::clock::now_ns;
use crate::counters::{Asked, Counters, CountersRecord, Flight};
use crate::draws::Draws;

/// What the server keeps for one execution.
pub(crate) struct Trial {
    pub(crate) id: u64,
    pub(crate) counters: Counters,
    pub(crate) draws: Draws,
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
        let (draws, gate_ns) = (Draws::new(seed), AtomicU64::new(0));
        Self { id, counters, draws, started_ns: now_ns(), gate_ns }
    }

    /// Counts a request that is to be answered after `delay_ns`, or as the gate
    /// opens.
    pub(crate) fn arrive(&self, delay_ns: u64) -> Arrival<'_> {
        let deadline_ns = self.deadline_ns(delay_ns);
        let since_start_ns = || now_ns().saturating_sub(self.started_ns);
        Arrival { flight: self.counters.arrive(since_start_ns), deadline_ns }
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
    use super::{Trial, now_ns};

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
}
