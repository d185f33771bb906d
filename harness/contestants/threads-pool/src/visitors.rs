//! Connections of a server that wait for a thread.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A bounded queue. Who accepts puts in and is refused when it is full; a
/// worker takes one, and puts it back when others wait. Once it is closed,
/// those that are in it come out, and then nothing.
pub(crate) struct Visitors<C> {
    waiting: Mutex<Waiting<C>>,
    came: Condvar,
    most: usize,
}

struct Waiting<C> {
    queue: VecDeque<C>,
    closed: bool,
}

impl<C> Visitors<C> {
    pub(crate) fn new(most: usize) -> Self {
        let waiting = Waiting { queue: VecDeque::new(), closed: false };
        Self { waiting: Mutex::new(waiting), came: Condvar::new(), most }
    }

    /// Takes in a new one; gives it back if there is no room.
    pub(crate) fn admit(&self, one: C) -> Result<(), C> {
        let mut waiting = self.lock();
        if waiting.queue.len() >= self.most {
            return Err(one);
        }
        waiting.queue.push_back(one);
        self.came.notify_one();
        Ok(())
    }

    /// Puts one back behind all others; it was in here, so there is room.
    pub(crate) fn queue_again(&self, one: C) {
        self.lock().queue.push_back(one);
        self.came.notify_one();
    }

    /// The next; waits for one, and is nothing once closed and empty.
    pub(crate) fn next(&self) -> Option<C> {
        let waiting = self.came.wait_while(self.lock(), |waiting| {
            waiting.queue.is_empty() && !waiting.closed
        });
        waiting.unwrap_or_else(PoisonError::into_inner).queue.pop_front()
    }

    /// Whether somebody waits.
    pub(crate) fn wait(&self) -> bool {
        !self.lock().queue.is_empty()
    }

    /// Nobody comes any more.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.came.notify_all();
    }

    /// Whether the server stops.
    pub(crate) fn closed(&self) -> bool {
        self.lock().closed
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<C>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Visitors;
    use std::thread;

    #[test]
    fn they_come_out_in_their_order_and_no_more_than_there_is_room_for() {
        let visitors = Visitors::new(2);
        assert_eq!(
            [1, 2, 3].map(|one| visitors.admit(one).is_ok()),
            [true, true, false]
        );
        let first = visitors.next().unwrap();
        assert!(visitors.wait());
        visitors.queue_again(first);
        visitors.close();
        let out: Vec<_> = std::iter::from_fn(|| visitors.next()).collect();
        assert_eq!(out, [2, 1]);
        assert!(!visitors.wait() && visitors.closed());
    }

    #[test]
    fn whoever_waits_is_woken_by_one_that_comes_and_by_the_end() {
        let visitors = Visitors::new(1);
        thread::scope(|scope| {
            let worker = || (visitors.next(), visitors.next());
            let worker = scope.spawn(worker);
            visitors.admit(7).unwrap();
            visitors.close();
            assert_eq!(worker.join().unwrap(), (Some(7), None));
        });
    }
}
