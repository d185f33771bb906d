//! How a verb ends badly, and with which exit code.

use std::fmt;

/// Result of a verb.
pub type Result<T> = std::result::Result<T, Failure>;

/// Why a verb did not do what was asked.
#[derive(Debug)]
pub enum Failure {
    /// The call, a path or a port was wrong: one sentence that says what to do.
    Usage(String),
    /// Something went wrong on the way.
    Failed(anyhow::Error),
    /// What was measured breaks a threshold that the user gave.
    Threshold(String),
    /// What was measured must not be believed; the sentence says why.
    Invalid(String),
    /// The user interrupted it; the sentence says what was kept.
    Interrupted(String),
}

impl Failure {
    /// Exit code: 1 failed, 2 usage, 3 threshold, 4 invalid, 130 interrupted.
    pub fn code(&self) -> u8 {
        match self {
            Self::Failed(_) => 1,
            Self::Usage(_) => 2,
            Self::Threshold(_) => 3,
            Self::Invalid(_) => 4,
            Self::Interrupted(_) => 130,
        }
    }

    /// A usage failure from anything that can be said.
    pub fn usage(sentence: impl fmt::Display) -> Self {
        Self::Usage(sentence.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(sentence)
            | Self::Threshold(sentence)
            | Self::Invalid(sentence)
            | Self::Interrupted(sentence) => f.write_str(sentence),
            Self::Failed(error) => write!(f, "{error:#}"),
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

/// A failure to write below a path that the user chose: a full disk, no
/// permission, a file where a directory should be.
pub fn cannot_write(path: &std::path::Path, error: &std::io::Error) -> Failure {
    Failure::usage(format_args!(
        "cannot write {}: {error}; free some space or choose another place with --out",
        path.display()
    ))
}
