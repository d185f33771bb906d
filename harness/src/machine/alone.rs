//! Whether another run measures on this machine at the same time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What a run holds while it measures; the kernel lets go of it with the
/// process, however that ends.
#[derive(Debug)]
pub enum Hold {
    /// Nobody else measures, as long as this lives.
    Alone(File),
    /// Another run does.
    Shared,
    /// The lock file cannot be opened, for instance because it is another
    /// user's.
    Unknown,
}

/// Takes the machine's lock, or says who has it.
pub fn hold() -> Hold {
    hold_at(&path())
}

/// Whether a run measures now; none if that cannot be known.
///
/// Makes no file. The lock is asked for in its shared form and let go at once,
/// so that two who look do not see each other.
pub(crate) fn measured() -> Option<bool> {
    measured_at(&path())
}

fn path() -> PathBuf {
    std::env::temp_dir().join("triathlon.lock")
}

fn measured_at(path: &Path) -> Option<bool> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Some(false),
        Err(_) => return None,
    };
    match file.try_lock_shared() {
        Ok(()) => Some(false),
        Err(TryLockError::WouldBlock) => Some(true),
        Err(TryLockError::Error(_)) => None,
    }
}

fn hold_at(path: &Path) -> Hold {
    let opened = OpenOptions::new().create(true).append(true).open(path);
    let Ok(file) = opened.or_else(|_| File::open(path)) else {
        return Hold::Unknown;
    };
    match file.try_lock() {
        Ok(()) => Hold::Alone(file),
        Err(TryLockError::WouldBlock) => Hold::Shared,
        Err(TryLockError::Error(_)) => Hold::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::{Hold, hold_at, measured_at};

    #[test]
    fn a_second_run_is_told_and_the_next_is_alone_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        let first = hold_at(&path);
        assert!(matches!(first, Hold::Alone(_)), "{first:?}");
        assert!(matches!(hold_at(&path), Hold::Shared));
        drop(first);
        assert!(matches!(hold_at(&path), Hold::Alone(_)));
    }

    #[test]
    fn looking_tells_a_run_and_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        assert_eq!(measured_at(&path), Some(false));
        assert!(!path.exists());
        let first = hold_at(&path);
        assert_eq!(measured_at(&path), Some(true));
        drop(first);
        assert_eq!(measured_at(&path), Some(false));
        assert!(matches!(hold_at(&path), Hold::Alone(_)), "looking held it");
        assert_eq!(measured_at("/proc/self/mem/lock".as_ref()), None);
    }

    #[test]
    fn a_lock_that_cannot_be_opened_says_nothing() {
        assert!(matches!(hold_at("/nonexistent/lock".as_ref()), Hold::Unknown));
    }
}
