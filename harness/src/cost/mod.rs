//! What the same small program costs in each style: crates, clean builds, size,
//! start and end, first and later requests.
//!
//! - `programs`: which programs there are and what is known of them without a build.
//! - `cargo`: cargo as a child, with nothing of the user's that would change a build.
//! - `builds`: clean builds in turn, each into a fresh folder.
//! - `processes`: executions in turn, against a mock server, proven as all work is.
//! - `text`: what is said before and after.

mod builds;
mod cargo;
mod processes;
mod programs;
mod text;

use std::path::PathBuf;

use triathlon_contract::Contestant;
use triathlon_contract::record::{CostFile, SCHEMA};

use crate::files::{Folder, file_system};
use crate::interrupt::Interrupt;
use crate::machine::alone::Hold;
use crate::{Failure, Result, build, machine, time};

pub use programs::package;
pub use text::{plan, table};

/// Size of the body of each GET.
pub const BODY_BYTES: u64 = 1024;

/// What to measure, and how much.
pub struct Wanted {
    /// Whose programs.
    pub contestants: Vec<&'static Contestant>,
    /// Clean builds of each.
    pub rounds: u64,
    /// Executions of each in each flavour.
    pub processes: u64,
    /// GETs of each execution.
    pub gets: u64,
    /// Compilers at once.
    pub jobs: u64,
    /// Of the order.
    pub seed: u64,
    /// Where each build has a fresh folder.
    pub directory: PathBuf,
    /// The command, for the record.
    pub command: String,
    /// Whether to show no progress.
    pub quiet: bool,
}

impl Wanted {
    fn say(&self, line: &str) {
        if !self.quiet {
            eprintln!("{line}");
        }
    }

    /// The numbers in another order each round, the same for the same seed.
    fn order(&self, round: u64, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        let seed = self.seed.wrapping_mul(1_000_003).wrapping_add(round);
        fastrand::Rng::with_seed(seed).shuffle(&mut order);
        order
    }
}

/// Measures everything that is wanted; writes nothing that stays.
///
/// # Errors
/// A usage failure if there is no cargo, no source or no room; an interruption; a failure
/// if a program does not build or does not do its errand.
pub fn measure(wanted: &Wanted, interrupt: &Interrupt) -> Result<CostFile> {
    let cargo = cargo::Cargo::find(interrupt)?;
    cargo.fetch(interrupt, &|line| wanted.say(line))?;
    let hold = machine::alone::hold();
    let folder = Folder::make(&wanted.directory).map_err(|error| {
        Failure::usage(format_args!(
            "cannot make a folder in {}: {error}; choose another place with --dir",
            wanted.directory.display()
        ))
    })?;
    let started_at = time::utc(time::now_s());
    let placement = machine::placement(machine::Share::Half);
    let mut programs = programs::programs(wanted, &cargo, interrupt)?;
    builds::builds(wanted, &cargo, folder.path(), &mut programs, interrupt)?;
    processes::processes(wanted, &placement, folder.path(), &mut programs, interrupt)?;
    let mut reasons = Vec::new();
    if let Hold::Shared = hold {
        reasons.push("a run measured on this machine at the same time: repeat it alone".into());
    }
    if !build::optimised() {
        reasons.push("the mock server was built without optimisation: GETs took longer".into());
    }
    Ok(CostFile {
        schema: SCHEMA,
        started_at,
        commit: build::COMMIT.to_string(),
        dirty: build::dirty(),
        machine: machine::machine().id,
        compiler: cargo.release(interrupt)?,
        build: format!("cargo {}", cargo::BUILD.join(" ")),
        profile: build::cost_profile(),
        jobs: wanted.jobs,
        seed: wanted.seed,
        rounds: wanted.rounds,
        processes: wanted.processes,
        gets: wanted.gets,
        body_bytes: BODY_BYTES,
        placement,
        directory: wanted.directory.display().to_string(),
        file_system: file_system(&wanted.directory),
        command: wanted.command.clone(),
        reasons,
        programs,
    })
}

fn interrupted() -> Failure {
    Failure::Interrupted("interrupted; nothing was written, and nothing is left".to_string())
}
