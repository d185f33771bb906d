//! Connections that tasks borrow and give back.

use anyhow::{Context, Result};
use async_std::channel::{Receiver, Sender, bounded};

/// What is free lies in the channel, which queues the tasks that find none. It
/// has a place for each, so that giving back never waits.
pub(crate) struct Pool<T> {
    lend: Receiver<T>,
    back: Sender<T>,
}

impl<T> Pool<T> {
    pub(crate) async fn new(free: Vec<T>) -> Result<Self> {
        let (back, lend) = bounded(free.len());
        let pool = Self { lend, back };
        for one in free {
            pool.give(one).await?;
        }
        Ok(pool)
    }

    /// Takes one, awaits one if need be.
    pub(crate) async fn take(&self) -> Result<T> {
        Ok(self.lend.recv().await?)
    }

    /// Gives one back, a broken one too: who takes it fails as well, where
    /// without it all might wait for ever.
    pub(crate) async fn give(&self, one: T) -> Result<()> {
        self.back.send(one).await.ok().context("the pool is closed")
    }
}

#[cfg(test)]
mod tests {
    use super::Pool;
    use crate::runtime;
    use async_std::task;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn never_more_are_out_than_were_put_in() {
        runtime::start(2);
        let pool = runtime::block_on(task::spawn(Pool::new(vec![(); 3])));
        let pool = Arc::new(pool.unwrap());
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
                pool.give(()).await.unwrap();
            }));
        }
        for task in tasks {
            runtime::block_on(task);
        }
        let most = out.1.load(Ordering::SeqCst);
        assert!((1..=3).contains(&most), "{most} were out at once");
        assert_eq!(pool.lend.len(), 3);
    }
}
