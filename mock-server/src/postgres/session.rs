//! Sans-I/O session of the Postgres protocol, the server's end: bytes in, measured
//! statements and bytes out.
//!
//! Who owns the connection reads into [`Session::space`], tells
//! [`Session::advance`] how much came, and takes [`Session::step`]s, of which each
//! says what to do next.

use triathlon_contract::QueryCounts;

use super::backend::{Backend, Flow};
use super::fields::Fields;
use super::inbox::{Inbox, Message, Oversized};
use super::refusal::{FEATURE_NOT_SUPPORTED, NO_USER, PROTOCOL_VIOLATION};
use super::statement::{PARAMETERS, REPORTED};

// Source: PostgreSQL, src/include/libpq/pqcomm.h.
const CANCEL: u32 = (1234 << 16) | 5678;
const ENCRYPT_SSL: u32 = (1234 << 16) | 5679;
const ENCRYPT_GSS: u32 = (1234 << 16) | 5680;
const VERSION_MAJOR: u32 = 3;

/// What the owner of the connection has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A measured statement has arrived: after a pause, and whatever else holds it
    /// up, it is answered by [`Session::answer`]. What is due is written before.
    Query {
        /// The pause that the statement asks for.
        pause_ns: u64,
    },
    /// Write what is due; there is more to do.
    Write,
    /// Write what is due, then read on.
    Read,
    /// Write what is due, then close.
    End,
}

#[derive(PartialEq, Eq)]
enum Phase {
    Startup,
    Open,
    Ended,
}

/// One session, from its first byte.
pub struct Session {
    inbox: Inbox,
    backend: Backend,
    phase: Phase,
    number: u32,
}

impl Session {
    /// A session that gives clients this number as that of its process.
    pub fn new(number: u32) -> Self {
        Self { inbox: Inbox::new(), backend: Backend::new(), phase: Phase::Startup, number }
    }

    /// Where to read into: never empty after [`Step::Read`].
    pub fn space(&mut self) -> &mut [u8] {
        self.inbox.space()
    }

    /// Where to read ahead into while a statement is held; empty if there is no room.
    pub fn spare(&mut self) -> &mut [u8] {
        self.inbox.spare()
    }

    /// Takes notice of `count` bytes that were read.
    ///
    /// # Panics
    /// There was no room for so many.
    pub fn advance(&mut self, count: usize) {
        self.inbox.advance(count);
    }

    /// The bytes to write now, perhaps none, until [`written`](Self::written).
    pub fn outgoing(&self) -> &[u8] {
        self.backend.out.due()
    }

    /// All of [`outgoing`](Self::outgoing) has been written.
    pub fn written(&mut self) {
        self.backend.out.written();
    }

    /// What has been counted so far.
    pub fn counts(&self) -> QueryCounts {
        self.backend.counts
    }

    /// How many messages and statements have been refused so far.
    pub fn refused(&self) -> u64 {
        self.backend.refused
    }

    /// Bytes of memory held for what came and what is answered.
    pub fn held_bytes(&self) -> usize {
        self.inbox.held_bytes() + self.backend.out.held_bytes()
    }

    /// Statements and portals that are kept.
    pub fn kept(&self) -> (usize, usize) {
        (self.backend.statements.len(), self.backend.portals.len())
    }

    /// Answers the statement of [`Step::Query`]; the bytes of payload in its rows.
    pub fn answer(&mut self) -> usize {
        self.backend.answer()
    }

    /// Goes on with what has come, until the owner has something to do.
    pub fn step(&mut self) -> Step {
        loop {
            if self.phase == Phase::Ended {
                return Step::End;
            }
            if self.backend.out.is_full() {
                return Step::Write;
            }
            let open = self.phase == Phase::Open;
            // At once: what is no message has no length either.
            if open && self.inbox.kind().is_some_and(|kind| !Backend::knows(kind)) {
                self.backend.unknown();
                self.phase = Phase::Ended;
                continue;
            }
            let message = match self.inbox.message(open) {
                Ok(Some(message)) => message,
                Ok(None) => return Step::Read,
                Err(Oversized) => {
                    let sentence = "The length of the message is out of range.";
                    self.backend.fatal(PROTOCOL_VIOLATION, sentence);
                    self.phase = Phase::Ended;
                    continue;
                }
            };
            if !open {
                self.start(&message);
                self.inbox.take(message.body.end);
            } else if let Some(step) = self.handle(message) {
                return step;
            }
        }
    }

    fn handle(&mut self, message: Message) -> Option<Step> {
        let Message { kind, body } = message;
        let end = body.end;
        match self.backend.handle(kind, &self.inbox.bytes()[body]) {
            Flow::Done => self.inbox.take(end),
            Flow::More => {}
            Flow::Query { pause_ns, done } => {
                if done {
                    self.inbox.take(end);
                }
                return Some(Step::Query { pause_ns });
            }
            Flow::End => self.phase = Phase::Ended,
        }
        None
    }

    /// A packet before the session.
    fn start(&mut self, message: &Message) {
        let mut fields = Fields(&self.inbox.bytes()[message.body.clone()]);
        let asked = fields.i32().map(i32::cast_unsigned);
        match asked {
            Some(ENCRYPT_SSL | ENCRYPT_GSS) => self.backend.out.no_encryption(),
            // There is nothing that could be cancelled in time, and no answer to it.
            Some(CANCEL) => self.phase = Phase::Ended,
            Some(version) if version >> 16 == VERSION_MAJOR => {
                let opened = Opening::read(fields);
                self.open(version & 0xffff, opened);
            }
            Some(_) => {
                self.backend
                    .fatal(FEATURE_NOT_SUPPORTED, "Only version 3.0 of the protocol is served.");
                self.phase = Phase::Ended;
            }
            None => {
                self.backend.fatal(PROTOCOL_VIOLATION, "The startup packet is malformed.");
                self.phase = Phase::Ended;
            }
        }
    }

    fn open(&mut self, minor: u32, opening: Option<Opening>) {
        let backend = &mut self.backend;
        self.phase = Phase::Ended;
        let Some(Opening { user, extensions }) = opening else {
            return backend.fatal(PROTOCOL_VIOLATION, "The startup packet is malformed.");
        };
        if !user {
            return backend.fatal(NO_USER, "The startup packet names no user.");
        }
        self.phase = Phase::Open;
        backend.counts.sessions += 1;
        let out = &mut backend.out;
        if minor > 0 || !extensions.is_empty() {
            // What is spoken instead of what was asked for.
            out.message(b'v', |bytes| {
                bytes.extend_from_slice(&0u32.to_be_bytes());
                bytes.extend_from_slice(&(extensions.len() as u32).to_be_bytes());
                for name in &extensions {
                    bytes.extend_from_slice(name);
                    bytes.push(0);
                }
            });
        }
        out.message(b'R', |bytes| bytes.extend_from_slice(&[0; 4]));
        for (name, value) in &PARAMETERS[..REPORTED] {
            out.parameter(name, value);
        }
        let number = self.number;
        out.message(b'K', |bytes| {
            bytes.extend_from_slice(&number.to_be_bytes());
            bytes.extend_from_slice(&number.reverse_bits().to_be_bytes());
        });
        backend.ready();
    }
}

/// What matters of a startup packet.
struct Opening {
    user: bool,
    /// Names of the extensions of the protocol that are asked for.
    extensions: Vec<Vec<u8>>,
}

impl Opening {
    fn read(mut fields: Fields<'_>) -> Option<Self> {
        let mut opening = Self { user: false, extensions: Vec::new() };
        loop {
            let name = fields.text()?;
            if name.is_empty() {
                fields.end()?;
                return Some(opening);
            }
            let value = fields.text()?;
            opening.user |= name == b"user" && !value.is_empty();
            if name.starts_with(b"_pq_.") {
                opening.extensions.push(name.to_vec());
            }
        }
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
