//! What `cargo bench` calls: a run, then the report.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;

use crate::cmd::run::{Arguments, conclude, prepare};
use crate::interrupt::Interrupt;
use crate::machine::Share;
use crate::{Failure, Result, cli, cmd, run, selection};

/// Environment variable that names the profile.
pub const PROFILE: &str = "TRIATHLON_PROFILE";

/// Environment variable that says how many CPUs the contestant has.
pub const CPUS: &str = "TRIATHLON_CPUS";

/// Flags of criterion that take a value; they say nothing to a run.
const CRITERION_VALUES: [&str; 20] = [
    "-s",
    "-b",
    "-c",
    "--plotting-backend",
    "--format",
    "--load-baseline-lenient",
    "--save-baseline",
    "--baseline",
    "--baseline-lenient",
    "--load-baseline",
    "--sample-size",
    "--measurement-time",
    "--warm-up-time",
    "--profile-time",
    "--nresamples",
    "--noise-threshold",
    "--confidence-level",
    "--significance-level",
    "--output-format",
    "--color",
];

/// Flags of cargo and criterion without a value that say nothing to a run.
const CRITERION_FLAGS: [&str; 12] = [
    "--bench",
    "-n",
    "--noplot",
    "--quick",
    "-v",
    "--verbose",
    "--quiet",
    "--discard-baseline",
    "--ignored",
    "--nocapture",
    "--show-output",
    "--exact",
];

const HELP: &str = "\
Measures, writes the report, and prints its path last.

  cargo bench                                     every default case, six rounds
  TRIATHLON_PROFILE=smoke cargo bench             does everything run? one round
  TRIATHLON_CPUS=one cargo bench                  contestants have one CPU, not half of the cores
  cargo bench -- '^fan-out@n100/'                 a regular expression over ids
  cargo bench -- --exact fan-out@n100/blocking    one case
  cargo bench -- --list                           the default cases

`triathlon run` (cargo run --release -- run --help) has a seed, rounds, names and more.
";

/// What cargo asked the bench target to do.
#[derive(Debug, PartialEq, Eq)]
enum Mode {
    /// Measure these filters.
    Measure(Vec<String>),
    /// How to call it: `--help`.
    Help,
    /// One line per case: `--list`.
    List,
    /// Prove that the plan stands: `--test`, or `cargo test --benches`.
    Test,
}

/// The whole of `benches/verdict.rs`; `own` is the `triathlon` binary.
pub fn verdict(own: PathBuf, arguments: impl Iterator<Item = String>) -> ExitCode {
    let arguments: Vec<String> = arguments.collect();
    cli::finish(mode(&arguments).and_then(|mode| act(mode, own)))
}

fn act(mode: Mode, own: PathBuf) -> Result<()> {
    let filters = match mode {
        Mode::Help => return cmd::print(HELP),
        Mode::List => return list(),
        Mode::Test => return test(own),
        Mode::Measure(filters) => filters,
    };
    let (plan, settings) = prepare(&ask(filters)?, own)?;
    let interrupt = Interrupt::listen()?.with_parent()?;
    let done = run::run(&plan, &settings, &interrupt)?;
    conclude(&done)
}

fn ask(filters: Vec<String>) -> Result<Arguments> {
    let mut arguments = Arguments { filters, ..Arguments::defaults() };
    if let Ok(profile) = std::env::var(PROFILE) {
        arguments.profile = profile;
    }
    if let Some(share) = std::env::var_os(CPUS) {
        arguments.cpus = cpus(&share)?;
    }
    Ok(arguments)
}

/// The value of [`CPUS`].
///
/// # Errors
/// A usage failure for a value that `triathlon run --cpus` does not take.
fn cpus(value: &OsStr) -> Result<Share> {
    let share = value.to_str().and_then(|text| Share::from_str(text, false).ok());
    share.ok_or_else(|| Failure::usage(format_args!("{CPUS} is {value:?}; choose one or half")))
}

/// Flags of criterion that mean nothing here are passed over, so that one
/// command line serves all targets.
///
/// # Errors
/// A usage failure for a flag that is neither cargo's nor criterion's.
fn mode(arguments: &[String]) -> Result<Mode> {
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    if has("--help") || has("-h") {
        return Ok(Mode::Help);
    }
    if has("--list") {
        return Ok(Mode::List);
    }
    if has("--test") || !has("--bench") {
        return Ok(Mode::Test);
    }
    let mut filters = Vec::new();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let (flag, value) =
            word.split_once('=').map_or((word.as_str(), None), |(f, v)| (f, Some(v)));
        if CRITERION_VALUES.contains(&flag) {
            if value.is_none() {
                words.next();
            }
        } else if !word.starts_with('-') {
            filters.push(filter(word, has("--exact")));
        } else if !CRITERION_FLAGS.contains(&flag) {
            return Err(Failure::usage(format_args!(
                "cargo bench takes no {flag}; `triathlon run` has more flags, and {PROFILE} names \
                 the profile"
            )));
        }
    }
    Ok(Mode::Measure(filters))
}

/// A word of the command line as a regular expression.
fn filter(word: &str, exact: bool) -> String {
    if exact { format!("^{}$", regex::escape(word)) } else { word.to_string() }
}

fn list() -> Result<()> {
    let limits = crate::machine::limits()?;
    let cases = selection::all(&crate::machine::placement(Share::Half), limits);
    let runs = cases.iter().filter(|s| s.case.absent.is_none() && s.case.by_default);
    cmd::print(&runs.map(|s| format!("{}: benchmark\n", s.case.id)).collect::<String>())
}

/// Makes the plan and measures nothing.
fn test(own: PathBuf) -> Result<()> {
    let (plan, _) = prepare(&ask(Vec::new())?, own)?;
    cmd::print(&format!("Testing verdict: a plan of {} executions\n", plan.executions.len()))
}

#[cfg(test)]
mod tests {
    use super::{Mode, Share, cpus, mode};

    #[test]
    fn cargo_and_criterion_arguments() {
        let check = |line: &str, want: Mode| {
            let words: Vec<String> = line.split_whitespace().map(str::to_string).collect();
            assert_eq!(mode(&words).unwrap(), want, "{line}");
        };
        check("--bench", Mode::Measure(vec![]));
        check("fan-out --bench", Mode::Measure(vec!["fan-out".into()]));
        check("--save-baseline main x --noplot --bench", Mode::Measure(vec!["x".into()]));
        check("--baseline=main --quick x --bench", Mode::Measure(vec!["x".into()]));
        check("a@b/c --exact --bench", Mode::Measure(vec!["^a@b/c$".into()]));
        check("--help --bench", Mode::Help);
        check("--list --bench", Mode::List);
        check("--test --bench", Mode::Test);
        check("", Mode::Test);
    }

    #[test]
    fn the_cpus_of_the_contestant() {
        let share = |text: &str| cpus(text.as_ref());
        assert_eq!(share("one").unwrap(), Share::One);
        assert_eq!(share("half").unwrap(), Share::Half);
        for wrong in ["", "One", "2", "all"] {
            let sentence = share(wrong).unwrap_err().to_string();
            let want = format!("TRIATHLON_CPUS is {wrong:?}; choose one or half");
            assert_eq!(sentence, want);
        }
    }

    #[test]
    fn a_flag_that_nobody_knows_is_refused() {
        let words = ["--seed", "1", "--bench"].map(str::to_string);
        let sentence = mode(&words).unwrap_err().to_string();
        assert!(sentence.contains("takes no --seed"), "{sentence}");
    }
}
