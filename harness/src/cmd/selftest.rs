//! `triathlon selftest`

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use clap::ValueEnum;
use triathlon_contract::record::{SelftestRecord, SelftestRow};

use crate::certificate::{Place, json};
use crate::interrupt::Interrupt;
use crate::selftest::{self, Form, Watch};
use crate::{Failure, Result};

use super::print;

const EXAMPLES: &str = "\
Examples:
  triathlon selftest                  20 s: stalls, laws, arrivals, timers, lost requests
  triathlon selftest --full           the long and tight rows as well, 27 minutes
  triathlon selftest --format json    the certificate, which is also in reports/selftest.json

Each row is a situation whose right answer is known. A row that fails says that what is
measured here cannot be believed. A run takes the certificate along for a day, and makes one
first if there is none of this build.

Exit codes: 0 all ok, 1 failed otherwise, 2 wrong call, 4 a row failed, 130 interrupted.";

/// How much, and where the certificate goes.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The long rows as well
    #[arg(long)]
    full: bool,
    /// Directory of selftest.json
    #[arg(long, value_name = "DIR", default_value = "reports")]
    out: PathBuf,
    /// What is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Do not tell on standard error which row is being measured
    #[arg(long)]
    quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Checks the tool, prints each row, writes the certificate.
///
/// # Errors
/// A usage failure if it cannot be written; a verdict if a row failed; an
/// interruption.
pub fn run(arguments: &Arguments) -> Result<()> {
    let place = Place::prepare(&arguments.out)?;
    let interrupt = Interrupt::listen()?;
    let form = if arguments.full { Form::Full } else { Form::Quick };
    let mut lines = Lines { arguments, failure: None };
    let record = selftest::run(form, interrupt, &mut lines)?;
    lines.failure.map_or(Ok(()), Err)?;
    place.write(&record)?;
    match arguments.format {
        Format::Text => print(&selftest::summary(&record))?,
        Format::Json => print(&json(&record)?)?,
    }
    judge(&record)
}

/// The exit code, in a sentence.
fn judge(record: &SelftestRecord) -> Result<()> {
    if record.interrupted {
        let kept = "interrupted; selftest.json has the rows until then".to_string();
        return Err(Failure::Interrupted(kept));
    }
    match record.failed {
        0 => Ok(()),
        failed => Err(Failure::Invalid(format!(
            "{failed} of {} rows failed: what is measured here cannot be believed; try again on \
             a quiet machine",
            record.rows.len()
        ))),
    }
}

/// Rows on standard output as they come, what is going on on standard error.
struct Lines<'a> {
    arguments: &'a Arguments,
    failure: Option<Failure>,
}

impl Watch for Lines<'_> {
    fn begin(&mut self, rows: &str, number: usize, of: usize, seconds: f64) {
        // Beside rows that come every few seconds it would be noise.
        if !self.arguments.quiet && (self.arguments.full || io::stderr().is_terminal()) {
            eprintln!("{number} of {of}, {seconds:.0} s: {rows}");
        }
    }

    fn row(&mut self, row: &SelftestRow) {
        if self.arguments.format == Format::Text && self.failure.is_none() {
            self.failure = print(&selftest::line(row)).err();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::judge;
    use crate::certificate::tests::good;

    /// Also on a machine on which every row is ok.
    #[test]
    fn a_failed_row_is_exit_code_4_and_ctrl_c_is_130() {
        let mut record = good();
        assert!(judge(&record).is_ok());
        record.failed = 1;
        let failure = judge(&record).unwrap_err();
        assert_eq!(failure.code(), 4, "{failure}");
        assert!(failure.to_string().starts_with("1 of 2 rows failed"), "{failure}");
        record.interrupted = true;
        assert_eq!(judge(&record).unwrap_err().code(), 130);
    }
}
