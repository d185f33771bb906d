//! Connections that threads borrow and give back.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// What is free lies in the vector; who finds it empty sleeps on the condition
/// variable; who gives back wakes one sleeper. Bounded by what it was made
/// with.
pub(crate) struct Pool<T> {
    free: Mutex<Vec<T>>,
    returned: Condvar,
}

impl<T> Pool<T> {
    pub(crate) fn new(free: Vec<T>) -> Self {
        Self { free: Mutex::new(free), returned: Condvar::new() }
    }

    /// Takes one, waits for one if need be.
    pub(crate) fn take(&self) -> T {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match free.pop() {
                Some(one) => return one,
                None => {
                    free = self
                        .returned
                        .wait(free)
                        .unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    /// The same, but waits no longer than this, if there is a bound at all.
    pub(crate) fn take_within(&self, at_most: Option<Duration>) -> Option<T> {
        let Some(at_most) = at_most else {
            return Some(self.take());
        };
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let waited =
            self.returned.wait_timeout_while(free, at_most, |f| f.is_empty());
        waited.unwrap_or_else(PoisonError::into_inner).0.pop()
    }

    /// Gives one back.
    pub(crate) fn give(&self, one: T) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(one);
        self.returned.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::Pool;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    #[test]
    fn a_bounded_wait_ends_without_one_and_with_one() {
        let (pool, wait) = (Pool::new(vec![7]), Duration::from_millis(5));
        assert_eq!(pool.take_within(Some(wait)), Some(7));
        assert_eq!(pool.take_within(Some(wait)), None);
        pool.give(8);
        assert_eq!(pool.take_within(None), Some(8));
    }

    #[test]
    fn never_more_are_out_than_were_put_in() {
        let pool = Pool::new(vec![(); 3]);
        let (out, peak) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| {
                    pool.take();
                    let now = out.fetch_add(1, Ordering::SeqCst) + 1;
                    peak.fetch_max(now, Ordering::SeqCst);
                    thread::yield_now();
                    out.fetch_sub(1, Ordering::SeqCst);
                    pool.give(());
                });
            }
        });
        assert!(peak.load(Ordering::SeqCst) <= 3);
        assert_eq!(pool.free.lock().unwrap().len(), 3);
    }
}
