//! Connections that threads borrow and give back.

use std::sync::{Condvar, Mutex, PoisonError};

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
