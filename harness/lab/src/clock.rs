//! The monotonic clock that all lanes of an execution share.

use std::time::{Duration, Instant};

/// Nanoseconds since the lab was made; a copy for every task.
///
/// Backed by `CLOCK_MONOTONIC` through [`Instant`], so it never goes back.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
}

impl Clock {
    /// A clock whose zero is now.
    pub fn start() -> Self {
        Self { origin: Instant::now() }
    }

    /// Nanoseconds since the origin; 584 years fit.
    #[inline]
    pub fn now_ns(self) -> u64 {
        self.origin.elapsed().as_nanos() as u64
    }

    /// The instant at which [`Self::now_ns`] is that; what timers take.
    #[inline]
    pub fn instant(self, at_ns: u64) -> Instant {
        self.origin + Duration::from_nanos(at_ns)
    }

    /// Time left until then; none if it is over.
    #[inline]
    pub fn until(self, at_ns: u64) -> Duration {
        Duration::from_nanos(at_ns.saturating_sub(self.now_ns()))
    }
}

#[cfg(test)]
mod tests {
    use super::Clock;

    #[test]
    fn an_instant_is_reached_when_nothing_is_left_until_then() {
        let clock = Clock::start();
        let at_ns = clock.now_ns() + 5_000_000;
        assert!(clock.until(at_ns) > std::time::Duration::ZERO);
        std::thread::sleep(clock.until(at_ns));
        assert!(clock.now_ns() >= at_ns && std::time::Instant::now() >= clock.instant(at_ns));
        assert_eq!(clock.until(at_ns), std::time::Duration::ZERO);
    }

    #[test]
    fn copies_share_the_origin_and_never_go_back() {
        let clock = Clock::start();
        let copy = clock;
        let first = clock.now_ns();
        let second = copy.now_ns();
        assert!(first <= second);
    }
}
