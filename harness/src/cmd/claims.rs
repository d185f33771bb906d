//! `triathlon claims`

use std::path::PathBuf;

use clap::ValueEnum;
use triathlon_reports::claims::{self, all, of_run};

use crate::{Failure, Result};

use super::{print, report::there};

const EXAMPLES: &str = "\
Examples:
  triathlon claims                                     the last run below reports/
  triathlon claims reports/published/20261125T122950Z-…  a certain one
  triathlon claims --format csv                        a row for every test
  triathlon claims --format json                       all of it, as in summary.json

A claim is supported or refuted where the interval lies wholly on one side of what is claimed;
all bounds of all claims are one family with Holm's correction. A run without verdicts decides
none. Exit code 4: the run cannot be believed.";

/// Which run, and how to print it.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Directory of the run
    #[arg(default_value = "reports/latest")]
    run: PathBuf,
    /// How to print it
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Csv,
}

/// Holds the claims against a run and prints what it says; measures nothing.
///
/// # Errors
/// A usage failure if there is no run; an invalid measurement if it cannot be believed,
/// after what it says was printed.
pub fn run(arguments: &Arguments) -> Result<()> {
    there(&arguments.run)?;
    let (found, invalid) = of_run(&arguments.run, &all()?)?;
    let text = match arguments.format {
        Format::Text => claims::text(&found),
        Format::Csv => claims::csv(&found)?,
        Format::Json => serde_json::to_string_pretty(&found).map_err(anyhow::Error::from)? + "\n",
    };
    print(&text)?;
    match invalid {
        Some(why) => Err(Failure::Invalid(why)),
        None => Ok(()),
    }
}
