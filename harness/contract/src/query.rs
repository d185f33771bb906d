//! What does a query cost over a pool of connections, and who waits for whom?

mod counts;
mod dialogue;
pub mod items;
mod login;
pub mod statements;
pub mod values;

use std::ops::Range;
use std::time::Duration;

pub use counts::QueryCounts;
pub use dialogue::Dialogue;
pub use login::Login;
pub use values::Values;

use crate::workload::{self, Category, Chart, Include, Preset, Workload};
use crate::{Contestant, Entry, Expected, Setting};

/// What one query does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Reads one row by its id.
    One,
    /// Reads ten rows.
    Ten,
    /// Writes one row.
    Insert,
}

impl Kind {
    /// Rows that come back.
    pub fn rows(self) -> u64 {
        match self {
            Self::One => 1,
            Self::Ten => 10,
            Self::Insert => 0,
        }
    }

    /// The text that is prepared, with a pause in it or without.
    pub fn statement(self, delayed: bool) -> &'static str {
        match (self, delayed) {
            (Self::One, false) => statements::ONE,
            (Self::One, true) => statements::DELAYED_ONE,
            (Self::Ten, false) => statements::TEN,
            (Self::Ten, true) => statements::DELAYED_TEN,
            (Self::Insert, false) => statements::INSERT,
            (Self::Insert, true) => statements::DELAYED_INSERT,
        }
    }

    /// What the server says when it is done.
    fn tag(self) -> &'static str {
        match self {
            Self::One => "SELECT 1",
            Self::Ten => "SELECT 10",
            Self::Insert => "INSERT 0 1",
        }
    }
}

/// The numbers of a caller's queries, batch by batch.
#[derive(Clone, Debug)]
pub struct Batches {
    depth: u64,
    /// What is left.
    numbers: Range<u64>,
}

impl Iterator for Batches {
    type Item = Range<u64>;

    fn next(&mut self) -> Option<Range<u64>> {
        let Range { start, end } = self.numbers;
        self.numbers.start = end.min(start + self.depth);
        (start < end).then_some(start..self.numbers.start)
    }
}

/// Callers that share a pool of connections, each with one prepared statement.
#[derive(Clone, Debug)]
pub struct Query {
    /// What each query does.
    pub kind: Kind,
    /// Connections in the pool.
    pub pool: u64,
    /// Callers, each with one query or one batch at a time.
    pub callers: u64,
    /// Pause at the server in every query.
    pub delay: Duration,
    /// Queries that a caller sends before it reads the first answer.
    pub depth: u64,
    /// Queries of each caller, or batches where the depth is more than one.
    pub laps: u64,
}

const BASE: Query =
    Query { kind: Kind::One, pool: 8, callers: 64, delay: Duration::ZERO, depth: 1, laps: 100 };

const fn one(
    name: &'static str,
    [pool, callers, delay_ms, laps]: [u64; 4],
    include: Include,
) -> Preset<Query> {
    let delay = Duration::from_millis(delay_ms);
    Preset { name, work: Query { pool, callers, delay, laps, ..BASE }, include }
}

/// Laps give a window of some 0.2 s to 0.6 s on a machine of 2026, or the least that
/// asks everybody once.
static PRESETS: [Preset<Query>; 26] = [
    one("p1-c64-d0", [1, 64, 0, 60], Include::ByFilter),
    one("p8-c64-d0", [8, 64, 0, 100], Include::Headline),
    one("p32-c64-d0", [32, 64, 0, 100], Include::Thorough),
    one("p1-c512-d0", [1, 512, 0, 8], Include::ByFilter),
    one("p8-c512-d0", [8, 512, 0, 12], Include::ByFilter),
    one("p32-c512-d0", [32, 512, 0, 12], Include::ByFilter),
    one("p128-c512-d0", [128, 512, 0, 12], Include::Thorough),
    one("p1-c64-d1ms", [1, 64, 1, 5], Include::ByFilter),
    one("p8-c64-d1ms", [8, 64, 1, 40], Include::ByFilter),
    one("p32-c64-d1ms", [32, 64, 1, 100], Include::ByFilter),
    one("p1-c512-d1ms", [1, 512, 1, 1], Include::ByFilter),
    one("p8-c512-d1ms", [8, 512, 1, 4], Include::ByFilter),
    one("p32-c512-d1ms", [32, 512, 1, 12], Include::ByFilter),
    one("p128-c512-d1ms", [128, 512, 1, 12], Include::ByFilter),
    one("p1-c64-d10ms", [1, 64, 10, 1], Include::ByFilter),
    one("p8-c64-d10ms", [8, 64, 10, 8], Include::ByFilter),
    one("p32-c64-d10ms", [32, 64, 10, 25], Include::ByFilter),
    one("p1-c512-d10ms", [1, 512, 10, 1], Include::ByFilter),
    one("p8-c512-d10ms", [8, 512, 10, 1], Include::Thorough),
    one("p32-c512-d10ms", [32, 512, 10, 2], Include::Thorough),
    one("p128-c512-d10ms", [128, 512, 10, 6], Include::Thorough),
    Preset {
        name: "ten-p8-c64-d0",
        work: Query { kind: Kind::Ten, laps: 50, ..BASE },
        include: Include::Thorough,
    },
    Preset {
        name: "insert-p8-c64-d0",
        work: Query { kind: Kind::Insert, ..BASE },
        include: Include::Thorough,
    },
    Preset {
        name: "insert-p32-c512-d1ms",
        work: Query {
            kind: Kind::Insert,
            pool: 32,
            callers: 512,
            delay: Duration::from_millis(1),
            laps: 12,
            ..BASE
        },
        include: Include::ByFilter,
    },
    Preset {
        name: "p8-c64-d0-x8",
        work: Query { depth: 8, laps: 25, ..BASE },
        include: Include::Thorough,
    },
    Preset {
        name: "ten-p8-c64-d1ms-x8",
        work: Query { kind: Kind::Ten, delay: Duration::from_millis(1), depth: 8, laps: 5, ..BASE },
        include: Include::ByFilter,
    },
];

impl Query {
    /// What there is to say on one connection.
    ///
    /// # Errors
    /// The login cannot be sent.
    pub fn dialogue(&self, setting: &Setting) -> anyhow::Result<Dialogue> {
        Dialogue::new(setting.login.clone(), self.kind, self.delay)
    }

    /// The numbers of the queries of a caller, batch by batch.
    pub fn batches(&self, caller: u64) -> Batches {
        let first = caller * self.of_each();
        Batches { depth: self.depth, numbers: first..first + self.of_each() }
    }

    /// Queries of one caller.
    pub fn of_each(&self) -> u64 {
        self.laps * self.depth
    }

    /// Number of the query that warms up the pool's connection of that place.
    pub fn warm_up(&self, connection: u64) -> u64 {
        self.operations() + connection
    }

    /// Connections that can be lent at once.
    pub fn lent(&self) -> u64 {
        self.pool.min(self.callers)
    }

    /// Checks that connections and threads fit on this machine.
    ///
    /// # Errors
    /// The limit that binds, as a sentence for the report.
    pub fn fits(&self, setting: &Setting, threads: u64) -> Result<(), String> {
        setting.fits(self.lent(), threads)
    }
}

impl Workload for Query {
    type Task = Self;

    const NAME: &'static str = "query";
    const CATEGORY: Category = Category::Network;
    const QUESTION: &'static str =
        "What does a query cost over a pool of connections to a database, and who waits for whom?";
    const TIMED: &'static str = "Closed loop: C callers share a pool of P connections; each takes one, sends its \
         query (or its batch, in one write), reads the answer to its end, gives the connection back \
         and begins again. The time of a query includes the wait for a connection. Logging in, \
         preparing the statement, one query without delay on each connection and starting threads \
         lie before the window; spawning tasks and joining everything lie inside. Every style has \
         the same codec of PostgreSQL's protocol and a pool written in that style; drivers \
         bring their own. The delay is a `pg_sleep` in the statement.";
    const OPERATION: &'static str = "query";
    const CHART: Chart = Chart {
        over: "pool",
        over_label: "connections in the pool (P)",
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
        self.callers * self.of_each()
    }

    /// `concurrency` is how many callers have a connection at once.
    fn expects(&self, concurrency: u64) -> Expected {
        let connections = concurrency.min(self.pool);
        let measured = self.operations();
        let answers = (0..measured + connections).map(|number| items::answer(self.kind, number));
        let (bytes, checksum) = answers.fold((0, 0_u64), |(bytes, checksum), answer| {
            (bytes + answer.bytes, checksum.wrapping_add(answer.hash))
        });
        Expected {
            ok: measured + connections,
            samples: measured,
            bytes,
            checksum,
            connections,
            peak_low: workload::overlap_low(connections, self.delay),
            peak_high: connections * self.depth,
            queued_high: 0,
            websocket: None,
            abandoned: None,
        }
    }

    /// A caller has one batch under way, waiting for a connection or not.
    fn at_once(&self) -> Option<u64> {
        Some(self.callers * self.depth)
    }

    fn waits(&self, concurrency: u64) -> Duration {
        let waves = self.operations().div_ceil(concurrency.clamp(1, self.pool));
        self.delay.saturating_mul(waves.try_into().unwrap_or(u32::MAX))
    }

    fn database(&self) -> bool {
        true
    }

    fn parameters(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("callers", self.callers),
            ("pool", self.pool),
            ("delay_us", self.delay.as_micros() as u64),
            ("rows", self.kind.rows()),
            ("depth", self.depth),
            ("laps", self.laps),
        ]
    }

    fn task(&self) -> &Self {
        self
    }

    fn entry(contestant: &Contestant) -> &Entry<Self> {
        &contestant.query
    }
}

#[cfg(test)]
mod tests;
