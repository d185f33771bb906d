//! When to wake: a timerfd beside the sockets, which has no slack and knows
//! nanoseconds, where `epoll_wait` rounds up to whole milliseconds.

use std::time::Duration;

use anyhow::{Context, Result};
use rustix::event::Timespec;
use rustix::event::epoll::{self, Event, EventData, EventFlags};
use rustix::fd::OwnedFd;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_settime,
};
use triathlon_lab::Clock;

/// The data of the timer's event.
pub(crate) const TIMER: u64 = u64::MAX;

/// Waits of a calibration, each so long.
const TRIALS: usize = 200;
const TRIAL_NS: u64 = 100_000;

/// Bounds of the tail that is spun.
const TAIL_MIN_NS: u64 = 5_000;
const TAIL_MAX_NS: u64 = 150_000;

/// A timer in an `epoll`.
#[derive(Debug)]
pub(crate) struct Timer {
    fd: OwnedFd,
    /// For when it is armed, so that the same wait costs one call.
    armed_ns: u64,
}

/// How late the timer wakes on this machine, over 200 waits before the run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Overshoot {
    /// Median.
    pub p50: Duration,
    /// 99th percentile.
    pub p99: Duration,
}

impl Overshoot {
    /// How long before an intended start sleeping ends and spinning begins.
    pub(crate) fn tail_ns(&self) -> u64 {
        (self.p99.as_nanos() as u64).clamp(TAIL_MIN_NS, TAIL_MAX_NS)
    }
}

impl Timer {
    /// Registers a timer with `epoll`, edge-triggered: it is armed again
    /// without being read.
    pub(crate) fn new(epoll: &OwnedFd) -> Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let fd = timerfd_create(TimerfdClockId::Monotonic, flags).context("make a timerfd")?;
        let interest = EventFlags::IN | EventFlags::ET;
        epoll::add(epoll, &fd, EventData::new_u64(TIMER), interest).context("add the timerfd")?;
        Ok(Self { fd, armed_ns: 0 })
    }

    /// Wakes the `epoll` at `at_ns`, which is after `now_ns`.
    pub(crate) fn arm(&mut self, now_ns: u64, at_ns: u64) -> Result<()> {
        if self.armed_ns == at_ns {
            return Ok(());
        }
        self.armed_ns = at_ns;
        let none = Timespec { tv_sec: 0, tv_nsec: 0 };
        let time = Itimerspec { it_interval: none, it_value: timespec(at_ns - now_ns) };
        timerfd_settime(&self.fd, TimerfdTimerFlags::empty(), &time).context("arm the timerfd")?;
        Ok(())
    }
}

/// Nanoseconds as the kernel takes them.
pub(crate) fn timespec(ns: u64) -> Timespec {
    Timespec { tv_sec: (ns / 1_000_000_000) as i64, tv_nsec: (ns % 1_000_000_000) as _ }
}

/// Measures how late a wait ends, with an `epoll` and timer of its own.
pub(crate) fn calibrate(clock: Clock) -> Result<Overshoot> {
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).context("make an epoll")?;
    let mut timer = Timer::new(&epoll)?;
    let mut events = [Event { flags: EventFlags::empty(), data: EventData::new_u64(0) }];
    let mut late_ns = Vec::with_capacity(TRIALS);
    for _ in 0..TRIALS {
        let now_ns = clock.now_ns();
        let at_ns = now_ns + TRIAL_NS;
        timer.arm(now_ns, at_ns)?;
        match epoll::wait(&epoll, events.as_mut_slice(), None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error).context("wait for the timerfd"),
        }
        late_ns.push(clock.now_ns().saturating_sub(at_ns));
    }
    late_ns.sort_unstable();
    let rank = |percent: usize| Duration::from_nanos(late_ns[TRIALS * percent / 100 - 1]);
    Ok(Overshoot { p50: rank(50), p99: rank(99) })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use triathlon_lab::Clock;

    use super::{Overshoot, calibrate};

    #[test]
    fn a_wait_is_late_and_its_tail_is_bounded() {
        let found = calibrate(Clock::start()).unwrap();
        assert!(found.p50 <= found.p99 && found.p99 < Duration::from_secs(1), "{found:?}");
        let tail = |us| Overshoot { p99: Duration::from_micros(us), ..found }.tail_ns();
        assert_eq!((tail(0), tail(60), tail(9000)), (5_000, 60_000, 150_000));
    }
}
