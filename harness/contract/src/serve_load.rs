//! How long do clients of a service wait at a given load, and up to which load can it be
//! borne?

use std::time::Duration;

use crate::arrival::{Arrival, offsets};
use crate::serve::{Route, Serve};
use crate::workload::{Backend, Category, Chart, Include, Preset, Workload};
use crate::{Contestant, Entry, Expected, Load, Pace};

/// Keep-alive connections of all clients: so many requests can be at the server at once,
/// far more than any of them has within its capacity.
const CONNECTIONS: u64 = 256;

/// Fewest requests on each connection: of four times 256 ten are beyond the 99th
/// percentile, the fewest of which one is formed.
const LAPS_MIN: u64 = 4;

/// Shortest schedule, as a part of a second: at higher rates it takes more requests.
const WINDOW_PARTS: u64 = 2;

/// Length of the schedule where the load is a share of the capacity.
const WINDOW: Duration = Duration::from_millis(600);

/// Planning figures for a request and for each of its queries where all are due at once.
const AT_ONCE: (Duration, Duration) = (Duration::from_micros(40), Duration::from_micros(70));

/// Time in which requests may queue, on top of what the database pauses: up to there a
/// load is borne.
///
/// Source: the bound of a percentile that makes a rate a capacity, MLPerf Inference,
/// scenario "Server"; `mutilate --search 95:1000`.
pub const QUEUEING: Duration = Duration::from_millis(20);

/// A service, and clients that ask it for a page when a schedule says so, whether or not
/// the requests before have been answered.
///
/// A request whose time has come takes the connection that has been free for longest. If
/// none is free it waits for one, and its response time says so: it is sent late and never
/// dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServeLoad {
    /// The service. Its laps are requests on each connection, on average; under
    /// [`Load::OfCapacity`] those that find the capacity.
    pub serve: Serve,
    /// How much is asked for.
    pub load: Load,
}

const fn work(route: Route, delay_us: u64, load: Load, laps: u64) -> ServeLoad {
    let delay = Duration::from_micros(delay_us);
    let connections = CONNECTIONS;
    ServeLoad { serve: Serve { route, connections, delay, timeouts: false, laps }, load }
}

const fn laps_of(rate_per_s: u64) -> u64 {
    let laps = (rate_per_s / WINDOW_PARTS).div_ceil(CONNECTIONS);
    if laps > LAPS_MIN { laps } else { LAPS_MIN }
}

const CRUD: Route = Route::Crud { queries: 5, bytes: 10 * 1024 };

const fn crud(name: &'static str, rate_per_s: u64, include: Include) -> Preset<ServeLoad> {
    let work = work(CRUD, 1000, Load::PerSecond(rate_per_s), laps_of(rate_per_s));
    Preset { name, work, include }
}

const fn crud_at(name: &'static str, percent: u64) -> Preset<ServeLoad> {
    let work = work(CRUD, 1000, Load::OfCapacity(percent), 12);
    Preset { name, work, include: Include::ByFilter }
}

const fn plain(name: &'static str, rate_per_s: u64) -> Preset<ServeLoad> {
    let work = work(Route::Plain, 0, Load::PerSecond(rate_per_s), laps_of(rate_per_s));
    Preset { name, work, include: Include::ByFilter }
}

use Include::{ByFilter, Foremost};

/// A ladder of rates, the same for everybody, each rung some √2 times the one before: on
/// one CPU of 2026 `/crud` ends between 2 000/s and 4 000/s.
static PRESETS: [Preset<ServeLoad>; 17] = [
    crud("crud-n5-10k-1ms-r250", 250, ByFilter),
    crud("crud-n5-10k-1ms-r500", 500, ByFilter),
    crud("crud-n5-10k-1ms-r700", 700, ByFilter),
    crud("crud-n5-10k-1ms-r1000", 1000, Foremost),
    crud("crud-n5-10k-1ms-r1400", 1400, Foremost),
    crud("crud-n5-10k-1ms-r2000", 2000, Foremost),
    crud("crud-n5-10k-1ms-r2800", 2800, Foremost),
    crud("crud-n5-10k-1ms-r4000", 4000, Foremost),
    crud("crud-n5-10k-1ms-r5600", 5600, ByFilter),
    crud("crud-n5-10k-1ms-r8000", 8000, ByFilter),
    crud_at("crud-n5-10k-1ms-p50", 50),
    crud_at("crud-n5-10k-1ms-p70", 70),
    crud_at("crud-n5-10k-1ms-p80", 80),
    plain("plain-r4000", 4000),
    plain("plain-r8000", 8000),
    plain("plain-r16000", 16_000),
    plain("plain-r32000", 32_000),
];

impl ServeLoad {
    /// The schedule: the intended starts of all requests in nanoseconds from the opening
    /// of the window, ascending. The same pace gives the same schedule; at a rate of 0
    /// everything is due at once.
    pub fn schedule(&self, pace: Pace) -> Vec<u64> {
        offsets(Arrival::Poisson, pace, self.operations() as usize)
    }
}

impl Workload for ServeLoad {
    type Task = Serve;

    const NAME: &'static str = "serve-load";
    const CATEGORY: Category = Category::Serve;
    const QUESTION: &'static str =
        "How long do clients of a service wait at a given load, and up to which load is it borne?";
    const TIMED: &'static str = "The servers of `serve`, unchanged. Open loop at the load generator: every request has an \
         intended start from a seeded schedule of independent exponential gaps, the same for all \
         contestants of a round. It takes the connection that has been free for longest, of 256; if \
         none is free it waits for one, and is sent late, never dropped. Lag is from the intended to \
         the actual start, service from there to the verified response, response is both together. \
         Rates are the same for everybody; a load of p per cent refers to the capacity that the same \
         server reached just before, in a process of its own, with all starts due at once. Where \
         fewer than 95 % of what was asked for is answered by the end of the schedule, the server is \
         beyond its capacity: its times depend on how long that goes on and are compared with \
         nothing. CPU time, switches, faults and memory are the server's.";
    const OPERATION: &'static str = "request";
    const CHART: Chart = Chart {
        over: "rate_per_s",
        over_label: "offered rate, /s",
        panel: "queries",
        panel_label: "queries per request (N)",
        panel_zero: "/plain, no database",
        metric: "response_p99_us",
    };
    const SERVER: bool = true;
    const SERVES: bool = true;

    fn presets() -> &'static [Preset<Self>] {
        &PRESETS
    }

    fn with_laps(&self, laps: u64) -> Self {
        Self { serve: self.serve.with_laps(laps), ..*self }
    }

    fn laps(&self) -> u64 {
        self.serve.laps
    }

    fn operations(&self) -> u64 {
        self.serve.operations()
    }

    /// At a low rate nothing need overlap.
    fn expects(&self, concurrency: u64) -> Expected {
        let expected = self.serve.expects(concurrency);
        Expected { peak_low: expected.peak_low.min(1), ..expected }
    }

    fn backend(&self) -> Option<Backend> {
        self.serve.backend()
    }

    fn at_once(&self) -> Option<u64> {
        self.serve.at_once()
    }

    fn waits(&self, _concurrency: u64) -> Duration {
        let requests = self.operations() as f64;
        match self.load {
            Load::PerSecond(rate) => Duration::from_secs_f64(requests / rate as f64),
            Load::OfCapacity(_) => {
                let (request, query) = AT_ONCE;
                let queries = self.serve.route.queries() as u32;
                WINDOW + (request + query * queries).mul_f64(requests)
            }
        }
    }

    fn per_operation(&self) -> Option<Duration> {
        self.serve.per_operation()
    }

    fn load(&self) -> Option<Load> {
        Some(self.load)
    }

    fn laps_at(&self, rate_per_s: u64, laps: u64) -> u64 {
        let share = laps as f64 / self.laps() as f64;
        let requests = rate_per_s as f64 * WINDOW.as_secs_f64() * share;
        let laps_least = LAPS_MIN.min(laps);
        ((requests / self.serve.connections as f64).round() as u64).max(laps_least)
    }

    fn database(&self) -> bool {
        true
    }

    fn parameters(&self) -> Vec<(&'static str, u64)> {
        let (percent, rate) = match self.load {
            Load::OfCapacity(percent) => (percent, 0),
            Load::PerSecond(rate) => (0, rate),
        };
        let mut parameters = self.serve.parameters();
        parameters.extend([("of_capacity_percent", percent), ("rate_per_s", rate)]);
        parameters
    }

    fn task(&self) -> &Serve {
        &self.serve
    }

    fn entry(contestant: &Contestant) -> &Entry<Serve> {
        &contestant.serve
    }
}

#[cfg(test)]
mod tests {
    use super::{CONNECTIONS, PRESETS, ServeLoad};
    use crate::arrival::LEAD_NS;
    use crate::{Include, Load, Pace, Workload};
    use std::time::Duration;

    #[test]
    fn presets_do_what_their_names_say() {
        for preset in &PRESETS {
            let ServeLoad { serve, load } = preset.work;
            let what = match serve.route.queries() {
                0 => "plain".to_string(),
                queries => format!("crud-n{queries}-10k-{}ms", serve.delay.as_millis()),
            };
            let end = match load {
                Load::PerSecond(rate) => format!("r{rate}"),
                Load::OfCapacity(percent) => format!("p{percent}"),
            };
            assert_eq!(preset.name, format!("{what}-{end}"));
            let length = preset.work.waits(0);
            let sampled = preset.work.operations() >= 1000;
            assert!(sampled && length >= Duration::from_millis(500), "{}", preset.name);
            assert!(length <= Duration::from_secs(5), "{}", preset.name);
        }
    }

    #[test]
    fn rungs_of_a_ladder_are_geometric() {
        let rate = |preset: &crate::Preset<ServeLoad>| match preset.work.load {
            Load::PerSecond(rate) if preset.include == Include::Foremost => Some(rate),
            _ => None,
        };
        let rates: Vec<u64> = PRESETS.iter().filter_map(rate).collect();
        assert!(rates.len() >= 5, "{rates:?}");
        for pair in rates.windows(2) {
            let step = pair[1] as f64 / pair[0] as f64;
            assert!((step / 2f64.sqrt() - 1.0).abs() < 0.03, "{pair:?}");
        }
    }

    /// The servers are those of `serve`, and answer as often.
    #[test]
    fn the_schedule_is_one_for_all_connections_and_the_same_for_the_same_pace() {
        let work = ServeLoad { ..PRESETS[5].work };
        let schedule = |rate_per_s, seed| work.schedule(Pace { rate_per_s, seed });
        let (seven, fast) = (schedule(2000, 7), schedule(4000, 7));
        assert_eq!(seven, schedule(2000, 7));
        assert_ne!(seven, schedule(2000, 8));
        assert!(seven.is_sorted());
        assert_eq!(seven.len() as u64, work.operations());
        // The same plan, played twice as fast.
        for (slow, fast) in seven.iter().zip(&fast) {
            assert!(((slow - LEAD_NS) / 2).abs_diff(fast - LEAD_NS) <= 1);
        }
        assert_eq!(schedule(0, 7), vec![0; seven.len()]);
        let expected = work.expects(100);
        assert_eq!(expected.samples, work.operations());
        assert_eq!(expected.ok, work.operations() + CONNECTIONS);
        assert_eq!((expected.connections, expected.peak_low), (CONNECTIONS, 1));
    }

    #[test]
    fn laps_fill_the_window_at_any_rate_and_are_never_too_few() {
        let of_capacity = PRESETS.iter().find(|p| p.name.ends_with("-p50")).unwrap().work;
        assert_eq!(of_capacity.laps_at(2000, 12), 5);
        assert_eq!(of_capacity.laps_at(6000, 12), 14);
        assert_eq!(of_capacity.laps_at(6000, 6), 7);
        assert_eq!(of_capacity.laps_at(10, 12), 4);
        assert_eq!(of_capacity.laps_at(10, 1), 1, "a smoke run is short");
    }
}
