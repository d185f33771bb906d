//! Fetch N URLs at once, as the guides' example does with `gather`.

use std::net::SocketAddr;
use std::time::Duration;

use crate::workload::{self, Category, Chart, Include, Preset, Workload};
use crate::{Ceiling, Contestant, Document, Entry, Expected, body, http};

/// Who opens how many connections; the same in every style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connections {
    /// Every fetch opens and closes its own, inside the window.
    PerFetch,
    /// Keep-alive connections, opened before the window; a fetch waits for a
    /// free one.
    Pool(u64),
}

/// N `GET`s of equal bodies behind equal delays.
#[derive(Clone, Debug)]
pub struct FanOut {
    /// Fetches in one lap, all wanted at once.
    pub fetches: u64,
    /// Delay at the server, from the complete request to the response.
    pub delay: Duration,
    /// Bytes of each body.
    pub body_bytes: u64,
    /// Who opens connections.
    pub connections: Connections,
    /// Repetitions, one after the other.
    pub laps: u64,
}

const fn preset(
    name: &'static str,
    fetches: u64,
    connections: Connections,
    include: Include,
) -> Preset<FanOut> {
    let delay = Duration::from_millis(20);
    let work = FanOut { fetches, delay, body_bytes: 1024, connections, laps: 1 };
    Preset { name, work, include }
}

static PRESETS: [Preset<FanOut>; 5] = [
    preset("n10", 10, Connections::PerFetch, Include::WithoutStack),
    preset("n100", 100, Connections::PerFetch, Include::Headline),
    preset("n1000", 1000, Connections::PerFetch, Include::Cited),
    preset("n5000", 5000, Connections::PerFetch, Include::WithoutStack),
    preset("n1000-pool64", 1000, Connections::Pool(64), Include::ByFilter),
];

impl FanOut {
    /// Path of one fetch.
    pub fn path(&self) -> String {
        format!("/delay/{}?bytes={}", self.delay.as_micros(), self.body_bytes)
    }

    /// Path of a warm-up fetch: the same body without the delay.
    pub fn warm_up_path(&self) -> String {
        format!("/bytes/{}", self.body_bytes)
    }

    /// Bytes of the request of one fetch.
    pub fn request(&self, server: SocketAddr) -> Vec<u8> {
        http::get(&self.path(), &server.to_string())
    }

    /// Bytes of the request of a warm-up fetch.
    pub fn warm_up_request(&self, server: SocketAddr) -> Vec<u8> {
        http::get(&self.warm_up_path(), &server.to_string())
    }

    /// Connections that `concurrency` fetches at once keep in the pool; none
    /// if every fetch opens its own.
    pub fn pooled(&self, concurrency: u64) -> u64 {
        match self.connections {
            Connections::PerFetch => 0,
            Connections::Pool(size) => size.min(concurrency),
        }
    }

    /// Fetches in flight at once in a style that can overlap them.
    pub fn in_flight(&self) -> u64 {
        match self.connections {
            Connections::PerFetch => self.fetches,
            Connections::Pool(size) => size.min(self.fetches),
        }
    }
}

impl Workload for FanOut {
    type Task = Self;

    const NAME: &'static str = "fan-out";
    const CATEGORY: Category = Category::Network;
    const QUESTION: &'static str =
        "How long does it take to fetch N URLs at once, and what does each fetch cost?";
    const TIMED: &'static str = "From the first fetch wanted to the last body verified: spawning, connecting \
         (unless the preset names a pool), sending, waiting, reading, closing, joining. \
         Runtime, thread pool and connection pool are made before the window; one warm-up fetch \
         (one per pooled connection) without delay precedes it.";
    const OPERATION: &'static str = "fetch";
    const CHART: Chart = Chart {
        over: "fetches",
        over_label: "fetches at once (N)",
        panel: "pool",
        panel_label: "pooled connections",
        panel_zero: "one connection per fetch",
        metric: "elapsed_s",
    };
    const SERVER: bool = true;

    fn presets() -> &'static [Preset<Self>] {
        &PRESETS
    }

    fn with_laps(&self, laps: u64) -> Self {
        Self { laps, ..self.clone() }
    }

    fn laps(&self) -> u64 {
        self.laps
    }

    fn operations(&self) -> u64 {
        self.fetches * self.laps
    }

    fn expects(&self, concurrency: u64) -> Expected {
        let measured = self.operations();
        let pooled = self.pooled(concurrency);
        let warm_up = pooled.max(1);
        let (ok, hash) = (measured + warm_up, body::hash(&body::bytes(self.body_bytes as usize)));
        let connections = match self.connections {
            Connections::PerFetch => measured + warm_up,
            Connections::Pool(_) => pooled,
        };
        Expected {
            ok,
            samples: measured,
            bytes: ok * self.body_bytes,
            checksum: hash.wrapping_mul(ok),
            connections,
            peak_low: workload::overlap_low(concurrency.min(self.fetches), self.delay),
            peak_high: concurrency.min(self.fetches),
            queued_high: 0,
            websocket: None,
            abandoned: None,
        }
    }

    fn at_once(&self) -> Option<u64> {
        Some(self.fetches)
    }

    fn waits(&self, concurrency: u64) -> Duration {
        let waves = self.fetches.div_ceil(concurrency.max(1)) * self.laps;
        self.delay.saturating_mul(waves.try_into().unwrap_or(u32::MAX))
    }

    fn ceiling(&self) -> Option<Ceiling> {
        Some(Ceiling::new(self.in_flight(), Document::Bytes(self.body_bytes)))
    }

    fn parameters(&self) -> Vec<(&'static str, u64)> {
        let pool = self.pooled(self.in_flight());
        vec![
            ("fetches", self.fetches),
            ("delay_us", self.delay.as_micros() as u64),
            ("body_bytes", self.body_bytes),
            ("pool", pool),
            ("laps", self.laps),
        ]
    }

    fn task(&self) -> &Self {
        self
    }

    fn entry(contestant: &Contestant) -> &Entry<Self> {
        &contestant.fan_out
    }
}

#[cfg(test)]
mod tests {
    use super::{Connections, FanOut};
    use crate::{Workload, body};
    use std::time::Duration;

    fn work(fetches: u64, connections: Connections) -> FanOut {
        let delay = Duration::from_millis(20);
        FanOut { fetches, delay, body_bytes: 1024, connections, laps: 1 }
    }

    #[test]
    fn expectation_counts_warm_up_and_connections() {
        let hash = body::hash(&body::bytes(1024));
        let per_fetch = work(100, Connections::PerFetch).with_laps(2).expects(100);
        assert_eq!((per_fetch.ok, per_fetch.samples, per_fetch.connections), (201, 200, 201));
        assert_eq!(per_fetch.bytes, 201 * 1024);
        assert_eq!(per_fetch.checksum, (0..201).fold(0u64, |sum, _| sum.wrapping_add(hash)));

        let pooled = work(1000, Connections::Pool(64));
        assert_eq!(pooled.expects(64).connections, 64);
        assert_eq!(pooled.expects(64).ok, 1064);
        assert_eq!(pooled.expects(1).connections, 1);
        assert_eq!(pooled.in_flight(), 64);
    }

    #[test]
    fn waiting_alone_is_delay_times_waves() {
        let work = work(100, Connections::PerFetch);
        assert_eq!(work.waits(1), Duration::from_secs(2));
        assert_eq!(work.waits(100), Duration::from_millis(20));
        assert_eq!(work.waits(64), Duration::from_millis(40));
    }
}
