//! The environment of an execution: what the user set for runtimes elsewhere
//! must not set the size of a contestant here.

use std::process::Command;

/// Variables that runtimes and pools read for their sizes, and drivers for what they ask a
/// database besides.
pub const REMOVED: [&str; 12] = [
    "ASYNC_GLOBAL_EXECUTOR_THREADS",
    "ASYNC_STD_THREAD_COUNT",
    "ASYNC_STD_THREAD_NAME",
    "BLOCKING_MAX_THREADS",
    "PGAPPNAME",
    "PGOPTIONS",
    "PGPASSWORD",
    "RAYON_NUM_THREADS",
    "RAYON_RS_NUM_CPUS",
    "RUST_MIN_STACK",
    "SMOL_THREADS",
    "TOKIO_WORKER_THREADS",
];

/// Removes them from what `command` inherits.
pub fn clean(command: &mut Command) -> &mut Command {
    for name in REMOVED {
        command.env_remove(name);
    }
    command
}
