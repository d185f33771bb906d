//! Clean builds in turn, each into a fresh folder that is gone before the next.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use triathlon_contract::record::{CostBuild, CostProgram};

use super::Wanted;
use super::cargo::Cargo;
use crate::Result;
use crate::failure::cannot_write;
use crate::interrupt::Interrupt;

/// Where the program of a package lies once it was built.
pub(super) fn program(folder: &Path, package: &str) -> PathBuf {
    folder.join(package)
}

/// Builds every program once a round, all in another order each round; keeps the program of
/// the last round.
pub(super) fn builds(
    wanted: &Wanted,
    cargo: &Cargo,
    folder: &Path,
    programs: &mut [CostProgram],
    interrupt: &Interrupt,
) -> Result<()> {
    for round in 1..=wanted.rounds {
        for place in wanted.order(round, programs.len()) {
            let built = &mut programs[place];
            let target = folder.join("build");
            let process = cargo.build(&built.package, &target, wanted.jobs, interrupt)?;
            let (from, to) =
                (target.join("cost").join(&built.package), program(folder, &built.package));
            fs::rename(&from, &to).with_context(|| format!("take {}", from.display()))?;
            // Before the next: the folder is fresh, and the disk holds one build at a time.
            fs::remove_dir_all(&target).map_err(|error| cannot_write(&target, &error))?;
            let size = fs::metadata(&to).with_context(|| to.display().to_string())?.len();
            built.binary_bytes = size;
            built.builds.push(CostBuild {
                round,
                wall_ns: process.wall_ns,
                user_ns: process.user_ns,
                system_ns: process.system_ns,
            });
            wanted.say(&format!(
                "round {round}/{}: {} built in {:.1} s, {size} bytes",
                wanted.rounds,
                built.package,
                process.wall_ns as f64 / 1e9
            ));
        }
    }
    Ok(())
}
