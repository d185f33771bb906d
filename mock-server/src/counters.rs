//! What a trial counts: the witness.
//!
//! Relaxed atomics: each counter is exact by itself, and a client that has its
//! response sees its own request in them, because the counting precedes the
//! write to the socket.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use hdrhistogram::Histogram;
use serde::Serialize;
use triathlon_contract::record::{Spread, WitnessRecord};

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
    /// Locked once per delayed request, for an increment. 15 KiB at 1 %.
    excess_ns: Mutex<Histogram<u32>>,
    /// Arrivals since the trial's start, in the order of the count.
    stamps_ns: Box<[AtomicU64]>,
}

/// The counters as `/counters` answers them.
#[derive(Debug, Serialize)]
pub(crate) struct CountersRecord {
    id: String,
    #[serde(flatten)]
    witness: WitnessRecord,
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
            excess_ns: Mutex::new(excess),
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

    /// Counts a request that was refused or was no HTTP.
    pub(crate) fn refuse(&self) {
        self.bad_requests.fetch_add(1, Relaxed);
    }

    /// Counts a request that is held on purpose.
    pub(crate) fn hold(&self) {
        self.delayed.fetch_add(1, Relaxed);
    }

    /// Keeps how much longer than asked a request was held.
    pub(crate) fn release(&self, excess_ns: u64) {
        let mut histogram = self.excess_ns.lock().unwrap_or_else(PoisonError::into_inner);
        histogram.saturating_record(excess_ns);
    }

    /// All counters. A snapshot while requests are in flight; final after the
    /// trial's connections have ended.
    pub(crate) fn record(&self, asked: &Asked) -> CountersRecord {
        let requests = self.requests.load(Relaxed);
        let stamped = self.stamps_ns.len().min(requests as usize);
        let stamps = &self.stamps_ns[..stamped];
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
            },
            open_connections: self.open_connections.load(Relaxed),
            in_flight: self.in_flight.load(Relaxed),
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

/// A request between its arrival and the hand-over of its response.
pub(crate) struct Flight<'a> {
    counters: &'a Counters,
}

impl Flight<'_> {
    /// Counts the body; called right before the response is handed over.
    pub(crate) fn land(self, body_bytes: usize) {
        self.counters.bytes.fetch_add(body_bytes as u64, Relaxed);
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.counters.in_flight.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, Counters, WitnessRecord};

    const ASKED: Asked = Asked { id: 7, stalled: false, stamps: true };

    #[test]
    fn the_record_reads_back_as_the_contract_s_witness() {
        let counters = Counters::new(1);
        counters.open();
        let flights = [counters.arrive(|| 5), counters.arrive(|| 6)];
        counters.hold();
        counters.release(2_000);
        counters.refuse();
        flights.into_iter().for_each(|flight| flight.land(10));

        let text = serde_json::to_string(&counters.record(&ASKED)).unwrap();
        let witness: WitnessRecord = serde_json::from_str(&text).unwrap();
        let excess = witness.delay_excess_us.unwrap();
        assert!((2.0..2.1).contains(&excess.p50) && excess.p50 == excess.max, "{excess:?}");
        let plain = WitnessRecord { delay_excess_us: None, ..witness };
        let want = WitnessRecord {
            requests: 2,
            bytes: 20,
            connections: 1,
            peak_in_flight: 2,
            bad_requests: 1,
            delayed: 1,
            delay_excess_us: None,
        };
        assert_eq!(plain, want);
        assert!(text.contains(r#""id":"7""#) && text.contains(r#""arrival_ns":[5]"#), "{text}");
        assert!(text.contains(r#""in_flight":0,"stalled":false"#), "{text}");
    }

    #[test]
    fn a_dropped_flight_is_not_in_flight_and_sent_nothing() {
        let counters = Counters::new(0);
        drop(counters.arrive(|| unreachable!("no stamp is asked for")));
        let record = counters.record(&ASKED);
        assert_eq!((record.in_flight, record.witness.requests, record.witness.bytes), (0, 1, 0));
        assert_eq!(record.arrival_ns, Some(vec![]));
    }

    #[test]
    fn excess_beyond_the_bound_is_kept_as_the_bound() {
        let counters = Counters::new(0);
        counters.release(u64::MAX);
        assert!(counters.spread().unwrap().max >= 59_000_000.0);
    }
}
