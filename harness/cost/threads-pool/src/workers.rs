//! The pool of the Rust book: threads that take jobs from one channel.

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result, anyhow};

/// Threads that share one queue.
///
/// The queue ends when the last sender is dropped; every worker then leaves
/// its loop. Who sends bounds the queue: nothing here does.
pub(crate) struct Workers {
    threads: Vec<JoinHandle<()>>,
}

/// The receiving end that all workers share.
pub(crate) struct Queue<J>(Arc<Mutex<Receiver<J>>>);

impl<J> Queue<J> {
    pub(crate) fn new() -> (Sender<J>, Self) {
        let (sender, receiver) = mpsc::channel();
        (sender, Self(Arc::new(Mutex::new(receiver))))
    }

    /// The next job; nothing once all senders are gone.
    pub(crate) fn next(&self) -> Option<J> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
    }
}

impl<J> Clone for Queue<J> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl Workers {
    /// Starts one thread for every worker.
    pub(crate) fn start<W>(workers: impl IntoIterator<Item = W>) -> Result<Self>
    where
        W: FnOnce() + Send + 'static,
    {
        let threads = workers.into_iter().map(|worker| {
            thread::Builder::new().spawn(worker).context("spawn")
        });
        Ok(Self { threads: threads.collect::<Result<_>>()? })
    }

    /// Waits for all; their queue must have ended.
    pub(crate) fn join(self) -> Result<()> {
        for thread in self.threads {
            thread.join().map_err(|_| anyhow!("a worker panicked"))?;
        }
        Ok(())
    }
}
