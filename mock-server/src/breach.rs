//! Faults that break HTTP: they end hyper's part in a connection, and what is
//! left of it is a socket.
//!
//! # Protocol
//! The handler of a request fails with a [`Breach`]; hyper hands that to the
//! connection's task, which takes the socket back and does what is asked. So a
//! hung request waits for nothing but its own socket, also with more requests
//! in the pipe, where hyper would not see the client close. It is in flight as
//! long as its [`Breach`] lives, which the task drops when the client closes,
//! and when the trial's end aborts it. What has not been sent of the answers to
//! earlier requests in the pipe is lost with the connection.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::trial::Trial;

/// What is answered instead of HTTP: no version, no status, no line.
const GARBAGE: &[u8] = b"\x15\x03\x01\x00\x02\x02\x28 this is no HTTP\n\x00\xff\xfe";
/// Most that is read of what a client has sent before its connection is closed,
/// in pieces: with unread bytes the kernel would reset instead.
const MOST_PIECES: usize = 16;
const PIECE_BYTES: usize = 4 << 10;

/// How a connection ends instead of with an answer.
pub(crate) enum Breach {
    Drop,
    /// Dropped after its socket.
    Hang {
        _request: Hanging,
    },
    Reset,
    Garbage,
}

impl Breach {
    /// The breach that made hyper give up a connection, if one did.
    pub(crate) fn behind(error: &hyper::Error) -> Option<&Self> {
        error.source()?.downcast_ref()
    }

    /// Does it, and closes the socket.
    pub(crate) async fn commit(&self, mut stream: TcpStream) {
        match self {
            Self::Drop => discard(&stream),
            Self::Hang { .. } => {
                let mut piece = [0; PIECE_BYTES];
                while stream.read(&mut piece).await.is_ok_and(|length| length > 0) {}
            }
            Self::Reset => {
                // Fails only on a socket that is none.
                let _ = stream.set_zero_linger();
            }
            Self::Garbage => {
                discard(&stream);
                // Fails only if the client has gone.
                let _ = stream.write_all(GARBAGE).await;
            }
        }
    }
}

fn discard(stream: &TcpStream) {
    let mut piece = [0; PIECE_BYTES];
    for _ in 0..MOST_PIECES {
        if !stream.try_read(&mut piece).is_ok_and(|length| length > 0) {
            return;
        }
    }
}

/// A hung request, in flight until dropped.
pub(crate) struct Hanging(Arc<Trial>);

impl Hanging {
    /// Of a request that has been counted in `trial` as hung.
    pub(crate) fn new(trial: &Arc<Trial>) -> Self {
        Self(Arc::clone(trial))
    }
}

impl Drop for Hanging {
    fn drop(&mut self) {
        self.0.counters.end_hang();
    }
}

impl fmt::Debug for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Drop => "Drop",
            Self::Hang { .. } => "Hang",
            Self::Reset => "Reset",
            Self::Garbage => "Garbage",
        })
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "asked for: {self:?}")
    }
}

impl Error for Breach {}
