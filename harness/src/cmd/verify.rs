//! `triathlon verify`

use std::fmt::Write;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use triathlon_reports::{Found, Verified, check, run_named, verify};

use crate::{Failure, Result};

use super::{print, report::find};

const EXAMPLES: &str = "\
Examples:
  triathlon verify                                     the last run below reports/
  triathlon verify reports/published/20261122T220942Z-…  a certain one
  triathlon verify --citation note.md                  the run that a citation names, and its figures
  triathlon cite run | triathlon verify --citation -   the same from standard input

Checked: that every record holds on to the one before it and belongs to the plan; that every file is
the one in SHA256SUMS; that the report made again from the records is the same to the byte, or, where
another version of the suite made it, that its figures are the same. Of a citation, in any format and
with its lines broken anyhow: that every word with a digit is what the records give.";

/// Which run.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The run: its directory, or its id below reports/; the last one, or that of the citation
    run: Option<PathBuf>,
    /// A file with one citation whose figures are looked up; - is standard input
    #[arg(long, value_name = "FILE")]
    citation: Option<PathBuf>,
}

/// Checks a run's directory, and a citation of it, and says what was found.
///
/// # Errors
/// A usage failure if there is no run or no citation; a failure with one sentence if
/// something is not in order.
pub fn run(arguments: &Arguments) -> Result<()> {
    let citation = arguments.citation.as_deref().map(text).transpose()?;
    let named = citation.as_deref().map(run_of).transpose()?;
    let run = find(&arguments.run.clone().or(named).unwrap_or_else(|| "reports/latest".into()))?;
    let wrong = |sentence| anyhow::anyhow!("{}: {sentence}", run.display());
    let verified = verify(&run)?.map_err(wrong)?;
    let mut said = describe(&verified);
    if let Some(citation) = citation {
        let Found { id, numbers } = check(&run, &citation)?.map_err(wrong)?;
        writeln!(said, "ok: the citation of {id} is what the records give, {numbers} numbers")
            .map_err(anyhow::Error::from)?;
    }
    print(&said)
}

/// The run that a citation names.
fn run_of(citation: &str) -> Result<PathBuf> {
    let run = run_named(citation).map(PathBuf::from);
    run.ok_or_else(|| Failure::usage("that is no citation: it names no run"))
}

/// Longest citation, in bytes.
const LONGEST: u64 = 64 * 1024;

/// What a file has, or standard input.
fn text(path: &Path) -> Result<String> {
    let mut text = String::new();
    let read = match path.to_str() {
        Some("-") => io::stdin().take(LONGEST).read_to_string(&mut text),
        _ => File::open(path).and_then(|file| file.take(LONGEST).read_to_string(&mut text)),
    };
    read.map_err(|error| Failure::usage(format_args!("cannot read {}: {error}", path.display())))?;
    Ok(text)
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
