//! A queue with one or more servers, first come, first served.
//!
//! # Protocol
//! Departures are computed in virtual time from the stamps of arrivals: a
//! request starts when it has arrived and a server is free, and the server is
//! free again a service time later, however late our timer wakes anyone. So
//! lateness is seen by one request and never fed back into the queue, and who
//! leaves early has been served all the same.
//!
//! A trial has one queue, which its first request defines. Whoever locks it
//! takes stamp, place, draw and count in one go, so these have one order.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hyper::StatusCode;

use crate::law::{Law, MOST_NS};
use crate::respond::Refusal;

/// Most servers of a queue.
pub(crate) const MOST_SERVERS: u64 = 1000;

const OTHER: Refusal = Refusal::new(
    StatusCode::CONFLICT,
    "This trial's queue has another law or number of servers, as its first request to /queue or \
     /limit asked; a second queue takes a second trial.",
);
const FULL: Refusal = Refusal::new(
    StatusCode::SERVICE_UNAVAILABLE,
    "The queue is a minute long, and nobody is let in who would wait longer.",
);

/// What defines a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Queueing {
    /// Of the service times.
    pub(crate) law: Law,
    pub(crate) servers: usize,
}

/// The queue of a trial, if it has one yet.
#[derive(Default)]
pub(crate) struct Slot(Mutex<Option<(Queueing, Servers)>>);

impl Slot {
    /// Locks it for one arrival.
    pub(crate) fn lock(&self) -> Turn<'_> {
        // A panic cannot leave it half changed: servers are only pushed on.
        Turn(self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The right to be the next arrival.
pub(crate) struct Turn<'a>(MutexGuard<'a, Option<(Queueing, Servers)>>);

impl Turn<'_> {
    /// When who arrives at `arrival_ns` departs; draws a `word` if it is let in.
    ///
    /// # Errors
    /// The queue is another one, or longer than a minute.
    pub(crate) fn depart_ns(
        &mut self,
        asked: Queueing,
        arrival_ns: u64,
        word: impl FnOnce() -> u64,
    ) -> Result<u64, Refusal> {
        let (queueing, servers) =
            self.0.get_or_insert_with(|| (asked, Servers::new(asked.servers)));
        if *queueing != asked {
            return Err(OTHER);
        }
        if servers.start_ns(arrival_ns) - arrival_ns > MOST_NS {
            return Err(FULL);
        }
        Ok(servers.serve(arrival_ns, asked.law.duration_ns(word())))
    }
}

/// Until when each server is busy, the earliest on top.
pub(crate) struct Servers(BinaryHeap<Reverse<u64>>);

impl Servers {
    /// All free since ever. At least one.
    fn new(servers: usize) -> Self {
        Self(vec![Reverse(0); servers].into())
    }

    /// When who arrives now is begun with.
    fn start_ns(&self, arrival_ns: u64) -> u64 {
        self.0.peek().map_or(arrival_ns, |Reverse(free_ns)| arrival_ns.max(*free_ns))
    }

    /// The departure of the next arrival, who has come no earlier than the one
    /// before.
    fn serve(&mut self, arrival_ns: u64, service_ns: u64) -> u64 {
        let departure_ns = self.start_ns(arrival_ns).saturating_add(service_ns);
        if let Some(mut earliest) = self.0.peek_mut() {
            *earliest = Reverse(departure_ns);
        }
        departure_ns
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
