//! The files that executions of the workload `files` read and write.
//!
//! They lie in a [`Folder`] of their own below a directory that the user may
//! choose; nothing outside of it is ever written, and it goes when its [`Place`] is
//! dropped. What is read is made once, at first need; before each execution all of it
//! is read, so that it finds a warm page cache, or taken out of the cache; what a cold
//! execution then took from the device is compared. What is written is a witness: it is
//! read back after each execution.

mod cache;
mod folder;
mod mount;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use triathlon_contract::record::{FilesPlace, ProcessRecord};
use triathlon_contract::{ColdCache, Files, Workload};

use crate::Failure;
pub use folder::Folder;

/// What a file takes at least on usual file systems.
const BLOCK_BYTES: u64 = 4096;

/// Room that is left besides, for folders and whoever else writes there.
const SPARE_BYTES: u64 = 4 << 20;

/// Type of the file system on which a directory lies; `unknown` where the kernel does not tell.
pub(crate) fn file_system(directory: &Path) -> String {
    mount::of(directory).file_system
}

/// A directory that the user chose, and the folder in it, once it is needed.
pub struct Place {
    below: PathBuf,
    made: Mutex<Option<Made>>,
}

/// A folder and the names of what was made in it.
struct Made {
    folder: Folder,
    names: BTreeSet<String>,
}

impl Place {
    /// One that makes its folder below `directory` at first need.
    pub fn below(directory: &Path) -> Self {
        Self { below: directory.to_path_buf(), made: Mutex::default() }
    }

    /// Whether its files can be made cold, where the user has asked for it.
    ///
    /// # Errors
    /// A usage failure if the directory is not there or not writable.
    pub fn cold(&self) -> crate::Result<ColdCache> {
        cache::try_out(&self.below).map_err(|error| self.refused(&error))
    }

    /// Makes everything that these need, if they need anything.
    ///
    /// # Errors
    /// A usage failure if the directory is not there, is not writable or has too
    /// little room.
    pub fn prepare<'a>(&self, all: impl Iterator<Item = (&'a Files, u64)>) -> crate::Result<()> {
        let mut needed = Vec::new();
        for (work, laps) in all {
            needed.push(work.with_laps(laps));
        }
        if needed.is_empty() {
            return Ok(());
        }
        self.check_room(&needed)?;
        for work in &needed {
            self.make(work)?;
        }
        Ok(())
    }

    /// Brings files and caches into the state in which an execution finds them;
    /// the folder for its job.
    ///
    /// # Errors
    /// A usage failure if there is no room; a failure if the kernel refuses.
    pub fn before(&self, work: &Files) -> crate::Result<PathBuf> {
        let folder = self.make(work)?;
        let own = folder.join(work.folder());
        if work.writes() {
            clear(&own).with_context(|| format!("empty {}", own.display()))?;
        } else if work.cold {
            evict_all(&own, work)?;
        } else {
            read_all(&own, work)?;
        }
        Ok(folder)
    }

    /// Whether an execution wrote what it was to write.
    ///
    /// # Errors
    /// One sentence about the first difference.
    pub fn after(&self, work: &Files) -> std::result::Result<(), String> {
        if !work.writes() {
            return Ok(());
        }
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let made = made.as_ref().ok_or("unequal work: nothing was written")?;
        written(&made.folder.path().join(work.folder()), work)
    }

    /// Where the files lie, for the record; none if nothing was needed.
    pub fn facts(&self, cold: ColdCache) -> Option<FilesPlace> {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.as_ref()?;
        let mount = mount::of(&self.below);
        Some(FilesPlace {
            directory: self.below.display().to_string(),
            file_system: mount.file_system,
            device: mount.device,
            cold: cold == ColdCache::Allowed,
        })
    }

    /// Makes what a work needs, once; the folder.
    fn make(&self, work: &Files) -> crate::Result<PathBuf> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let made = match &mut *made {
            Some(made) => made,
            none => {
                let folder = Folder::make(&self.below).map_err(|error| self.refused(&error))?;
                none.insert(Made { folder, names: BTreeSet::new() })
            }
        };
        let folder = made.folder.path().to_path_buf();
        if made.names.insert(work.folder()) {
            fill(&folder.join(work.folder()), work).map_err(|error| self.refused(&error))?;
        }
        Ok(folder)
    }

    fn refused(&self, error: &std::io::Error) -> Failure {
        Failure::usage(format_args!(
            "cannot write files below {}: {error}; choose another place with --files-dir",
            self.below.display()
        ))
    }

    fn check_room(&self, needed: &[Files]) -> crate::Result<()> {
        let free = rustix::fs::statvfs(&self.below).map_err(|error| self.refused(&error.into()))?;
        let free_bytes = free.f_bavail * free.f_frsize;
        let needed_bytes = bytes(needed) + SPARE_BYTES;
        if needed_bytes <= free_bytes {
            return Ok(());
        }
        let mib = |bytes: u64| bytes.div_ceil(1 << 20);
        Err(Failure::usage(format_args!(
            "{} has {} MiB free, and the files of this run need {}; choose another place with \
             --files-dir",
            self.below.display(),
            free_bytes >> 20,
            mib(needed_bytes)
        )))
    }
}

/// What all of them need at once: contents that are shared count once, and of what is
/// written only the most.
pub fn bytes(needed: &[Files]) -> u64 {
    let each = |work: &Files| work.file_bytes.next_multiple_of(BLOCK_BYTES);
    let read = needed.iter().filter(|work| !work.writes());
    let read: BTreeSet<(String, u64)> =
        read.map(|work| (work.folder(), work.files * each(work))).collect();
    let written = needed.iter().filter(|work| work.writes());
    let written = written.map(|work| (work.operations() + 1) * each(work)).max();
    read.into_iter().map(|(_, bytes)| bytes).sum::<u64>() + written.unwrap_or(0)
}

/// Whether what an execution was to read from the device came from there.
///
/// # Errors
/// One sentence with the bytes that did.
pub fn was_cold(work: &Files, process: &ProcessRecord) -> std::result::Result<(), String> {
    let want = work.files * work.file_bytes;
    let read_bytes = process.device_read_bytes.unwrap_or(0);
    if !work.cold || read_bytes >= want {
        return Ok(());
    }
    Err(format!("not cold: {read_bytes} bytes came from the device, and the files have {want}"))
}

/// Makes the files of a work in a folder that is not there yet.
fn fill(folder: &Path, work: &Files) -> std::io::Result<()> {
    fs::create_dir(folder)?;
    if work.writes() {
        return Ok(());
    }
    for file in 0..work.files {
        let mut open = File::create_new(folder.join(Files::name(file)))?;
        for chunk in 0..work.chunks() {
            open.write_all(&work.content(file * work.chunks() + chunk))?;
        }
    }
    // Nothing of it shall be on its way to the device while somebody is measured.
    rustix::fs::syncfs(File::open(folder)?)?;
    Ok(())
}

fn clear(folder: &Path) -> std::io::Result<()> {
    fs::remove_dir_all(folder)?;
    fs::create_dir(folder)
}

/// Takes every file out of the page cache.
fn evict_all(folder: &Path, work: &Files) -> Result<()> {
    for file in 0..work.files {
        let path = folder.join(Files::name(file));
        cache::evict(&path).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// Reads every file, so that its pages are in the cache.
fn read_all(folder: &Path, work: &Files) -> Result<()> {
    let mut piece = vec![0; work.chunk_bytes as usize];
    for file in 0..work.files {
        let path = folder.join(Files::name(file));
        let mut open = File::open(&path).with_context(|| path.display().to_string())?;
        let mut bytes = 0;
        loop {
            match open.read(&mut piece).with_context(|| path.display().to_string())? {
                0 => break,
                count => bytes += count as u64,
            }
        }
        ensure!(bytes == work.file_bytes, "{} has {bytes} bytes", path.display());
    }
    Ok(())
}

/// Compares what lies in a folder with what was to be written.
fn written(folder: &Path, work: &Files) -> std::result::Result<(), String> {
    let unequal = |what: &str| format!("unequal work: {what}");
    let entries = fs::read_dir(folder).map_err(|error| unequal(&error.to_string()))?;
    let (count, want) = (entries.count() as u64, work.operations() + 1);
    if count != want {
        return Err(unequal(&format!("files written: {count} instead of {want}")));
    }
    let order = work.order();
    for operation in 0..want {
        let name = Files::name(operation);
        match fs::read(folder.join(&name)) {
            Ok(content) if content == work.content(work.piece(operation, &order)) => {}
            Ok(_) => return Err(unequal(&format!("file {name} has another content"))),
            Err(error) => return Err(unequal(&format!("file {name}: {error}"))),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
