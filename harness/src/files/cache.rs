//! How the kernel is made to forget what it has of files in its page cache, and how it
//! shows that it did.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use nix::sys::resource::{UsageWho, getrusage};
use rustix::fs::{Advice, fadvise};
use triathlon_contract::ColdCache;

use super::Folder;

/// In which the kernel counts what devices read, whatever they have. Source:
/// getrusage(2), and `task_io_get_inblock` of Linux.
const BLOCK_BYTES: u64 = 512;

/// Size of the file that is tried.
const TRIED_BYTES: u64 = 256 << 10;

/// Takes all pages of a file out of the page cache, for which one need only be able to
/// open it; nobody else's are touched.
///
/// What is not on the device yet would stay, so it is written there first. Names and
/// inodes stay known. Source: posix_fadvise(2).
pub(super) fn evict(path: &Path) -> io::Result<()> {
    let file = File::open(path)?;
    file.sync_data()?;
    Ok(fadvise(&file, 0, None, Advice::DontNeed)?)
}

/// Reads a file to its end; the bytes that a device read for it, in this thread: none if
/// it was in the page cache, and at least its length if it was not.
///
/// A look at single pages that waits for none (`preadv2` with `RWF_NOWAIT`) does not
/// tell: Linux begins to bring in what it does not find, and a fast device is done
/// before the answer.
pub(super) fn device_bytes_to_read(path: &Path) -> io::Result<u64> {
    let read_bytes = || -> io::Result<u64> {
        let usage = getrusage(UsageWho::RUSAGE_THREAD)?;
        Ok(usage.block_reads() as u64 * BLOCK_BYTES)
    };
    let before = read_bytes()?;
    fs::read(path)?;
    Ok(read_bytes()? - before)
}

/// Whether files below a directory leave the page cache when they are to, found out with
/// one. They stay where they are in memory anyway.
///
/// # Errors
/// If none can be made there.
pub(super) fn try_out(below: &Path) -> io::Result<ColdCache> {
    let folder = Folder::make(below)?;
    let path = folder.path().join("tried");
    fs::write(&path, vec![1; TRIED_BYTES as usize])?;
    evict(&path)?;
    let came_cold = device_bytes_to_read(&path)? >= TRIED_BYTES;
    Ok(if came_cold { ColdCache::Allowed } else { ColdCache::Refused })
}
