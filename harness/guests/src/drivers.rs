//! The drivers that people ask PostgreSQL with.

use triathlon_contract::contestant::{Cell, Fits};
use triathlon_contract::{Contestant, Entry, Query, Setting, Style, Way};

use crate::Program;

/// The program with the drivers.
pub const PROGRAM: Program =
    Program { name: "triathlon-drivers", build: "cargo build --release -p triathlon-drivers" };

/// Why a driver has no other workload.
const ASKS_ALONE: &str = "a driver of a database does nothing but ask it";

/// Threads with which `r2d2` opens connections and looks after them unless told
/// otherwise.
const R2D2_THREADS: u64 = 3;

/// Descriptors of a synchronous client: its socket, and those of the runtime inside
/// (epoll twice, the waker of its reactor, that of its signals).
const POSTGRES_DESCRIPTORS: u64 = 5;

/// What a driver says of itself.
pub struct Driver {
    name: &'static str,
    style: Style,
    about: &'static str,
    source: &'static str,
    workers: fn(&Query, &Setting) -> u64,
    fits: Fits<Query>,
}

/// `tokio-postgres` in a pool of `deadpool-postgres`.
///
/// deadpool and not bb8: it keeps the prepared statements of each connection, without
/// which every query is prepared again, and its fast recycling sends nothing.
pub const TOKIO_POSTGRES: Driver = Driver {
    name: "driver-tokio-postgres",
    style: Style::Async,
    about: "A task for every caller on tokio/multi-thread; `tokio-postgres` in a pool of \
            `deadpool-postgres`, with `prepare_cached` and `RecyclingMethod::Fast`. It hides \
            a task for every connection, which does all reading and writing: a query goes \
            there through one channel and its answer comes back through another. The pool \
            hides a cache of statements, looked up for every query. A batch is many queries \
            of one client that are awaited together. Executed by `triathlon-drivers`.",
    source: include_str!("../../drivers/src/query_tokio_postgres.rs"),
    workers: |_, setting| setting.workers as u64,
    fits: |work, setting| work.fits(setting, 1),
};

/// `sqlx` with its own pool.
pub const SQLX: Driver = Driver {
    name: "driver-sqlx",
    style: Style::Async,
    about: "A task for every caller on tokio/multi-thread; `sqlx` with its own pool, whose \
            least and greatest size are equal, without the test before each use. It hides \
            what a statement needs: the first use on a connection prepares and describes it, \
            all others look it up by its text, and each query closes its portal. The pool \
            hides a task that is spawned to return each connection, and a round trip of that \
            task which makes sure that the connection is usable before the next caller gets \
            it. No encryption, which it asks the server for unless told otherwise. Executed \
            by `triathlon-drivers`.",
    source: include_str!("../../drivers/src/query_sqlx.rs"),
    workers: |_, setting| setting.workers as u64,
    fits: |work, setting| {
        one_at_a_time(
            work,
            "sqlx awaits an answer before it sends the next query of a connection",
        )?;
        work.fits(setting, 1)
    },
};

/// `postgres` in a pool of `r2d2`.
pub const POSTGRES: Driver = Driver {
    name: "driver-postgres",
    style: Style::Threads,
    about: "A scoped thread for every caller; `postgres` in a pool of `r2d2`, without the \
            test on each use; a connection keeps its prepared statement. It is \
            `tokio-postgres` and runs a tokio runtime inside every client: the caller's \
            thread drives the client's reactor, timers and tasks until its answer is there. \
            The pool hides three threads, which open connections and look after them. \
            Executed by `triathlon-drivers`.",
    source: include_str!("../../drivers/src/query_postgres.rs"),
    workers: |work, _| work.callers,
    fits: |work, setting| {
        one_at_a_time(work, "the synchronous client returns from a query with its answer only")?;
        let threads = work.callers + R2D2_THREADS;
        setting.fits(work.lent() * POSTGRES_DESCRIPTORS, threads)
    },
};

fn one_at_a_time(work: &Query, reason: &str) -> Result<(), String> {
    if work.depth == 1 { Ok(()) } else { Err(reason.to_string()) }
}

impl Driver {
    /// How it does the workload `query`, with the cell that runs.
    pub const fn way(&self, run: Cell<Query>) -> Way<Query> {
        Way {
            name: "",
            source: self.source,
            concurrency: |work, _| work.lent(),
            workers: self.workers,
            fits: self.fits,
            run,
        }
    }

    /// The contestant that does it in these ways and nothing else.
    pub const fn contestant(&self, ways: &'static [Way<Query>]) -> Contestant {
        Contestant {
            name: self.name,
            style: self.style,
            flavours: &[""],
            about: self.about,
            fan_out: Entry::Absent(ASKS_ALONE),
            request_loop: Entry::Absent(ASKS_ALONE),
            open_loop: Entry::Absent(ASKS_ALONE),
            cpu: Entry::Absent(ASKS_ALONE),
            mixed: Entry::Absent(ASKS_ALONE),
            connect: Entry::Absent(ASKS_ALONE),
            download: Entry::Absent(ASKS_ALONE),
            pipeline: Entry::Absent(ASKS_ALONE),
            files: Entry::Absent(ASKS_ALONE),
            websocket: Entry::Absent(ASKS_ALONE),
            lock: Entry::Absent(ASKS_ALONE),
            query: Entry::Runs(ways),
            stall: Entry::Absent(ASKS_ALONE),
            spawn: Entry::Absent(ASKS_ALONE),
            ring: Entry::Absent(ASKS_ALONE),
            cancel: Entry::Absent(ASKS_ALONE),
            deadline: Entry::Absent(ASKS_ALONE),
            sleepers: Entry::Absent(ASKS_ALONE),
            serve: Entry::Absent(ASKS_ALONE),
        }
    }
}
