//! `triathlon report`

use std::path::{Path, PathBuf};

use crate::{Failure, Result, run as runs};

use super::print;

const EXAMPLES: &str = "\
Examples:
  triathlon report                                  the last run below reports/
  triathlon report reports/runs/20261122T170501Z-…  a certain one
  triathlon report --table                          the table on the terminal, nothing written";

/// Which run, and how.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Directory of the run
    #[arg(default_value = "reports/latest")]
    run: PathBuf,
    /// Print the comparison table instead of writing files
    #[arg(long)]
    table: bool,
}

/// Renders the report of a run's directory; measures nothing.
///
/// # Errors
/// A usage failure if there is no run or it cannot be written.
pub fn run(arguments: &Arguments) -> Result<()> {
    there(&arguments.run)?;
    if arguments.table {
        return print(&triathlon_reports::table(&arguments.run, 100)?);
    }
    let report = runs::report(&arguments.run)?;
    let report = std::path::absolute(&report).unwrap_or(report);
    print(&format!("{}\n", report.display()))
}

/// Whether a directory holds a run.
///
/// # Errors
/// A usage failure if not.
pub(super) fn there(run: &Path) -> Result<()> {
    if run.join("run.json").is_file() {
        return Ok(());
    }
    Err(Failure::usage(format_args!(
        "{} holds no run (no run.json); `triathlon run` makes one",
        run.display()
    )))
}

/// The directory of a run that is named by its path, or by its id below `reports/runs`
/// or `reports/published`.
///
/// # Errors
/// A usage failure if there is none.
pub(super) fn find(run: &Path) -> Result<PathBuf> {
    let below = ["reports/runs", "reports/published"].map(|folder| Path::new(folder).join(run));
    let places = [run.to_path_buf()].into_iter().chain(below);
    let found = places.into_iter().find(|place| place.join("run.json").is_file());
    found.map_or_else(|| there(run).map(|()| run.to_path_buf()), Ok)
}
