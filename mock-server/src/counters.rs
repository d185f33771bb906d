//! What a trial counts: the witness.
//!
//! Every request that has arrived ends in exactly one way: answered, given up
//! because the client or the trial went first, or with a fault. So, when none is
//! in flight, requests = answered + given up + faults. That of the answered is
//! not counted but follows: the ordinary request pays for no further counter.
//!
//! Relaxed atomics: each counter is exact by itself, and a client that has its
//! response sees its own request in them, because the counting precedes the
//! write to the socket.

use std::mem;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use hdrhistogram::Histogram;
use serde::Serialize;
use triathlon_contract::record::{Spread, WitnessRecord};
use triathlon_contract::{QueryCounts, SocketCounts};

use crate::fault::{Fault, FaultsRecord, KINDS};

/// Longest excess that is told apart; longer ones count as this.
const MOST_EXCESS_NS: u64 = 60_000_000_000;

/// Counters of one trial.
pub(crate) struct Counters {
    requests: AtomicU64,
    bytes: AtomicU64,
    connections: AtomicU64,
    open_connections: AtomicU64,
    in_flight: AtomicU64,
    peak_in_flight: AtomicU64,
    bad_requests: AtomicU64,
    delayed: AtomicU64,
    given_up: AtomicU64,
    /// By number of [`Fault`], counted when it is done.
    faults: [AtomicU64; KINDS],
    hangs_ended: AtomicU64,
    /// Locked once per delayed request, for an increment. 15 KiB at 1 %.
    excess_ns: Mutex<Histogram<u32>>,
    /// Locked once for all that came over a web socket at once.
    sockets: Mutex<SocketCounts>,
    /// Locked once for all that a session answers at once.
    queries: Mutex<QueryCounts>,
    /// Arrivals since the trial's start, in the order of the count.
    stamps_ns: Box<[AtomicU64]>,
}

/// The counters as `/counters` answers them.
#[derive(Debug, Serialize)]
pub(crate) struct CountersRecord {
    id: String,
    #[serde(flatten)]
    witness: WitnessRecord,
    /// Requests whose answer was handed over, faults of status 500 apart.
    answered: u64,
    faults: FaultsRecord,
    open_connections: u64,
    in_flight: u64,
    /// Whether the gate is closed.
    stalled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    arrival_ns: Option<Vec<u64>>,
}

/// What a record needs besides the counters.
pub(crate) struct Asked {
    pub(crate) id: u64,
    pub(crate) stalled: bool,
    pub(crate) stamps: bool,
}

impl Counters {
    /// All zero, with room for `stamps` arrivals.
    pub(crate) fn new(stamps: usize) -> Self {
        let excess =
            Histogram::new_with_bounds(1, MOST_EXCESS_NS, 2).expect("the bounds are valid");
        Self {
            requests: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            open_connections: AtomicU64::new(0),
            in_flight: AtomicU64::new(0),
            peak_in_flight: AtomicU64::new(0),
            bad_requests: AtomicU64::new(0),
            delayed: AtomicU64::new(0),
            given_up: AtomicU64::new(0),
            faults: Default::default(),
            hangs_ended: AtomicU64::new(0),
            excess_ns: Mutex::new(excess),
            sockets: Mutex::default(),
            queries: Mutex::default(),
            stamps_ns: (0..stamps).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// Counts a complete data request; `since_start_ns` is called only if its
    /// arrival is to be stamped. In flight until the guard is dropped, also
    /// when the client has gone.
    pub(crate) fn arrive(&self, since_start_ns: impl FnOnce() -> u64) -> Flight<'_> {
        let index = self.requests.fetch_add(1, Relaxed);
        if let Some(stamp) = self.stamps_ns.get(index as usize) {
            stamp.store(since_start_ns(), Relaxed);
        }
        let in_flight = self.in_flight.fetch_add(1, Relaxed) + 1;
        if in_flight > self.peak_in_flight.load(Relaxed) {
            self.peak_in_flight.fetch_max(in_flight, Relaxed);
        }
        Flight { counters: self }
    }

    /// Counts an accepted connection; open until [`close`](Self::close).
    pub(crate) fn open(&self) {
        self.connections.fetch_add(1, Relaxed);
        self.open_connections.fetch_add(1, Relaxed);
    }

    /// Counts the end of a connection.
    pub(crate) fn close(&self) {
        self.open_connections.fetch_sub(1, Relaxed);
    }

    /// Counts a request that was refused or was no HTTP, and a web socket that
    /// broke the protocol. Those of the database: see [`query`](Self::query).
    pub(crate) fn refuse(&self) {
        self.bad_requests.fetch_add(1, Relaxed);
    }

    /// Counts a request that is held on purpose.
    pub(crate) fn hold(&self) {
        self.delayed.fetch_add(1, Relaxed);
    }

    /// Counts the end of a request that hung.
    pub(crate) fn end_hang(&self) {
        self.hangs_ended.fetch_add(1, Relaxed);
        self.in_flight.fetch_sub(1, Relaxed);
    }

    /// Counts a piece of a body; called right before it is handed over.
    pub(crate) fn hand_over(&self, piece_bytes: usize) {
        self.bytes.fetch_add(piece_bytes as u64, Relaxed);
    }

    /// Counts the end of a request whose body went in pieces, given up if not all
    /// were handed over.
    pub(crate) fn end_body(&self, whole: bool) {
        if !whole {
            self.given_up.fetch_add(1, Relaxed);
        }
        self.in_flight.fetch_sub(1, Relaxed);
    }

    /// Keeps how much longer than asked a request was held.
    pub(crate) fn release(&self, excess_ns: u64) {
        let mut histogram = self.excess_ns.lock().unwrap_or_else(PoisonError::into_inner);
        histogram.saturating_record(excess_ns);
    }

    /// Counts what went over a web socket.
    pub(crate) fn converse(&self, more: SocketCounts) {
        *self.sockets.lock().unwrap_or_else(PoisonError::into_inner) += more;
    }

    /// Counts what a session of the database did, and how much of it was refused.
    pub(crate) fn query(&self, more: QueryCounts, refused: u64) {
        self.bad_requests.fetch_add(refused, Relaxed);
        *self.queries.lock().unwrap_or_else(PoisonError::into_inner) += more;
    }

    /// All counters. A snapshot while requests are in flight; final after the
    /// trial's connections have ended.
    pub(crate) fn record(&self, asked: &Asked) -> CountersRecord {
        let requests = self.requests.load(Relaxed);
        let stamped = self.stamps_ns.len().min(requests as usize);
        let stamps = &self.stamps_ns[..stamped];
        let in_flight = self.in_flight.load(Relaxed);
        let given_up = self.given_up.load(Relaxed);
        let faults = self.faults.each_ref().map(|count| count.load(Relaxed));
        // A hung request is counted as such and in flight until it ends.
        let hung = faults[Fault::Hang as usize];
        let hanging = hung.saturating_sub(self.hangs_ended.load(Relaxed));
        let unended = in_flight.saturating_sub(hanging);
        let unanswered = unended + given_up + faults.iter().sum::<u64>();
        let sockets = *self.sockets.lock().unwrap_or_else(PoisonError::into_inner);
        let queries = *self.queries.lock().unwrap_or_else(PoisonError::into_inner);
        CountersRecord {
            id: asked.id.to_string(),
            witness: WitnessRecord {
                requests,
                bytes: self.bytes.load(Relaxed),
                connections: self.connections.load(Relaxed),
                peak_in_flight: self.peak_in_flight.load(Relaxed),
                bad_requests: self.bad_requests.load(Relaxed),
                delayed: self.delayed.load(Relaxed),
                delay_excess_us: self.spread(),
                given_up,
                websocket: (sockets.sockets > 0).then_some(sockets),
                database: (queries != QueryCounts::default()).then_some(queries),
            },
            answered: requests.saturating_sub(unanswered),
            faults: faults.into(),
            open_connections: self.open_connections.load(Relaxed),
            in_flight,
            stalled: asked.stalled,
            arrival_ns: asked.stamps.then(|| stamps.iter().map(|ns| ns.load(Relaxed)).collect()),
        }
    }

    fn spread(&self) -> Option<Spread> {
        let histogram = self.excess_ns.lock().unwrap_or_else(PoisonError::into_inner);
        let us = |ns: u64| ns as f64 / 1e3;
        (!histogram.is_empty()).then(|| Spread {
            p50: us(histogram.value_at_quantile(0.5)),
            p90: us(histogram.value_at_quantile(0.9)),
            max: us(histogram.max()),
        })
    }
}

/// A request between its arrival and its end; given up if dropped before.
pub(crate) struct Flight<'a> {
    counters: &'a Counters,
}

impl Flight<'_> {
    /// Counts the body; called right before the response is handed over.
    pub(crate) fn land(self, body_bytes: usize) {
        self.counters.bytes.fetch_add(body_bytes as u64, Relaxed);
        self.counters.in_flight.fetch_sub(1, Relaxed);
        mem::forget(self);
    }

    /// Leaves the end of the request to whoever hands its body over in pieces, by
    /// [`hand_over`](Counters::hand_over) and [`end_body`](Counters::end_body).
    pub(crate) fn outlast(self) {
        mem::forget(self);
    }

    /// Counts a fault; called right before it is done. A request that hangs is
    /// in flight until [`end_hang`](Counters::end_hang), the others end here.
    pub(crate) fn fail(self, fault: Fault) {
        self.counters.faults[fault as usize].fetch_add(1, Relaxed);
        if fault != Fault::Hang {
            self.counters.in_flight.fetch_sub(1, Relaxed);
        }
        mem::forget(self);
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.counters.given_up.fetch_add(1, Relaxed);
        self.counters.in_flight.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
#[path = "counters_tests.rs"]
mod tests;
