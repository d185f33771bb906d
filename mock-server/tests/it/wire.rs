//! A client of the Postgres wire that sees every byte.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use crate::client::{PATIENCE, Trial};

/// A trial with a database and nothing else that is special.
pub(crate) const DATABASE: &str = r#"{"postgres":true}"#;

/// One session, or what is to become one.
pub(crate) struct Wire {
    pub(crate) stream: TcpStream,
}

/// One message of the server.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) kind: char,
    pub(crate) body: Vec<u8>,
}

impl Message {
    /// The code of an error or a warning.
    pub(crate) fn code(&self) -> &str {
        let mut fields = self.body.split(|byte| *byte == 0);
        let code = fields.find_map(|field| field.strip_prefix(b"C")).unwrap();
        std::str::from_utf8(code).unwrap()
    }
}

pub(crate) fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &(body.len() as u32 + 4).to_be_bytes(), body].concat()
}

pub(crate) fn query(text: &str) -> Vec<u8> {
    message(b'Q', &[text.as_bytes(), b"\0"].concat())
}

/// Parse, Bind, Execute and Sync of the unnamed statement, without parameters.
pub(crate) fn extended(text: &str) -> Vec<u8> {
    let parse = [&b"\0"[..], text.as_bytes(), b"\0\0\0"].concat();
    [message(b'P', &parse), message(b'B', &[0; 8]), message(b'E', &[0; 5]), message(b'S', b"")]
        .concat()
}

pub(crate) fn startup() -> Vec<u8> {
    let body = b"\0\x03\0\0user\0me\0\0";
    [&(body.len() as u32 + 4).to_be_bytes()[..], body].concat()
}

impl Wire {
    /// A connection on which nothing has been said.
    pub(crate) fn connect(trial: &Trial) -> Self {
        let stream = TcpStream::connect(trial.postgres.unwrap()).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { stream }
    }

    /// A session.
    pub(crate) fn open(trial: &Trial) -> Self {
        let mut wire = Self::connect(trial);
        wire.write(&startup());
        assert_eq!(wire.kinds(), "RSSSSSSSKZ");
        wire
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// The next message; nothing once the server has hung up.
    pub(crate) fn next(&mut self) -> Option<Message> {
        let mut head = [0; 5];
        match self.stream.read_exact(&mut head) {
            Ok(()) => {}
            Err(error)
                if [ErrorKind::UnexpectedEof, ErrorKind::ConnectionReset]
                    .contains(&error.kind()) =>
            {
                return None;
            }
            Err(error) => panic!("{error}"),
        }
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let mut body = vec![0; length - 4];
        self.stream.read_exact(&mut body).unwrap();
        Some(Message { kind: head[0].into(), body })
    }

    /// Messages up to the one that says that the server is ready.
    pub(crate) fn answer(&mut self) -> Vec<Message> {
        let mut messages = Vec::new();
        loop {
            let message = self.next().expect("the server has hung up");
            let last = message.kind == 'Z';
            messages.push(message);
            if last {
                return messages;
            }
        }
    }

    /// The kinds of these.
    pub(crate) fn kinds(&mut self) -> String {
        self.answer().iter().map(|message| message.kind).collect()
    }

    pub(crate) fn simple(&mut self, text: &str) -> String {
        self.write(&query(text));
        self.kinds()
    }
}
