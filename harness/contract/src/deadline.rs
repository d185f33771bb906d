//! How exactly is a request given up that does not answer in time?

use std::net::SocketAddr;
use std::time::Duration;

use crate::mix::mix;
use crate::request_loop::path;
use crate::workload::{Category, Chart, Include, Preset, Workload};
use crate::{Abandoned, Contestant, Entry, Expected, body, http};

/// A closed loop over keep-alive connections, in which each request has a deadline and
/// some are not answered.
///
/// Which ones follows from connection and number alone, so that all contestants have the
/// same; those are given up at their deadline, their connection is closed and another
/// one takes its place. All others are answered at once, long before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// Connections, each with one request at a time.
    pub connections: u64,
    /// How long a request may take, from before it is sent to its complete response.
    pub deadline: Duration,
    /// Of a hundred requests, how many are not answered.
    pub hanging_per_cent: u64,
    /// Requests of each connection and those that take its place.
    pub laps: u64,
}

const fn preset(name: &'static str, (connections, laps): (u64, u64)) -> Preset<Deadline> {
    let deadline = Duration::from_millis(200);
    let work = Deadline { connections, deadline, hanging_per_cent: 10, laps };
    Preset { name, work, include: Include::Thorough }
}

/// So long a deadline because everything else must be answered by it, also where the
/// machine stands still for a while: an answer that comes later is one that timed out,
/// and the execution does not count. With few connections because who has one thread
/// waits for one deadline after the other.
static PRESETS: [Preset<Deadline>; 3] =
    [preset("c4", (4, 16)), preset("c16", (16, 25)), preset("c64", (64, 25))];

/// Bytes of each body.
const BODY_BYTES: u64 = 128;

/// Requests that each connection makes before the window.
const WARM_UP: u64 = 1;

/// When the server answers what hangs: longer than any execution waits.
const HANGS: Duration = Duration::from_secs(30);

/// The requests of a spec, ready to be sent.
#[derive(Debug)]
pub struct Requests {
    /// The spec.
    pub work: Deadline,
    answered: Vec<u8>,
    hanging: Vec<u8>,
}

impl Requests {
    /// Bytes of the request with this number, from 0, of that connection or one that
    /// took its place.
    pub fn of(&self, connection: u64, number: u64) -> &[u8] {
        match self.work.hangs(connection, number) {
            true => &self.hanging,
            false => &self.answered,
        }
    }
}

impl Deadline {
    /// The requests to that server.
    pub fn requests(&self, server: SocketAddr) -> Requests {
        let get = |delay| http::get(&path(delay, BODY_BYTES), &server.to_string());
        Requests { work: self.clone(), answered: get(Duration::ZERO), hanging: get(HANGS) }
    }

    /// Bytes of a warm-up request, which is answered.
    pub fn warm_up_request(&self, server: SocketAddr) -> Vec<u8> {
        http::get(&path(Duration::ZERO, BODY_BYTES), &server.to_string())
    }

    /// The deadline in nanoseconds.
    pub fn deadline_ns(&self) -> u64 {
        self.deadline.as_nanos() as u64
    }

    /// Whether that request is not answered: a fixed draw.
    fn hangs(&self, connection: u64, number: u64) -> bool {
        mix((connection << 32) | number) % 100 < self.hanging_per_cent
    }

    /// Requests that are not answered, of each connection.
    fn hanging_of_each(&self) -> impl Iterator<Item = u64> {
        let of = move |connection| (0..self.laps).filter(move |lap| self.hangs(connection, *lap));
        (0..self.connections).map(move |connection| of(connection).count() as u64)
    }

    /// Of all.
    fn hanging(&self) -> u64 {
        self.hanging_of_each().sum()
    }
}

impl Workload for Deadline {
    type Task = Self;

    const NAME: &'static str = "deadline";
    const CATEGORY: Category = Category::Runtime;
    const QUESTION: &'static str =
        "How exactly is a request given up at its deadline, and what do deadlines cost the rest?";
    const TIMED: &'static str = "Giving up: from the deadline of a request that is not answered until whoever waits for it \
         goes on; never before it. Closed loop: each of C connections sends its next request when \
         its last response is complete or was given up; a fixed tenth of the requests hang, the same \
         for all contestants, and after each its connection is closed and another one opened, inside \
         the window. The deadline spans sending and receiving: async has the timeout of its runtime \
         around both, threads and blocking give each read what is left of it. Connecting, one \
         warm-up request per connection and starting threads lie before the window; service times \
         are those of all requests, those that were given up included.";
    const OPERATION: &'static str = "request";
    const BESIDE: Option<&'static str> = Some("timeout");
    const CHART: Chart = Chart {
        over: "connections",
        over_label: "connections (C)",
        panel: "deadline_us",
        panel_label: "deadline, µs",
        panel_zero: "",
        metric: "giving_up_mean_us",
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
        self.connections * self.laps
    }

    fn expects(&self, concurrency: u64) -> Expected {
        let timed_out = self.hanging();
        let samples = self.operations();
        let ok = samples - timed_out + self.connections * WARM_UP;
        let hash = body::hash(&body::bytes(BODY_BYTES as usize));
        let abandoned = Abandoned {
            timed_out,
            given_up: timed_out,
            timed: timed_out,
            // Each that was given up has a successor; at the end all are closed.
            closed: self.connections,
        };
        Expected {
            ok,
            samples,
            bytes: ok * BODY_BYTES,
            checksum: hash.wrapping_mul(ok),
            connections: self.connections + timed_out,
            peak_low: 1,
            // The server may not have seen yet that a client is gone.
            peak_high: concurrency.min(self.connections) + timed_out,
            queued_high: 0,
            websocket: None,
            abandoned: Some(abandoned),
        }
    }

    fn at_once(&self) -> Option<u64> {
        Some(self.connections)
    }

    fn waits(&self, concurrency: u64) -> Duration {
        // A connection waits for its own one after the other, whoever else waits.
        let unlucky = self.hanging_of_each().max().unwrap_or_default();
        let waves = self.hanging().div_ceil(concurrency.max(1)).max(unlucky);
        self.deadline.saturating_mul(waves.try_into().unwrap_or(u32::MAX))
    }

    fn parameters(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("connections", self.connections),
            ("deadline_us", self.deadline.as_micros() as u64),
            ("hanging_per_cent", self.hanging_per_cent),
            ("body_bytes", BODY_BYTES),
            ("laps", self.laps),
        ]
    }

    fn task(&self) -> &Self {
        self
    }

    fn entry(contestant: &Contestant) -> &Entry<Self> {
        &contestant.deadline
    }
}

#[cfg(test)]
mod tests {
    use super::{BODY_BYTES, Deadline, PRESETS};
    use crate::Workload;
    use std::time::Duration;

    fn work(connections: u64, hanging_per_cent: u64, laps: u64) -> Deadline {
        let deadline = Duration::from_millis(50);
        Deadline { connections, deadline, hanging_per_cent, laps }
    }

    #[test]
    fn what_hangs_times_out_and_the_rest_is_answered() {
        for per_cent in [0, 10, 100] {
            let work = work(16, per_cent, 40);
            let (expected, hanging) = (work.expects(16), work.hanging());
            let abandoned = expected.abandoned.unwrap();
            assert_eq!(expected.ok + abandoned.timed_out, 16 * 41);
            assert_eq!(expected.bytes, expected.ok * BODY_BYTES);
            assert_eq!((expected.samples, expected.connections), (16 * 40, 16 + hanging));
            assert_eq!((abandoned.given_up, abandoned.timed), (hanging, hanging));
            assert_eq!(abandoned.closed, 16);
            assert_eq!((expected.peak_low, expected.peak_high), (1, 16 + hanging));
        }
        assert_eq!([0, 100].map(|per_cent| work(16, per_cent, 40).hanging()), [0, 640]);
    }

    #[test]
    fn the_requests_are_those_that_are_expected() {
        let work = work(16, 10, 40);
        let requests = work.requests("127.0.0.1:1".parse().unwrap());
        let all = (0..16).flat_map(|connection| (0..40).map(move |lap| (connection, lap)));
        let hangs = |(connection, lap): &(u64, u64)| {
            let text = String::from_utf8(requests.of(*connection, *lap).to_vec()).unwrap();
            let hangs = text.starts_with("GET /delay/30000000?bytes=128 ");
            assert!(hangs || text.starts_with("GET /bytes/128 "), "{text}");
            hangs
        };
        assert_eq!(all.filter(hangs).count() as u64, work.hanging());
    }

    /// Within five standard deviations of what was asked for, in each half of the laps.
    #[test]
    fn the_share_is_drawn_evenly() {
        let all = work(100, 10, 100);
        let (hanging, first) = (all.hanging(), work(100, 10, 50).hanging());
        assert!((850..=1150).contains(&hanging), "{hanging}");
        assert!((394..=606).contains(&first), "{first}");
    }

    #[test]
    fn waiting_alone_is_the_deadline_of_what_hangs() {
        let all = work(16, 100, 2);
        assert_eq!(all.waits(1), Duration::from_millis(32 * 50));
        assert_eq!(all.waits(16), Duration::from_millis(2 * 50));
        // The one that has most decides.
        let some = work(16, 10, 40);
        let most = some.hanging_of_each().max().unwrap();
        assert!(most > some.hanging().div_ceil(16));
        assert_eq!(some.waits(16), Duration::from_millis(most * 50));
    }

    /// Enough for a median, and in the largest for a 90th percentile: ten must lie beyond
    /// it. In the smallest so few that one thread waits for all of them in 2.5 s.
    #[test]
    fn presets_have_what_percentiles_need() {
        let hanging = |name| {
            let preset = PRESETS.iter().find(|preset| preset.name == name).unwrap();
            assert_eq!(name, format!("c{}", preset.work.connections));
            assert_eq!(preset.work.slice(), None, "{name}");
            preset.work.hanging()
        };
        assert!((6..=12).contains(&hanging("c4")), "{}", hanging("c4"));
        assert!(hanging("c16") > 20 && hanging("c64") > 100);
    }
}
