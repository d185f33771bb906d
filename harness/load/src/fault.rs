//! Why a request failed, in classes that can be counted.

use std::io::ErrorKind;

/// The class of a failed request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it; `NAMES` has the words")]
pub enum Fault {
    Status3xx,
    Status4xx,
    Status5xx,
    StatusOther,
    Closed,
    Reset,
    WrongLength,
    WrongBody,
    NotHttp,
    Socket,
}

impl Fault {
    /// How many classes there are.
    pub(crate) const COUNT: usize = 10;

    /// The words of each class, in the order of the classes.
    pub const NAMES: [&str; Self::COUNT] = [
        "status 3xx",
        "status 4xx",
        "status 5xx",
        "other status",
        "connection closed",
        "connection reset",
        "wrong length",
        "wrong body",
        "not HTTP",
        "socket error",
    ];

    /// Of a status that is not 2xx.
    pub(crate) fn of_status(status: u16) -> Self {
        match status / 100 {
            3 => Self::Status3xx,
            4 => Self::Status4xx,
            5 => Self::Status5xx,
            _ => Self::StatusOther,
        }
    }

    /// Of an error that reading or writing gave.
    pub(crate) fn of_error(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => Self::Reset,
            _ => Self::Socket,
        }
    }
}
