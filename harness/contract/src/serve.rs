//! What does a service cost whose answers take queries, and from how many clients on
//! does it matter how it is written?

mod cube;
mod page;
mod request;
mod served;

use std::time::Duration;

pub use page::{Page, Route, Rows, route};
pub use request::{HEAD_MAX_BYTES, Refusal, Request, Requests};
pub use served::Served;

use crate::query::{Dialogue, Kind};
use crate::workload::{self, Backend, Category, Chart, Include, OneAnswer, Preset, Workload};
use crate::{Contestant, Entry, Expected, Setting, http};

/// Connections to the database, if there are as many clients; a fixed pool of threads
/// has one for each of its threads. PostgreSQL's own `max_connections`.
const POOL: u64 = 100;

/// Connections that wait to be accepted at most; the kernel's `somaxconn` may bind.
pub const BACKLOG: u32 = 4096;

/// Connections that a crowd of clients opens from one address of theirs: for one pair of
/// addresses there are no more than the kernel has ports to give.
pub const FROM_ONE_ADDRESS: u64 = 10_000;

/// How long a server that is told to stop waits for requests in flight.
pub const DRAIN: Duration = Duration::from_secs(5);

/// How long a silent client is borne, and each wait for the database, where there are
/// timeouts at all.
pub const TIMEOUT: Duration = Duration::from_secs(5);

/// How long a server that closes first waits for its client to close, too: to close with
/// bytes unread would reset the connection, and the last answer with it.
pub const LINGER: Duration = Duration::from_millis(500);

/// How often it reads meanwhile, 4 KiB each.
pub const LINGER_READS: usize = 256;

/// A service, and the clients that ask it for one page again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Serve {
    /// What every client asks for.
    pub route: Route,
    /// Clients, each with one keep-alive connection and one request at a time.
    pub connections: u64,
    /// Pause of the database in every query.
    pub delay: Duration,
    /// Whether every wait has a timeout.
    pub timeouts: bool,
    /// Requests of each client.
    pub laps: u64,
}

/// One query is no page: its row would be.
const fn crud(
    name: &'static str,
    (queries, kib, delay_us): (u64, u64, u64),
    (connections, laps): (u64, u64),
    include: Include,
) -> Preset<Serve> {
    let route = Route::Crud { queries, bytes: kib * 1024 };
    let delay = Duration::from_micros(delay_us);
    Preset { name, work: Serve { route, connections, delay, timeouts: false, laps }, include }
}

const fn plain(
    name: &'static str,
    (connections, laps): (u64, u64),
    include: Include,
) -> Preset<Serve> {
    let (route, delay) = (Route::Plain, Duration::ZERO);
    let work = Serve { route, connections, delay, timeouts: false, laps };
    Preset { name, work, include }
}

const fn with_timeouts(name: &'static str, preset: &Preset<Serve>) -> Preset<Serve> {
    let work = Serve { timeouts: true, ..preset.work };
    Preset { name, work, include: preset.include }
}

/// The chart draws the first preset at each number of clients and queries: the crossover,
/// which every run that is to be cited has, and `/plain` over all clients. Then the grid of
/// queries, delays and bytes. Laps give a window of some 0.2 s to 0.5 s. [`cube`] has more.
static PRESETS: [Preset<Serve>; 27] = [
    crud("crud-n5-10k-1ms-c1", (5, 10, 1000), (1, 60), Include::Cited),
    crud("crud-n5-10k-1ms-c4", (5, 10, 1000), (4, 60), Include::Cited),
    crud("crud-n5-10k-1ms-c16", (5, 10, 1000), (16, 60), Include::Cited),
    crud("crud-n5-10k-1ms-c64", (5, 10, 1000), (64, 40), Include::Headline),
    crud("crud-n5-10k-1ms-c256", (5, 10, 1000), (256, 12), Include::Cited),
    crud("crud-n5-10k-1ms-c1024", (5, 10, 1000), (1024, 3), Include::Cited),
    plain("plain-c1", (1, 4000), Include::ByFilter),
    plain("plain-c4", (4, 3000), Include::ByFilter),
    plain("plain-c16", (16, 1000), Include::ByFilter),
    plain("plain-c64", (64, 250), Include::Thorough),
    plain("plain-c256", (256, 60), Include::ByFilter),
    plain("plain-c1024", (1024, 15), Include::ByFilter),
    crud("crud-n1-10k-200us-c64", (1, 10, 200), (64, 100), Include::Thorough),
    crud("crud-n1-10k-1ms-c64", (1, 10, 1000), (64, 100), Include::Thorough),
    crud("crud-n1-10k-10ms-c64", (1, 10, 10_000), (64, 30), Include::Thorough),
    crud("crud-n5-10k-200us-c64", (5, 10, 200), (64, 40), Include::Thorough),
    crud("crud-n5-10k-10ms-c64", (5, 10, 10_000), (64, 6), Include::Thorough),
    crud("crud-n20-10k-200us-c64", (20, 10, 200), (64, 12), Include::Thorough),
    crud("crud-n20-10k-1ms-c64", (20, 10, 1000), (64, 12), Include::Thorough),
    crud("crud-n20-10k-10ms-c64", (20, 10, 10_000), (64, 2), Include::Thorough),
    crud("crud-n5-1k-1ms-c64", (5, 1, 1000), (64, 40), Include::Thorough),
    crud("crud-n5-100k-1ms-c64", (5, 100, 1000), (64, 30), Include::Thorough),
    with_timeouts("plain-c64-timeouts", &plain("", (64, 250), Include::ByFilter)),
    with_timeouts("plain-c1024-timeouts", &plain("", (1024, 15), Include::ByFilter)),
    with_timeouts(
        "crud-n5-10k-1ms-c64-timeouts",
        &crud("", (5, 10, 1000), (64, 40), Include::ByFilter),
    ),
    with_timeouts(
        "crud-n5-10k-1ms-c1024-timeouts",
        &crud("", (5, 10, 1000), (1024, 3), Include::ByFilter),
    ),
    Preset {
        name: "json-c64",
        work: Serve {
            route: Route::Json,
            connections: 64,
            delay: Duration::ZERO,
            timeouts: false,
            laps: 250,
        },
        include: Include::ByFilter,
    },
];

impl Serve {
    /// Requests of each client before the window: every connection is then accepted and
    /// has been answered once.
    pub const WARM_UP: u64 = 1;

    /// Most requests that are answered at once where each takes a connection to the
    /// database; a fixed pool has as many threads.
    pub fn pool(&self) -> u64 {
        POOL.min(self.connections)
    }

    /// Connections to the database.
    pub fn sessions(&self) -> u64 {
        if self.route.queries() > 0 { self.pool() } else { 0 }
    }

    /// How long each wait may take, if that is bounded.
    pub fn timeout(&self) -> Option<Duration> {
        self.timeouts.then_some(TIMEOUT)
    }

    /// What there is to say on one connection to the database.
    ///
    /// # Errors
    /// The login cannot be sent.
    pub fn dialogue(&self, setting: &Setting) -> anyhow::Result<Dialogue> {
        Dialogue::new(setting.login.clone(), Kind::One, self.delay)
    }

    /// The bytes that every client sends again and again.
    pub fn request(&self, authority: &str) -> Vec<u8> {
        http::get(&self.route.target(), authority)
    }

    /// What each answer comes to.
    pub fn one_answer(&self) -> OneAnswer {
        let (page, queries) = (self.route.page().received(false), self.route.queries());
        OneAnswer { bytes: page.bytes, checksum: page.hash, queries }
    }

    /// Checks that connections and threads fit on this machine.
    ///
    /// # Errors
    /// The limit that binds, as a sentence for the report.
    pub fn fits(&self, setting: &Setting, threads: u64) -> Result<(), String> {
        setting.fits(self.connections + self.sessions(), threads)?;
        setting.fits_ports(self.connections.min(FROM_ONE_ADDRESS))
    }

    fn answers(&self) -> u64 {
        self.connections * (Self::WARM_UP + self.laps)
    }
}

impl Workload for Serve {
    type Task = Self;

    const NAME: &'static str = "serve";
    const CATEGORY: Category = Category::Serve;
    const QUESTION: &'static str = "A service makes N calls and moves M bytes per request: what does its style cost, and from \
         how many clients on does it matter?";
    const TIMED: &'static str = "The contestant is the server, a process with CPUs of its own; the load generator is a \
         second process, which shares its CPUs with the mock database. Closed loop: C clients \
         with one keep-alive connection each send the next request when the answer to the last \
         one is complete. Elapsed time and service times are the generator's, from its first \
         request to its last answer; CPU time, switches, faults and memory are the server's. \
         Connecting, one request on every connection and logging in to the database lie before \
         the window, ending after it. `/crud` makes N queries one after the other on one \
         connection from a pool of at most 100, then answers M bytes that begin with what the \
         rows hash to. Plain ways have the same codec of HTTP/1.1 in every style; the way \
         `stack` is hyper, `axum` its best known framework. Answers have no `date`. The \
         server's and the generator's counts must be equal, and those of the database.";
    const OPERATION: &'static str = "request";
    const CHART: Chart = Chart {
        over: "connections",
        over_label: "clients (C)",
        panel: "queries",
        panel_label: "queries per request (N)",
        panel_zero: "/plain, no database",
        metric: "throughput_per_s",
    };
    const SERVER: bool = true;
    const SERVES: bool = true;

    fn presets() -> &'static [Preset<Self>] {
        &cube::ALL
    }

    fn with_laps(&self, laps: u64) -> Self {
        Self { laps, ..*self }
    }

    fn laps(&self) -> u64 {
        self.laps
    }

    fn operations(&self) -> u64 {
        self.connections * self.laps
    }

    /// `concurrency` is how many requests are answered at once.
    fn expects(&self, concurrency: u64) -> Expected {
        let (ok, page) = (self.answers(), self.route.page().received(false));
        let sessions = self.sessions();
        Expected {
            ok,
            samples: self.operations(),
            bytes: ok * page.bytes,
            checksum: page.hash.wrapping_mul(ok),
            connections: self.connections,
            peak_low: workload::overlap_low(concurrency.min(sessions), self.delay).min(sessions),
            peak_high: sessions,
            ..Expected::default()
        }
    }

    /// Every connection asks once without delay before the first client comes.
    fn backend(&self) -> Option<Backend> {
        let sessions = self.sessions();
        let queries = self.answers() * self.route.queries() + sessions;
        Some(Backend { sessions, queries, ..Backend::default() })
    }

    fn at_once(&self) -> Option<u64> {
        Some(self.connections)
    }

    fn waits(&self, concurrency: u64) -> Duration {
        let at_once = concurrency.min(self.pool()).max(1);
        let waves = self.operations().div_ceil(at_once) * self.route.queries();
        self.delay.saturating_mul(waves.try_into().unwrap_or(u32::MAX))
    }

    fn per_operation(&self) -> Option<Duration> {
        Some(Duration::from_micros(20 + 20 * self.route.queries()))
    }

    fn database(&self) -> bool {
        true
    }

    fn parameters(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("connections", self.connections),
            ("queries", self.route.queries()),
            ("bytes", self.route.bytes()),
            ("delay_us", self.delay.as_micros() as u64),
            ("pool", self.pool()),
            ("timeout_ms", self.timeout().map_or(0, |timeout| timeout.as_millis() as u64)),
            ("backlog", BACKLOG.into()),
            ("laps", self.laps),
        ]
    }

    fn task(&self) -> &Self {
        self
    }

    fn entry(contestant: &Contestant) -> &Entry<Self> {
        &contestant.serve
    }
}

#[cfg(test)]
mod tests {
    use super::{Route, Serve};
    use crate::Workload;
    use std::time::Duration;

    #[test]
    fn presets_do_what_their_names_say() {
        for preset in Serve::presets() {
            let Serve { route, connections, delay, timeouts, .. } = preset.work;
            let what = match route {
                Route::Plain => "plain".to_string(),
                Route::Json => "json".to_string(),
                Route::Crud { queries, bytes } => {
                    let (kib, us) = (bytes / 1024, delay.as_micros());
                    let delay = match us {
                        1000.. => format!("{}ms", us / 1000),
                        _ => format!("{us}us"),
                    };
                    format!("crud-n{queries}-{kib}k-{delay}")
                }
            };
            let end = if timeouts { "-timeouts" } else { "" };
            assert_eq!(preset.name, format!("{what}-c{connections}{end}"));
            let long = preset.work.waits(u64::MAX) > Duration::from_secs(1);
            assert!(!long || preset.work.laps == 1, "{}", preset.name);
        }
    }

    #[test]
    fn everybody_asks_once_before_the_window_and_the_pool_too() {
        let route = Route::Crud { queries: 5, bytes: 1024 };
        let delay = Duration::from_millis(1);
        let work = Serve { route, connections: 300, delay, timeouts: false, laps: 2 };
        let (expected, backend) = (work.expects(300), work.backend().unwrap());
        assert_eq!((expected.ok, expected.samples, expected.bytes), (900, 600, 900 * 1024));
        assert_eq!((backend.sessions, backend.queries), (100, 900 * 5 + 100));
        assert_eq!((expected.connections, expected.peak_high), (300, 100));
        assert_eq!(work.waits(300), Duration::from_millis(6 * 5));

        let plain = Serve { route: Route::Plain, ..work };
        let (expected, backend) = (plain.expects(300), plain.backend().unwrap());
        assert_eq!((backend.sessions, backend.queries), (0, 0));
        assert_eq!((expected.peak_low, expected.peak_high), (0, 0));
    }
}
