//! Files that verbs add to a run that was measured before.

use std::fs::{self, File};
use std::path::Path;

use anyhow::Context;
use serde::Serialize;
use triathlon_contract::record::RunFile;

use super::report::there;
use crate::failure::cannot_write;
use crate::{Failure, Result, machine};

/// Whether figures may go into a run: it is there, of this machine, and not being
/// measured. The lock of its records is held meanwhile, so that nobody takes it up.
///
/// # Errors
/// A usage failure if not.
pub(super) fn belongs_here(run: &Path) -> Result<File> {
    there(run)?;
    let path = run.join("run.json");
    let text = fs::read(&path).with_context(|| path.display().to_string())?;
    let file: RunFile = serde_json::from_slice(&text)
        .map_err(|error| Failure::usage(format_args!("{}: {error}", path.display())))?;
    if file.machine.id != machine::machine().id {
        return Err(Failure::usage(format_args!(
            "{} was measured on another machine ({}): figures of two machines do not belong on one \
             page; `triathlon run` makes a run here",
            run.display(),
            file.machine.class
        )));
    }
    let path = run.join("records.jsonl");
    let records =
        File::options().append(true).open(&path).map_err(|error| cannot_write(&path, &error))?;
    match records.try_lock() {
        Err(fs::TryLockError::WouldBlock) => Err(Failure::usage(format_args!(
            "{} is being measured by another process; wait for it",
            run.display()
        ))),
        // A file system without locks lets everybody.
        _ => Ok(records),
    }
}

/// Writes `name.json` into a run, whole or not at all.
///
/// # Errors
/// A usage failure if it cannot be written there.
pub(super) fn write(run: &Path, name: &str, content: &impl Serialize) -> Result<()> {
    let mut text = serde_json::to_vec_pretty(content).with_context(|| format!("write {name}"))?;
    text.push(b'\n');
    let path = run.join(format!("{name}.json"));
    let unnamed = run.join(format!(".{name}-{}.json", std::process::id()));
    fs::write(&unnamed, &text).and_then(|()| fs::rename(&unnamed, &path)).map_err(|error| {
        fs::remove_file(&unnamed).ok(); // what is half written
        cannot_write(&path, &error)
    })
}
