//! `triathlon cost`

use std::path::PathBuf;

use crate::cost::{Wanted, measure, plan, table};
use crate::interrupt::Interrupt;
use crate::{Failure, Result, contestants, machine, run as runs};

use super::{added, print};

const EXAMPLES: &str = "\
Examples:
  triathlon cost                        all contestants, three clean builds each; a quarter of an hour
  triathlon cost --rounds 1             one build each: sizes and start-up, no range of builds
  triathlon cost --contestant tokio     one contestant; may be repeated
  triathlon cost --dry-run              what would be built, and how long it takes
  triathlon cost reports/runs/20261122…  added to a certain run instead of the last one

Each contestant has the same small program in harness/cost: it fetches a URL. Measured are the crates
in its tree, clean builds, its size without symbols, and processes that begin, fetch and end. The
figures go into cost.json of a run, whose report is rendered again.

Exit codes: 0 ok, 1 a program does not build or does not do its errand, 2 wrong call, 130 interrupted,
with nothing written.";

/// Which programs, how often, and to which run it belongs.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Directory of the run that the figures are added to
    #[arg(default_value = "reports/latest")]
    run: PathBuf,
    /// Only this contestant, without flavour; may be repeated
    #[arg(long, value_name = "NAME")]
    contestant: Vec<String>,
    /// Clean builds of each program
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=30))]
    rounds: u64,
    /// Executions of each program in each flavour
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=1000))]
    processes: u64,
    /// GETs of each execution
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u64).range(2..=10_000))]
    gets: u64,
    /// Compilers at once; as many as there are CPUs if not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1024))]
    jobs: Option<u64>,
    /// Where builds go; the system's directory for temporary files if none is given
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Seed of the order
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Show what would be done, and stop
    #[arg(long)]
    dry_run: bool,
    /// Show no progress
    #[arg(short, long)]
    quiet: bool,
}

/// Measures, adds `cost.json` to the run and renders its report again.
///
/// # Errors
/// A usage failure if there is no such contestant, no run, no cargo or no room; an
/// interruption, with nothing written; a failure if a program does not do its errand.
pub fn run(arguments: &Arguments) -> Result<()> {
    let wanted = wanted(arguments)?;
    if arguments.dry_run {
        return print(&plan(&wanted));
    }
    let held = added::belongs_here(&arguments.run)?;
    if !arguments.quiet {
        eprint!("{}", plan(&wanted));
    }
    let cost = measure(&wanted, &Interrupt::listen()?)?;
    added::write(&arguments.run, "cost", &cost)?;
    drop(held);
    print(&table(&cost))?;
    let report = runs::report(&arguments.run)?;
    let report = std::path::absolute(&report).unwrap_or(report);
    print(&format!("\n{}\n", report.display()))
}

fn wanted(arguments: &Arguments) -> Result<Wanted> {
    let mut chosen = Vec::new();
    for name in &arguments.contestant {
        if contestants::find(name).is_none() {
            let names: Vec<&str> = contestants::ALL.iter().map(|known| known.name).collect();
            return Err(Failure::usage(format_args!(
                "there is no contestant {name:?} with a small program; there are {}",
                names.join(", ")
            )));
        }
    }
    for contestant in contestants::ALL {
        let named = arguments.contestant.iter().any(|name| name == contestant.name);
        if named || arguments.contestant.is_empty() {
            chosen.push(contestant);
        }
    }
    let cpus = machine::cpus::allowed().map_or(1, |allowed| allowed.len().max(1));
    let directory = arguments.dir.clone().unwrap_or_else(std::env::temp_dir);
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..1 << 32));
    Ok(Wanted {
        contestants: chosen,
        rounds: arguments.rounds,
        processes: arguments.processes,
        gets: arguments.gets,
        jobs: arguments.jobs.unwrap_or(cpus as u64),
        seed,
        directory: std::path::absolute(&directory).unwrap_or(directory),
        command: command(arguments, seed),
        quiet: arguments.quiet,
    })
}

/// The command that measures the same again.
fn command(arguments: &Arguments, seed: u64) -> String {
    let Arguments { rounds, processes, gets, .. } = arguments;
    let mut command = format!(
        "cargo run --release -- cost --rounds {rounds} --processes {processes} --gets {gets} --seed {seed}"
    );
    for name in &arguments.contestant {
        command += &format!(" --contestant {name}");
    }
    if let Some(jobs) = arguments.jobs {
        command += &format!(" --jobs {jobs}");
    }
    command
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::{Arguments, command, wanted};

    #[derive(Parser)]
    struct Alone {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn asked(line: &str) -> Arguments {
        Alone::parse_from(line.split(' ')).arguments
    }

    #[test]
    fn the_command_measures_the_same_again() {
        let first = asked("cost --contestant smol --contestant rayon --gets 9 --jobs 2 --seed 5");
        let words = command(&first, 5);
        let again = asked(words.strip_prefix("cargo run --release -- ").unwrap());
        let (one, other) = (wanted(&first).unwrap(), wanted(&again).unwrap());
        let names = |of: &super::Wanted| of.contestants.iter().map(|c| c.name).collect::<Vec<_>>();
        assert_eq!(names(&one), ["rayon", "smol"]);
        assert_eq!(names(&one), names(&other));
        assert_eq!((one.rounds, one.processes, one.gets), (3, 30, 9));
        assert_eq!((other.rounds, other.processes, other.gets), (3, 30, 9));
        assert_eq!((one.jobs, one.seed, other.jobs, other.seed), (2, 5, 2, 5));
        assert_eq!(one.command, other.command);
    }

    #[test]
    fn a_contestant_that_is_not_there_is_named_with_those_that_are() {
        let failure = wanted(&asked("cost --contestant node")).err().unwrap();
        assert_eq!(failure.code(), 2);
        let sentence = failure.to_string();
        assert!(sentence.contains("\"node\"") && sentence.contains("async-std"), "{sentence}");
    }
}
