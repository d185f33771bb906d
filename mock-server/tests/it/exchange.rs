//! A request of which everything that may come back is a result.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::client::{PATIENCE, eventually};

/// One request on its own connection, and all that came of it so far.
pub(crate) struct Exchange {
    pub(crate) stream: TcpStream,
    received: Vec<u8>,
    end: Option<Result<(), ErrorKind>>,
}

/// What a client knows of the fate of its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// The connection is open, and no answer is complete.
    Nothing,
    /// Status 200 and a body of 10 bytes.
    Answer,
    /// Status 500.
    Error,
    /// The end, and not a byte before.
    Closed,
    /// A reset, and not a byte before.
    Reset,
    /// Bytes that are no HTTP, and the end.
    Garbage,
}

impl Exchange {
    pub(crate) fn begin(address: SocketAddr, target: &str) -> Self {
        let mut stream = TcpStream::connect(address).unwrap();
        let head = format!("GET {target} HTTP/1.1\r\nhost: x\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { stream, received: Vec::new(), end: None }
    }

    /// What has arrived by now; never waits.
    pub(crate) fn look(&mut self) -> Seen {
        self.stream.set_nonblocking(true).unwrap();
        let mut piece = [0; 1024];
        while self.end.is_none() {
            match self.stream.read(&mut piece) {
                Ok(0) => self.end = Some(Ok(())),
                Ok(length) => self.received.extend_from_slice(&piece[..length]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => self.end = Some(Err(error.kind())),
            }
        }
        let text = String::from_utf8_lossy(&self.received);
        let head = self.received.windows(4).position(|four| four == b"\r\n\r\n");
        let body = head.map(|length| self.received.len() - length - 4);
        match (self.end, text.get(..12), body) {
            (None, Some("HTTP/1.1 200"), Some(10)) => Seen::Answer,
            (None, Some("HTTP/1.1 500"), Some(0)) => Seen::Error,
            (None, _, _) => Seen::Nothing,
            (Some(Ok(())), ..) if text.is_empty() => Seen::Closed,
            (Some(Ok(())), ..) if !text.contains("HTTP/") => Seen::Garbage,
            (Some(Err(ErrorKind::ConnectionReset)), ..) if text.is_empty() => Seen::Reset,
            end => panic!("{end:?} after {text:?}"),
        }
    }

    /// What arrives, waited for.
    pub(crate) fn outcome(&mut self) -> Seen {
        eventually("something arrives", || self.look() != Seen::Nothing);
        self.look()
    }
}
