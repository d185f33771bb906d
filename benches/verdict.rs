//! The run and its report: what `cargo bench` ends with.
//!
//! Cargo runs targets in alphabetical order, so this one comes last. It becomes
//! the program, so that the suite is optimised and linked once.

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let program = env!("CARGO_BIN_EXE_triathlon");
    let words = std::env::args_os().skip(1);
    let error = Command::new(program).args(["bench", "verdict", "--"]).args(words).exec();
    eprintln!("start {program}: {error}");
    ExitCode::FAILURE
}
