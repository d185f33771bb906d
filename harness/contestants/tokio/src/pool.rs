//! Connections that tasks borrow and give back.

use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use tokio::sync::{Semaphore, SemaphorePermit};

/// What is free lies in the vector; the semaphore has a permit for each, and
/// queues the tasks that find none: first come, first served. The lock is never
/// held across an await.
pub(crate) struct Pool<T> {
    free: Mutex<Vec<T>>,
    permits: Semaphore,
}

impl<T> Pool<T> {
    pub(crate) fn new(free: Vec<T>) -> Self {
        let permits = Semaphore::new(free.len());
        Self { free: Mutex::new(free), permits }
    }

    /// Takes one, awaits one if need be; the permit is held until it is given
    /// back.
    pub(crate) async fn take(&self) -> Result<(T, SemaphorePermit<'_>)> {
        let permit = self.permits.acquire().await?;
        let one =
            self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Ok((one.context("a permit without a connection")?, permit))
    }

    /// Gives one back, then its permit.
    pub(crate) fn give(&self, one: T, permit: SemaphorePermit<'_>) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(one);
        drop(permit);
    }
}

#[cfg(test)]
mod tests {
    use super::Pool;
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
        let Poll::Ready(Ok(((), first))) = poll(pin!(pool.take())) else {
            panic!("nothing is free");
        };
        let mut queue: Vec<_> = (0..8).map(|_| Box::pin(pool.take())).collect();
        assert!(queue.iter_mut().all(|one| poll(one.as_mut()).is_pending()));
        // Whoever gives up hands on what it was given.
        pool.give((), first);
        drop(queue.remove(0));
        drop(queue.remove(2));
        while !queue.is_empty() {
            // Comes late, finds nothing free and leaves.
            assert!(poll(pin!(pool.take())).is_pending());
            let polled: Vec<_> =
                queue.iter_mut().map(|one| poll(one.as_mut())).collect();
            let mut polled = polled.into_iter();
            let Some(Poll::Ready(Ok(((), permit)))) = polled.next() else {
                panic!("the first has none");
            };
            assert!(polled.all(|later| later.is_pending()));
            drop(queue.remove(0));
            pool.give((), permit);
        }
        assert_eq!(pool.free.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn never_more_are_out_than_were_put_in() {
        let pool = Arc::new(Pool::new(vec![(); 3]));
        let out = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let (pool, out) = (Arc::clone(&pool), Arc::clone(&out));
            tasks.spawn(async move {
                let (one, permit) = pool.take().await.unwrap();
                let now = out.0.fetch_add(1, Ordering::SeqCst) + 1;
                out.1.fetch_max(now, Ordering::SeqCst);
                tokio::task::yield_now().await;
                out.0.fetch_sub(1, Ordering::SeqCst);
                pool.give(one, permit);
            });
        }
        tasks.join_all().await;
        assert!(out.1.load(Ordering::SeqCst) <= 3);
        assert_eq!(pool.free.lock().unwrap().len(), 3);
    }
}
