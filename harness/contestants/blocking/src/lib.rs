//! Contestant `blocking`: one thread, one thing after the other.
//!
//! The baseline: what the work costs when nothing overlaps.

mod client;
mod connection;
mod fan_out;
mod fan_out_stack;
mod request_loop;

use std::time::Duration;

use triathlon_contract::{Contestant, Entry, Style, Way};

/// Longest sum of waits that is worth sitting through.
const WAITS_MAX: Duration = Duration::from_millis(2500);

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
            concurrency: |_| 1,
            workers: |_, _| 1,
            fits: |work, _| bearable(work, "fetches"),
            run: fan_out::run,
        },
        Way {
            name: "stack",
            source: include_str!("fan_out_stack.rs"),
            concurrency: |_| 1,
            workers: |_, _| 1,
            fits: |work, _| bearable(work, "fetches"),
            run: fan_out_stack::run,
        },
    ]),
    request_loop: Entry::Runs(&[Way {
        name: "",
        source: include_str!("request_loop.rs"),
        concurrency: |_| 1,
        workers: |_, _| 1,
        fits: |work, setting| {
            setting.fits(work.connections, 1)?;
            bearable(work, "requests")
        },
        run: request_loop::run,
    }]),
};

fn bearable<W: triathlon_contract::Workload>(
    work: &W,
    operations: &str,
) -> Result<(), String> {
    let waits = work.waits(1);
    if waits <= WAITS_MAX {
        return Ok(());
    }
    let count = work.expects(1).samples;
    Err(format!(
        "one after the other, {count} {operations} wait {:.1} s; \
         measured where the sum is at most {:.1} s",
        waits.as_secs_f64(),
        WAITS_MAX.as_secs_f64(),
    ))
}
