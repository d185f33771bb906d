//! The directory of a run: what is kept, as it is made.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use triathlon_contract::record::{Record, RunFile, SessionFile, link};
use triathlon_reports::chain::{Kept, kept};

use crate::certificate::FILE;
use crate::execution::Executed;
use crate::failure::cannot_write;
use crate::{Failure, Result};

mod histograms;

use histograms::Histograms;

/// What a run's directory has from its beginning.
pub struct Begin<'a> {
    /// `run.json`.
    pub run: &'a RunFile,
    /// `sources.json`.
    pub sources: &'a BTreeMap<String, &'static str>,
    /// `selftest.json`, if the run has a certificate.
    pub certificate: Option<&'a [u8]>,
}

/// An open run directory; records are appended to it.
pub struct Store {
    directory: PathBuf,
    records: File,
    /// Length up to which the records are complete lines.
    complete: u64,
    /// What the next record holds on to.
    previous: String,
    histograms: Histograms,
}

impl Store {
    /// Makes `out/runs/<id>` with `run.json`, `sources.json`, `selftest.json` and
    /// an empty `records.jsonl`. On failure nothing is left behind.
    ///
    /// # Errors
    /// A usage failure that names the path: it is the user's choice.
    pub fn create(out: &Path, begin: &Begin<'_>) -> Result<Self> {
        let runs = out.join("runs");
        fs::create_dir_all(&runs).map_err(|error| cannot_write(&runs, &error))?;
        let directory = runs.join(&begin.run.id);
        fs::create_dir(&directory).map_err(|error| cannot_write(&directory, &error))?;
        match fill(&directory, begin) {
            Ok((records, previous)) => {
                let histograms = Histograms::of(&directory);
                Ok(Self { directory, records, complete: 0, previous, histograms })
            }
            Err(error) => {
                // The sentence about the first error is what helps.
                fs::remove_dir_all(&directory).ok();
                Err(cannot_write(&directory, &error))
            }
        }
    }

    /// Takes up the records of a run where they end. A line that a killed run
    /// left half written is taken back.
    ///
    /// # Errors
    /// A usage failure if another process is at it, if the records do not hold
    /// together, or if they cannot be written.
    pub fn take_up(directory: &Path) -> Result<(Self, Vec<Record>)> {
        let path = directory.join("records.jsonl");
        let failed = |error: io::Error| cannot_write(&path, &error);
        let records = OpenOptions::new().append(true).open(&path).map_err(failed)?;
        if records.try_lock().is_err() {
            return Err(Failure::usage(format_args!(
                "{} is being measured by another process; wait for it",
                directory.display()
            )));
        }
        let run = fs::read(directory.join("run.json")).map_err(failed)?;
        let Kept { records: done, bytes, previous, .. } =
            kept(&run, &fs::read(&path).map_err(failed)?).map_err(|sentence| {
                Failure::usage(format_args!("{}: {sentence}; begin a new run", directory.display()))
            })?;
        let complete = bytes as u64;
        records.set_len(complete).map_err(failed)?;
        let histograms = Histograms::of(directory);
        histograms.cut(done.len() as u64)?;
        Ok((Self { directory: directory.into(), records, complete, previous, histograms }, done))
    }

    /// Where the run is kept.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Appends one record, which holds on to the one before, and hands it to
    /// the kernel; its histograms before it, so that no record lacks them. If that
    /// fails, a line that is half written is taken back: all
    /// that stays is complete.
    ///
    /// # Errors
    /// A usage failure, most likely a full disk.
    pub fn append(&mut self, executed: Executed) -> Result<()> {
        let Executed { mut record, histograms } = executed;
        if let Some(histograms) = histograms {
            self.histograms.append(&record, histograms)?;
        }
        record.previous.clone_from(&self.previous);
        let line = line(&record).map_err(anyhow::Error::from)?;
        if let Err(error) = self.records.write_all(&line).and_then(|()| self.records.flush()) {
            self.records.set_len(self.complete).ok();
            let path = self.directory.join("records.jsonl");
            return Err(Failure::usage(format_args!(
                "{}; the records so far are complete",
                cannot_write(&path, &error)
            )));
        }
        self.complete += line.len() as u64;
        self.previous = link(&line);
        Ok(())
    }

    /// Notes that a session begins.
    ///
    /// # Errors
    /// A usage failure that names the path.
    pub fn begin(&self, session: &SessionFile) -> Result<()> {
        let path = self.directory.join("sessions.jsonl");
        let line = line(session).map_err(anyhow::Error::from)?;
        let file = OpenOptions::new().create(true).append(true).open(&path);
        file.and_then(|mut file| file.write_all(&line)).map_err(|error| cannot_write(&path, &error))
    }

    /// Points `out/latest` to this run.
    ///
    /// # Errors
    /// A usage failure that names the path.
    pub fn link_latest(&self, out: &Path) -> Result<()> {
        let Some(name) = self.directory.file_name() else {
            return Ok(());
        };
        let latest = out.join("latest");
        let fresh = out.join(format!(".latest-{}", std::process::id()));
        std::os::unix::fs::symlink(Path::new("runs").join(name), &fresh)
            .and_then(|()| fs::rename(&fresh, &latest))
            .map_err(|error| {
                fs::remove_file(&fresh).ok();
                cannot_write(&latest, &error)
            })
    }
}

fn fill(
    directory: &Path,
    Begin { run, sources, certificate }: &Begin<'_>,
) -> io::Result<(File, String)> {
    if let Some(bytes) = certificate {
        fs::write(directory.join(FILE), bytes)?;
    }
    let mut text = serde_json::to_vec_pretty(sources)?;
    text.push(b'\n');
    fs::write(directory.join("sources.json"), text)?;
    let records = File::create_new(directory.join("records.jsonl"))?;
    // Whoever takes the run up meanwhile is told; a file system without locks
    // lets them.
    records.try_lock().ok();
    // Last and at once: only with its plan a directory is a run.
    let mut text = serde_json::to_vec_pretty(run)?;
    text.push(b'\n');
    let unnamed = directory.join(".run.json");
    fs::write(&unnamed, &text)?;
    fs::rename(unnamed, directory.join("run.json"))?;
    Ok((records, link(&text)))
}

fn line(value: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}
