//! How long does a caller wait at a given load?

use std::net::SocketAddr;
use std::time::Duration;

use crate::arrival::{Arrival, offsets};
use crate::request_loop::path;
use crate::workload::{Category, Chart, Include, Preset, Workload};
use crate::{Ceiling, Contestant, Document, Entry, Expected, Pace, body, http};

/// How much is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// So many per cent of what the contestant reached just before, with all
    /// starts due at once.
    OfCapacity(u64),
    /// So many requests per second, the same for everybody.
    PerSecond(u64),
}

/// An open loop over keep-alive connections: requests start when a schedule
/// says so, whether or not the ones before have ended.
///
/// Request `i` of the schedule belongs to connection `i mod C`. If that
/// connection is busy, the request waits for it, and its response time says so.
#[derive(Clone, Debug)]
pub struct OpenLoop {
    /// Keep-alive connections.
    pub connections: u64,
    /// Delay at the server, from the complete request to the response.
    pub delay: Duration,
    /// Bytes of each body.
    pub body_bytes: u64,
    /// How much is asked for.
    pub load: Load,
    /// How starts follow one another.
    pub arrival: Arrival,
    /// Requests on each connection. Under [`Load::OfCapacity`] those that find
    /// the capacity; the window then takes as many as fill its time.
    pub laps: u64,
}

/// Length of the schedule where the load is a share of the capacity.
const WINDOW: Duration = Duration::from_millis(600);

/// Fewest requests on each connection in such a schedule.
const LAPS_MIN: u64 = 4;

/// Requests that each connection makes before the window.
const WARM_UP: u64 = 1;

/// Planning figure for a request where all are due at once.
const AT_ONCE: Duration = Duration::from_micros(15);

const fn preset(
    name: &'static str,
    delay_us: u64,
    load: Load,
    arrival: Arrival,
    laps: u64,
    include: Include,
) -> Preset<OpenLoop> {
    let delay = Duration::from_micros(delay_us);
    let work = OpenLoop { connections: 64, delay, body_bytes: 128, load, arrival, laps };
    Preset { name, work, include }
}

use Arrival::{Constant, Poisson};
use Load::{OfCapacity, PerSecond};

/// Laps give 0.6 s of schedule, and 0.2 s to find the capacity, on a machine of
/// 2026.
static PRESETS: [Preset<OpenLoop>; 8] = [
    preset("c64-d0-p10", 0, OfCapacity(10), Poisson, 300, Include::ByFilter),
    preset("c64-d0-p50", 0, OfCapacity(50), Poisson, 300, Include::Headline),
    preset("c64-d0-p80", 0, OfCapacity(80), Poisson, 300, Include::Thorough),
    preset("c64-d0-r1000", 0, PerSecond(1000), Poisson, 16, Include::ByFilter),
    preset("c64-d0-r5000", 0, PerSecond(5000), Poisson, 48, Include::Thorough),
    preset("c64-d0-r20000", 0, PerSecond(20_000), Poisson, 188, Include::ByFilter),
    preset("c64-d0-r5000-constant", 0, PerSecond(5000), Constant, 48, Include::ByFilter),
    preset("c64-d1ms-r5000", 1000, PerSecond(5000), Poisson, 48, Include::ByFilter),
];

impl OpenLoop {
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

    /// The schedule: for each connection the intended starts of its requests, in
    /// nanoseconds from the opening of the window, ascending. The same pace gives
    /// the same schedule; at a rate of 0 everything is due at once.
    pub fn schedule(&self, pace: Pace) -> Vec<Vec<u64>> {
        let mut connections =
            vec![Vec::with_capacity(self.laps as usize); self.connections as usize];
        let offsets = offsets(self.arrival, pace, self.operations() as usize);
        for (index, offset_ns) in offsets.into_iter().enumerate() {
            connections[index % self.connections as usize].push(offset_ns);
        }
        connections
    }
}

impl Workload for OpenLoop {
    type Task = Self;

    const NAME: &'static str = "open-loop";
    const CATEGORY: Category = Category::Network;
    const QUESTION: &'static str =
        "How long does a caller wait for a response at a given load, and what is the wait made of?";
    const TIMED: &'static str = "Open loop: every request has an intended start from a seeded schedule, the same for all \
         contestants, and belongs to one of C keep-alive connections. Lag is from the intended to the \
         actual start: the timer of the style, the wait for a busy connection and for a CPU. Service \
         is from the start to the verified response, response is both together. A load of p per cent \
         refers to the capacity that the same code reached just before, in a process of its own, with \
         all starts due at once. Connecting, one warm-up request per connection and starting threads \
         lie before the window.";
    const OPERATION: &'static str = "request";
    const CHART: Chart = Chart {
        over: "rate_per_s",
        over_label: "offered rate, /s",
        panel: "of_capacity_percent",
        panel_label: "share of own capacity",
        panel_zero: "equal rates",
        metric: "response_p99_us",
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
        Expected {
            ok,
            samples,
            bytes: ok * self.body_bytes,
            checksum: hash.wrapping_mul(ok),
            connections: self.connections,
            peak_low: 1,
            peak_high: concurrency.min(self.connections),
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
        let alone = self.delay.saturating_mul(waves.try_into().unwrap_or(u32::MAX));
        match self.load {
            Load::OfCapacity(_) => alone + WINDOW + AT_ONCE.mul_f64(self.operations() as f64),
            Load::PerSecond(rate) => {
                alone.max(Duration::from_secs_f64(self.operations() as f64 / rate as f64))
            }
        }
    }

    fn load(&self) -> Option<Load> {
        Some(self.load)
    }

    fn laps_at(&self, rate_per_s: u64, laps: u64) -> u64 {
        let share = laps as f64 / self.laps as f64;
        let requests = rate_per_s as f64 * WINDOW.as_secs_f64() * share;
        ((requests / self.connections as f64).round() as u64).max(LAPS_MIN)
    }

    fn ceiling(&self) -> Option<Ceiling> {
        Some(Ceiling::new(self.connections, Document::Bytes(self.body_bytes)))
    }

    fn parameters(&self) -> Vec<(&'static str, u64)> {
        let (percent, rate) = match self.load {
            Load::OfCapacity(percent) => (percent, 0),
            Load::PerSecond(rate) => (0, rate),
        };
        vec![
            ("connections", self.connections),
            ("delay_us", self.delay.as_micros() as u64),
            ("body_bytes", self.body_bytes),
            ("of_capacity_percent", percent),
            ("rate_per_s", rate),
            ("poisson", u64::from(self.arrival == Arrival::Poisson)),
            ("laps", self.laps),
        ]
    }

    fn task(&self) -> &Self {
        self
    }

    fn entry(contestant: &Contestant) -> &Entry<Self> {
        &contestant.open_loop
    }
}

#[cfg(test)]
mod tests {
    use super::{Load, OpenLoop, PRESETS};
    use crate::arrival::{Arrival, LEAD_NS};
    use crate::{Pace, Workload};
    use std::time::Duration;

    fn work(arrival: Arrival, load: Load, laps: u64) -> OpenLoop {
        OpenLoop { connections: 64, delay: Duration::ZERO, body_bytes: 128, load, arrival, laps }
    }

    fn merged(schedule: &[Vec<u64>]) -> Vec<u64> {
        let mut all = schedule.concat();
        all.sort_unstable();
        all
    }

    #[test]
    fn requests_are_dealt_out_to_the_connections_in_turn() {
        let pace = Pace { rate_per_s: 1000, seed: 1 };
        let schedule = work(Arrival::Constant, Load::PerSecond(1000), 3).schedule(pace);
        assert_eq!(schedule.len(), 64);
        assert_eq!(schedule[0], [LEAD_NS, LEAD_NS + 64_000_000, LEAD_NS + 128_000_000]);
        assert_eq!(schedule[63][0], LEAD_NS + 63_000_000);
    }

    #[test]
    fn the_pace_decides_the_schedule_and_its_rate_is_kept() {
        let spec = work(Arrival::Poisson, Load::PerSecond(5000), 400);
        let schedule = |rate_per_s, seed| spec.schedule(Pace { rate_per_s, seed });
        assert_eq!(schedule(5000, 7), schedule(5000, 7));
        assert_ne!(schedule(5000, 7), schedule(5000, 8));
        assert!(schedule(5000, 7).iter().all(|offsets| offsets.is_sorted()));
        let (slow, fast) = (merged(&schedule(5000, 7)), merged(&schedule(10_000, 7)));
        assert_eq!(slow.len(), 64 * 400);
        let rate = slow.len() as f64 / ((slow[slow.len() - 1] - LEAD_NS) as f64 / 1e9);
        assert!((rate / 5000.0 - 1.0).abs() < 0.03, "{rate}");
        // The same plan, played twice as fast.
        for (slow, fast) in slow.iter().zip(&fast) {
            assert!(((slow - LEAD_NS) / 2).abs_diff(fast - LEAD_NS) <= 1);
        }
    }

    #[test]
    fn at_no_rate_everything_is_due_at_once() {
        let schedule = work(Arrival::Poisson, Load::OfCapacity(50), 3).schedule(Pace::default());
        assert!(schedule.iter().all(|offsets| *offsets == [0, 0, 0]));
    }

    #[test]
    fn laps_fill_the_window_at_any_rate_and_fewer_where_fewer_are_asked_for() {
        let spec = work(Arrival::Poisson, Load::OfCapacity(50), 300);
        assert_eq!(spec.laps_at(50_000, 300), 469);
        assert_eq!(spec.laps_at(50_000, 30), 47);
        assert_eq!(spec.laps_at(100, 300), 4);
    }

    #[test]
    fn every_connection_warms_up_and_nothing_need_overlap() {
        let expected = work(Arrival::Poisson, Load::PerSecond(1), 10).expects(64);
        assert_eq!((expected.ok, expected.samples), (64 * 11, 640));
        assert_eq!((expected.connections, expected.peak_low, expected.peak_high), (64, 1, 64));
    }

    #[test]
    fn names_say_the_load() {
        for preset in &PRESETS {
            let load = match preset.work.load {
                Load::OfCapacity(percent) => format!("-p{percent}"),
                Load::PerSecond(rate) => format!("-r{rate}"),
            };
            assert!(preset.name.contains(&load), "{}", preset.name);
            let constant = preset.work.arrival == Arrival::Constant;
            assert_eq!(preset.name.ends_with("-constant"), constant, "{}", preset.name);
        }
    }
}
