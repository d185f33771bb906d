//! Contestant `threads-pool`: a fixed number of threads and a queue of jobs.
//!
//! As in the last chapter of the Rust book: a channel whose receiver lies
//! behind a mutex. Where waits are the work, the pool has as many threads as
//! the workload wants in flight, because a smaller one would decide the result
//! by itself; where it is computing alone, as many as CPUs, because it gains
//! nothing from more; where stages wait for one another, as many as there are
//! workers in all stages, because with less they would wait for ever.

mod cancel;
mod client;
mod connect;
mod connection;
mod cpu;
mod database;
mod deadline;
mod direct;
mod download;
mod fan_out;
mod fan_out_stack;
mod files;
mod inlet;
mod link;
mod listener;
mod lock;
mod mixed;
mod open_loop;
mod pipeline;
mod query;
mod request_loop;
mod ring;
mod serve;
mod service;
mod socket;
mod spawn;
mod stall;
mod stall_blocking_pool;
mod visitors;
mod websocket;
mod workers;

use triathlon_contract::spawn::Origin;
use triathlon_contract::{Contestant, Entry, FanOut, Setting, Style, Way};

/// The contestant.
pub static THREADS_POOL: Contestant = Contestant {
    name: "threads-pool",
    style: Style::Threads,
    flavours: &[""],
    about: "A fixed pool of threads of the standard library, started before \
            the window, with a queue of jobs; as many threads as operations \
            in flight, but in cpu as many as CPUs, because computing gains \
            nothing from more; in pipeline as many as workers of all \
            stages, each of which is one job, in websocket as sockets, and in \
            query as connections, one each. In \
            request-loop, mixed, download and websocket a connection, in \
            connect a loop, goes back to the queue after every response. The \
            way `stack` uses ureq, a client without a runtime, with its \
            default buffers of 128 KiB each way. In stall a timer hands \
            beats and calls to as many threads as CPUs; `blocking-pool` is a \
            second pool for calls. In serve as many threads as connections to \
            the database, one each; a client goes back to the queue after \
            every answer if others wait.",
    fan_out: Entry::Runs(&[
        Way {
            name: "",
            source: include_str!("fan_out.rs"),
            concurrency: |work, _| work.in_flight(),
            workers: |work, _| work.in_flight(),
            fits,
            run: fan_out::run,
        },
        Way {
            name: "stack",
            source: include_str!("fan_out_stack.rs"),
            concurrency: |work, _| work.in_flight(),
            workers: |work, _| work.in_flight(),
            fits,
            run: fan_out_stack::run,
        },
    ]),
    request_loop: Entry::Runs(&[Way {
        name: "",
        source: include_str!("request_loop.rs"),
        concurrency: |work, _| work.connections,
        workers: |work, _| work.connections,
        fits: |work, setting| setting.fits(work.connections, work.connections),
        run: request_loop::run,
    }]),
    open_loop: Entry::Runs(&[Way {
        name: "",
        source: include_str!("open_loop.rs"),
        concurrency: |work, _| work.connections,
        workers: |work, _| work.connections,
        fits: |work, setting| setting.fits(work.connections, work.connections),
        run: open_loop::run,
    }]),
    cpu: Entry::Runs(&[Way {
        name: "",
        source: include_str!("cpu.rs"),
        concurrency: |_, setting| setting.workers as u64,
        workers: |_, setting| setting.workers as u64,
        fits: |_, setting| setting.fits(0, setting.workers as u64),
        run: cpu::run,
    }]),
    mixed: Entry::Runs(&[Way {
        name: "",
        source: include_str!("mixed.rs"),
        concurrency: |work, _| work.connections,
        workers: |work, _| work.connections,
        fits: |work, setting| setting.fits(work.connections, work.connections),
        run: mixed::run,
    }]),
    connect: Entry::Runs(&[Way {
        name: "",
        source: include_str!("connect.rs"),
        concurrency: |work, _| work.in_flight,
        workers: |work, _| work.in_flight,
        fits: |work, setting| work.fits(setting, work.in_flight),
        run: connect::run,
    }]),
    download: Entry::Runs(&[Way {
        name: "",
        source: include_str!("download.rs"),
        concurrency: |work, _| work.connections,
        workers: |work, _| work.connections,
        fits: |work, setting| setting.fits(work.connections, work.connections),
        run: download::run,
    }]),
    pipeline: Entry::Runs(&[Way {
        name: "",
        source: include_str!("pipeline.rs"),
        concurrency: |work, _| work.in_flight(),
        workers: |work, _| work.hands(),
        fits: |work, setting| setting.fits(0, work.hands()),
        run: pipeline::run,
    }]),
    files: Entry::Runs(&[Way {
        name: "",
        source: include_str!("files.rs"),
        concurrency: |work, _| work.in_flight,
        workers: |work, _| work.in_flight,
        fits: |work, setting| work.fits(setting, work.in_flight),
        run: files::run,
    }]),
    websocket: Entry::Runs(&[Way {
        name: "",
        source: include_str!("websocket.rs"),
        concurrency: |work, _| work.in_flight(work.sockets),
        workers: |work, _| work.sockets,
        fits: |work, setting| setting.fits(work.sockets, work.sockets),
        run: websocket::run,
    }]),
    query: Entry::Runs(&[Way {
        name: "",
        source: include_str!("query.rs"),
        concurrency: |work, _| work.lent(),
        workers: |work, _| work.lent(),
        fits: |work, setting| work.fits(setting, work.lent()),
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
            workers: |work, setting| {
                let workers = setting.workers as u64;
                workers + work.blockers(workers)
            },
            fits: |work, setting| {
                work.has_calls()?;
                setting.fits(0, 2 * setting.workers as u64 + 1)
            },
            run: stall_blocking_pool::run,
        },
    ]),
    spawn: Entry::Runs(&[Way {
        name: "",
        source: include_str!("spawn.rs"),
        concurrency: |work, _| work.batch,
        workers: |_, setting| setting.workers as u64,
        fits: |work, setting| {
            setting.fits(0, setting.workers as u64)?;
            match work.origin {
                Origin::Worker if setting.workers < 2 => Err(WAITS.to_string()),
                _ => Ok(()),
            }
        },
        run: spawn::run,
    }]),
    lock: Entry::Runs(&[Way {
        name: "",
        source: include_str!("lock.rs"),
        concurrency: |work, _| work.contenders,
        workers: |work, _| work.contenders,
        fits: |work, setting| setting.fits(0, work.contenders),
        run: lock::run,
    }]),
    ring: Entry::Runs(&[Way {
        name: "",
        source: include_str!("ring.rs"),
        concurrency: |_, _| 1,
        workers: |work, _| work.members,
        fits: |work, setting| work.fits(setting, work.members + 1),
        run: ring::run,
    }]),
    cancel: Entry::Runs(&[Way {
        name: "",
        source: include_str!("cancel.rs"),
        concurrency: |work, _| work.in_flight,
        workers: |work, _| work.in_flight,
        fits: |work, setting| work.fits(setting, work.in_flight + 1),
        run: cancel::run,
    }]),
    deadline: Entry::Runs(&[Way {
        name: "",
        source: include_str!("deadline.rs"),
        concurrency: |work, _| work.connections,
        workers: |work, _| work.connections,
        fits: |work, setting| setting.fits(work.connections, work.connections),
        run: deadline::run,
    }]),
    sleepers: Entry::Absent(
        "whoever sleeps holds its worker: a pool for N sleepers has N \
         threads, each of which is one of threads-per-op",
    ),
    serve: Entry::Runs(&[Way {
        name: "",
        source: include_str!("serve.rs"),
        concurrency: |work, _| work.pool(),
        workers: |work, _| work.pool(),
        fits: |work, setting| work.fits(setting, work.pool() + 2),
        run: serve::run,
    }]),
};

/// Why a pool of one thread does not run what starts and joins its tasks.
const WAITS: &str = "whoever starts and joins tasks from a worker holds that \
                     worker, and a pool of one thread has none left for them";

fn fits(work: &FanOut, setting: &Setting) -> Result<(), String> {
    setting.fits(work.in_flight(), work.in_flight())
}
