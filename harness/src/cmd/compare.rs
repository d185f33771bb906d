//! `triathlon compare`

use std::path::PathBuf;

use clap::ValueEnum;
use triathlon_reports::{Comparison, compare};

use crate::{Failure, Result};

use super::{print, report::find};

const EXAMPLES: &str = "\
Examples:
  triathlon compare reports/runs/20261124T…  reports/latest       before and after
  triathlon compare 20261124T… 20261125T… --format markdown       by id, for a pull request
  triathlon compare A B --format html > compare.html              one offline page
  triathlon compare A B --fail-on regression                      exit with 3 if something got worse

Compared are ratios to each run's own reference, so that a machine's drift between the runs is in
neither; all cases and metrics are corrected together. What differs around the runs comes first.
Runs of different machines have differences and no regressions; --fail-on then is a wrong call.";

/// Which two, and how.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The run before: its directory, or its id below reports/
    #[arg(value_name = "BEFORE")]
    before: PathBuf,
    /// The run after
    #[arg(value_name = "AFTER")]
    after: PathBuf,
    /// How to print it
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Exit with 3 if there is one
    #[arg(long, value_enum, value_name = "WHAT")]
    fail_on: Option<FailOn>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Markdown,
    Html,
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Regression,
}

/// Compares two runs and prints what came out.
///
/// # Errors
/// A usage failure if a run is not there, or if failing on a regression is asked for
/// between machines; a threshold failure if there is one.
pub fn run(arguments: &Arguments) -> Result<()> {
    let comparison = compare(&find(&arguments.before)?, &find(&arguments.after)?)?;
    let text = match arguments.format {
        Format::Text => comparison.text(),
        Format::Markdown => comparison.markdown(),
        Format::Html => comparison.html(),
        Format::Json => comparison.json()?,
    };
    print(&text)?;
    match arguments.fail_on {
        Some(FailOn::Regression) => judge(&comparison),
        None => Ok(()),
    }
}

fn judge(comparison: &Comparison) -> Result<()> {
    if !comparison.same_machine {
        return Err(Failure::usage(
            "the runs are of different machines, so nothing can fail: compare two runs of one",
        ));
    }
    if comparison.changes.is_empty() {
        return Err(Failure::usage("the runs have no case that can be compared"));
    }
    let mut regressions = comparison.regressions();
    match regressions.next() {
        None => Ok(()),
        Some(first) => Err(Failure::Threshold(format!(
            "{} regressions, first {} in {}",
            1 + regressions.count(),
            first.id,
            first.metric
        ))),
    }
}
