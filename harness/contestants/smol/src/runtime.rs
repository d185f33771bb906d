//! The only file that knows the flavour.
//!
//! Guide: the documentation of `Executor`: threads run one executor until a
//! channel closes. smol-macros sets up the same.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result};
use smol::Executor;
use smol::channel::{self, Sender};
use triathlon_contract::Setting;

/// An executor and who runs it.
pub(crate) struct Runtime {
    pub(crate) executor: Arc<Executor<'static>>,
    runners: Runners,
}

enum Runners {
    /// Threads that do nothing else.
    Threads(Threads),
    /// The thread that waits, while it waits.
    Caller,
}

pub(crate) fn build(setting: &Setting) -> Result<Runtime> {
    let executor = Arc::new(Executor::new());
    let runners = match setting.flavour {
        "single" => Runners::Caller,
        _ => Runners::Threads(Threads::start(&executor, setting.workers)?),
    };
    Ok(Runtime { executor, runners })
}

/// Workers that the flavour must have, to compare with what is running.
pub(crate) fn workers(setting: &Setting) -> u64 {
    match setting.flavour {
        "single" => 1,
        _ => setting.workers as u64,
    }
}

impl Runtime {
    /// Waits for what tasks of the executor bring about.
    ///
    /// Where threads run it, this one must only park: `smol::block_on` would
    /// let it poll the reactor besides, as one thread more than there are
    /// workers, and every event that it took would have to wake another one.
    pub(crate) fn block_on<F: Future>(&self, tasks: F) -> F::Output {
        match &self.runners {
            Runners::Threads(_) => smol::future::block_on(tasks),
            Runners::Caller => smol::block_on(self.executor.run(tasks)),
        }
    }

    /// Threads that run the executor.
    pub(crate) fn workers(&self) -> u64 {
        match &self.runners {
            Runners::Threads(threads) => threads.running(),
            Runners::Caller => 1,
        }
    }
}

/// Threads that run an executor until they are dropped: dropping closes the
/// channel that each of them waits for, and joins them.
struct Threads {
    handles: Vec<JoinHandle<()>>,
    signal: Sender<()>,
}

impl Threads {
    fn start(executor: &Arc<Executor<'static>>, count: usize) -> Result<Self> {
        let (signal, shutdown) = channel::unbounded();
        let mut threads = Self { handles: Vec::new(), signal };
        for _ in 0..count {
            let (executor, shutdown) = (Arc::clone(executor), shutdown.clone());
            let run = move || {
                // An error, because nothing is sent: the channel closes.
                smol::block_on(executor.run(shutdown.recv())).unwrap_err();
            };
            let handle = thread::Builder::new().spawn(run).context("spawn")?;
            threads.handles.push(handle);
        }
        Ok(threads)
    }

    /// Those that were started and have not left.
    fn running(&self) -> u64 {
        let lives = |handle: &&JoinHandle<()>| !handle.is_finished();
        self.handles.iter().filter(lives).count() as u64
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.signal.close();
        for handle in self.handles.drain(..) {
            handle.join().expect("a worker panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::net::SocketAddr;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread::{self, ThreadId};
    use std::time::{Duration, Instant};

    use triathlon_contract::{Limits, Login, Pace, Setting};

    fn setting(flavour: &'static str, workers: usize) -> Setting {
        let server = SocketAddr::from(([127, 0, 0, 1], 1));
        let limits = Limits { threads: 64, ..Limits::NONE };
        let pace = Pace::default();
        Setting {
            server,
            workers,
            flavour,
            limits,
            pace,
            login: Login::default(),
            files: None,
        }
    }

    /// Holds its thread until so many others hold theirs, or gives up.
    async fn meet(arrived: Arc<AtomicUsize>, count: usize) -> ThreadId {
        arrived.fetch_add(1, Ordering::SeqCst);
        let patience = Instant::now() + Duration::from_secs(10);
        while arrived.load(Ordering::SeqCst) < count
            && Instant::now() < patience
        {
            thread::yield_now();
        }
        thread::current().id()
    }

    #[test]
    fn as_many_threads_run_as_are_counted_and_none_outlives_it() {
        let runtime = super::build(&setting("multi-thread", 3)).unwrap();
        let arrived = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> = (0..3)
            .map(|_| runtime.executor.spawn(meet(Arc::clone(&arrived), 3)))
            .collect();
        let ran: HashSet<_> =
            tasks.into_iter().map(|task| runtime.block_on(task)).collect();
        assert_eq!((ran.len(), runtime.workers()), (3, 3));
        assert!(!ran.contains(&thread::current().id()));

        // Each thread holds the executor as long as it lives.
        let executor = Arc::downgrade(&runtime.executor);
        drop(runtime);
        assert!(executor.upgrade().is_none());
    }

    #[test]
    fn a_thread_that_left_is_not_counted() {
        let runtime = super::build(&setting("multi-thread", 2)).unwrap();
        let super::Runners::Threads(threads) = &runtime.runners else {
            panic!("multi-thread has threads");
        };
        threads.signal.close();
        let patience = Instant::now() + Duration::from_secs(10);
        while runtime.workers() > 0 && Instant::now() < patience {
            thread::yield_now();
        }
        assert_eq!(runtime.workers(), 0);
    }

    #[test]
    fn single_runs_everything_on_the_thread_that_waits() {
        let runtime = super::build(&setting("single", 3)).unwrap();
        let executor = Arc::clone(&runtime.executor);
        let outer = runtime.executor.spawn(async move {
            let inner = executor.spawn(async { thread::current().id() });
            (thread::current().id(), inner.await)
        });
        let here = thread::current().id();
        assert_eq!(runtime.block_on(outer), (here, here));
        assert_eq!(runtime.workers(), 1);
    }
}
