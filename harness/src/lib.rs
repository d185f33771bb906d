//! The composition root of Triathlon: plans a run, starts the mock server and
//! one fresh process per execution, compares what came out with what should
//! have and with what the server saw, keeps the records and writes the report.
//!
//! # Layout
//! - [`cli`]: the command line; [`cmd`]: one verb a file.
//! - [`contestants`]: the list of contestants; [`guests`]: those of other programs.
//! - [`selection`], [`profile`], [`plan`]: what a run will do, before it does.
//! - [`machine`]: CPUs, limits, facts; who runs where.
//! - [`server`]: the mock server's process and its trials.
//! - [`child`]: one process of one execution, its limits and its end.
//! - [`what`], [`ceiling`], [`generator`]: what is executed: a case, the null ceiling,
//!   or the clients of a server.
//! - [`execution`]: one execution, from trial to record.
//! - [`files`]: what executions read and write on a file system.
//! - `doctor`: what of this machine disturbs or limits a run, before one.
//! - `describe`: what a run says of itself before it starts.
//! - [`run`], [`store`], [`progress`], [`interrupt`]: all executions, what is
//!   kept, what is shown, how it is stopped.
//! - [`selftest`]: the tool against situations whose right answer is known;
//!   [`certificate`]: what it found, as a run takes it along.
//! - [`cost`]: the same small program of each style, built, weighed and started.
//! - [`syscalls`]: what cases ask of the kernel, counted by a [`tracer`].
//! - [`mod@bench`], [`budget`]: what `cargo bench` does, and how long it takes.

pub mod bench;
pub mod budget;
pub mod build;
pub mod ceiling;
pub mod certificate;
pub mod child;
pub mod cli;
pub mod cmd;
pub mod contestants;
pub mod cost;
pub mod database;
mod describe;
mod doctor;
pub mod execution;
pub mod failure;
pub mod files;
pub mod generator;
pub mod guests;
pub mod interrupt;
pub mod machine;
pub mod plan;
pub mod profile;
pub mod progress;
pub mod run;
pub mod selection;
pub mod selftest;
pub mod server;
pub mod store;
pub mod syscalls;
pub mod time;
pub mod tracer;
pub mod what;

pub use failure::{Failure, Result};
