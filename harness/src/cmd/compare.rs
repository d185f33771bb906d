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
  triathlon compare A B --format json                             for programs, all changes in full
  triathlon compare --schema                                      the JSON Schema of that

Compared are ratios to each run's own reference, so that a machine's drift between the runs is in
neither; all cases and metrics are corrected together. What differs around the runs comes first.
Runs of different suite versions did other work: nothing of them is compared. Runs of different
machines have differences and no regressions.

With --fail-on: exit code 0 nothing got worse as far as the rounds can tell, 3 something did, 4 a run
cannot be believed, 2 there is nothing that could fail (other machines, other suite versions, no
case in common, twice the same run).";

/// Which two, and how.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The run before: its directory, or its id below reports/
    #[arg(value_name = "BEFORE", required_unless_present = "schema")]
    before: Option<PathBuf>,
    /// The run after
    #[arg(value_name = "AFTER", required_unless_present = "schema")]
    after: Option<PathBuf>,
    /// How to print it
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Exit with 3 if there is one
    #[arg(long, value_enum, value_name = "WHAT")]
    fail_on: Option<FailOn>,
    /// Print the JSON Schema of what --format json prints, and compare nothing
    #[arg(long, conflicts_with_all = ["before", "after", "format", "fail_on"])]
    schema: bool,
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
/// A usage failure if a run is not there, or if failing on a regression is asked for where
/// nothing can fail; a threshold failure if there is one, an invalid one if a run cannot be
/// believed.
pub fn run(arguments: &Arguments) -> Result<()> {
    // Both are there unless the schema is asked for.
    let (Some(before), Some(after)) = (&arguments.before, &arguments.after) else {
        return print(&Comparison::json_schema_text()?);
    };
    let comparison = compare(&find(before)?, &find(after)?)?;
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
    let Comparison { before, after, .. } = comparison;
    if before.run == after.run {
        return Err(Failure::usage(
            "both are the same run, so nothing can fail: compare it with one from before the change",
        ));
    }
    if !comparison.same_machine {
        return Err(Failure::usage(
            "the runs are of different machines, so nothing can fail: compare two runs of one",
        ));
    }
    for (name, side) in [("before", before), ("after", after)] {
        if let Some(why) = &side.invalid {
            return Err(Failure::Invalid(format!("the run {name} cannot be believed: {why}")));
        }
    }
    if comparison.changes.is_empty() {
        let why = comparison.nothing_because().map(|why| format!(", {why}")).unwrap_or_default();
        return Err(Failure::usage(format_args!(
            "the runs have no case that can be compared{why}: measure both with the same suite and filter"
        )));
    }
    let mut regressions = comparison.regressions();
    match regressions.next() {
        None => Ok(()),
        Some(first) => {
            let count = match regressions.count() {
                0 => "1 regression:".to_string(),
                others => format!("{} regressions, first", 1 + others),
            };
            Err(Failure::Threshold(format!("{count} {} in {}", first.id, first.metric)))
        }
    }
}
