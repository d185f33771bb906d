//! Why a server could not start, as one sentence that says what to do.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;

/// Why a server did not start.
#[derive(Debug)]
pub enum ServeError {
    /// The address could not be bound.
    Bind {
        /// What was asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// Anything else: limits, CPUs, the runtime.
    Other(anyhow::Error),
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (address, source) = match self {
            Self::Bind { address, source } => (address, source),
            Self::Other(error) => return write!(f, "{error:#}"),
        };
        let advice = match source.kind() {
            io::ErrorKind::AddrInUse => "end the process that listens there, or use port 0",
            io::ErrorKind::AddrNotAvailable => "use an address of this machine, such as 127.0.0.1",
            io::ErrorKind::PermissionDenied => "use port 0, or one above 1023",
            _ => "use 127.0.0.1 and port 0",
        };
        write!(f, "cannot listen on {address} ({source}); {advice}")
    }
}

impl Error for ServeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Bind { source, .. } => Some(source),
            Self::Other(error) => error.source(),
        }
    }
}

impl From<anyhow::Error> for ServeError {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}
