//! Whether another run measures on this machine at the same time.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

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
    hold_at(&std::env::temp_dir().join("triathlon.lock"))
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
    use super::{Hold, hold_at};

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
    fn a_lock_that_cannot_be_opened_says_nothing() {
        assert!(matches!(hold_at("/nonexistent/lock".as_ref()), Hold::Unknown));
    }
}
