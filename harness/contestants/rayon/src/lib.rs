//! Contestant `rayon`: parallel iterators on a work-stealing pool.
//!
//! Made for computing: a pool has as many threads as CPUs, and who waits in it
//! keeps one of them. So where waits are the work there are two ways: the
//! default pool, and `pool-of-n` with as many threads as operations in flight.

mod client;
mod connect;
mod connect_pool_of_n;
mod connection;
mod cpu;
mod database;
mod deadline;
mod deadline_pool_of_n;
mod direct;
mod download;
mod download_pool_of_n;
mod fan_out;
mod fan_out_pool_of_n;
mod fan_out_stack;
mod files;
mod fits;
mod lock;
mod mixed;
mod mixed_pool_of_n;
mod open_loop;
mod open_loop_pool_of_n;
mod pipeline;
mod pool;
mod query;
mod query_pool_of_n;
mod request_loop;
mod request_loop_pool_of_n;
mod socket;
mod spawn;
mod stall;
mod stall_blocking_pool;
mod websocket;
mod websocket_pool_of_n;

use triathlon_contract::{Contestant, Entry, Style, Way};

use fits::{at_once, bearable, pool_fits};

/// The contestant.
pub static RAYON: Contestant = Contestant {
    name: "rayon",
    style: Style::Threads,
    flavours: &[""],
    about: "Parallel iterators of rayon, a work-stealing pool for computing, \
            started before the window. It has as many threads as the \
            contestant has CPUs, and each waits with its operation: in \
            request-loop, connect, mixed, download and websocket a thread \
            ends one loop before it turns to another, so that the rest wait. \
            In pipeline each pulls an item from the producer and takes it \
            through all stages, without channels. \
            `pool-of-n` has as many threads as operations in flight, in \
            websocket as sockets, and so has `stack`, which uses ureq, a \
            client without a runtime, with its default buffers of 128 KiB \
            each way. In stall, `blocking-pool` is a second pool.",
    fan_out: Entry::Runs(&[
        Way {
            name: "",
            source: include_str!("fan_out.rs"),
            concurrency: |work, setting| at_once(work.in_flight(), setting),
            workers: |_, setting| setting.workers as u64,
            fits: |work, setting| {
                let at_once = at_once(work.in_flight(), setting);
                setting.fits(at_once, setting.workers as u64)?;
                bearable(work, at_once, "fetches")
            },
            run: fan_out::run,
        },
        Way {
            name: "pool-of-n",
            source: include_str!("fan_out_pool_of_n.rs"),
            concurrency: |work, _| work.in_flight(),
            workers: |work, _| work.in_flight(),
            fits: |work, setting| pool_fits(work.in_flight(), setting),
            run: fan_out_pool_of_n::run,
        },
        Way {
            name: "stack",
            source: include_str!("fan_out_stack.rs"),
            concurrency: |work, _| work.in_flight(),
            workers: |work, _| work.in_flight(),
            fits: |work, setting| pool_fits(work.in_flight(), setting),
            run: fan_out_stack::run,
        },
    ]),
    request_loop: Entry::Runs(&[
        Way {
            name: "",
            source: include_str!("request_loop.rs"),
            concurrency: |work, setting| at_once(work.connections, setting),
            workers: |_, setting| setting.workers as u64,
            fits: |work, setting| {
                setting.fits(work.connections, setting.workers as u64)?;
                bearable(work, at_once(work.connections, setting), "requests")
            },
            run: request_loop::run,
        },
        Way {
            name: "pool-of-n",
            source: include_str!("request_loop_pool_of_n.rs"),
            concurrency: |work, _| work.connections,
            workers: |work, _| work.connections,
            fits: |work, setting| pool_fits(work.connections, setting),
            run: request_loop_pool_of_n::run,
        },
    ]),
    open_loop: Entry::Runs(&[
        Way {
            name: "",
            source: include_str!("open_loop.rs"),
            concurrency: |work, setting| at_once(work.connections, setting),
            workers: |_, setting| setting.workers as u64,
            fits: |work, setting| {
                setting.fits(work.connections, setting.workers as u64)?;
                bearable(work, at_once(work.connections, setting), "requests")
            },
            run: open_loop::run,
        },
        Way {
            name: "pool-of-n",
            source: include_str!("open_loop_pool_of_n.rs"),
            concurrency: |work, _| work.connections,
            workers: |work, _| work.connections,
            fits: |work, setting| pool_fits(work.connections, setting),
            run: open_loop_pool_of_n::run,
        },
    ]),
    cpu: Entry::Runs(&[Way {
        name: "",
        source: include_str!("cpu.rs"),
        concurrency: |_, setting| setting.workers as u64,
        workers: |_, setting| setting.workers as u64,
        fits: |_, setting| setting.fits(0, setting.workers as u64),
        run: cpu::run,
    }]),
    mixed: Entry::Runs(&[
        Way {
            name: "",
            source: include_str!("mixed.rs"),
            concurrency: |work, setting| at_once(work.connections, setting),
            workers: |_, setting| setting.workers as u64,
            fits: |work, setting| {
                setting.fits(work.connections, setting.workers as u64)?;
                bearable(work, at_once(work.connections, setting), "operations")
            },
            run: mixed::run,
        },
        Way {
            name: "pool-of-n",
            source: include_str!("mixed_pool_of_n.rs"),
            concurrency: |work, _| work.connections,
            workers: |work, _| work.connections,
            fits: |work, setting| pool_fits(work.connections, setting),
            run: mixed_pool_of_n::run,
        },
    ]),
    connect: Entry::Runs(&[
        Way {
            name: "",
            source: include_str!("connect.rs"),
            concurrency: |work, setting| at_once(work.in_flight, setting),
            workers: |_, setting| setting.workers as u64,
            fits: |work, setting| work.fits(setting, setting.workers as u64),
            run: connect::run,
        },
        Way {
            name: "pool-of-n",
            source: include_str!("connect_pool_of_n.rs"),
            concurrency: |work, _| work.in_flight,
            workers: |work, _| work.in_flight,
            fits: |work, setting| {
                pool_fits(work.in_flight, setting)?;
                work.fits(setting, work.in_flight)
            },
            run: connect_pool_of_n::run,
        },
    ]),
    download: Entry::Runs(&[
        Way {
            name: "",
            source: include_str!("download.rs"),
            concurrency: |work, setting| at_once(work.connections, setting),
            workers: |_, setting| setting.workers as u64,
            fits: |work, setting| {
                setting.fits(work.connections, setting.workers as u64)?;
                bearable(work, at_once(work.connections, setting), "MiB")
            },
            run: download::run,
        },
        Way {
            name: "pool-of-n",
            source: include_str!("download_pool_of_n.rs"),
            concurrency: |work, _| work.connections,
            workers: |work, _| work.connections,
            fits: |work, setting| pool_fits(work.connections, setting),
            run: download_pool_of_n::run,
        },
    ]),
    pipeline: Entry::Runs(&[Way {
        name: "",
        source: include_str!("pipeline.rs"),
        concurrency: |_, setting| setting.workers as u64,
        workers: |_, setting| setting.workers as u64,
        fits: |work, setting| {
            setting.fits(0, setting.workers as u64)?;
            bearable(work, 1, "items")
        },
        run: pipeline::run,
    }]),
    files: Entry::Runs(&[Way {
        name: "",
        source: include_str!("files.rs"),
        concurrency: |work, setting| at_once(work.in_flight, setting),
        workers: |_, setting| setting.workers as u64,
        fits: |work, setting| {
            work.fits(setting, setting.workers as u64)?;
            bearable(work, at_once(work.in_flight, setting), "operations")
        },
        run: files::run,
    }]),
    websocket: Entry::Runs(&[
        Way {
            name: "",
            source: include_str!("websocket.rs"),
            concurrency: |work, setting| {
                work.in_flight(at_once(work.sockets, setting))
            },
            workers: |_, setting| setting.workers as u64,
            fits: |work, setting| {
                setting.fits(work.sockets, setting.workers as u64)?;
                bearable(work, at_once(work.sockets, setting), "messages")
            },
            run: websocket::run,
        },
        Way {
            name: "pool-of-n",
            source: include_str!("websocket_pool_of_n.rs"),
            concurrency: |work, _| work.in_flight(work.sockets),
            workers: |work, _| work.sockets,
            fits: |work, setting| pool_fits(work.sockets, setting),
            run: websocket_pool_of_n::run,
        },
    ]),
    query: Entry::Runs(&[
        Way {
            name: "",
            source: include_str!("query.rs"),
            concurrency: |work, setting| at_once(work.lent(), setting),
            workers: |_, setting| setting.workers as u64,
            fits: |work, setting| {
                let at_once = at_once(work.lent(), setting);
                work.fits(setting, setting.workers as u64)?;
                bearable(work, at_once, "queries")
            },
            run: query::run,
        },
        Way {
            name: "pool-of-n",
            source: include_str!("query_pool_of_n.rs"),
            concurrency: |work, _| work.lent(),
            workers: |work, _| work.lent(),
            fits: |work, setting| pool_fits(work.lent(), setting),
            run: query_pool_of_n::run,
        },
    ]),
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
        fits: |_, setting| setting.fits(0, setting.workers as u64),
        run: spawn::run,
    }]),
    lock: Entry::Runs(&[Way {
        name: "",
        source: include_str!("lock.rs"),
        concurrency: |work, _| work.contenders,
        workers: |_, setting| setting.workers as u64,
        fits: |work, setting| {
            setting.fits(0, setting.workers as u64)?;
            let threads = setting.workers as u64;
            if work.contenders <= threads {
                return Ok(());
            }
            Err(format!(
                "a job that contends holds its thread to the end, so that \
                     in a pool of {threads} threads more than {threads} never \
                     contend"
            ))
        },
        run: lock::run,
    }]),
    ring: Entry::Absent(
        "jobs of rayon must not wait for one another: a member of the ring \
         that waits for the token holds its thread, and a pool of as many \
         threads as members is threads-pool",
    ),
    cancel: Entry::Absent(
        "a job of rayon has no cancellation and holds its thread while it \
         waits, so that no more than CPUs would be in flight; a pool of as \
         many threads as requests, whose sockets are shut down, is \
         threads-pool",
    ),
    deadline: Entry::Runs(&[
        Way {
            name: "",
            source: include_str!("deadline.rs"),
            concurrency: |work, setting| at_once(work.connections, setting),
            workers: |_, setting| setting.workers as u64,
            fits: |work, setting| {
                setting.fits(work.connections, setting.workers as u64)?;
                bearable(work, at_once(work.connections, setting), "requests")
            },
            run: deadline::run,
        },
        Way {
            name: "pool-of-n",
            source: include_str!("deadline_pool_of_n.rs"),
            concurrency: |work, _| work.connections,
            workers: |work, _| work.connections,
            fits: |work, setting| pool_fits(work.connections, setting),
            run: deadline_pool_of_n::run,
        },
    ]),
    sleepers: Entry::Absent(
        "a job that sleeps holds its worker, and jobs must not wait: a pool \
         for N sleepers has N threads, each of which is one of \
         threads-per-op",
    ),
    serve: Entry::Absent(
        "jobs of rayon must not wait: a connection that waits for its client \
         or for the database holds its thread, and a pool of as many threads \
         as may wait is threads-pool",
    ),
};

#[cfg(test)]
mod tests;
