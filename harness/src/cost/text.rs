//! What is said before and after.

use std::fmt::Write;

use triathlon_contract::record::{CostFile, CostProcess, CostProgram, CostRuns};
use triathlon_statistics::Summary;

use super::Wanted;
use super::programs::package;

/// What a clean build is planned to take on two CPUs.
const BUILD_S: f64 = 25.0;

/// What an execution is planned to take, its trial at the server included.
const PROCESS_S: f64 = 0.05;

/// What one build needs on disk.
const BUILD_MB: u64 = 150;

/// The plan in words, before anything is done.
pub fn plan(wanted: &Wanted) -> String {
    let mut text = String::new();
    for contestant in &wanted.contestants {
        let _ = writeln!(text, "{}", package(contestant));
    }
    let rows: usize = wanted.contestants.iter().map(|one| one.flavours.len()).sum();
    let builds = wanted.contestants.len() as u64 * wanted.rounds;
    let processes = rows as u64 * wanted.processes;
    let minutes = (builds as f64 * BUILD_S + processes as f64 * PROCESS_S) / 60.0;
    let _ = write!(
        text,
        "\n{} in {}, at most {} at once; {} of {} GETs; seed {}\nabout {minutes:.1} minutes on two \
         CPUs that do nothing else; up to {BUILD_MB} MB below {}, removed at the end\n",
        count(builds, "clean build", "clean builds"),
        count(wanted.rounds, "round", "rounds"),
        count(wanted.jobs, "compiler", "compilers"),
        count(processes, "process", "processes"),
        wanted.gets,
        wanted.seed,
        wanted.directory.display()
    );
    text
}

/// What was measured, a line for every contestant and flavour: medians.
pub fn table(cost: &CostFile) -> String {
    let mut text = format!(
        "{:<22} {:>6} {:>9} {:>9} {:>9} {:>8} {:>10} {:>10} {:>8}\n",
        "", "crates", "build s", "KiB", "process", "up", "first GET", "later GET", "down"
    );
    for program in &cost.programs {
        for runs in &program.runs {
            text += &line(program, runs);
        }
    }
    let builds = count(cost.rounds, "build", "builds");
    let processes = count(cost.processes, "process", "processes");
    let _ = writeln!(text, "medians of {builds} and {processes}; times in ms");
    text
}

fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn line(program: &CostProgram, runs: &CostRuns) -> String {
    let builds: Vec<f64> = program.builds.iter().map(|build| build.wall_ns as f64 / 1e9).collect();
    let ms = |ns: fn(&CostProcess) -> u64| {
        let values: Vec<f64> = runs.processes.iter().map(|one| ns(one) as f64 / 1e6).collect();
        median(&values, 3)
    };
    format!(
        "{:<22} {:>6} {:>9} {:>9} {:>9} {:>8} {:>10} {:>10} {:>8}\n",
        runs.who,
        program.crates.len(),
        median(&builds, 1),
        program.binary_bytes.div_ceil(1024),
        ms(|one| one.wall_ns),
        ms(|one| one.up_ns),
        ms(|one| one.first_ns),
        ms(|one| one.later_ns),
        ms(|one| one.down_ns),
    )
}

fn median(values: &[f64], decimals: usize) -> String {
    let median = Summary::of(values).map(|summary| summary.median);
    median.map_or("-".to_string(), |median| format!("{median:.decimals$}"))
}
