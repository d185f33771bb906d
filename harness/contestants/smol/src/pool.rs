//! Connections that tasks borrow and give back.

use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use smol::lock::{Semaphore, SemaphoreGuard};

/// What is free lies in the vector; the semaphore has a permit for each, and
/// wakes the tasks that find none. The lock is never held across an await.
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
    pub(crate) async fn take(&self) -> Result<(T, SemaphoreGuard<'_>)> {
        let permit = self.permits.acquire().await;
        let one =
            self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Ok((one.context("a permit without a connection")?, permit))
    }

    /// Gives one back, then its permit.
    pub(crate) fn give(&self, one: T, permit: SemaphoreGuard<'_>) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(one);
        drop(permit);
    }
}

#[cfg(test)]
mod tests {
    use super::Pool;
    use smol::LocalExecutor;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn never_more_are_out_than_were_put_in() {
        let pool = Arc::new(Pool::new(vec![(); 3]));
        let out = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let executor = LocalExecutor::new();
        let mut tasks = Vec::new();
        for _ in 0..20 {
            let (pool, out) = (Arc::clone(&pool), Arc::clone(&out));
            tasks.push(executor.spawn(async move {
                let (one, permit) = pool.take().await.unwrap();
                let now = out.0.fetch_add(1, Ordering::SeqCst) + 1;
                out.1.fetch_max(now, Ordering::SeqCst);
                smol::future::yield_now().await;
                out.0.fetch_sub(1, Ordering::SeqCst);
                pool.give(one, permit);
            }));
        }
        smol::block_on(executor.run(async {
            for task in tasks {
                task.await;
            }
        }));
        assert!(out.1.load(Ordering::SeqCst) <= 3);
        assert_eq!(pool.free.lock().unwrap().len(), 3);
    }
}
