//! Contestant `async-std`: tasks that await, on its one global executor.

mod cancel;
mod connect;
mod connection;
mod cpu;
mod cpu_blocking_pool;
mod database;
mod deadline;
mod direct;
mod download;
mod fan_out;
mod fan_out_stack;
mod files;
mod files_blocking_pool;
mod files_handle;
mod fs;
mod link;
mod lock;
mod lock_own_mutex;
mod mixed;
mod mixed_offloaded;
mod nap;
mod open_loop;
mod pipeline;
mod pool;
mod query;
mod request_loop;
mod ring;
mod runtime;
mod serve;
mod serve_stack;
mod service;
mod sleepers;
mod socket;
mod spawn;
mod stall;
mod stall_blocking_pool;
mod stall_yield;
mod websocket;

use triathlon_contract::files::Kind;
use triathlon_contract::{Contestant, Entry, Style, Way};

/// The contestant.
pub static ASYNC_STD: Contestant = Contestant {
    name: "async-std",
    style: Style::Async,
    flavours: &[""],
    about: "Discontinued upstream (RUSTSEC-2025-0052); kept because people \
            must decide whether to leave it. A task for every fetch or \
            connection on async-std's one executor, which has as many \
            workers as the contestant has CPUs; the driver is spawned, never \
            run in `block_on`. Its thread `async-io` polls sockets beside \
            the workers. The way `stack` uses hyper's client; \
            `blocking-pool` and `offloaded` hand computing to \
            `spawn_blocking` with its default limit of 500 threads; in files, \
            `handle` reads through an open file; in stall, `yield` computes \
            in pieces.",
    fan_out: Entry::Runs(&[
        Way {
            name: "",
            source: include_str!("fan_out.rs"),
            concurrency: |work, _| work.in_flight(),
            workers: |_, setting| setting.workers as u64,
            fits: |work, setting| setting.fits(work.in_flight(), 1),
            run: fan_out::run,
        },
        Way {
            name: "stack",
            source: include_str!("fan_out_stack.rs"),
            concurrency: |work, _| work.in_flight(),
            workers: |_, setting| setting.workers as u64,
            fits: |work, setting| setting.fits(work.in_flight(), 1),
            run: fan_out_stack::run,
        },
    ]),
    request_loop: Entry::Runs(&[Way {
        name: "",
        source: include_str!("request_loop.rs"),
        concurrency: |work, _| work.connections,
        workers: |_, setting| setting.workers as u64,
        fits: |work, setting| setting.fits(work.connections, 1),
        run: request_loop::run,
    }]),
    open_loop: Entry::Runs(&[Way {
        name: "",
        source: include_str!("open_loop.rs"),
        concurrency: |work, _| work.connections,
        workers: |_, setting| setting.workers as u64,
        fits: |work, setting| setting.fits(work.connections, 1),
        run: open_loop::run,
    }]),
    cpu: Entry::Runs(&[
        Way {
            name: "",
            source: include_str!("cpu.rs"),
            concurrency: |_, setting| setting.workers as u64,
            workers: |_, setting| setting.workers as u64,
            fits: |_, _| Ok(()),
            run: cpu::run,
        },
        Way {
            name: "blocking-pool",
            source: include_str!("cpu_blocking_pool.rs"),
            concurrency: |work, _| work.jobs.min(BLOCKING_POOL_MAX),
            workers: |_, setting| setting.workers as u64,
            fits: |work, setting| {
                setting.fits(0, work.jobs.min(BLOCKING_POOL_MAX))
            },
            run: cpu_blocking_pool::run,
        },
    ]),
    mixed: Entry::Runs(&[
        Way {
            name: "",
            source: include_str!("mixed.rs"),
            concurrency: |work, _| work.connections,
            workers: |_, setting| setting.workers as u64,
            fits: |work, setting| setting.fits(work.connections, 1),
            run: mixed::run,
        },
        Way {
            name: "offloaded",
            source: include_str!("mixed_offloaded.rs"),
            concurrency: |work, _| work.connections,
            workers: |_, setting| setting.workers as u64,
            fits: |work, setting| {
                setting.fits(work.connections, work.connections + 1)
            },
            run: mixed_offloaded::run,
        },
    ]),
    connect: Entry::Runs(&[Way {
        name: "",
        source: include_str!("connect.rs"),
        concurrency: |work, _| work.in_flight,
        workers: |_, setting| setting.workers as u64,
        fits: |work, setting| work.fits(setting, 1),
        run: connect::run,
    }]),
    download: Entry::Runs(&[Way {
        name: "",
        source: include_str!("download.rs"),
        concurrency: |work, _| work.connections,
        workers: |_, setting| setting.workers as u64,
        fits: |work, setting| setting.fits(work.connections, 1),
        run: download::run,
    }]),
    pipeline: Entry::Runs(&[Way {
        name: "",
        source: include_str!("pipeline.rs"),
        concurrency: |work, _| work.in_flight(),
        workers: |_, setting| setting.workers as u64,
        fits: |_, _| Ok(()),
        run: pipeline::run,
    }]),
    files: Entry::Runs(&[
        Way {
            name: "",
            source: include_str!("files.rs"),
            concurrency: |work, _| work.in_flight,
            workers: |_, setting| setting.workers as u64,
            fits: |work, setting| work.fits(setting, work.in_flight + 1),
            run: files::run,
        },
        Way {
            name: "handle",
            source: include_str!("files_handle.rs"),
            concurrency: |work, _| work.in_flight,
            workers: |_, setting| setting.workers as u64,
            fits: |work, setting| {
                only(work.kind == Kind::ReadSmall, HANDLE)?;
                work.fits(setting, work.in_flight + 1)
            },
            run: files_handle::run,
        },
        Way {
            name: "blocking-pool",
            source: include_str!("files_blocking_pool.rs"),
            concurrency: |work, _| work.in_flight,
            workers: |_, setting| setting.workers as u64,
            fits: |work, setting| {
                only(work.kind != Kind::ReadSmall, ONE_HOP)?;
                work.fits(setting, work.in_flight + 1)
            },
            run: files_blocking_pool::run,
        },
    ]),
    websocket: Entry::Runs(&[Way {
        name: "",
        source: include_str!("websocket.rs"),
        concurrency: |work, _| work.in_flight(work.sockets),
        workers: |_, setting| setting.workers as u64,
        fits: |work, setting| setting.fits(work.sockets, 1),
        run: websocket::run,
    }]),
    query: Entry::Runs(&[Way {
        name: "",
        source: include_str!("query.rs"),
        concurrency: |work, _| work.lent(),
        workers: |_, setting| setting.workers as u64,
        fits: |work, setting| work.fits(setting, 1),
        run: query::run,
    }]),
    stall: Entry::Runs(&[
        Way {
            name: "",
            source: include_str!("stall.rs"),
            concurrency: |work, setting| work.blockers(setting.workers as u64),
            workers: |_, setting| setting.workers as u64,
            fits: |_, _| Ok(()),
            run: stall::run,
        },
        Way {
            name: "blocking-pool",
            source: include_str!("stall_blocking_pool.rs"),
            concurrency: |work, setting| work.blockers(setting.workers as u64),
            workers: |_, setting| setting.workers as u64,
            fits: |work, setting| {
                work.has_calls()?;
                setting.fits(0, 2 * setting.workers as u64 + 1)
            },
            run: stall_blocking_pool::run,
        },
        Way {
            name: "yield",
            source: include_str!("stall_yield.rs"),
            concurrency: |work, setting| work.blockers(setting.workers as u64),
            workers: |_, setting| setting.workers as u64,
            fits: |work, _| work.can_yield(),
            run: stall_yield::run,
        },
    ]),
    spawn: Entry::Runs(&[Way {
        name: "",
        source: include_str!("spawn.rs"),
        concurrency: |work, _| work.batch,
        workers: |_, setting| setting.workers as u64,
        fits: |_, _| Ok(()),
        run: spawn::run,
    }]),
    lock: Entry::Runs(&[
        Way {
            name: "",
            source: include_str!("lock.rs"),
            concurrency: |work, _| work.contenders,
            workers: |_, setting| setting.workers as u64,
            fits: |_, _| Ok(()),
            run: lock::run,
        },
        Way {
            name: "own-mutex",
            source: include_str!("lock_own_mutex.rs"),
            concurrency: |work, _| work.contenders,
            workers: |_, setting| setting.workers as u64,
            fits: |_, _| Ok(()),
            run: lock_own_mutex::run,
        },
    ]),
    ring: Entry::Runs(&[Way {
        name: "",
        source: include_str!("ring.rs"),
        concurrency: |_, _| 1,
        workers: |_, setting| setting.workers as u64,
        fits: |work, setting| work.fits(setting, 1),
        run: ring::run,
    }]),
    cancel: Entry::Runs(&[Way {
        name: "",
        source: include_str!("cancel.rs"),
        concurrency: |work, _| work.in_flight,
        workers: |_, setting| setting.workers as u64,
        fits: |work, setting| work.fits(setting, 1),
        run: cancel::run,
    }]),
    deadline: Entry::Runs(&[Way {
        name: "",
        source: include_str!("deadline.rs"),
        concurrency: |work, _| work.connections,
        workers: |_, setting| setting.workers as u64,
        fits: |work, setting| setting.fits(work.connections, 1),
        run: deadline::run,
    }]),
    sleepers: Entry::Runs(&[Way {
        name: "",
        source: include_str!("sleepers.rs"),
        concurrency: |_, _| 1,
        workers: |_, setting| setting.workers as u64,
        fits: |work, setting| work.fits(setting, Style::Async),
        run: sleepers::run,
    }]),
    serve: Entry::Runs(&[
        Way {
            name: "",
            source: include_str!("serve.rs"),
            concurrency: |work, _| work.connections,
            workers: |_, setting| setting.workers as u64,
            fits: |work, setting| work.fits(setting, 2),
            run: serve::run,
        },
        Way {
            name: "stack",
            source: include_str!("serve_stack.rs"),
            concurrency: |work, _| work.connections,
            workers: |_, setting| setting.workers as u64,
            fits: |work, setting| work.fits(setting, 2),
            run: serve_stack::run,
        },
    ]),
};

/// Why `handle` is for small files that are read.
const HANDLE: &str = "the plain way opens a `File` already, and reads or \
                      writes through it";

/// Why small files that are read have no way `blocking-pool`.
const ONE_HOP: &str = "`async_std::fs::read` of the plain way is one hop \
                       already: `spawn_blocking(std::fs::read)`";

fn only(does: bool, reason: &str) -> Result<(), String> {
    if does { Ok(()) } else { Err(reason.to_string()) }
}

/// Threads that async-std's blocking pool has at most unless told otherwise.
const BLOCKING_POOL_MAX: u64 = 500;
