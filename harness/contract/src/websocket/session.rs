//! Sans-I/O web socket, either end: bytes in, events and bytes out.
//!
//! Who owns the connection writes what [`Session::outgoing`] gives, reads into
//! [`Session::space`], tells [`Session::advance`] how much came, and then takes
//! [`Session::event`]s until there is none. What the protocol answers by itself,
//! pongs and the second close frame, is in the next `outgoing`.

use std::mem;

use fastrand::Rng;

use super::frame::{self, CONTROL_MAX_BYTES, Head, Opcode};
use super::{SocketCounts, Violation, handshake};

/// How much is held of what came: never grows.
pub const BUFFER_BYTES: usize = 16 << 10;

/// Longest message that is accepted.
pub const MESSAGE_MAX_BYTES: usize = 64 << 10;

/// Something that is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The server agreed.
    Open,
    /// A message, which [`Session::message`] has until the next event.
    Message {
        /// Whether it is text, which is then UTF-8, or bytes.
        text: bool,
    },
    /// A ping; its pong is going out.
    Ping,
    /// A pong.
    Pong,
    /// A close frame with its status, if any; its answer is going out. Nothing
    /// comes after it.
    Close(Option<u16>),
}

/// One end of a web socket.
pub struct Session {
    /// A client's source of keys for its masks; a server masks nothing.
    keys: Option<Rng>,
    /// What the server must answer, until it did.
    opening: Option<String>,
    input: Box<[u8]>,
    begin: usize,
    end: usize,
    /// The data frame whose payload is coming, and how much of that came.
    passing: Option<(Head, u64)>,
    /// Of the message that has begun, or of the last one.
    message: Vec<u8>,
    /// Whether the message that has begun is text; nothing between messages.
    begun: Option<bool>,
    out: Vec<u8>,
    given: Vec<u8>,
    close_sent: bool,
    closed: bool,
    counts: SocketCounts,
}

impl Session {
    /// A client's end, of which the first bytes to go out are the request.
    pub fn client(path: &str, authority: &str, seed: u64) -> Self {
        let mut keys = Rng::with_seed(seed);
        let key = handshake::key(keys.u128(..).to_ne_bytes());
        let mut session = Self::new(Some(keys));
        session.out = handshake::request(path, authority, &key);
        session.opening = Some(handshake::accept(&key));
        session
    }

    /// A server's end, behind the handshake.
    pub fn server() -> Self {
        let mut session = Self::new(None);
        session.counts.sockets = 1;
        session
    }

    fn new(keys: Option<Rng>) -> Self {
        Self {
            keys,
            opening: None,
            input: vec![0; BUFFER_BYTES].into(),
            begin: 0,
            end: 0,
            passing: None,
            message: Vec::new(),
            begun: None,
            out: Vec::new(),
            given: Vec::new(),
            close_sent: false,
            closed: false,
            counts: SocketCounts::default(),
        }
    }

    /// Where the next bytes from the connection go; never empty once there was no
    /// further event.
    pub fn space(&mut self) -> &mut [u8] {
        // What is left is less than a control frame, or an unfinished handshake.
        self.input.copy_within(self.begin..self.end, 0);
        self.end -= mem::take(&mut self.begin);
        &mut self.input[self.end..]
    }

    /// Takes notice of `count` bytes that were read into [`Session::space`].
    pub fn advance(&mut self, count: usize) {
        self.end += count;
    }

    /// The bytes to write now, perhaps none; they count as written.
    pub fn outgoing(&mut self) -> &[u8] {
        mem::swap(&mut self.out, &mut self.given);
        self.out.clear();
        &self.given
    }

    /// The last message, until the next event is asked for.
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// Sends a message in one frame.
    pub fn send(&mut self, text: bool, payload: &[u8]) {
        self.write(if text { Opcode::Text } else { Opcode::Binary }, true, payload);
    }

    /// Sends the last message back, in frames of at most so many bytes; 0 is one
    /// frame, however long.
    pub fn echo(&mut self, text: bool, fragment_bytes: usize) {
        let message = mem::take(&mut self.message);
        if fragment_bytes == 0 || message.len() <= fragment_bytes {
            self.send(text, &message);
        } else {
            let mut opcode = if text { Opcode::Text } else { Opcode::Binary };
            let mut fragments = message.chunks(fragment_bytes).peekable();
            while let Some(fragment) = fragments.next() {
                self.write(opcode, fragments.peek().is_none(), fragment);
                opcode = Opcode::Continuation;
            }
        }
        self.message = message;
    }

    /// Sends a ping whose payload is how many went before it.
    pub fn ping(&mut self) {
        let number = self.counts.pings.to_be_bytes();
        self.write(Opcode::Ping, true, &number);
        self.counts.pings += 1;
    }

    /// Sends a close frame, unless one was sent.
    pub fn close(&mut self, status: u16) {
        self.write_close(&status.to_be_bytes());
    }

    /// Whether close frames went both ways: nothing is to come.
    pub fn is_closed(&self) -> bool {
        self.closed && self.close_sent
    }

    /// What was counted so far.
    pub fn counts(&self) -> SocketCounts {
        self.counts
    }

    fn write_close(&mut self, payload: &[u8]) {
        if !self.close_sent {
            self.write(Opcode::Close, true, payload);
            self.close_sent = true;
        }
    }

    fn write(&mut self, opcode: Opcode, last: bool, payload: &[u8]) {
        let key = self.keys.as_mut().map(|keys| keys.u32(..).to_ne_bytes());
        frame::write(&mut self.out, opcode, last, key, payload);
        self.counts.frames_out += 1;
    }

    /// The next thing that is complete in what came.
    ///
    /// # Errors
    /// The peer breaks the protocol. Its connection is to fail, and no further
    /// event may be asked for.
    pub fn event(&mut self) -> Result<Option<Event>, Violation> {
        if self.closed {
            self.begin = self.end;
            return Ok(None);
        }
        if self.opening.is_some() {
            return self.open();
        }
        loop {
            let have = &self.input[self.begin..self.end];
            if let Some((head, came)) = self.passing {
                match self.pass(head, came)? {
                    Passed::Message(text) => return Ok(Some(Event::Message { text })),
                    Passed::Fragment => {}
                    Passed::Part => return Ok(None),
                }
                continue;
            }
            let Some(head) = frame::head(have)? else { return Ok(None) };
            if head.key.is_some() == self.keys.is_some() {
                return Err(Violation::Mask);
            }
            if head.opcode.is_control() {
                let bytes = head.bytes + head.payload_bytes as usize;
                return if have.len() < bytes { Ok(None) } else { self.control(head).map(Some) };
            }
            self.begin(head)?;
        }
    }

    fn open(&mut self) -> Result<Option<Event>, Violation> {
        let accept = self.opening.as_deref().unwrap_or_default();
        let have = &self.input[self.begin..self.end];
        match handshake::answer(have, accept)? {
            Some(bytes) => {
                self.begin += bytes;
                self.opening = None;
                Ok(Some(Event::Open))
            }
            None if have.len() == BUFFER_BYTES => {
                Err(Violation::Handshake("the head of the answer is too long"))
            }
            None => Ok(None),
        }
    }

    /// Begins a data frame.
    fn begin(&mut self, head: Head) -> Result<(), Violation> {
        match (head.opcode, self.begun) {
            (Opcode::Continuation, None) => return Err(Violation::Continuation),
            (Opcode::Continuation, Some(_)) => {}
            (_, Some(_)) => return Err(Violation::Interrupted),
            (opcode, None) => {
                self.message.clear();
                self.begun = Some(opcode == Opcode::Text);
            }
        }
        if head.payload_bytes > (MESSAGE_MAX_BYTES - self.message.len()) as u64 {
            return Err(Violation::TooBig);
        }
        self.begin += head.bytes;
        self.passing = Some((head, 0));
        Ok(())
    }

    /// Takes what has come of a data frame's payload.
    fn pass(&mut self, head: Head, came: u64) -> Result<Passed, Violation> {
        let have = (self.end - self.begin) as u64;
        let count = have.min(head.payload_bytes - came) as usize;
        let from = self.message.len();
        self.message.extend_from_slice(&self.input[self.begin..self.begin + count]);
        self.begin += count;
        if let Some(key) = head.key {
            frame::mask(&mut self.message[from..], key, came as usize % key.len());
        }
        let came = came + count as u64;
        if came < head.payload_bytes {
            self.passing = Some((head, came));
            return Ok(Passed::Part);
        }
        self.passing = None;
        self.counts.frames_in += 1;
        if !head.last {
            return Ok(Passed::Fragment);
        }
        let text = self.begun.take() == Some(true);
        if text && str::from_utf8(&self.message).is_err() {
            return Err(Violation::NotUtf8);
        }
        self.counts.messages += 1;
        self.counts.message_bytes += self.message.len() as u64;
        Ok(Passed::Message(text))
    }

    /// Takes a control frame, of which all has come.
    fn control(&mut self, head: Head) -> Result<Event, Violation> {
        let length = head.payload_bytes as usize;
        let begin = self.begin + head.bytes;
        let mut payload = [0; CONTROL_MAX_BYTES];
        let payload = &mut payload[..length];
        payload.copy_from_slice(&self.input[begin..begin + length]);
        if let Some(key) = head.key {
            frame::mask(payload, key, 0);
        }
        self.begin = begin + length;
        self.counts.frames_in += 1;
        match head.opcode {
            Opcode::Ping => {
                // Nothing may follow a close frame.
                if !self.close_sent {
                    self.write(Opcode::Pong, true, payload);
                }
                Ok(Event::Ping)
            }
            Opcode::Pong => {
                let due = self.counts.pongs < self.counts.pings;
                if due && payload == self.counts.pongs.to_be_bytes() {
                    self.counts.pongs += 1;
                }
                Ok(Event::Pong)
            }
            _ => {
                let status = close_status(payload)?;
                self.counts.closes += 1;
                self.closed = true;
                self.write_close(&payload[..length.min(2)]);
                Ok(Event::Close(status))
            }
        }
    }
}

/// What came of a data frame.
enum Passed {
    Part,
    Fragment,
    Message(bool),
}

/// The status of a close frame, if it has one. Source: RFC 6455, 7.4, and the
/// registry of IANA, which has 1012 to 1014 since.
fn close_status(payload: &[u8]) -> Result<Option<u16>, Violation> {
    let Some((status, reason)) = payload.split_first_chunk() else {
        return if payload.is_empty() { Ok(None) } else { Err(Violation::CloseStatus) };
    };
    let status = u16::from_be_bytes(*status);
    if !matches!(status, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(Violation::CloseStatus);
    }
    str::from_utf8(reason).map_err(|_| Violation::NotUtf8)?;
    Ok(Some(status))
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
