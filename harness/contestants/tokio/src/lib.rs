//! Contestant `tokio`: tasks that await, on tokio's two schedulers.

mod connection;
mod fan_out;
mod fan_out_stack;
mod pool;
mod request_loop;
mod runtime;

use triathlon_contract::{Contestant, Entry, FanOut, Style, Way};

/// The contestant.
pub static TOKIO: Contestant = Contestant {
    name: "tokio",
    style: Style::Async,
    flavours: &["multi-thread", "current-thread"],
    about: "A task for every fetch or connection on tokio; the driver is \
            spawned, never run in `block_on`. multi-thread has as many \
            workers as the contestant has CPUs. The way `stack` uses hyper's \
            client.",
    fan_out: Entry::Runs(&[
        Way {
            name: "",
            source: include_str!("fan_out.rs"),
            concurrency: FanOut::in_flight,
            workers: |_, setting| runtime::workers(setting),
            fits: |work, setting| setting.fits(work.in_flight(), 1),
            run: fan_out::run,
        },
        Way {
            name: "stack",
            source: include_str!("fan_out_stack.rs"),
            concurrency: FanOut::in_flight,
            workers: |_, setting| runtime::workers(setting),
            fits: |work, setting| setting.fits(work.in_flight(), 1),
            run: fan_out_stack::run,
        },
    ]),
    request_loop: Entry::Runs(&[Way {
        name: "",
        source: include_str!("request_loop.rs"),
        concurrency: |work| work.connections,
        workers: |_, setting| runtime::workers(setting),
        fits: |work, setting| setting.fits(work.connections, 1),
        run: request_loop::run,
    }]),
};
