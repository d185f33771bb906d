//! What a process does with the jobs that it is sent: reads one as JSON, goes to its
//! CPUs, executes the case, answers what it did and what the window says.
//!
//! `triathlon execute` does so with the contestants of the default build, a program of
//! its own with those that it links; nothing here knows either.
//!
//! # Layout
//! - [`jobs`]: reads, executes, answers; [`Task`]: what is handed to the one who executes,
//!   [`Done`]: what comes back.
//! - [`ready`], [`over`]: what a generator says to the harness while a server serves.
//! - [`limits`], [`pin()`], [`allowed`], [`monotonic_ns`]: what the kernel is asked for.
//! - [`open_window`]: the times of an open loop.

mod answer;
mod asleep;
mod dialogue;
mod kernel;
pub mod limits;
pub mod open_window;

pub use answer::{Done, Task, jobs};
pub use dialogue::{over, ready};
pub use kernel::{allowed, monotonic_ns, pin};
