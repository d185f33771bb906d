//! The only file that knows the flavour.
//!
//! Guide: the documentation of `Executor`: threads run one executor until a
//! channel closes. smol-macros sets up the same.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result};
use smol::Executor;
use smol::channel::{self, Sender};

pub(crate) const FLAVOURS: [&str; 2] = ["multi-thread", "single"];

/// An executor and who runs it: threads that do nothing else, or, if there
/// are none, the thread that waits, while it waits.
pub(crate) struct Runtime {
    pub(crate) executor: Arc<Executor<'static>>,
    threads: Vec<JoinHandle<()>>,
    signal: Sender<()>,
}

pub(crate) fn build(flavour: &str) -> Result<Runtime> {
    let executor = Arc::new(Executor::new());
    let (signal, shutdown) = channel::unbounded();
    let count = match flavour {
        "single" => 0,
        _ => thread::available_parallelism()?.get(),
    };
    let mut runtime = Runtime { executor, threads: Vec::new(), signal };
    for _ in 0..count {
        let executor = Arc::clone(&runtime.executor);
        let shutdown = shutdown.clone();
        let run = move || {
            // An error, because nothing is sent: the channel closes.
            smol::block_on(executor.run(shutdown.recv())).unwrap_err();
        };
        let thread = thread::Builder::new().spawn(run).context("spawn")?;
        runtime.threads.push(thread);
    }
    Ok(runtime)
}

impl Runtime {
    /// Waits for what tasks of the executor bring about. Where threads run
    /// it, this one only parks.
    pub(crate) fn block_on<F: Future>(&self, tasks: F) -> F::Output {
        match self.threads.as_slice() {
            [] => smol::block_on(self.executor.run(tasks)),
            _ => smol::future::block_on(tasks),
        }
    }
}

/// Closes the channel that each thread waits for, and joins them.
impl Drop for Runtime {
    fn drop(&mut self) {
        self.signal.close();
        for thread in self.threads.drain(..) {
            thread.join().expect("a worker panicked");
        }
    }
}
