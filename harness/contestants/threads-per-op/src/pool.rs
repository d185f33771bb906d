//! Connections that threads borrow and give back.

use std::collections::VecDeque;
use std::sync::mpsc::{self, Receiver, SendError, SyncSender};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What is free lies in the vector. Who finds it empty queues up and sleeps on
/// a channel of its own; who gives back hands over to the first in the queue,
/// under the lock, so that nobody who comes later is faster. Something is free
/// only if nobody waits. Bounded by what it was made with.
pub(crate) struct Pool<T>(Mutex<Turns<T>>);

struct Turns<T> {
    free: Vec<T>,
    queue: VecDeque<(u64, SyncSender<T>)>,
    /// Number of the next that queues up.
    next: u64,
}

impl<T> Pool<T> {
    pub(crate) fn new(free: Vec<T>) -> Self {
        Self(Mutex::new(Turns { free, queue: VecDeque::new(), next: 0 }))
    }

    /// Takes one, waits for one if need be.
    pub(crate) fn take(&self) -> T {
        match self.turn() {
            Ok(one) => one,
            Err((_, handed)) => {
                handed.recv().expect("the queue keeps the other end")
            }
        }
    }

    /// The same, but waits no longer than this, if there is a bound at all.
    pub(crate) fn take_within(&self, at_most: Option<Duration>) -> Option<T> {
        let Some(at_most) = at_most else {
            return Some(self.take());
        };
        let (number, handed) = match self.turn() {
            Ok(one) => return Some(one),
            Err(place) => place,
        };
        handed.recv_timeout(at_most).ok().or_else(|| {
            self.lock().queue.retain(|(known, _)| *known != number);
            // It may have been handed over just before.
            handed.try_recv().ok()
        })
    }

    /// Gives one back, after an error, too, or another in its place: else those
    /// who wait would wait for ever.
    pub(crate) fn give(&self, mut one: T) {
        let mut turns = self.lock();
        while let Some((_, first)) = turns.queue.pop_front() {
            match first.send(one) {
                Ok(()) => return,
                Err(SendError(back)) => one = back,
            }
        }
        turns.free.push(one);
    }

    /// One that is free, or else a place in the queue.
    fn turn(&self) -> Result<T, (u64, Receiver<T>)> {
        let mut turns = self.lock();
        if let Some(one) = turns.free.pop() {
            return Ok(one);
        }
        let ((hand, handed), number) = (mpsc::sync_channel(1), turns.next);
        turns.next += 1;
        turns.queue.push_back((number, hand));
        Err((number, handed))
    }

    fn lock(&self) -> MutexGuard<'_, Turns<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Pool;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    #[test]
    fn a_bounded_wait_ends_without_one_and_with_one() {
        let (pool, wait) = (Pool::new(vec![7]), Duration::from_millis(5));
        assert_eq!(pool.take_within(Some(wait)), Some(7));
        assert_eq!(pool.take_within(Some(wait)), None);
        // Whoever gave up is no longer in the queue.
        pool.give(8);
        assert_eq!(pool.take_within(None), Some(8));
    }

    #[test]
    fn who_came_first_is_first() {
        let (pool, order) = (Pool::new(vec![()]), Mutex::new(Vec::new()));
        pool.take();
        thread::scope(|scope| {
            for number in 0..8 {
                let (pool, order) = (&pool, &order);
                scope.spawn(move || {
                    pool.take();
                    order.lock().unwrap().push(number);
                    pool.give(());
                });
                while pool.lock().queue.len() < number + 1 {
                    thread::yield_now();
                }
            }
            pool.give(());
            // Comes last, and finds nothing free before all have had theirs.
            pool.take();
            assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3, 4, 5, 6, 7]);
            pool.give(());
        });
        assert_eq!(pool.lock().free.len(), 1);
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
        assert_eq!(pool.lock().free.len(), 3);
    }
}
