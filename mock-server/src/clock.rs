//! Nanoseconds of `CLOCK_MONOTONIC`.
//!
//! `Instant` hides its origin, and the timerfd needs absolute times of the same
//! clock; read through the vDSO, so a reading costs tens of nanoseconds.

use rustix::time::{ClockId, clock_gettime};

const SECOND_NS: u64 = 1_000_000_000;

/// Now. Never zero, never decreasing, the same on all threads.
#[inline]
pub(crate) fn now_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec as u64 * SECOND_NS + now.tv_nsec as u64
}
