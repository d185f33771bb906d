//! The run and its report: what `cargo bench` ends with.
//!
//! Cargo runs targets in alphabetical order, so this one comes last.

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let own = PathBuf::from(env!("CARGO_BIN_EXE_triathlon"));
    triathlon::bench::verdict(own, std::env::args().skip(1))
}
