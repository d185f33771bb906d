//! Connections that tasks borrow and give back.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use async_std::channel::{Receiver, Sender, bounded};

/// What is free lies in the vector. Who finds it empty queues up and awaits a
/// channel of its own; who gives back hands over to the first in the queue,
/// under the lock, so that nobody who comes later is faster, as they would be
/// with one channel for all. Something is free only if nobody
/// waits. The lock is never held across an await.
pub(crate) struct Pool<T>(Mutex<Turns<T>>);

struct Turns<T> {
    free: Vec<T>,
    queue: VecDeque<(u64, Sender<T>)>,
    /// Number of the next that queues up.
    next: u64,
}

/// A place in the queue. Who leaves it early, as a timeout does, hands on what
/// it was given meanwhile.
struct Place<'a, T> {
    pool: &'a Pool<T>,
    number: u64,
    handed: Receiver<T>,
    served: bool,
}

impl<T> Pool<T> {
    pub(crate) fn new(free: Vec<T>) -> Self {
        Self(Mutex::new(Turns { free, queue: VecDeque::new(), next: 0 }))
    }

    /// Takes one, awaits one if need be.
    pub(crate) async fn take(&self) -> Result<T> {
        let mut place = match self.turn() {
            Ok(one) => return Ok(one),
            Err(place) => place,
        };
        let one = place.handed.recv().await?;
        place.served = true;
        Ok(one)
    }

    /// Gives one back, after an error, too, or another in its place: else those
    /// who wait would wait for ever.
    pub(crate) fn give(&self, mut one: T) {
        let mut turns = self.lock();
        while let Some((_, first)) = turns.queue.pop_front() {
            match first.try_send(one) {
                Ok(()) => return,
                Err(gone) => one = gone.into_inner(),
            }
        }
        turns.free.push(one);
    }

    /// One that is free, or else a place in the queue.
    fn turn(&self) -> Result<T, Place<'_, T>> {
        let mut turns = self.lock();
        if let Some(one) = turns.free.pop() {
            return Ok(one);
        }
        let ((hand, handed), number) = (bounded(1), turns.next);
        turns.next += 1;
        turns.queue.push_back((number, hand));
        Err(Place { pool: self, number, handed, served: false })
    }

    fn lock(&self) -> MutexGuard<'_, Turns<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Drop for Place<'_, T> {
    fn drop(&mut self) {
        if self.served {
            return;
        }
        let number = self.number;
        self.pool.lock().queue.retain(|(known, _)| *known != number);
        if let Ok(one) = self.handed.try_recv() {
            self.pool.give(one);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pool;
    use crate::runtime;
    use async_std::task;
    use std::pin::{Pin, pin};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Poll, Waker};

    /// Polls a future once.
    fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn who_came_first_is_first() {
        let pool = Pool::new(vec![()]);
        assert!(poll(pin!(pool.take())).is_ready());
        let mut queue: Vec<_> = (0..8).map(|_| Box::pin(pool.take())).collect();
        assert!(queue.iter_mut().all(|one| poll(one.as_mut()).is_pending()));
        // Whoever gives up hands on what it was given.
        pool.give(());
        drop(queue.remove(0));
        drop(queue.remove(2));
        while !queue.is_empty() {
            // Comes late, finds nothing free and leaves.
            assert!(poll(pin!(pool.take())).is_pending());
            let ready =
                queue.iter_mut().map(|one| poll(one.as_mut()).is_ready());
            let ready: Vec<bool> = ready.collect();
            assert!(ready[0] && !ready[1..].contains(&true), "{ready:?}");
            drop(queue.remove(0));
            pool.give(());
        }
        assert_eq!(pool.lock().free.len(), 1);
    }

    #[test]
    fn never_more_are_out_than_were_put_in() {
        runtime::start(2);
        let pool = Arc::new(Pool::new(vec![(); 3]));
        let out = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let mut tasks = Vec::new();
        for _ in 0..20 {
            let (pool, out) = (Arc::clone(&pool), Arc::clone(&out));
            tasks.push(task::spawn(async move {
                pool.take().await.unwrap();
                let now = out.0.fetch_add(1, Ordering::SeqCst) + 1;
                out.1.fetch_max(now, Ordering::SeqCst);
                task::yield_now().await;
                out.0.fetch_sub(1, Ordering::SeqCst);
                pool.give(());
            }));
        }
        for task in tasks {
            runtime::block_on(task);
        }
        let most = out.1.load(Ordering::SeqCst);
        assert!((1..=3).contains(&most), "{most} were out at once");
        assert_eq!(pool.lock().free.len(), 3);
    }
}
