//! The directory of a run: what is kept, as it is made.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use triathlon_contract::record::{Record, RunFile};

use crate::failure::cannot_write;
use crate::{Failure, Result};

/// An open run directory; records are appended to it.
pub struct Store {
    directory: PathBuf,
    records: File,
    /// Length up to which the records are complete lines.
    complete: u64,
}

impl Store {
    /// Makes `out/runs/<id>` with `run.json`, `sources.json` and an empty
    /// `records.jsonl`. On failure nothing is left behind.
    ///
    /// # Errors
    /// A usage failure that names the path: it is the user's choice.
    pub fn create(
        out: &Path,
        run: &RunFile,
        sources: &BTreeMap<String, &'static str>,
    ) -> Result<Self> {
        let runs = out.join("runs");
        fs::create_dir_all(&runs).map_err(|error| cannot_write(&runs, &error))?;
        let directory = runs.join(&run.id);
        fs::create_dir(&directory).map_err(|error| cannot_write(&directory, &error))?;
        match Self::fill(&directory, run, sources) {
            Ok(records) => Ok(Self { directory, records, complete: 0 }),
            Err(error) => {
                // The sentence about the first error is what helps.
                fs::remove_dir_all(&directory).ok();
                Err(cannot_write(&directory, &error))
            }
        }
    }

    fn fill(
        directory: &Path,
        run: &RunFile,
        sources: &BTreeMap<String, &'static str>,
    ) -> io::Result<File> {
        let mut text = serde_json::to_vec_pretty(run)?;
        text.push(b'\n');
        fs::write(directory.join("run.json"), text)?;
        let mut text = serde_json::to_vec_pretty(sources)?;
        text.push(b'\n');
        fs::write(directory.join("sources.json"), text)?;
        File::create_new(directory.join("records.jsonl"))
    }

    /// Where the run is kept.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Appends one record and hands it to the kernel. If that fails, a line
    /// that is half written is taken back: all that stays is complete.
    ///
    /// # Errors
    /// A usage failure, most likely a full disk.
    pub fn append(&mut self, record: &Record) -> Result<()> {
        let mut line = serde_json::to_vec(record).map_err(anyhow::Error::from)?;
        line.push(b'\n');
        if let Err(error) = self.records.write_all(&line).and_then(|()| self.records.flush()) {
            self.records.set_len(self.complete).ok();
            let path = self.directory.join("records.jsonl");
            return Err(Failure::usage(format_args!(
                "{}; the records so far are complete",
                cannot_write(&path, &error)
            )));
        }
        self.complete += line.len() as u64;
        Ok(())
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
