//! What contestants outside of the default build say of themselves: names, texts, source
//! and figures for planning, without the code that runs and all that it links.
//!
//! A program of its own links this and the cells; the harness links this alone, so that
//! it can plan and list them, and starts the program.
//!
//! # Layout
//! - [`Program`]: who executes them, and how it is built.
//! - [`drivers`]: the drivers of databases.

pub mod drivers;

/// A program that executes contestants by the JSON contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program {
    /// Name of the file, which lies beside `triathlon`.
    pub name: &'static str,
    /// What to type to have it there.
    pub build: &'static str,
}
