//! `triathlon doctor`

use std::path::PathBuf;

use clap::ValueEnum;
use triathlon_contract::record::{Finding, Level};

use crate::{Failure, Result, doctor, machine};

use super::{print, terminal_width};

const EXAMPLES: &str = "\
Examples:
  triathlon doctor                   what disturbs or limits a run here, and what to do
  triathlon doctor --format json     the same for programs
  triathlon doctor --strict          exit with 4 if a run would fail or be invalid
  triathlon doctor --out /tmp/tri    is there room where the run will be kept?

Changes nothing: commands in its advice are yours to give. Takes about two seconds, in which it
watches other processes, the hypervisor and the timer. Levels: problem (a run would fail or be
invalid), warning (makes figures worse, or leaves cases out), note (to know, or not readable here),
ok. Lines are as wide as COLUMNS says, else as the terminal, else 80.";

/// How to print it, and what to make of it.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// How to print it
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Exit with 4 if there is a problem
    #[arg(long)]
    strict: bool,
    /// Where runs will be kept
    #[arg(long, value_name = "DIR", default_value = "reports")]
    out: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Looks at the machine and says what it found.
///
/// # Errors
/// If this process cannot know its own limits; invalid if there is a problem
/// and the call is strict.
pub fn run(arguments: &Arguments) -> Result<()> {
    let findings = doctor::judge(&doctor::look(&arguments.out)?);
    let file = doctor::file(machine::machine(), findings);
    let text = match arguments.format {
        Format::Text => doctor::text(&file, width()),
        Format::Json => serde_json::to_string_pretty(&file).map_err(anyhow::Error::from)? + "\n",
    };
    print(&text)?;
    match problems(&file.findings) {
        Some(sentence) if arguments.strict => Err(Failure::Invalid(sentence)),
        _ => Ok(()),
    }
}

/// The problems as one sentence, if there are any.
fn problems(findings: &[Finding]) -> Option<String> {
    let bad = findings.iter().filter(|finding| finding.level == Level::Problem);
    let named: Vec<&str> = bad.map(|finding| finding.check.as_str()).collect();
    let counts = doctor::count(findings);
    (!named.is_empty())
        .then(|| format!("{counts}; a run would fail or be invalid: {}", named.join(", ")))
}

/// What the user says, what the terminal has, or what is usual.
fn width() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    said.filter(|columns| *columns > 0).or_else(terminal_width).unwrap_or(80)
}
