//! `triathlon syscalls`

use std::path::PathBuf;

use anyhow::Context;
use clap::ValueEnum;
use triathlon_contract::record::SyscallsFile;

use crate::interrupt::Interrupt;
use crate::syscalls::{Wanted, measure, plan, planned, select, table, workers};
use crate::{Result, machine, run as runs};

use super::{added, print};

const EXAMPLES: &str = "\
Examples:
  triathlon syscalls                              headlines of most workloads; some minutes
  triathlon syscalls '^request-loop@c1-d1ms/'     one preset, all contestants
  triathlon syscalls --run reports/latest         added to a run and its page
  triathlon syscalls --dry-run                    what would be counted, and what sits out
  triathlon syscalls '@c64-d0/tokio' --format json

Each case is executed under a tracer (ptrace, which needs no privilege) with some laps and with
three times as many: what the second process calls more, divided by its further operations. It proves its
work as in a run and is never timed.

Where the server answers at once, the answer is often there before a traced process reads, and who
reads first and waits after (async-std, smol) shows fewer calls than untraced: such rows say \"no
delay\". Without a filter the same work with the shortest delay is counted in the place of such a
headline (request-loop@c64-d1ms, query@p8-c64-d1ms), if there is one.

Exit codes: 0 ok, 1 nothing could be counted, 2 wrong call or the kernel permits no tracing,
130 interrupted, with nothing written.";

/// Which cases, how often, and to which run it belongs.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Regular expressions over ids; without one, headlines of most workloads, with a delay
    /// where there is one
    #[arg(value_name = "REGEX")]
    filters: Vec<String>,
    /// Directory of a run that the counts are added to
    #[arg(long, value_name = "DIR")]
    run: Option<PathBuf>,
    /// How often each case is counted
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=30))]
    repeats: u64,
    /// How to print it
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Show what would be done, and stop
    #[arg(long)]
    dry_run: bool,
    /// Show no progress
    #[arg(short, long)]
    quiet: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Counts, prints, and adds `syscalls.json` to a run, if one is named.
///
/// # Errors
/// A usage failure for what does not exist or where the kernel permits no tracing; an
/// interruption, with nothing written; a failure if nothing could be counted.
pub fn run(arguments: &Arguments) -> Result<()> {
    let wanted = wanted(arguments)?;
    if arguments.dry_run {
        return print(&plan(&wanted));
    }
    let held = arguments.run.as_deref().map(added::belongs_here).transpose()?;
    let counted = measure(&wanted, &Interrupt::listen()?)?;
    if let Some(run) = &arguments.run {
        added::write(run, "syscalls", &counted)?;
    }
    drop(held);
    print(&shown(arguments.format, &counted)?)?;
    let Some(run) = &arguments.run else { return Ok(()) };
    let report = runs::report(run)?;
    if arguments.format == Format::Json {
        return Ok(());
    }
    let report = std::path::absolute(&report).unwrap_or(report);
    print(&format!("\n{}\n", report.display()))
}

fn shown(format: Format, counted: &SyscallsFile) -> Result<String> {
    match format {
        Format::Text => Ok(table(counted)),
        Format::Json => {
            let text = serde_json::to_string_pretty(counted).context("write what was counted")?;
            Ok(text + "\n")
        }
    }
}

fn wanted(arguments: &Arguments) -> Result<Wanted> {
    let (placement, limits) = (machine::placement(machine::Share::Half), machine::limits()?);
    let cases = select(&arguments.filters, &placement, limits)?;
    let plan = |selected| {
        let planned = planned(&selected, workers(&placement, &selected), limits);
        (selected, planned)
    };
    Ok(Wanted {
        cases: cases.into_iter().map(plan).collect(),
        repeats: arguments.repeats,
        limits,
        own: std::env::current_exe().context("the path of this program")?,
        command: command(arguments),
        quiet: arguments.quiet,
        placement,
    })
}

/// The command that counts the same again.
fn command(arguments: &Arguments) -> String {
    let mut command = format!("cargo run --release -- syscalls --repeats {}", arguments.repeats);
    for filter in &arguments.filters {
        command += &format!(" '{}'", filter.replace('\'', r"'\''"));
    }
    command
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::{Arguments, command};

    #[derive(Parser)]
    struct Alone {
        #[command(flatten)]
        arguments: Arguments,
    }

    #[test]
    fn the_command_counts_the_same_again() {
        let asked = ["syscalls", "--repeats", "2", "^a@b/", "it's", "--quiet"];
        let arguments = Alone::parse_from(asked).arguments;
        let want = r"cargo run --release -- syscalls --repeats 2 '^a@b/' 'it'\''s'";
        assert_eq!(command(&arguments), want);
    }
}
