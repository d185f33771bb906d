//! What does an idle connection of a server hold, and what does a crowd of them cost?

use std::time::Duration;

use crate::serve::{BACKLOG, HEAD_MAX_BYTES, Route};
use crate::workload::{Backend, Category, Chart, Include, Preset, Workload};
use crate::{Contestant, Entry, Expected, Limits, Serve, Setting, Style};

/// A server whose clients come, ask once, do nothing for a while and ask once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ServeIdle {
    /// What they ask for, and how many they are; as many as are asked for until
    /// [`Workload::within`] knows how many there can be.
    pub serve: Serve,
    /// How long all are watched being idle.
    pub idle: Duration,
    /// Whether as many come as there can be.
    pub most: bool,
    /// The limit that bound them then.
    pub bound: Option<&'static str>,
}

/// Most that is asked for.
const MOST: u64 = 100_000;

/// Descriptors that are left where there are as many connections as there can be.
const DESCRIPTORS_LEFT: u64 = 2000;

/// Threads of a server that are no connection's: who accepts, and who leads its clients.
const OTHER_THREADS: u64 = 2;

/// What a thread holds, and what a task does, beside its buffer: planning figures.
const THREAD_BYTES: u64 = 40 << 10;
const TASK_BYTES: u64 = 4 << 10;

/// What the kernel holds for both ends of a connection, and what the client does; the same.
const KERNEL_BYTES: u64 = 8 << 10;
const CLIENT_BYTES: u64 = 9 << 10;

/// From the last answer until a server is taken to be at rest, and the readings.
const AT_REST: Duration = Duration::from_millis(70);

/// To connect, to be accepted and to be answered twice; a planning figure.
const PER_CONNECTION: Duration = Duration::from_micros(100);

const fn crowd(
    name: &'static str,
    connections: u64,
    idle_ms: u64,
    include: Include,
) -> Preset<ServeIdle> {
    let (route, delay) = (Route::Plain, Duration::ZERO);
    let serve = Serve { route, connections, delay, timeouts: false, laps: 1 };
    let idle = Duration::from_millis(idle_ms);
    Preset { name, work: ServeIdle { serve, idle, most: false, bound: None }, include }
}

/// A slope needs three numbers of connections. Of those that a run has without a filter, the
/// third is the largest that a pool's queue takes in and the last what readers ask for;
/// 18 000 are what a hard limit of 20 000 descriptors leaves.
static PRESETS: [Preset<ServeIdle>; 9] = [
    crowd("n1", 1, 300, Include::ByFilter),
    crowd("n100", 100, 300, Include::Cited),
    crowd("n1000", 1000, 300, Include::Cited),
    crowd("n4000", 4000, 300, Include::Cited),
    crowd("n6000", 6000, 1500, Include::ByFilter),
    crowd("n10000", 10_000, 1500, Include::Cited),
    crowd("n18000", 18_000, 1500, Include::ByFilter),
    crowd("n100000", MOST, 1500, Include::ByFilter),
    Preset {
        name: "most",
        work: ServeIdle { most: true, ..crowd("", MOST, 1500, Include::ByFilter).work },
        include: Include::ByFilter,
    },
];

impl ServeIdle {
    /// Memory that all connections are planned to hold, those of the generator and of the
    /// kernel included.
    fn held(&self, style: Style) -> u64 {
        let own = match style {
            Style::Async => TASK_BYTES,
            Style::Threads | Style::Blocking => THREAD_BYTES,
        };
        self.serve.connections * (own + HEAD_MAX_BYTES as u64 + KERNEL_BYTES + CLIENT_BYTES)
    }

    fn of(&self, connections: u64) -> Self {
        Self { serve: Serve { connections, ..self.serve }, ..*self }
    }
}

impl Workload for ServeIdle {
    type Task = Serve;

    const NAME: &'static str = "serve-idle";
    const CATEGORY: Category = Category::Serve;
    const QUESTION: &'static str = "What does a server hold for a connection on which nothing happens, and what does a crowd of \
         them cost?";
    const TIMED: &'static str = "The servers of `serve`, by the same code. Before the first client comes the server's \
         memory is read. Then N clients connect, a thousand at a time, each with one keep-alive \
         connection on which it asks for `/plain` once. 50 ms behind the last answer, with all of \
         them idle, what the server holds is read again; then nothing happens for 300 ms, and \
         1.5 s from 6 000 clients on, whose CPU time and switches are the server's while idle. \
         Bytes for each connection are a slope over N, see below. Then the window opens and \
         every client asks once more, all at once: CPU time and switches per connection are what \
         that takes. Every connection is still there by the sockets that the server has open, \
         by the client's and by the server's counts. Memory of the client is a process of its own and counts nowhere, \
         but what the kernel holds is read of the whole machine: for both ends. A connection of the \
         plain ways holds a buffer of 8 KiB, the longest head of a request. threads-pool looks at one \
         client after the other, as far as its queue of 4 096 goes; blocking has one client.";
    const OPERATION: &'static str = "connection";
    const CHART: Chart = Chart {
        over: "connections",
        over_label: "idle connections",
        panel: "queries",
        panel_label: "queries per request",
        panel_zero: "/plain",
        metric: "peak_rss_bytes",
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

    /// It is idle once.
    fn once(&self) -> bool {
        true
    }

    fn expects(&self, concurrency: u64) -> Expected {
        self.serve.expects(concurrency)
    }

    fn backend(&self) -> Option<Backend> {
        self.serve.backend()
    }

    fn at_once(&self) -> Option<u64> {
        self.serve.at_once()
    }

    fn waits(&self, _concurrency: u64) -> Duration {
        AT_REST + self.idle + PER_CONNECTION * self.serve.connections as u32
    }

    fn per_operation(&self) -> Option<Duration> {
        self.serve.per_operation()
    }

    fn database(&self) -> bool {
        self.serve.database()
    }

    fn within(&self, style: Style, limits: &Limits) -> Self {
        if !self.most {
            return *self;
        }
        let threads = match style {
            Style::Async => u64::MAX,
            Style::Threads | Style::Blocking => limits.threads.saturating_sub(OTHER_THREADS),
        };
        let descriptors = limits.descriptors.saturating_sub(DESCRIPTORS_LEFT);
        let bounds = [
            ("the preset", MOST),
            ("ulimit -Hn, less 2 000", descriptors),
            ("free memory", limits.memory_bytes / self.of(1).held(style)),
            (limits.threads_by, threads),
        ];
        let (bound, connections) =
            bounds.into_iter().min_by_key(|(_, most)| *most).unwrap_or(bounds[0]);
        Self { bound: Some(bound), ..self.of(connections.max(1)) }
    }

    fn bound(&self) -> Option<&'static str> {
        self.bound
    }

    fn memory_bytes(&self, style: Style) -> Option<u64> {
        Some(self.held(style))
    }

    fn idle(&self) -> Option<Duration> {
        Some(self.idle)
    }

    fn admits(&self, style: Style, concurrency: u64, setting: &Setting) -> Result<(), String> {
        let connections = self.serve.connections;
        if concurrency < connections && connections > u64::from(BACKLOG) {
            return Err(format!(
                "a pool of {concurrency} threads looks at one idle client after the other, and its \
                 queue takes in {BACKLOG} of them: {connections} do not fit"
            ));
        }
        setting.fits_memory(self.held(style))
    }

    fn asleep(&self) -> Option<u64> {
        Some(self.serve.connections)
    }

    fn parameters(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("connections", self.serve.connections),
            ("idle_ms", self.idle.as_millis() as u64),
            ("most", u64::from(self.most)),
            ("queries", self.serve.route.queries()),
            ("bytes", self.serve.route.page().bytes() as u64),
            ("pool", self.serve.pool()),
            ("backlog", BACKLOG.into()),
            ("laps", self.serve.laps),
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
mod tests;
