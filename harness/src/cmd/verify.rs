//! `triathlon verify`

use std::path::PathBuf;

use triathlon_reports::{Verified, verify};

use crate::Result;

use super::{print, report::there};

const EXAMPLES: &str = "\
Examples:
  triathlon verify                                     the last run below reports/
  triathlon verify reports/published/20261122T220942Z-…  a certain one

Checked: that every record holds on to the one before it and belongs to the plan; that every file is
the one in SHA256SUMS; that the report made again from the records is the same to the byte, or, where
another version of the suite made it, that its figures are the same.";

/// Which run.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Directory of the run
    #[arg(default_value = "reports/latest")]
    run: PathBuf,
}

/// Checks a run's directory and says what was found.
///
/// # Errors
/// A usage failure if there is no run; a failure with one sentence if something
/// is not in order.
pub fn run(arguments: &Arguments) -> Result<()> {
    there(&arguments.run)?;
    match verify(&arguments.run)? {
        Ok(verified) => print(&describe(&verified)),
        Err(sentence) => Err(anyhow::anyhow!("{}: {sentence}", arguments.run.display()).into()),
    }
}

fn describe(verified: &Verified) -> String {
    let Verified { records, histograms, sums, same, figures, .. } = verified;
    let distributions = match histograms {
        0 => String::new(),
        count => format!("; {count} distributions are those of their records"),
    };
    let made = match same {
        Some(files) => format!("{files} files made again from them are the same, byte for byte"),
        None => format!(
            "another version of the suite made the report, so its bytes cannot be compared; \
             {figures} figures of summary.json, computed again, are the same"
        ),
    };
    format!(
        "ok: {records} records hold together{distributions}; {sums} checksums are right; {made}\n"
    )
}
