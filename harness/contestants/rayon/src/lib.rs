//! Contestant `rayon`: parallel iterators on a work-stealing pool.
//!
//! Made for computing: a pool has as many threads as CPUs, and who waits in it
//! keeps one of them. So where waits are the work there are two ways: the
//! default pool, and `pool-of-n` with as many threads as operations in flight.

mod client;
mod connection;
mod cpu;
mod fan_out;
mod fan_out_pool_of_n;
mod fan_out_stack;
mod mixed;
mod mixed_pool_of_n;
mod open_loop;
mod open_loop_pool_of_n;
mod pool;
mod request_loop;
mod request_loop_pool_of_n;

use std::time::Duration;

use triathlon_contract::{Contestant, Entry, Setting, Style, Way, Workload};

/// Longest sum of waiting and computing that is worth sitting through.
const TAKES_MAX: Duration = Duration::from_millis(2500);

/// Most threads of `pool-of-n`. An idle one searches the queues of all others
/// some 30 times before it sleeps, so that the cost grows with the square: on
/// one CPU of 2026, 1000 threads take 5 s and more for 1000 fetches of 20 ms,
/// 5000 threads a minute.
const POOL_MAX: u64 = 256;

/// The contestant.
pub static RAYON: Contestant = Contestant {
    name: "rayon",
    style: Style::Threads,
    flavours: &[""],
    about: "Parallel iterators of rayon, a work-stealing pool for computing, \
            started before the window. It has as many threads as the \
            contestant has CPUs, and each waits with its operation: in \
            request-loop and mixed a thread ends the whole loop of one \
            connection before it turns to another, so that the rest wait. \
            `pool-of-n` has as many threads as operations in flight, and so \
            has `stack`, which uses ureq, a client without a runtime, with \
            its default buffers of 128 KiB each way.",
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
};

/// Operations in flight on the default pool, if so many are wanted.
fn at_once(wanted: u64, setting: &Setting) -> u64 {
    wanted.min(setting.workers as u64)
}

/// Whether a pool of so many threads, with a connection each, is measured.
fn pool_fits(threads: u64, setting: &Setting) -> Result<(), String> {
    if threads > POOL_MAX {
        return Err(format!(
            "an idle thread of rayon searches the queues of all others, so \
             that a pool of {threads} threads does little else; measured up \
             to {POOL_MAX} threads"
        ));
    }
    setting.fits(threads, threads)
}

/// Whether it takes no longer than is worth sitting through.
fn bearable<W: Workload>(
    work: &W,
    at_once: u64,
    operations: &str,
) -> Result<(), String> {
    let takes = work.waits(at_once) + work.computes() / at_once as u32;
    if takes <= TAKES_MAX {
        return Ok(());
    }
    let count = work.operations();
    Err(format!(
        "{at_once} at a time, {count} {operations} take {:.1} s; \
         measured where the sum is at most {:.1} s",
        takes.as_secs_f64(),
        TAKES_MAX.as_secs_f64(),
    ))
}

#[cfg(test)]
mod tests {
    use super::{RAYON, at_once, bearable, pool_fits};
    use std::time::Duration;
    use triathlon_contract::{
        Connections, FanOut, Limits, RequestLoop, Setting,
    };

    fn setting(workers: usize) -> Setting {
        let server = "127.0.0.1:1".parse().unwrap();
        let limits = Limits { descriptors: 20_000, threads: 16_000 };
        Setting { server, workers, flavour: RAYON.flavours[0], limits }
    }

    #[test]
    fn the_default_pool_waits_in_waves_of_its_threads() {
        let connections = Connections::PerFetch;
        let delay = Duration::from_millis(20);
        let check = |fetches, workers, want: Result<(), &str>| {
            let (body_bytes, laps) = (1024, 1);
            let work = FanOut { fetches, delay, body_bytes, connections, laps };
            let at_once = at_once(work.in_flight(), &setting(workers));
            let got = bearable(&work, at_once, "fetches");
            assert_eq!(got, want.map_err(str::to_string));
        };
        let bound = "measured where the sum is at most 2.5 s";
        let long = format!("1 at a time, 1000 fetches take 20.0 s; {bound}");
        check(1000, 1, Err(&long));
        let long = format!("4 at a time, 1000 fetches take 5.0 s; {bound}");
        check(1000, 4, Err(&long));
        check(1000, 8, Ok(()));
        check(10, 64, Ok(()));
    }

    #[test]
    fn no_more_are_at_once_than_are_wanted() {
        let (connections, delay) = (16, Duration::from_millis(20));
        let work =
            RequestLoop { connections, delay, body_bytes: 128, laps: 20 };
        assert_eq!(at_once(work.connections, &setting(4)), 4);
        assert_eq!(at_once(work.connections, &setting(64)), 16);
        assert!(bearable(&work, 4, "requests").is_ok());
        assert!(bearable(&work, 2, "requests").is_err());
    }

    #[test]
    fn a_pool_of_n_is_bounded_by_rayon_before_the_machine_binds() {
        assert_eq!(pool_fits(256, &setting(1)), Ok(()));
        let reason = pool_fits(1000, &setting(1)).unwrap_err();
        assert!(reason.contains("a pool of 1000 threads"), "{reason}");
        let mut narrow = setting(1);
        narrow.limits.threads = 100;
        let reason = pool_fits(256, &narrow).unwrap_err();
        assert!(reason.contains("machine allows 100"), "{reason}");
    }
}
