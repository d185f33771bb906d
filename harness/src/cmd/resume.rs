//! `triathlon run --resume`: what is left of a run that was interrupted or
//! killed.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use triathlon_contract::SUITE_VERSION;
use triathlon_contract::record::RunFile;

use crate::interrupt::Interrupt;
use crate::plan::Plan;
use crate::run::Settings;
use crate::{Failure, Result, build, machine, run as runs};

use super::run::{Arguments, conclude, of_words, prepare};
use super::{dry_run::describe, print};

/// Completes a run; `run` is its directory or its id; without one, the last run
/// below `--out`.
///
/// # Errors
/// A usage failure if there is no such run, or if this build, machine or
/// placement would measure something else.
pub(super) fn run(run: Option<&Path>, arguments: &Arguments, own: PathBuf) -> Result<()> {
    let directory = find(run, &arguments.out)?;
    let kept = read(&directory)?;
    let (plan, mut settings) = prepare(&asked(&kept, arguments)?, own)?;
    if let Some(difference) = difference(&kept, &plan, &settings) {
        return Err(Failure::usage(format_args!(
            "{} cannot be resumed: {difference}",
            directory.display()
        )));
    }
    // `latest` lies beside the folder that has the run.
    if let Some(out) = directory.parent().and_then(Path::parent) {
        settings.out = out.to_path_buf();
    }
    if arguments.dry_run {
        return print(&describe(&plan, &settings, Duration::ZERO));
    }
    let interrupt = Interrupt::listen()?;
    let done = runs::resume(&directory, &plan, &settings, &interrupt)?;
    conclude(&done, arguments.strict)
}

fn find(run: Option<&Path>, out: &Path) -> Result<PathBuf> {
    let runs = out.join("runs");
    let there = |directory: &PathBuf| directory.join("run.json").is_file();
    let found = match run {
        None => {
            let entries = fs::read_dir(&runs).into_iter().flatten().flatten();
            // The time comes first in a run's id.
            entries.map(|entry| entry.path()).filter(there).max()
        }
        Some(run) => {
            // `latest` is a link.
            let direct = |path: PathBuf| fs::canonicalize(&path).unwrap_or(path);
            [run.to_path_buf(), runs.join(run)].into_iter().find(there).map(direct)
        }
    };
    found.ok_or_else(|| {
        let named = run.unwrap_or(&runs).display();
        Failure::usage(format_args!("{named} holds no run to resume"))
    })
}

fn read(directory: &Path) -> Result<RunFile> {
    let path = directory.join("run.json");
    let unreadable = |error: &dyn std::fmt::Display| {
        Failure::usage(format_args!("{} cannot be read: {error}", path.display()))
    };
    let bytes = fs::read(&path).map_err(|error| unreadable(&error))?;
    serde_json::from_slice(&bytes).map_err(|error| unreadable(&error))
}

/// The arguments that began the run, with those that do not change what is
/// measured from now.
fn asked(kept: &RunFile, now: &Arguments) -> Result<Arguments> {
    Ok(Arguments {
        profile: kept.profile.clone(),
        rounds: Some(kept.rounds),
        seed: Some(kept.seed),
        reverse: kept.reversed,
        keep_disturbed: kept.keep_disturbed,
        out: now.out.clone(),
        quiet: now.quiet,
        // It keeps what it has.
        no_selftest: true,
        program: now.program.clone(),
        wall_limit: now.wall_limit,
        postgres: now.postgres.clone(),
        ..of_words(&kept.filters)?
    })
}

/// What would make the rest of the run another measurement; nothing if it is
/// the same.
fn difference(kept: &RunFile, plan: &Plan, settings: &Settings) -> Option<String> {
    let built =
        |commit: &str, dirty: bool| format!("{commit}{}", if dirty { "+dirty" } else { "" });
    let (before, now) = (built(&kept.commit, kept.dirty), built(build::COMMIT, build::dirty()));
    let machine = machine::machine().id;
    let placed = |placement: &triathlon_contract::record::Placement| {
        (placement.contestant_cpus.clone(), placement.server_cpus.clone(), placement.workers)
    };
    let guests: Vec<&String> = settings.programs.guests.iter().map(|(name, _)| name).collect();
    if kept.suite_version != SUITE_VERSION || before != now {
        return Some(format!("it was begun by the build of {before}, this is {now}"));
    }
    if kept.machine.id != machine {
        return Some(format!("it was begun on machine {}, this is {machine}", kept.machine.id));
    }
    if placed(&kept.placement) != placed(&settings.placement) {
        return Some("contestants and server had other CPUs then".to_string());
    }
    if kept.guests.iter().collect::<Vec<_>>() != guests {
        return Some(format!("name its programs again: --program for {:?}", kept.guests));
    }
    let database = settings.database.as_ref().map(|database| database.file.clone());
    if kept.postgres != database {
        let then = kept.postgres.as_ref().map_or("the mock server's", |file| &file.version);
        return Some(format!("its database was {then}; name it again with --postgres URL"));
    }
    let files = kept.files.as_ref().map(|files| files.directory.clone());
    let now = settings.files_dir.display().to_string();
    if let Some(then) = files.filter(|then| *then != now) {
        return Some(format!("its files lay in {then} then, and would in {now}"));
    }
    let ceilings: Vec<String> = plan.ceilings.iter().map(ToString::to_string).collect();
    if kept.cases != plan.case_files() || kept.ceilings != ceilings {
        return Some("its words select other cases here".to_string());
    }
    None
}
