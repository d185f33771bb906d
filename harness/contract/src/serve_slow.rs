//! What do slow clients take from the others, and does a server let them go?

mod counts;

use std::time::Duration;

pub use counts::SlowClients;

use crate::serve::Route;
use crate::workload::{Backend, Category, Chart, Include, OneAnswer, Preset, Workload};
use crate::{Contestant, Entry, Expected, Serve};

/// Clients that are not slow: as many as the pool has threads and connections to the
/// database, so that these are the same however many slow clients come.
pub const HEALTHY: u64 = 100;

/// How long one lap of the others is: they are counted within a time, because nothing says
/// that a server answers them at all.
pub const LAP: Duration = Duration::from_millis(50);

/// How long the slow have been slow when the others begin: whatever they hold up is held up
/// then.
pub const LEAD: Duration = LAP;

/// What a slow client reads at once.
pub const SIP_BYTES: usize = 1024;

/// The receive buffer of a client that reads slowly, asked for before it connects.
pub const RECEIVE_BYTES: usize = 4 * 1024;

/// The largest segment of a client that reads slowly: what Ethernet has room for. A server's
/// kernel sizes its send buffer by it, and by that of loopback it would take a whole page.
pub const SEGMENT_BYTES: u32 = 1448;

/// Time that one byte of what the slow clients have not read yet takes at the end; a figure
/// for planning only.
const BYTES_PER_S: u64 = 200_000_000;

/// In what a client is slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Slow {
    /// It sends its request one byte after the other.
    Sends,
    /// It sends at once, and reads its answer [`SIP_BYTES`] after [`SIP_BYTES`].
    Reads,
}

/// A service, clients that ask it for one page again and again, and slow clients beside
/// them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ServeSlow {
    /// The service and what all clients ask it for; its connections are those of both.
    pub serve: Serve,
    /// Slow clients.
    pub slow: u64,
    /// In what they are slow.
    pub kind: Slow,
    /// How long a slow client waits before each byte, or before each time that it reads.
    pub every: Duration,
    /// Laps of the others, each of [`LAP`].
    pub laps: u64,
}

/// Most windows are 200 ms long: far less than a request takes at a byte every 100 ms.
const LAPS: u64 = 4;

const fn preset(
    name: &'static str,
    (kind, route): (Slow, Route),
    slow: u64,
    include: Include,
) -> Preset<ServeSlow> {
    let delay = match route {
        Route::Crud { .. } => Duration::from_millis(1),
        Route::Plain | Route::Json => Duration::ZERO,
    };
    let connections = HEALTHY + slow;
    let serve = Serve { route, connections, delay, timeouts: false, laps: 0 };
    let every = Duration::from_millis(100);
    Preset { name, work: ServeSlow { serve, slow, kind, every, laps: LAPS }, include }
}

/// The same with timeouts, and so long that a slow client meets its own: a request then takes
/// longer still.
const fn with_timeouts(name: &'static str, preset: &Preset<ServeSlow>) -> Preset<ServeSlow> {
    let serve = Serve { timeouts: true, ..preset.work.serve };
    let every = Duration::from_millis(200);
    let work = ServeSlow { serve, every, laps: 130, ..preset.work };
    Preset { name, work, include: Include::ByFilter }
}

const PLAIN: (Slow, Route) = (Slow::Sends, Route::Plain);
const CRUD: (Slow, Route) = (Slow::Sends, Route::Crud { queries: 5, bytes: 10 << 10 });
/// A page that the kernel does not take whole from a server within a window, while a client
/// reads so slowly: it holds more the longer it lasts, 200 KiB after some seconds.
const LONG: (Slow, Route) = (Slow::Reads, Route::Crud { queries: 1, bytes: 256 << 10 });

static PRESETS: [Preset<ServeSlow>; 17] = [
    preset("send-plain-k0", PLAIN, 0, Include::Thorough),
    preset("send-plain-k50", PLAIN, 50, Include::ByFilter),
    preset("send-plain-k100", PLAIN, 100, Include::Thorough),
    preset("send-plain-k200", PLAIN, 200, Include::ByFilter),
    preset("send-plain-k1000", PLAIN, 1000, Include::Thorough),
    preset("send-crud-n5-10k-k0", CRUD, 0, Include::ByFilter),
    preset("send-crud-n5-10k-k50", CRUD, 50, Include::ByFilter),
    preset("send-crud-n5-10k-k100", CRUD, 100, Include::ByFilter),
    preset("send-crud-n5-10k-k200", CRUD, 200, Include::ByFilter),
    preset("send-crud-n5-10k-k1000", CRUD, 1000, Include::ByFilter),
    preset("read-crud-n1-256k-k0", LONG, 0, Include::Thorough),
    preset("read-crud-n1-256k-k50", LONG, 50, Include::ByFilter),
    preset("read-crud-n1-256k-k100", LONG, 100, Include::Thorough),
    preset("read-crud-n1-256k-k200", LONG, 200, Include::ByFilter),
    preset("read-crud-n1-256k-k1000", LONG, 1000, Include::ByFilter),
    with_timeouts("send-plain-timeouts-k0", &preset("", PLAIN, 0, Include::ByFilter)),
    with_timeouts("send-plain-timeouts-k100", &preset("", PLAIN, 100, Include::ByFilter)),
];

impl ServeSlow {
    /// How long the clients that are not slow are counted.
    pub fn window(&self) -> Duration {
        LAP.saturating_mul(self.laps.try_into().unwrap_or(u32::MAX))
    }

    /// What the slow clients have not read at the end of the window, at most.
    fn unread_bytes(&self) -> u64 {
        self.slow * self.serve.one_answer().bytes
    }
}

impl Workload for ServeSlow {
    type Task = Serve;

    const NAME: &'static str = "serve-slow";
    const CATEGORY: Category = Category::Serve;
    const QUESTION: &'static str =
        "K clients send or read slowly: what do all others still get from a server?";
    const TIMED: &'static str = "The servers are those of `serve`. A hundred healthy clients ask in a closed loop for a fixed \
         time; what was answered within it is their goodput, shown as throughput. Beside them K \
         slow clients hold a connection each: some send a request one byte every 100 ms, others \
         read an answer of 256 KiB 1 KiB every 100 ms, with a small receive buffer and the \
         segments of Ethernet. They begin 50 ms earlier, and none ends within the window. Where \
         nobody was answered one answer is counted, the upper bound; requests in flight at the \
         end count in service times with their age, a lower bound. Behind the window everybody is \
         answered: slow clients send or read the rest at once, and the counts of server, clients \
         and database must be equal. The server's CPU time and switches include that, so none is \
         given for a request. Pool and database have a hundred threads and connections whatever \
         K. With `timeouts` a server may let slow clients go.";
    const OPERATION: &'static str = "request";
    const CHART: Chart = Chart {
        over: "connections",
        over_label: "clients (100 healthy and K slow)",
        panel: "bytes",
        panel_label: "bytes of an answer",
        panel_zero: "an empty answer",
        metric: "throughput_per_s",
    };
    const SERVER: bool = true;
    const SERVES: bool = true;

    fn presets() -> &'static [Preset<Self>] {
        &PRESETS
    }

    fn with_laps(&self, laps: u64) -> Self {
        Self { laps, ..*self }
    }

    fn laps(&self) -> u64 {
        self.laps
    }

    /// The least that is worth a plan: how many there are is the question.
    fn operations(&self) -> u64 {
        HEALTHY * self.laps
    }

    /// The least, which is one answer to each healthy client before the window, see
    /// [`Backend::counted_by_clients`].
    fn expects(&self, concurrency: u64) -> Expected {
        let OneAnswer { bytes, checksum, .. } = self.serve.one_answer();
        Expected {
            ok: HEALTHY,
            bytes: HEALTHY * bytes,
            checksum: checksum.wrapping_mul(HEALTHY),
            ..self.serve.with_laps(0).expects(concurrency)
        }
    }

    fn backend(&self) -> Option<Backend> {
        let (one, sessions) = (self.serve.one_answer(), self.serve.sessions());
        let queries = HEALTHY * one.queries + sessions;
        Some(Backend { sessions, queries, counted_by_clients: Some(one) })
    }

    fn at_once(&self) -> Option<u64> {
        Some(HEALTHY)
    }

    fn waits(&self, _concurrency: u64) -> Duration {
        let rest = Duration::from_nanos(self.unread_bytes() * 1_000_000_000 / BYTES_PER_S);
        let lead = if self.slow > 0 { LEAD } else { Duration::ZERO };
        self.window() + lead + if self.kind == Slow::Reads { rest } else { Duration::ZERO }
    }

    fn per_operation(&self) -> Option<Duration> {
        Some(Duration::ZERO)
    }

    fn memory_bytes(&self, _style: crate::Style) -> Option<u64> {
        Some(self.serve.connections * (40 << 10) + self.unread_bytes())
    }

    fn database(&self) -> bool {
        true
    }

    fn parameters(&self) -> Vec<(&'static str, u64)> {
        let wide = |duration: Duration| duration.as_millis() as u64;
        vec![
            ("slow", self.slow),
            ("healthy", HEALTHY),
            ("connections", self.serve.connections),
            ("reads", u64::from(self.kind == Slow::Reads)),
            ("every_ms", wide(self.every)),
            ("queries", self.serve.route.queries()),
            ("bytes", self.serve.one_answer().bytes),
            ("delay_us", self.serve.delay.as_micros() as u64),
            ("pool", self.serve.pool()),
            ("timeout_ms", self.serve.timeout().map_or(0, wide)),
            ("window_ms", wide(self.window())),
            ("laps", self.laps),
        ]
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
    use super::{HEALTHY, LEAD, PRESETS, SIP_BYTES, ServeSlow, Slow};
    use crate::serve::Route;
    use crate::{Backend, Workload};

    #[test]
    fn presets_do_what_their_names_say() {
        for preset in &PRESETS {
            let ServeSlow { serve, slow, kind, .. } = preset.work;
            let what = match serve.route {
                Route::Crud { queries, bytes } => format!("crud-n{queries}-{}k", bytes / 1024),
                Route::Plain | Route::Json => "plain".to_string(),
            };
            let verb = if kind == Slow::Sends { "send" } else { "read" };
            let timeouts = if serve.timeouts { "-timeouts" } else { "" };
            assert_eq!(preset.name, format!("{verb}-{what}{timeouts}-k{slow}"));
        }
    }

    /// Otherwise another number of slow clients would be another server.
    #[test]
    fn pool_and_database_are_the_same_however_many_are_slow() {
        for preset in &PRESETS {
            let ServeSlow { serve, slow, .. } = preset.work;
            assert_eq!(serve.connections, HEALTHY + slow, "{}", preset.name);
            assert_eq!(serve.pool(), HEALTHY, "{}", preset.name);
        }
    }

    /// And with timeouts the window is longer than they are, a request longer still.
    #[test]
    fn nobody_slow_ends_within_the_window() {
        for preset in &PRESETS {
            let ServeSlow { serve, kind, every, .. } = preset.work;
            let pieces = match kind {
                Slow::Sends => serve.request("127.0.0.1:1").len(),
                Slow::Reads => serve.one_answer().bytes as usize / SIP_BYTES,
            };
            let takes = every * (pieces as u32 - 1);
            assert!(takes > LEAD + preset.work.window(), "{}: {takes:?}", preset.name);
            let timeout = serve.timeout().unwrap_or_default();
            assert!(timeout < preset.work.window() - every, "{}", preset.name);
        }
    }

    #[test]
    fn the_least_is_one_answer_to_each_that_is_healthy() {
        let preset = PRESETS.iter().find(|preset| preset.name == "send-crud-n5-10k-k50").unwrap();
        let (expected, backend) = (preset.work.expects(150), preset.work.backend().unwrap());
        assert_eq!((expected.ok, expected.samples, expected.connections), (100, 0, 150));
        assert_eq!((expected.peak_low, expected.peak_high), (1, 100));
        let Backend { sessions, queries, counted_by_clients } = backend;
        assert_eq!((sessions, queries), (100, 100 * 5 + 100));
        let one = counted_by_clients.unwrap();
        assert_eq!((one.bytes, one.queries, expected.bytes), (10_240, 5, 100 * 10_240));
        assert_eq!(expected.checksum, one.checksum.wrapping_mul(100));
    }
}
