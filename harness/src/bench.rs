//! What `cargo bench` calls: a run, then the report.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::cmd::run::{Arguments, conclude, prepare};
use crate::interrupt::Interrupt;
use crate::{Result, cli, cmd, run, selection};

/// Environment variable that names the profile.
pub const PROFILE: &str = "TRIATHLON_PROFILE";

/// Flags of criterion that take a value; they say nothing to a run.
const CRITERION_VALUES: [&str; 14] = [
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

/// What cargo asked the bench target to do.
#[derive(Debug, PartialEq, Eq)]
enum Mode {
    /// Measure these filters.
    Measure(Vec<String>),
    /// One line per case: `--list`.
    List,
    /// Prove that the plan stands: `--test`, or `cargo test --benches`.
    Test,
}

/// The whole of `benches/verdict.rs`; `own` is the `triathlon` binary.
pub fn verdict(own: PathBuf, arguments: impl Iterator<Item = String>) -> ExitCode {
    let arguments: Vec<String> = arguments.collect();
    cli::finish(act(mode(&arguments), own))
}

fn act(mode: Mode, own: PathBuf) -> Result<()> {
    let filters = match mode {
        Mode::List => return list(),
        Mode::Test => return test(own),
        Mode::Measure(filters) => filters,
    };
    let (plan, settings) = prepare(&ask(filters), own)?;
    let interrupt = Interrupt::listen()?.with_parent()?;
    let done = run::run(&plan, &settings, &interrupt)?;
    conclude(&plan, &done)
}

fn ask(filters: Vec<String>) -> Arguments {
    Arguments {
        filters,
        profile: std::env::var(PROFILE).unwrap_or_else(|_| "quick".to_string()),
        workload: Vec::new(),
        contestant: Vec::new(),
        rounds: None,
        seed: None,
        out: PathBuf::from("reports"),
        dry_run: false,
        quiet: false,
        program: Vec::new(),
        wall_limit: None,
    }
}

/// Flags of criterion that mean nothing here are passed over, so that one
/// command line serves all targets.
fn mode(arguments: &[String]) -> Mode {
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    if has("--list") {
        return Mode::List;
    }
    if has("--test") || !has("--bench") {
        return Mode::Test;
    }
    let mut filters = Vec::new();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if CRITERION_VALUES.contains(&word.as_str()) {
            words.next();
        } else if !word.starts_with('-') {
            filters.push(word.clone());
        }
    }
    Mode::Measure(filters)
}

fn list() -> Result<()> {
    let limits = crate::machine::limits()?;
    let cases = selection::all(1, limits);
    let runs = cases.iter().filter(|s| s.case.absent.is_none() && s.case.by_default);
    cmd::print(&runs.map(|s| format!("{}: benchmark\n", s.case.id)).collect::<String>())
}

/// Makes the plan and measures nothing.
fn test(own: PathBuf) -> Result<()> {
    let (plan, _) = prepare(&ask(Vec::new()), own)?;
    cmd::print(&format!("Testing verdict: a plan of {} executions\n", plan.executions.len()))
}

#[cfg(test)]
mod tests {
    use super::{Mode, mode};

    #[test]
    fn cargo_and_criterion_arguments() {
        let check = |line: &str, want: Mode| {
            let words: Vec<String> = line.split_whitespace().map(str::to_string).collect();
            assert_eq!(mode(&words), want, "{line}");
        };
        check("--bench", Mode::Measure(vec![]));
        check("fan-out --bench", Mode::Measure(vec!["fan-out".into()]));
        check("--save-baseline main x --noplot --bench", Mode::Measure(vec!["x".into()]));
        check("--list --bench", Mode::List);
        check("--test --bench", Mode::Test);
        check("", Mode::Test);
    }
}
