//! Contestant `threads-per-op`: a thread for every fetch, connection or job, or
//! for every worker of a stage.
//!
//! Default stacks, blocking sockets, scoped threads.

mod cancel;
mod client;
mod connect;
mod connection;
mod cpu;
mod crowd;
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
mod nap;
mod open_loop;
mod pipeline;
mod pool;
mod query;
mod request_loop;
mod ring;
mod serve;
mod service;
mod sleepers;
mod socket;
mod spawn;
mod stall;
mod websocket;

use triathlon_contract::{Contestant, Entry, FanOut, Setting, Style, Way};

/// The contestant.
pub static THREADS_PER_OP: Contestant = Contestant {
    name: "threads-per-op",
    style: Style::Threads,
    flavours: &[""],
    about: "A scoped thread of the standard library for every fetch, \
            connection, loop, job or worker of a stage, default stack. The \
            way `stack` uses ureq, a client without a runtime, with its \
            default buffers of 128 KiB each way.",
    fan_out: Entry::Runs(&[
        Way {
            name: "",
            source: include_str!("fan_out.rs"),
            concurrency: |work, _| work.in_flight(),
            workers: |work, _| work.fetches,
            fits,
            run: fan_out::run,
        },
        Way {
            name: "stack",
            source: include_str!("fan_out_stack.rs"),
            concurrency: |work, _| work.in_flight(),
            workers: |work, _| work.fetches,
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
        concurrency: |work, _| work.jobs,
        workers: |work, _| work.jobs,
        fits: |work, setting| setting.fits(0, work.jobs),
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
        workers: |work, _| work.callers,
        fits: |work, setting| work.fits(setting, work.callers),
        run: query::run,
    }]),
    stall: Entry::Runs(&[Way {
        name: "",
        source: include_str!("stall.rs"),
        concurrency: |work, setting| work.blockers(setting.workers as u64),
        workers: |work, setting| {
            work.hearts + work.blockers(setting.workers as u64)
        },
        fits: |work, setting| {
            let blockers = work.blockers(setting.workers as u64);
            setting.fits(0, work.hearts + blockers + 1)
        },
        run: stall::run,
    }]),
    spawn: Entry::Runs(&[Way {
        name: "",
        source: include_str!("spawn.rs"),
        concurrency: |work, _| work.batch,
        workers: |work, _| work.batch,
        fits: |work, setting| setting.fits(0, work.batch + 1),
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
        fits: |work, setting| work.fits(setting, work.members),
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
    sleepers: Entry::Runs(&[Way {
        name: "",
        source: include_str!("sleepers.rs"),
        concurrency: |work, _| work.sleepers,
        workers: |work, _| work.sleepers,
        fits: |work, setting| work.fits(setting, Style::Threads),
        run: sleepers::run,
    }]),
    serve: Entry::Runs(&[Way {
        name: "",
        source: include_str!("serve.rs"),
        concurrency: |work, _| work.connections,
        workers: |work, _| work.connections,
        fits: |work, setting| work.fits(setting, work.connections + 1),
        run: serve::run,
    }]),
};

fn fits(work: &FanOut, setting: &Setting) -> Result<(), String> {
    setting.fits(work.in_flight(), work.fetches)
}
