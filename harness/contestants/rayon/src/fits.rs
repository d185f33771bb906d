//! What is measured of a workload, and what would only be sat through.

use std::time::Duration;

use triathlon_contract::{Setting, Workload};

/// Longest sum of waiting and computing that is worth sitting through.
const TAKES_MAX: Duration = Duration::from_millis(2500);

/// Most threads of `pool-of-n`. An idle one searches the queues of all others
/// some 30 times before it sleeps, so that the cost grows with the square: on
/// one CPU of 2026, 1000 threads take 5 s and more for 1000 fetches of 20 ms,
/// 5000 threads a minute.
const POOL_MAX: u64 = 256;

/// Operations in flight on the default pool, if so many are wanted.
pub(crate) fn at_once(wanted: u64, setting: &Setting) -> u64 {
    wanted.min(setting.workers as u64)
}

/// Whether a pool of so many threads, with a connection each, is measured.
pub(crate) fn pool_fits(threads: u64, setting: &Setting) -> Result<(), String> {
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
pub(crate) fn bearable<W: Workload>(
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
