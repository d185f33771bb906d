//! A folder that is gone when its owner is, at the latest when the next one is made.

use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// How the names of all such folders begin.
pub(super) const PREFIX: &str = "triathlon-files-";

/// Held by the owner as long as it lives; the kernel lets go of it with the process.
const LOCK: &str = "lock";

/// A fresh folder, removed with all that is in it when this is dropped.
///
/// A process that is killed leaves its folder behind, and with it a lock that nobody
/// holds: whoever makes the next folder in the same place removes it.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes one below a directory, and removes what dead owners left there.
    ///
    /// # Errors
    /// If the directory is not there or not writable.
    pub fn make(below: &Path) -> io::Result<Self> {
        remove_leftovers(below);
        let path = loop {
            // Others may guess the name: what is there already is never used.
            let path = below.join(format!("{PREFIX}{:08x}", fastrand::u32(..)));
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => break path,
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        };
        let locked = lock(&path);
        if locked.is_err() {
            fs::remove_dir_all(&path).ok();
        }
        Ok(Self { path, _lock: locked? })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed now is a leftover for the next.
        fs::remove_dir_all(&self.path).ok();
    }
}

/// The lock appears under its name only once it is held.
fn lock(folder: &Path) -> io::Result<File> {
    let new = folder.join("new");
    let lock = File::create_new(&new)?;
    lock.try_lock()?;
    fs::rename(new, folder.join(LOCK))?;
    Ok(lock)
}

/// Removes folders of ours that nobody holds. One without a lock is not known to be
/// one, and stays.
fn remove_leftovers(below: &Path) {
    let own = rustix::process::geteuid().as_raw();
    for entry in fs::read_dir(below).into_iter().flatten().flatten() {
        let named = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        // Of the entry itself: a link is followed nowhere.
        let ours = entry.metadata().is_ok_and(|entry| entry.is_dir() && entry.uid() == own);
        if !named || !ours {
            continue;
        }
        let Ok(lock) = File::open(entry.path().join(LOCK)) else {
            continue;
        };
        if lock.try_lock().is_ok() {
            fs::remove_dir_all(entry.path()).ok();
        }
    }
}
