//! The one executor of async-std, which starts once and never ends.

use std::collections::BTreeSet;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use async_global_executor::GlobalExecutorConfig;
use futures_lite::future;

/// What a worker's name begins with; its number follows. The kernel keeps 15
/// bytes of it.
const WORKER: &str = "async-std/";

/// How long workers are waited for; what reads them back finds out the rest.
const NAMED_WITHIN: Duration = Duration::from_secs(2);

/// Lists of threads that are read to count workers.
const LISTS: usize = 3;

/// Starts the executor with so many workers. One that runs already stays as it
/// is; `workers` says what it has.
///
/// Deviates: async-std documents `ASYNC_STD_THREAD_COUNT` for this. To write
/// the environment of a process that runs is unsafe; this is what async-std
/// itself calls at first use, called before it.
pub(crate) fn start(workers: usize) {
    let number = AtomicUsize::new(0);
    let name =
        move || format!("{WORKER}{}", number.fetch_add(1, Ordering::Relaxed));
    async_global_executor::init_with_config(
        GlobalExecutorConfig::default()
            .with_min_threads(workers)
            .with_thread_name_fn(name),
    );
    // A worker bears its name once it has run, which a short window may not
    // give it the time for.
    let until = Instant::now() + NAMED_WITHIN;
    let unnamed = || self::workers().is_ok_and(|named| named < workers as u64);
    while unnamed() && Instant::now() < until {
        thread::yield_now();
    }
}

/// Waits for what tasks bring about; the calling thread parks.
///
/// Deviates: async-std's book waits in `task::block_on`. That polls the reactor
/// on the calling thread too, which would be one thread more than asked for.
pub(crate) fn block_on<F: Future>(tasks: F) -> F::Output {
    future::block_on(tasks)
}

/// Workers, read back from the kernel.
///
/// A thread bears the name of the one that started it until it sets its own,
/// so a newborn of the blocking pool may bear a worker's: names count once. A
/// thread that ends while the kernel lists them may hide another one from the
/// list; workers do not end, so several lists together have all of them.
pub(crate) fn workers() -> Result<u64> {
    let folder = "/proc/self/task";
    let mut names = BTreeSet::new();
    for _ in 0..LISTS {
        for thread in fs::read_dir(folder).context(folder)? {
            // No name: the thread has ended meanwhile.
            let name = fs::read_to_string(thread?.path().join("comm"));
            names.extend(name.ok().filter(|name| name.starts_with(WORKER)));
        }
    }
    Ok(names.len() as u64)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Barrier};
    use std::thread;

    use async_std::task;

    use super::{block_on, start, workers};

    #[test]
    fn workers_are_counted_and_no_other_thread() {
        start(2);
        // Both have set their names once both are here at the same time.
        let both = Arc::new(Barrier::new(2));
        let meet = || {
            let both = Arc::clone(&both);
            task::spawn(async move { both.wait().is_leader() })
        };
        let (one, other) = (meet(), meet());
        assert!(block_on(one) != block_on(other));
        assert_eq!(workers().unwrap(), 2);

        // The pool's thread is started by a worker, and then has its own name.
        let pool = task::spawn(async { task::spawn_blocking(workers).await });
        assert_eq!(block_on(pool).unwrap(), 2);

        // This one keeps the name of the worker that started it.
        let heir = task::spawn(async { thread::spawn(workers).join() });
        assert_eq!(block_on(heir).unwrap().unwrap(), 2);

        // What runs is not started again.
        start(3);
        assert_eq!(workers().unwrap(), 2);
    }
}
