//! What does one request cost, and what does waiting cost?

use std::net::SocketAddr;
use std::time::Duration;

use crate::workload::{self, Category, Chart, Include, Preset, Workload};
use crate::{Ceiling, Contestant, Document, Entry, Expected, body, http};

/// A closed loop over keep-alive connections: the next request of a
/// connection starts when its last response is complete.
#[derive(Clone, Debug)]
pub struct RequestLoop {
    /// Keep-alive connections.
    pub connections: u64,
    /// Delay at the server, from the complete request to the response.
    pub delay: Duration,
    /// Bytes of each body.
    pub body_bytes: u64,
    /// How long each read and each write may take, if there is a limit: what takes
    /// longer is given up, its connection with it, and a new one goes on.
    pub timeout: Option<Duration>,
    /// Requests on each connection.
    pub laps: u64,
}

const fn preset(
    name: &'static str,
    connections: u64,
    delay_us: u64,
    laps: u64,
    include: Include,
) -> Preset<RequestLoop> {
    let delay = Duration::from_micros(delay_us);
    let work = RequestLoop { connections, delay, body_bytes: 128, timeout: None, laps };
    Preset { name, work, include }
}

/// `c64-d0` with a limit that nothing reaches, so that what it costs is all that
/// differs.
const TIMEOUTS: Preset<RequestLoop> = Preset {
    name: "c64-d0-timeouts",
    work: RequestLoop {
        connections: 64,
        delay: Duration::ZERO,
        body_bytes: 128,
        timeout: Some(Duration::from_secs(5)),
        laps: 500,
    },
    include: Include::Thorough,
};

/// Laps give a window of some 0.3 s to 0.5 s on a machine of 2026.
static PRESETS: [Preset<RequestLoop>; 14] = [
    preset("c1-d0", 1, 0, 4000, Include::Always),
    preset("c16-d0", 16, 0, 2000, Include::ByFilter),
    preset("c64-d0", 64, 0, 500, Include::Headline),
    TIMEOUTS,
    preset("c256-d0", 256, 0, 125, Include::Thorough),
    preset("c1-d1ms", 1, 1000, 300, Include::ByFilter),
    preset("c16-d1ms", 16, 1000, 300, Include::ByFilter),
    preset("c64-d1ms", 64, 1000, 300, Include::ByFilter),
    preset("c256-d1ms", 256, 1000, 100, Include::ByFilter),
    preset("c1-d20ms", 1, 20_000, 20, Include::ByFilter),
    preset("c16-d20ms", 16, 20_000, 20, Include::Cited),
    preset("c64-d20ms", 64, 20_000, 20, Include::Cited),
    preset("c256-d20ms", 256, 20_000, 20, Include::Cited),
    preset("c8-d10ms", 8, 10_000, 100, Include::ByFilter),
];

/// Requests that each connection makes before the window.
const WARM_UP: u64 = 1;

/// Path of so many bytes after a delay, or at once.
pub(crate) fn path(delay: Duration, bytes: u64) -> String {
    match delay.as_micros() {
        0 => Document::Bytes(bytes).path(),
        delay_us => format!("/delay/{delay_us}?bytes={bytes}"),
    }
}

impl RequestLoop {
    /// Path of one request.
    pub fn path(&self) -> String {
        path(self.delay, self.body_bytes)
    }

    /// Path of a warm-up request: the same body without the delay.
    pub fn warm_up_path(&self) -> String {
        path(Duration::ZERO, self.body_bytes)
    }

    /// Bytes of one request.
    pub fn request(&self, server: SocketAddr) -> Vec<u8> {
        http::get(&self.path(), &server.to_string())
    }

    /// Bytes of a warm-up request.
    pub fn warm_up_request(&self, server: SocketAddr) -> Vec<u8> {
        http::get(&self.warm_up_path(), &server.to_string())
    }
}

impl Workload for RequestLoop {
    type Task = Self;

    const NAME: &'static str = "request-loop";
    const CATEGORY: Category = Category::Network;
    const QUESTION: &'static str =
        "What does one request cost on a keep-alive connection, and what does waiting cost?";
    const TIMED: &'static str = "Closed loop: each of C connections sends its next request when its last response is \
         complete and verified. Connecting, one warm-up request per connection and starting threads \
         lie before the window; spawning tasks and joining everything lie inside. Where a preset has \
         a timeout, every read and every write has it, by what each style uses for that; what \
         reaches it is given up with its connection. Service times of a closed loop say nothing about response times under load.";
    const OPERATION: &'static str = "request";
    const CHART: Chart = Chart {
        over: "connections",
        over_label: "connections (C)",
        panel: "delay_us",
        panel_label: "delay at the server, µs",
        panel_zero: "no delay at the server",
        metric: "cpu_us_per_op",
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
        let samples = self.operations();
        let ok = samples + self.connections * WARM_UP;
        let hash = body::hash(&body::bytes(self.body_bytes as usize));
        let in_flight = concurrency.min(self.connections);
        Expected {
            ok,
            samples,
            bytes: ok * self.body_bytes,
            checksum: hash.wrapping_mul(ok),
            connections: self.connections,
            peak_low: workload::overlap_low(in_flight, self.delay),
            peak_high: in_flight,
            queued_high: 0,
            websocket: None,
            abandoned: None,
        }
    }

    fn at_once(&self) -> Option<u64> {
        Some(self.connections)
    }

    fn waits(&self, concurrency: u64) -> Duration {
        let waves = self.connections.div_ceil(concurrency.max(1)) * self.laps;
        self.delay.saturating_mul(waves.try_into().unwrap_or(u32::MAX))
    }

    fn slice(&self) -> Option<Duration> {
        let waits = !self.delay.is_zero() || self.timeout.is_some();
        // With few requests in flight, drivers of runtimes settle anew after each stop.
        let few = self.connections < 16;
        (!waits && !few).then_some(Duration::from_millis(80))
    }

    fn ceiling(&self) -> Option<Ceiling> {
        Some(Ceiling::new(self.connections, Document::Bytes(self.body_bytes)))
    }

    fn parameters(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("connections", self.connections),
            ("delay_us", self.delay.as_micros() as u64),
            ("body_bytes", self.body_bytes),
            ("timeout_ms", self.timeout.map_or(0, |timeout| timeout.as_millis() as u64)),
            ("laps", self.laps),
        ]
    }

    fn task(&self) -> &Self {
        self
    }

    fn entry(contestant: &Contestant) -> &Entry<Self> {
        &contestant.request_loop
    }
}

#[cfg(test)]
mod tests {
    use super::{PRESETS, RequestLoop};
    use crate::Workload;
    use std::time::Duration;

    fn work(connections: u64, delay_us: u64, laps: u64) -> RequestLoop {
        let delay = Duration::from_micros(delay_us);
        RequestLoop { connections, delay, body_bytes: 128, timeout: None, laps }
    }

    #[test]
    fn expectation_counts_every_connection_and_its_warm_up() {
        let spec = work(64, 20_000, 300);
        let expected = spec.expects(64);
        assert_eq!((expected.ok, expected.samples), (64 * 301, 64 * 300));
        assert_eq!((expected.connections, expected.bytes), (64, 64 * 301 * 128));
        assert_eq!((expected.peak_low, expected.peak_high), (13, 64));
        let alone = spec.expects(1);
        assert_eq!((alone.connections, alone.peak_low, alone.peak_high), (64, 1, 1));
    }

    #[test]
    fn without_delay_nothing_need_overlap_at_the_server() {
        assert_eq!(work(64, 0, 1).expects(64).peak_low, 1);
    }

    #[test]
    fn waiting_alone_is_delay_times_waves() {
        let spec = work(16, 1000, 300);
        assert_eq!(spec.waits(16), Duration::from_millis(300));
        assert_eq!(spec.waits(1), Duration::from_millis(4800));
    }

    #[test]
    fn timeouts_are_all_that_a_preset_with_them_adds() {
        let named = |name| PRESETS.iter().find(|preset| preset.name == name).unwrap();
        let (plain, timed) = (&named("c64-d0").work, &named("c64-d0-timeouts").work);
        let without = RequestLoop { timeout: None, ..timed.clone() };
        assert_eq!(without.parameters(), plain.parameters());
        let added = timed.parameters().into_iter().find(|of| !plain.parameters().contains(of));
        assert_eq!(added, Some(("timeout_ms", 5000)));
        assert_eq!(timed.expects(64), plain.expects(64));
    }
}
