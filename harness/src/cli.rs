//! The command line: parsing, and the one place that prints a failure and
//! sets the exit code.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};

use crate::{Failure, Result, cmd};

const EXAMPLES: &str = "\
Examples:
  triathlon run                          measure everything at profile default, write the report
  triathlon run --resume                 complete the last run, which was interrupted
  triathlon run --profile smoke          does everything run? one round, a minute
  triathlon run '^fan-out@n100/'         one preset, all contestants
  triathlon run --dry-run                what would be measured, and how long it takes
  triathlon list cells --format json     every case, and why some are absent
  triathlon report                       render the last run again, without measuring
  triathlon verify                       is the last report what its records give, to the byte?
  triathlon cost                         crates, clean builds, size and start-up of each style
  triathlon syscalls '^request-loop@c1-d0/'  what each contestant asks of the kernel
  triathlon claims                       which claims does the last run support or refute?
  triathlon cite cpu@coarse-uniform/rayon  one figure as text that bears all it needs
  triathlon compare BEFORE AFTER         what changed between two runs
  triathlon advise --in-flight 64 --wait 5ms  who can do that, at which cost
  triathlon load http://host:80/ -R 2k   2 000 requests a second, times of any server
  triathlon doctor                       is this machine fit to measure? changes nothing
  triathlon selftest                     does it measure right on this machine? 20 s
  triathlon mock-server --port 8080      the server alone, to look at with curl

Exit codes: 0 ok, 1 failed, 2 wrong call, 3 a threshold does not hold, 4 the figures must
not be believed, 130 interrupted with what was measured kept.";

/// Blocking, threads or async? The same work in every style, measured.
#[derive(Parser)]
#[command(name = "triathlon", version, after_help = EXAMPLES, max_term_width = 100)]
struct Line {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Measure, keep every record, write the report
    Run(cmd::run::Arguments),
    /// Show workloads, contestants, cells or profiles
    List(cmd::list::Arguments),
    /// Render a run's report again from its records
    Report(cmd::report::Arguments),
    /// Check that a run's records are whole and its report is what they give
    Verify(cmd::verify::Arguments),
    /// Build, weigh and start the same small program in every style
    Cost(cmd::cost::Arguments),
    /// Count system calls per operation, under a tracer
    Syscalls(cmd::syscalls::Arguments),
    /// Say what a run says of what people claim about blocking, threads and async
    Claims(cmd::claims::Arguments),
    /// Print one result of a run as text, Markdown, BibTeX or CSL-JSON
    Cite(cmd::cite::Arguments),
    /// Compare two runs through the ratios to their own references
    Compare(cmd::compare::Arguments),
    /// Say what the measured cells mean for calls, a service, a crowd or a pool
    Advise(cmd::advise::Arguments),
    /// Load a server at a rate or as fast as it goes, and measure its times
    Load(cmd::load::Arguments),
    /// Look at this machine before a run: what disturbs or limits it, and what to do
    Doctor(cmd::doctor::Arguments),
    /// Prove on this machine that what is measured is right
    Selftest(cmd::selftest::Arguments),
    /// Start the server that contestants talk to
    MockServer(cmd::mock_server::Arguments),
    /// Execute one case: a job as JSON on standard input, an answer as JSON on standard output
    #[command(hide = true)]
    Execute,
    /// What the targets of `cargo bench` are: they start this
    #[command(hide = true)]
    Bench(cmd::bench::Arguments),
}

/// Parses, does, prints a failure as one sentence, returns the exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let line = match Line::try_parse_from(arguments) {
        Ok(line) => line,
        Err(error) => return refuse(&error),
    };
    finish(act(line.verb))
}

/// Prints a failure as one sentence to standard error; the exit code.
pub fn finish(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("triathlon: {failure}");
            ExitCode::from(failure.code())
        }
    }
}

fn act(verb: Verb) -> Result<()> {
    match verb {
        Verb::Run(arguments) => cmd::run::run(&arguments),
        Verb::List(arguments) => cmd::list::run(&arguments),
        Verb::Report(arguments) => cmd::report::run(&arguments),
        Verb::Verify(arguments) => cmd::verify::run(&arguments),
        Verb::Cost(arguments) => cmd::cost::run(&arguments),
        Verb::Syscalls(arguments) => cmd::syscalls::run(&arguments),
        Verb::Claims(arguments) => cmd::claims::run(&arguments),
        Verb::Cite(arguments) => cmd::cite::run(&arguments),
        Verb::Compare(arguments) => cmd::compare::run(&arguments),
        Verb::Advise(arguments) => cmd::advise::run(&arguments),
        Verb::Load(arguments) => cmd::load::run(&arguments),
        Verb::Doctor(arguments) => cmd::doctor::run(&arguments),
        Verb::Selftest(arguments) => cmd::selftest::run(&arguments),
        Verb::MockServer(arguments) => cmd::mock_server::run(&arguments),
        Verb::Execute => cmd::execute::run(),
        Verb::Bench(arguments) => cmd::bench::run(arguments),
    }
}

/// Help and version are answers; everything else becomes one sentence.
fn refuse(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // A reader that went away (`| head`) is no failure.
            error.print().ok();
            ExitCode::SUCCESS
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            finish(Err(Failure::usage("say what to do; `triathlon --help` shows the verbs")))
        }
        _ => {
            let sentence = sentence(error);
            finish(Err(Failure::usage(format_args!("{sentence}; see `triathlon --help`"))))
        }
    }
}

/// What is wrong with a command line, without usage and tips.
pub(crate) fn sentence(error: &clap::Error) -> String {
    let text = error.to_string();
    let first: Vec<&str> = text.lines().take_while(|line| !line.trim().is_empty()).collect();
    first.join(" ").trim_start_matches("error: ").replace("  ", " ")
}
