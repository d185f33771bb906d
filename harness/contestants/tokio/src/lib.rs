//! Contestant `tokio`: tasks that await, on tokio's two schedulers.

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
mod files_inline;
mod fs;
mod inlet;
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
mod serve_axum;
mod serve_stack;
mod service;
mod sleepers;
mod socket;
mod spawn;
mod stall;
mod stall_block_in_place;
mod stall_blocking_pool;
mod stall_yield;
mod websocket;

use triathlon_contract::files::Kind;
use triathlon_contract::{Contestant, Entry, Style, Way};

/// The contestant.
pub static TOKIO: Contestant = Contestant {
    name: "tokio",
    style: Style::Async,
    flavours: &["multi-thread", "current-thread"],
    about: "A task for every fetch or connection on tokio; the driver is \
            spawned, never run in `block_on`. multi-thread has as many \
            workers as the contestant has CPUs. The way `stack` uses hyper's \
            client; `blocking-pool` and `offloaded` hand computing to \
            `spawn_blocking` with its default limit of 512 threads; in files, \
            `handle` reads through an open file and `inline` holds the \
            worker; in stall, `block-in-place` makes another thread the \
            worker meanwhile and `yield` computes in pieces. Its timer \
            has a granularity of one millisecond: in open-loop requests start \
            up to that late, and in bundles, and in deadline they are given \
            up that much later.",
    fan_out: Entry::Runs(&[
        Way {
            name: "",
            source: include_str!("fan_out.rs"),
            concurrency: |work, _| work.in_flight(),
            workers: |_, setting| runtime::workers(setting),
            fits: |work, setting| setting.fits(work.in_flight(), 1),
            run: fan_out::run,
        },
        Way {
            name: "stack",
            source: include_str!("fan_out_stack.rs"),
            concurrency: |work, _| work.in_flight(),
            workers: |_, setting| runtime::workers(setting),
            fits: |work, setting| setting.fits(work.in_flight(), 1),
            run: fan_out_stack::run,
        },
    ]),
    request_loop: Entry::Runs(&[Way {
        name: "",
        source: include_str!("request_loop.rs"),
        concurrency: |work, _| work.connections,
        workers: |_, setting| runtime::workers(setting),
        fits: |work, setting| setting.fits(work.connections, 1),
        run: request_loop::run,
    }]),
    open_loop: Entry::Runs(&[Way {
        name: "",
        source: include_str!("open_loop.rs"),
        concurrency: |work, _| work.connections,
        workers: |_, setting| runtime::workers(setting),
        fits: |work, setting| setting.fits(work.connections, 1),
        run: open_loop::run,
    }]),
    cpu: Entry::Runs(&[
        Way {
            name: "",
            source: include_str!("cpu.rs"),
            concurrency: |_, setting| runtime::workers(setting),
            workers: |_, setting| runtime::workers(setting),
            fits: |_, _| Ok(()),
            run: cpu::run,
        },
        Way {
            name: "blocking-pool",
            source: include_str!("cpu_blocking_pool.rs"),
            concurrency: |work, _| work.jobs.min(BLOCKING_POOL_MAX),
            workers: |_, setting| runtime::workers(setting),
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
            workers: |_, setting| runtime::workers(setting),
            fits: |work, setting| setting.fits(work.connections, 1),
            run: mixed::run,
        },
        Way {
            name: "offloaded",
            source: include_str!("mixed_offloaded.rs"),
            concurrency: |work, _| work.connections,
            workers: |_, setting| runtime::workers(setting),
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
        workers: |_, setting| runtime::workers(setting),
        fits: |work, setting| work.fits(setting, 1),
        run: connect::run,
    }]),
    download: Entry::Runs(&[Way {
        name: "",
        source: include_str!("download.rs"),
        concurrency: |work, _| work.connections,
        workers: |_, setting| runtime::workers(setting),
        fits: |work, setting| setting.fits(work.connections, 1),
        run: download::run,
    }]),
    pipeline: Entry::Runs(&[Way {
        name: "",
        source: include_str!("pipeline.rs"),
        concurrency: |work, _| work.in_flight(),
        workers: |_, setting| runtime::workers(setting),
        fits: |_, _| Ok(()),
        run: pipeline::run,
    }]),
    files: Entry::Runs(&[
        Way {
            name: "",
            source: include_str!("files.rs"),
            concurrency: |work, _| work.in_flight,
            workers: |_, setting| runtime::workers(setting),
            fits: |work, setting| work.fits(setting, work.in_flight + 1),
            run: files::run,
        },
        Way {
            name: "handle",
            source: include_str!("files_handle.rs"),
            concurrency: |work, _| work.in_flight,
            workers: |_, setting| runtime::workers(setting),
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
            workers: |_, setting| runtime::workers(setting),
            fits: |work, setting| {
                only(work.kind != Kind::ReadSmall, ONE_HOP)?;
                work.fits(setting, work.in_flight + 1)
            },
            run: files_blocking_pool::run,
        },
        Way {
            name: "inline",
            source: include_str!("files_inline.rs"),
            concurrency: |work, setting| {
                work.in_flight.min(runtime::workers(setting))
            },
            workers: |_, setting| runtime::workers(setting),
            fits: |work, setting| work.fits(setting, 1),
            run: files_inline::run,
        },
    ]),
    websocket: Entry::Runs(&[Way {
        name: "",
        source: include_str!("websocket.rs"),
        concurrency: |work, _| work.in_flight(work.sockets),
        workers: |_, setting| runtime::workers(setting),
        fits: |work, setting| setting.fits(work.sockets, 1),
        run: websocket::run,
    }]),
    query: Entry::Runs(&[Way {
        name: "",
        source: include_str!("query.rs"),
        concurrency: |work, _| work.lent(),
        workers: |_, setting| runtime::workers(setting),
        fits: |work, setting| work.fits(setting, 1),
        run: query::run,
    }]),
    stall: Entry::Runs(&[
        Way {
            name: "",
            source: include_str!("stall.rs"),
            concurrency: |work, setting| {
                work.blockers(runtime::workers(setting))
            },
            workers: |_, setting| runtime::workers(setting),
            fits: |_, _| Ok(()),
            run: stall::run,
        },
        Way {
            name: "blocking-pool",
            source: include_str!("stall_blocking_pool.rs"),
            concurrency: |work, setting| {
                work.blockers(runtime::workers(setting))
            },
            workers: |_, setting| runtime::workers(setting),
            fits: |work, setting| {
                work.has_calls()?;
                setting.fits(0, 2 * runtime::workers(setting) + 1)
            },
            run: stall_blocking_pool::run,
        },
        Way {
            name: "block-in-place",
            source: include_str!("stall_block_in_place.rs"),
            concurrency: |work, setting| {
                work.blockers(runtime::workers(setting))
            },
            workers: |_, setting| runtime::workers(setting),
            fits: |work, setting| {
                work.has_calls()?;
                if setting.flavour == "current-thread" {
                    return Err(IN_PLACE.to_string());
                }
                setting.fits(0, 2 * runtime::workers(setting) + 1)
            },
            run: stall_block_in_place::run,
        },
        Way {
            name: "yield",
            source: include_str!("stall_yield.rs"),
            concurrency: |work, setting| {
                work.blockers(runtime::workers(setting))
            },
            workers: |_, setting| runtime::workers(setting),
            fits: |work, _| work.can_yield(),
            run: stall_yield::run,
        },
    ]),
    spawn: Entry::Runs(&[Way {
        name: "",
        source: include_str!("spawn.rs"),
        concurrency: |work, _| work.batch,
        workers: |_, setting| runtime::workers(setting),
        fits: |_, _| Ok(()),
        run: spawn::run,
    }]),
    lock: Entry::Runs(&[
        Way {
            name: "",
            source: include_str!("lock.rs"),
            concurrency: |work, _| work.contenders,
            workers: |_, setting| runtime::workers(setting),
            fits: |_, _| Ok(()),
            run: lock::run,
        },
        Way {
            name: "own-mutex",
            source: include_str!("lock_own_mutex.rs"),
            concurrency: |work, _| work.contenders,
            workers: |_, setting| runtime::workers(setting),
            fits: |_, _| Ok(()),
            run: lock_own_mutex::run,
        },
    ]),
    ring: Entry::Runs(&[Way {
        name: "",
        source: include_str!("ring.rs"),
        concurrency: |_, _| 1,
        workers: |_, setting| runtime::workers(setting),
        fits: |work, setting| work.fits(setting, 1),
        run: ring::run,
    }]),
    cancel: Entry::Runs(&[Way {
        name: "",
        source: include_str!("cancel.rs"),
        concurrency: |work, _| work.in_flight,
        workers: |_, setting| runtime::workers(setting),
        fits: |work, setting| work.fits(setting, 1),
        run: cancel::run,
    }]),
    deadline: Entry::Runs(&[Way {
        name: "",
        source: include_str!("deadline.rs"),
        concurrency: |work, _| work.connections,
        workers: |_, setting| runtime::workers(setting),
        fits: |work, setting| setting.fits(work.connections, 1),
        run: deadline::run,
    }]),
    sleepers: Entry::Runs(&[Way {
        name: "",
        source: include_str!("sleepers.rs"),
        concurrency: |_, _| 1,
        workers: |_, setting| runtime::workers(setting),
        fits: |work, setting| work.fits(setting, Style::Async),
        run: sleepers::run,
    }]),
    serve: Entry::Runs(&[
        Way {
            name: "",
            source: include_str!("serve.rs"),
            concurrency: |work, _| work.connections,
            workers: |_, setting| runtime::workers(setting),
            fits: |work, setting| work.fits(setting, 2),
            run: serve::run,
        },
        Way {
            name: "stack",
            source: include_str!("serve_stack.rs"),
            concurrency: |work, _| work.connections,
            workers: |_, setting| runtime::workers(setting),
            fits: |work, setting| work.fits(setting, 2),
            run: serve_stack::run,
        },
        Way {
            name: "axum",
            source: include_str!("serve_axum.rs"),
            concurrency: |work, _| work.connections,
            workers: |_, setting| runtime::workers(setting),
            fits: |work, setting| work.fits(setting, 2),
            run: serve_axum::run,
        },
    ]),
};

/// Why `handle` is for small files that are read.
const HANDLE: &str = "the plain way opens a `File` already, and reads or \
                      writes through it";

/// Why small files that are read have no way `blocking-pool`.
const ONE_HOP: &str = "`tokio::fs::read` of the plain way is one hop \
                       already: `spawn_blocking(std::fs::read)`";

fn only(does: bool, reason: &str) -> Result<(), String> {
    if does { Ok(()) } else { Err(reason.to_string()) }
}

/// What tokio itself says when `block_in_place` panics.
const IN_PLACE: &str = "`block_in_place` panics here: \"can call blocking \
                        only when running on the multi-threaded runtime\"";

/// Threads that tokio's blocking pool has at most unless told otherwise.
const BLOCKING_POOL_MAX: u64 = 512;

#[cfg(test)]
mod tests {
    use tokio::runtime::Builder;
    use tokio::task::block_in_place;

    #[test]
    fn block_in_place_panics_on_one_thread_with_the_reason_that_is_given() {
        let runtime = Builder::new_current_thread().build().unwrap();
        let task = runtime.spawn(async { block_in_place(|| ()) });
        let panic = runtime.block_on(task).unwrap_err().into_panic();
        let said = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or(panic.downcast_ref::<&str>().copied())
            .unwrap();
        assert!(said.len() > 20 && super::IN_PLACE.contains(said), "{said}");
    }
}
