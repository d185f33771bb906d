//! Every delay of the process, from one timerfd.
//!
//! tokio's own timer has a granularity of a millisecond, which would be the
//! story of every workload that waits.
//!
//! # Protocol
//! A [`Wait`] puts its deadline and waker into the queue when it is first
//! polled and takes them out again when it is cancelled; a [`Delay`] cancels its
//! own when it is dropped early: the queue holds
//! exactly the delays that are waited for, at most one per connection. (A tree
//! instead of a heap, for this removal.) Whoever makes a deadline the earliest
//! arms the timerfd, under the queue's lock, so the kernel sees the settings in
//! the order of the queue. One driver task waits for the timerfd, takes all that
//! is due, arms for the next and wakes in order of deadline. A removed earliest
//! deadline is not disarmed: the driver wakes once for nothing.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::clock::now_ns;

/// Deadline, then order of arrival: both together are unique.
type Key = (u64, u64);

/// The timerfd and who waits for it.
pub(crate) struct Timer {
    fd: AsyncFd<OwnedFd>,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: BTreeMap<Key, Waker>,
    /// What the timerfd was last set to; in the past if it has expired.
    armed_ns: u64,
    sequence: u64,
}

impl Timer {
    /// A timer whose [`drive`](Self::drive) must run as a task of this runtime.
    ///
    /// # Errors
    /// No file descriptor is left.
    pub(crate) fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let fd = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        // tokio 1.54 deprecates this for descriptors that may be closed or
        // exchanged under the registration; an `OwnedFd` can be neither. Its
        // successor has the same body and is `unsafe`, which we do not use.
        #[allow(deprecated, reason = "sound for an OwnedFd; the successor is unsafe")]
        let fd = AsyncFd::with_interest(fd, Interest::READABLE)?;
        Ok(Self { fd, queue: Mutex::default() })
    }

    /// Completes at `deadline_ns` of [`now_ns`] or as soon as possible after.
    pub(crate) fn until(&self, deadline_ns: u64) -> Delay<'_> {
        Delay { timer: self, wait: Wait::new(deadline_ns) }
    }

    /// Ready once the deadline of a wait is past; wakes the task then if not.
    pub(crate) fn poll(&self, wait: &mut Wait, cx: &mut Context<'_>) -> Poll<()> {
        // The driver takes out only what is due by the same clock, so whoever
        // is woken by it is done here, and who is early still has its entry.
        if now_ns() >= wait.deadline_ns {
            return Poll::Ready(());
        }
        match wait.waiting {
            None => {
                let key = self.insert(wait.deadline_ns, cx.waker().clone());
                wait.waiting = Some(key);
            }
            Some(key) => match self.queue().waiting.get_mut(&key) {
                Some(waker) => waker.clone_from(cx.waker()),
                // Taken between the look at the clock and the lock: the wake-up
                // may have gone to an older waker, so this one is repeated.
                None => cx.waker().wake_by_ref(),
            },
        }
        Poll::Pending
    }

    /// Ends a wait; one that is over or was never polled costs nothing or a look.
    pub(crate) fn cancel(&self, wait: &mut Wait) {
        if let Some(key) = wait.waiting.take() {
            self.queue().waiting.remove(&key);
        }
    }

    /// Wakes the delays; runs as long as the server.
    ///
    /// # Errors
    /// The runtime's I/O driver is gone.
    pub(crate) async fn drive(&self) -> io::Result<()> {
        let mut due = Vec::new();
        loop {
            let mut ready = self.fd.readable().await?;
            // Only consumes the expiry. With nothing to read this was a wake-up
            // for a setting that has been replaced, which is no error.
            let _ = rustix::io::read(ready.get_inner(), &mut [0u8; 8]);
            ready.clear_ready();
            self.take_due(&mut due);
            due.drain(..).for_each(Waker::wake);
        }
    }

    fn take_due(&self, due: &mut Vec<Waker>) {
        let mut queue = self.queue();
        let now = now_ns();
        while let Some(first) = queue.waiting.first_entry() {
            let next = first.key().0;
            if next > now {
                // What has expired is in the past, so this differs from it.
                if next != queue.armed_ns {
                    self.arm(&mut queue, next);
                }
                return;
            }
            due.push(first.remove());
        }
    }

    fn insert(&self, deadline_ns: u64, waker: Waker) -> Key {
        let mut queue = self.queue();
        let key = (deadline_ns, queue.sequence);
        queue.sequence += 1;
        let earliest = queue.waiting.first_key_value().is_none_or(|(first, _)| key < *first);
        queue.waiting.insert(key, waker);
        if earliest && deadline_ns != queue.armed_ns {
            self.arm(&mut queue, deadline_ns);
        }
        key
    }

    /// Sets the timerfd; a deadline in the past expires at once.
    fn arm(&self, queue: &mut Queue, deadline_ns: u64) {
        queue.armed_ns = deadline_ns;
        let it_value = Timespec {
            tv_sec: (deadline_ns / 1_000_000_000) as i64,
            tv_nsec: (deadline_ns % 1_000_000_000) as _,
        };
        let it_interval = Timespec { tv_sec: 0, tv_nsec: 0 };
        timerfd_settime(
            self.fd.get_ref(),
            TimerfdTimerFlags::ABSTIME,
            &Itimerspec { it_interval, it_value },
        )
        .expect("a timerfd takes every absolute time");
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Every change of the queue is complete before anything can panic.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.queue().waiting.len()
    }
}

/// A deadline, and the place in the queue of whoever waits for it. It borrows
/// nothing: who owns it calls [`Timer::cancel`] before dropping it.
pub(crate) struct Wait {
    deadline_ns: u64,
    waiting: Option<Key>,
}

impl Wait {
    /// For a deadline of [`now_ns`].
    pub(crate) const fn new(deadline_ns: u64) -> Self {
        Self { deadline_ns, waiting: None }
    }

    /// How late it is if somebody had to be woken for it, else nothing.
    pub(crate) fn late_ns(&self) -> u64 {
        self.waiting.map_or(0, |_| now_ns().saturating_sub(self.deadline_ns))
    }
}

/// A wait for a deadline; dropping it ends the wait.
pub(crate) struct Delay<'a> {
    timer: &'a Timer,
    wait: Wait,
}

impl Future for Delay<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self { timer, wait } = &mut *self;
        timer.poll(wait, cx)
    }
}

impl Drop for Delay<'_> {
    fn drop(&mut self) {
        self.timer.cancel(&mut self.wait);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::{Timer, now_ns};

    const MS: u64 = 1_000_000;

    fn with_timer<F: Future<Output = ()>>(test: impl FnOnce(Arc<Timer>) -> F) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        runtime.block_on(async {
            let timer = Arc::new(Timer::new().unwrap());
            let driver = Arc::clone(&timer);
            tokio::spawn(async move { driver.drive().await });
            test(timer).await;
        });
    }

    #[test]
    fn delays_end_in_order_of_deadline_and_never_early() {
        with_timer(|timer| async move {
            let start = now_ns();
            let order = Arc::new(Mutex::new(Vec::new()));
            let mut tasks = tokio::task::JoinSet::new();
            for ms in [40, 10, 30, 20, 0] {
                let (timer, order) = (Arc::clone(&timer), Arc::clone(&order));
                tasks.spawn(async move {
                    timer.until(start + ms * MS).await;
                    assert!(now_ns() >= start + ms * MS);
                    order.lock().unwrap().push(ms);
                });
            }
            while let Some(ended) = tasks.join_next().await {
                ended.unwrap();
            }
            assert_eq!(*order.lock().unwrap(), [0, 10, 20, 30, 40]);
            assert_eq!(timer.waiting(), 0);
        });
    }

    #[test]
    fn a_dropped_delay_leaves_nothing_and_disturbs_nobody() {
        with_timer(|timer| async move {
            let start = now_ns();
            let task = {
                let timer = Arc::clone(&timer);
                tokio::spawn(async move { timer.until(start + 5 * MS).await })
            };
            while timer.waiting() == 0 {
                tokio::task::yield_now().await;
            }
            task.abort();
            assert!(task.await.unwrap_err().is_cancelled());
            assert_eq!(timer.waiting(), 0);
            timer.until(start + 20 * MS).await;
            assert!(now_ns() >= start + 20 * MS);
            assert_eq!(timer.waiting(), 0);
        });
    }
}
