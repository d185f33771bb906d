//! `triathlon run`

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use triathlon_contract::Limits;

use crate::database::Database;
use crate::execution::Programs;
use crate::files::Place;
use crate::interrupt::Interrupt;
use crate::machine::Share;
use crate::plan::{Order, Plan, Slicing};
use crate::run::{Done, Settings};
use crate::selection::{Selected, Selection};
use crate::{Failure, Result, certificate, contestants, guests, machine, profile, run as runs};

use super::{dry_run::describe, print, resume, terminal_width};

const EXAMPLES: &str = "\
Examples:
  triathlon run                                      every default case, fifteen rounds, verdicts
  triathlon run --profile quick                      six rounds, ranges and no verdicts
  triathlon run request-loop --rounds 20             one workload, more rounds
  triathlon run --contestant tokio --workload fan-out
  triathlon run '@c64-d0/' --seed 7 --out /tmp/tri   the order of seed 7, kept elsewhere
  triathlon run --dry-run                            cases, time, memory and disk first
  triathlon run --resume                             complete the last run, which was interrupted

A filter is a regular expression over ids like
  request-loop@c64-d20ms/tokio/multi-thread
  fan-out@n100/threads-per-op:stack
Several filters: a case needs to match one of them.";

/// What to measure, how much, and where to keep it.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Regular expressions over ids; without one, the default cases
    pub filters: Vec<String>,
    /// How much: smoke (1 round, a tenth of the laps), quick (6 rounds), default (15) or
    /// publish (20 in two parts that must agree, headline presets)
    #[arg(long, default_value = "default", value_name = "NAME")]
    pub profile: String,
    /// Only this workload; may be repeated
    #[arg(long, value_name = "NAME")]
    pub workload: Vec<String>,
    /// Only this contestant, with or without flavour; may be repeated
    #[arg(long, value_name = "NAME")]
    pub contestant: Vec<String>,
    /// Rounds, instead of the profile's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub rounds: Option<u64>,
    /// Seed of the order; printed and kept, so that a run can be repeated
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Go through each round backwards: with the same seed it shows whether order matters
    #[arg(long)]
    pub reverse: bool,
    /// Length of the slices, in ms, in which contestants take turns, instead of each preset's; 0
    /// executes one after the other
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u64).range(0..=10_000))]
    pub slice: Option<u64>,
    /// Complete an interrupted run, the last one below --out unless another is named
    #[arg(
        long,
        value_name = "RUN",
        conflicts_with_all =
            ["filters", "profile", "workload", "contestant", "rounds", "seed", "reverse", "slice", "cpus", "files_dir", "cold_files", "keep_disturbed"]
    )]
    pub resume: Option<Option<PathBuf>>,
    /// Count executions, too, that another process or the hypervisor disturbed
    #[arg(long)]
    pub keep_disturbed: bool,
    /// Exit with 4 if any cell is invalid, not only if more than a tenth are
    #[arg(long)]
    pub strict: bool,
    /// CPUs of the contestant beside the server: one, or half of the cores
    #[arg(long, value_enum, default_value_t, value_name = "SHARE")]
    pub cpus: Share,
    /// Where runs are kept, as DIR/runs/ID and DIR/latest
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub out: PathBuf,
    /// Where executions have a folder for the files that they read and write; the system's
    /// directory for temporary files if none is given
    #[arg(long, value_name = "DIR")]
    pub files_dir: Option<PathBuf>,
    /// Measure also files that are not in the page cache, where they can be taken out of it: that
    /// reads them from the device each time
    #[arg(long)]
    pub cold_files: bool,
    /// Send queries to this PostgreSQL, `postgres://USER[:PASSWORD]@HOST[:PORT]/DATABASE`, instead
    /// of the mock server; two tables of ours are made in it
    #[arg(long, value_name = "URL")]
    pub postgres: Option<String>,
    /// Show what would be measured, and stop
    #[arg(long)]
    pub dry_run: bool,
    /// Neither make nor take along a certificate of the self-test; without this flag, one that is
    /// older than a day or of another build is made anew first, in 20 s
    #[arg(long)]
    pub no_selftest: bool,
    /// Show no progress
    #[arg(short, long)]
    pub quiet: bool,
    /// Execute a contestant by a program of its own that speaks the JSON contract
    #[arg(long, value_name = "CONTESTANT=PROGRAM", value_parser = guest)]
    pub program: Vec<(String, PathBuf)>,
    /// Shortest wall limit of an execution, in seconds
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub wall_limit: Option<u64>,
}

/// `triathlon run` without a word, so that whoever runs in code has the defaults
/// of the command line.
#[derive(clap::Parser)]
struct Alone {
    #[command(flatten)]
    arguments: Arguments,
}

impl Arguments {
    /// The defaults of the command line.
    pub fn defaults() -> Self {
        <Alone as clap::Parser>::parse_from(["run"]).arguments
    }
}

/// The arguments that these words of a command line are.
///
/// # Errors
/// A usage failure if they are none.
pub(super) fn of_words(words: &[String]) -> Result<Arguments> {
    let line = std::iter::once("run").chain(words.iter().map(String::as_str));
    match <Alone as clap::Parser>::try_parse_from(line) {
        Ok(alone) => Ok(alone.arguments),
        Err(error) => Err(Failure::usage(crate::cli::sentence(&error))),
    }
}

fn guest(text: &str) -> std::result::Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, program)) if is_contestant(name) => {
            let path = PathBuf::from(program);
            let there = path.is_file();
            there.then(|| (name.to_string(), path)).ok_or(format!("there is no file {program:?}"))
        }
        Some((name, _)) => Err(format!("there is no contestant {name:?}")),
        None => Err("write CONTESTANT=PROGRAM".to_string()),
    }
}

fn is_contestant(name: &str) -> bool {
    contestants::find(name).is_some() || guests::find(name).is_some()
}

/// Measures and reports.
///
/// # Errors
/// See [`runs::run`]; interrupted if the user stopped it, failed if no
/// execution at all counts, invalid if its figures cannot be believed.
pub fn run(arguments: &Arguments) -> Result<()> {
    let own = std::env::current_exe().map_err(anyhow::Error::from)?;
    if let Some(run) = &arguments.resume {
        return resume::run(run.as_deref(), arguments, own);
    }
    let (plan, settings) = prepare(arguments, own)?;
    if arguments.dry_run {
        let before = certificate::planned(plan.profile.name, &settings);
        return print(&describe(&plan, &settings, before));
    }
    let interrupt = Interrupt::listen()?;
    let done = runs::run(&plan, &settings, &interrupt)?;
    conclude(&done, arguments.strict)
}

/// Plan and settings that the arguments ask for; `own` executes contestants.
///
/// # Errors
/// A usage failure for whatever does not exist or cannot be.
pub fn prepare(arguments: &Arguments, own: PathBuf) -> Result<(Plan, Settings)> {
    let profile = profile::find(&arguments.profile)?;
    let selection = Selection {
        filters: arguments.filters.clone(),
        workloads: arguments.workload.clone(),
        contestants: arguments.contestant.clone(),
        scope: profile.scope,
        programs: programs(&arguments.program, &own),
    };
    let limits = limits(arguments)?;
    let placement = machine::placement(arguments.cpus);
    let mut cases = selection.cases(&placement, limits)?;
    let database = arguments.postgres.as_deref().map(Database::open).transpose()?;
    if let Some(database) = &database {
        database.limit(&mut cases);
    }
    if let Some(reason) = nothing_runs(&cases) {
        return Err(Failure::usage(format_args!("nothing of that runs here: {reason}")));
    }
    let rounds = arguments.rounds.unwrap_or(profile.rounds);
    if rounds < profile.parts {
        return Err(Failure::usage(format_args!(
            "profile {} has {} parts and needs as many rounds at least",
            profile.name, profile.parts
        )));
    }
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..1 << 32));
    let settings = Settings {
        out: arguments.out.clone(),
        programs: Programs { guests: planned(selection.programs, arguments, &cases), own },
        placement,
        limits,
        wall_least: arguments.wall_limit.map(Duration::from_secs),
        files_dir: files_dir(arguments.files_dir.clone()),
        database: database.map(Arc::new),
        filters: words(arguments),
        keep_disturbed: arguments.keep_disturbed,
        quiet: arguments.quiet,
        selftest: !arguments.no_selftest,
    };
    let order = Order { rounds, seed, reversed: arguments.reverse };
    Ok((Plan { slicing: slicing(arguments), ..Plan::new(cases, profile, order) }, settings))
}

/// The programs that the user names, and those that lie beside this one.
fn programs(named: &[(String, PathBuf)], own: &Path) -> Vec<(String, PathBuf)> {
    let is_named = |name: &String| named.iter().any(|(known, _)| known == name);
    let beside = guests::beside(own).into_iter().filter(|(name, _)| !is_named(name));
    named.iter().cloned().chain(beside).collect()
}

/// What a run says of its programs: those that the user names, and those of the others
/// that execute something in it.
fn planned(
    programs: Vec<(String, PathBuf)>,
    arguments: &Arguments,
    cases: &[Selected],
) -> Vec<(String, PathBuf)> {
    let mut programs = programs;
    programs.retain(|program| {
        let executes = |selected: &Selected| selected.contestant.name == program.0;
        arguments.program.contains(program) || cases.iter().any(executes)
    });
    programs
}

/// The limits of the machine, and of what the user permits.
fn limits(arguments: &Arguments) -> Result<Limits> {
    let limits = machine::limits()?;
    if !arguments.cold_files {
        return Ok(limits);
    }
    let cold = Place::below(&files_dir(arguments.files_dir.clone())).cold()?;
    Ok(Limits { cold, ..limits })
}

/// The directory that is asked for, or the usual one, in full: the record has it.
fn files_dir(asked: Option<PathBuf>) -> PathBuf {
    let directory = asked.unwrap_or_else(std::env::temp_dir);
    std::path::absolute(&directory).unwrap_or(directory)
}

fn slicing(arguments: &Arguments) -> Slicing {
    match arguments.slice {
        None => Slicing::Usual,
        Some(0) => Slicing::Off,
        Some(ms) => Slicing::Of(Duration::from_millis(ms)),
    }
}

/// The first reason, if all cases are absent.
fn nothing_runs(cases: &[Selected]) -> Option<&str> {
    let mut reasons = cases.iter().map(|selected| selected.case.absent.as_deref());
    let first = reasons.next().flatten()?;
    reasons.all(|reason| reason.is_some()).then_some(first)
}

/// The selection as words of a command line, not quoted.
fn words(arguments: &Arguments) -> Vec<String> {
    let mut words = Vec::new();
    for name in &arguments.workload {
        words.extend(["--workload".to_string(), name.clone()]);
    }
    for name in &arguments.contestant {
        words.extend(["--contestant".to_string(), name.clone()]);
    }
    if arguments.cpus == Share::One {
        words.extend(["--cpus", "one"].map(str::to_string));
    }
    if let Some(ms) = arguments.slice {
        words.extend(["--slice".to_string(), ms.to_string()]);
    }
    if let Some(directory) = &arguments.files_dir {
        words.extend(["--files-dir".to_string(), directory.display().to_string()]);
    }
    if arguments.cold_files {
        words.push("--cold-files".to_string());
    }
    words.extend(arguments.filters.iter().cloned());
    words
}

/// Prints the table and, last, the path of the page.
///
/// # Errors
/// Interrupted if the user stopped the run; failed if nothing counts; invalid
/// if the figures cannot be believed, with `strict` if any of them cannot.
pub fn conclude(done: &Done, strict: bool) -> Result<()> {
    let width = terminal_width().unwrap_or(100);
    print(&triathlon_reports::table(&done.directory, width)?)?;
    let report = std::path::absolute(&done.report).unwrap_or_else(|_| done.report.clone());
    print(&format!("\n{}\n", report.display()))?;
    if done.interrupted {
        let kept = done.directory.display();
        let sentence = format!(
            "interrupted; what was measured is kept in {kept}; `triathlon run --resume {kept}` \
             completes it"
        );
        return Err(Failure::Interrupted(sentence));
    }
    if done.count.cases == 0 {
        return Err(anyhow::anyhow!("no execution counts; the report names the reasons").into());
    }
    match triathlon_reports::unbelievable(&done.directory, strict)? {
        None => Ok(()),
        Some(sentence) => Err(Failure::Invalid(sentence)),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::{Alone, Share, words};

    #[test]
    fn the_words_of_a_selection_select_the_same() {
        let asked = |line: &str| Alone::parse_from(line.split(' ')).arguments;
        let check = |line: &str, share: Share, want: &str| {
            let arguments = asked(line);
            assert_eq!(arguments.cpus, share, "{line}");
            assert_eq!(words(&arguments).join(" "), want);
            assert_eq!(words(&asked(&format!("run {want}"))).join(" "), want);
        };
        check("run a@b --cpus one", Share::One, "--cpus one a@b");
        check("run --cpus half a b", Share::Half, "a b");
        check("run --slice 0 a", Share::Half, "--slice 0 a");
        check(
            "run --cold-files a --files-dir /mnt/x",
            Share::Half,
            "--files-dir /mnt/x --cold-files a",
        );
        check(
            "run c --contestant tokio --workload w --rounds 2",
            Share::Half,
            "--workload w --contestant tokio c",
        );
    }
}
