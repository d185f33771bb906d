//! The monotonic clock that all lanes of an execution share.

use std::time::Instant;

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
}

#[cfg(test)]
mod tests {
    use super::Clock;

    #[test]
    fn copies_share_the_origin_and_never_go_back() {
        let clock = Clock::start();
        let copy = clock;
        let first = clock.now_ns();
        let second = copy.now_ns();
        assert!(first <= second);
    }
}
