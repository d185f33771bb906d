//! Runs for acceptance, by the code that `triathlon run` uses.

use std::path::PathBuf;

use anyhow::{Result, bail};
use triathlon::cmd::run::{Arguments, prepare};
use triathlon::interrupt::Interrupt;
use triathlon_contract::record::Record;

/// Measures; the run's directory.
///
/// # Errors
/// If it was interrupted, or an execution does not count.
pub(crate) fn run(arguments: &Arguments) -> Result<PathBuf> {
    let fail = |failure: triathlon::Failure| anyhow::anyhow!("{failure}");
    let (plan, settings) = prepare(arguments, std::env::current_exe()?).map_err(fail)?;
    let done = triathlon::run::run(&plan, &settings, &Interrupt::listen()?).map_err(fail)?;
    if done.interrupted || done.count.failed > 0 {
        bail!("interrupted, or {} executions do not count", done.count.failed);
    }
    Ok(done.directory)
}

/// How much the hypervisor and other processes took meanwhile.
pub(crate) fn print_steal(records: &[Record]) {
    let windows: Vec<_> = records.iter().filter_map(|r| r.window.as_ref()).collect();
    let steal: u64 = windows.iter().map(|window| window.steal_ns).sum();
    let elapsed: u64 = windows.iter().map(|window| window.elapsed_ns).sum();
    let share = 100.0 * steal as f64 / elapsed as f64;
    let foreign: u64 = records.iter().filter_map(|record| record.foreign_ns).sum();
    let wall: u64 = records.iter().filter_map(|r| Some(r.process?.wall_ns)).sum();
    let others = 100.0 * foreign as f64 / wall as f64;
    println!("steal: {share:.2} % of one CPU over all windows; other processes: {others:.2} %");
}
