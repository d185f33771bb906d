//! `triathlon`: the one binary. See `triathlon --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    triathlon::cli::main(std::env::args_os())
}
