//! The target `verdict`: a run, then the report.

use super::{Call, Mode, ask};
use crate::cmd::run::{Arguments, conclude, prepare};
use crate::interrupt::Interrupt;
use crate::{Result, cmd, run as runs};

const HELP: &str = "
cargo bench measures twice: criterion's targets (machine, network, runtime) in one process per benchmark,
for the daily edit; then the run (verdict), whose numbers are for citing. The path of its report
comes last.

  cargo bench                                     every default case
  TRIATHLON_PROFILE=smoke cargo bench             does everything run? a run of one round
  TRIATHLON_CPUS=one cargo bench                  contestants have one CPU, not half of the cores
  cargo bench -- '^fan-out@n100/' '^cpu@'         regular expressions over ids; one must match
  cargo bench -- --exact fan-out@n100/blocking    one case
  cargo bench -- --list                           the default cases; with filters, those that match
  cargo bench -- --test                           each case once, without figures
  cargo bench --bench verdict                     the run alone
  cargo bench --bench network -- --save-baseline before
  cargo bench --bench network -- --baseline before

`triathlon run` (cargo run --release -- run --help) has a seed, rounds, names and more.
";

/// Does what the call asks for.
///
/// # Errors
/// As `triathlon run`: among others a usage failure for a filter that matches
/// nothing in any target.
pub fn run(call: &Call) -> Result<()> {
    match call.mode {
        Mode::Help => return cmd::print(HELP),
        Mode::Nothing => return Ok(()),
        Mode::Criterion => return cmd::print("verdict: measures nothing for criterion alone\n"),
        // A word may be the name of another test, as `cargo test` has it.
        Mode::Test => {
            let plan = prepare(&Arguments { filters: Vec::new(), ..ask(call)? }, own()?)?.0;
            let count = plan.executions.len();
            return cmd::print(&format!("Testing verdict: a plan of {count} executions\n"));
        }
        Mode::List | Mode::Measure => {}
    }
    let (plan, settings) = prepare(&ask(call)?, own()?)?;
    if call.mode == Mode::List {
        // Criterion's targets have listed what matches; there is something.
        return Ok(());
    }
    let interrupt = Interrupt::listen()?.with_parent()?;
    let done = runs::run(&plan, &settings, &interrupt)?;
    conclude(&done, false)
}

fn own() -> Result<std::path::PathBuf> {
    Ok(std::env::current_exe().map_err(anyhow::Error::from)?)
}
