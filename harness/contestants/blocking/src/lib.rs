//! Contestant `blocking`: one thread, one thing after the other.
//!
//! The baseline: what the work costs when nothing overlaps.

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
mod listener;
mod lock;
mod mixed;
mod open_loop;
mod pipeline;
mod query;
mod request_loop;
mod serve;
mod service;
mod socket;
mod stall;
mod websocket;

use std::time::Duration;

use triathlon_contract::{Contestant, Entry, Style, Way};

/// Longest sum of waiting and computing that is worth sitting through.
const TAKES_MAX: Duration = Duration::from_millis(2500);

/// The contestant.
pub static BLOCKING: Contestant = Contestant {
    name: "blocking",
    style: Style::Blocking,
    flavours: &[""],
    about: "One thread of the standard library, one operation after the \
            other. The way `stack` uses ureq, a client without a \
            runtime, with its default buffers of 128 KiB each way.",
    fan_out: Entry::Runs(&[
        Way {
            name: "",
            source: include_str!("fan_out.rs"),
            concurrency: |_, _| 1,
            workers: |_, _| 1,
            fits: |work, _| bearable(work, "fetches"),
            run: fan_out::run,
        },
        Way {
            name: "stack",
            source: include_str!("fan_out_stack.rs"),
            concurrency: |_, _| 1,
            workers: |_, _| 1,
            fits: |work, _| bearable(work, "fetches"),
            run: fan_out_stack::run,
        },
    ]),
    request_loop: Entry::Runs(&[Way {
        name: "",
        source: include_str!("request_loop.rs"),
        concurrency: |_, _| 1,
        workers: |_, _| 1,
        fits: |work, setting| {
            setting.fits(work.connections, 1)?;
            bearable(work, "requests")
        },
        run: request_loop::run,
    }]),
    open_loop: Entry::Runs(&[Way {
        name: "",
        source: include_str!("open_loop.rs"),
        concurrency: |_, _| 1,
        workers: |_, _| 1,
        fits: |work, setting| {
            setting.fits(work.connections, 1)?;
            bearable(work, "requests")
        },
        run: open_loop::run,
    }]),
    cpu: Entry::Runs(&[Way {
        name: "",
        source: include_str!("cpu.rs"),
        concurrency: |_, _| 1,
        workers: |_, _| 1,
        fits: |work, _| bearable(work, "jobs"),
        run: cpu::run,
    }]),
    mixed: Entry::Runs(&[Way {
        name: "",
        source: include_str!("mixed.rs"),
        concurrency: |_, _| 1,
        workers: |_, _| 1,
        fits: |work, setting| {
            setting.fits(work.connections, 1)?;
            bearable(work, "operations")
        },
        run: mixed::run,
    }]),
    connect: Entry::Runs(&[Way {
        name: "",
        source: include_str!("connect.rs"),
        concurrency: |_, _| 1,
        workers: |_, _| 1,
        fits: |work, setting| work.fits(setting, 1),
        run: connect::run,
    }]),
    download: Entry::Runs(&[Way {
        name: "",
        source: include_str!("download.rs"),
        concurrency: |_, _| 1,
        workers: |_, _| 1,
        fits: |work, setting| {
            setting.fits(work.connections, 1)?;
            bearable(work, "MiB")
        },
        run: download::run,
    }]),
    pipeline: Entry::Runs(&[Way {
        name: "",
        source: include_str!("pipeline.rs"),
        concurrency: |_, _| 1,
        workers: |_, _| 1,
        fits: |work, _| bearable(work, "items"),
        run: pipeline::run,
    }]),
    files: Entry::Runs(&[Way {
        name: "",
        source: include_str!("files.rs"),
        concurrency: |_, _| 1,
        workers: |_, _| 1,
        fits: |work, setting| {
            work.fits(setting, 1)?;
            bearable(work, "operations")
        },
        run: files::run,
    }]),
    websocket: Entry::Runs(&[Way {
        name: "",
        source: include_str!("websocket.rs"),
        concurrency: |work, _| work.in_flight(1),
        workers: |_, _| 1,
        fits: |work, setting| {
            setting.fits(work.sockets, 1)?;
            bearable(work, "messages")
        },
        run: websocket::run,
    }]),
    query: Entry::Runs(&[Way {
        name: "",
        source: include_str!("query.rs"),
        concurrency: |_, _| 1,
        workers: |_, _| 1,
        fits: |work, _| bearable(work, "queries"),
        run: query::run,
    }]),
    stall: Entry::Runs(&[Way {
        name: "",
        source: include_str!("stall.rs"),
        concurrency: |work, _| work.blockers(1),
        workers: |_, _| 1,
        fits: |_, _| Ok(()),
        run: stall::run,
    }]),
    spawn: Entry::Absent(
        "it starts nothing: on one thread a task is a call of a function",
    ),
    lock: Entry::Runs(&[Way {
        name: "",
        source: include_str!("lock.rs"),
        concurrency: |_, _| 1,
        workers: |_, _| 1,
        fits: |work, _| match work.contenders {
            1 => Ok(()),
            _ => Err(ALONE.to_string()),
        },
        run: lock::run,
    }]),
    ring: Entry::Absent(
        "one thread has nobody to hand over to: a member that waits for the \
         token would wait for itself",
    ),
    cancel: Entry::Absent(
        "one thread that waits for an answer cannot tell itself to give up: \
         what it has are timeouts, which deadline measures",
    ),
    deadline: Entry::Runs(&[Way {
        name: "",
        source: include_str!("deadline.rs"),
        concurrency: |_, _| 1,
        workers: |_, _| 1,
        fits: |work, setting| {
            setting.fits(work.connections, 1)?;
            bearable(work, "requests")
        },
        run: deadline::run,
    }]),
    sleepers: Entry::Absent(
        "one thread can sleep once: while it does, there is nobody else to \
         start, to count or to wake",
    ),
    serve: Entry::Runs(&[Way {
        name: "",
        source: include_str!("serve.rs"),
        concurrency: |_, _| 1,
        workers: |_, _| 1,
        fits: |work, setting| {
            if work.connections > 1 {
                return Err(ONE_CLIENT.to_string());
            }
            work.fits(setting, 2)
        },
        run: serve::run,
    }]),
};

/// Why it has one client.
const ONE_CLIENT: &str = "one client at a time: with keep-alive connections \
                          all others would wait until the first has left; \
                          measured with one client";

/// Why it contends for no mutex with others.
const ALONE: &str = "one thread contends with nobody: the mutex is its own; \
                     measured with one contender";

fn bearable<W: triathlon_contract::Workload>(
    work: &W,
    operations: &str,
) -> Result<(), String> {
    let takes = work.waits(1) + work.computes();
    if takes <= TAKES_MAX {
        return Ok(());
    }
    let count = work.operations();
    Err(format!(
        "one after the other, {count} {operations} take {:.1} s; \
         measured where the sum is at most {:.1} s",
        takes.as_secs_f64(),
        TAKES_MAX.as_secs_f64(),
    ))
}
