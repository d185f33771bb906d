//! `triathlon cite`

use std::path::PathBuf;

use clap::ValueEnum;
use triathlon_reports::{Asked, Format, cite};

use crate::{Failure, Result};

use super::{print, report::find};

const EXAMPLES: &str = "\
Examples:
  triathlon cite cpu@coarse-uniform/rayon                  a case, in its workload's own metric
  triathlon cite fan-out@n100/blocking --metric peak_rss_bytes
  triathlon cite figure-fan-out-forest --format markdown   a figure: what it shows, in a sentence
  triathlon cite verdict-cpu --format bibtex               a sentence from the head of the page
  triathlon cite C3                                        a claim: verdict, ratio, interval, cases
  triathlon cite run --format csl --run 20261125T122950Z-… the run as a whole

An id is a case, a claim, an anchor of the page (the part of a link behind #), or `run`. A citation has n, the
interval or range, the machine's class, commit, date, run and the SHA-256 of the records; what must not
be cited as a result says so. `triathlon verify --citation` finds its numbers again.";

/// What, of which run, and how.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A case, a claim, an anchor of the page, or `run`
    #[arg(value_name = "ID")]
    id: String,
    /// Metric of a case: a key of its metrics in summary.json
    #[arg(long, value_name = "KEY")]
    metric: Option<String>,
    /// The run: its directory, or its id below reports/
    #[arg(long, value_name = "RUN", default_value = "reports/latest")]
    run: PathBuf,
    /// How it is written
    #[arg(long, value_enum, default_value = "text")]
    format: Written,
}

#[derive(Clone, Copy, ValueEnum)]
enum Written {
    Text,
    Markdown,
    Bibtex,
    Csl,
}

impl From<Written> for Format {
    fn from(written: Written) -> Self {
        match written {
            Written::Text => Self::Text,
            Written::Markdown => Self::Markdown,
            Written::Bibtex => Self::Bibtex,
            Written::Csl => Self::Csl,
        }
    }
}

/// Prints one citation.
///
/// # Errors
/// A usage failure if there is no such run or the run has nothing of that name.
pub fn run(arguments: &Arguments) -> Result<()> {
    let Arguments { id, metric, run, format } = arguments;
    let asked = Asked { id, metric: metric.as_deref(), format: (*format).into() };
    print(&cite(&find(run)?, &asked)?.map_err(Failure::usage)?)
}
