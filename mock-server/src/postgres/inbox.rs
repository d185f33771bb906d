//! What has come and is not yet answered.

use std::ops::Range;

/// Room of a connection that says little.
const BUFFER_BYTES: usize = 8 << 10;
/// More than this is given back as soon as it is empty.
const KEPT_BYTES: usize = 64 << 10;

/// Longest message, its length field included: a payload of 1 MiB and what
/// stands around it.
pub const MESSAGE_MAX_BYTES: usize = (1 << 20) + (4 << 10);
/// Longest packet before the session, as in PostgreSQL.
pub const STARTUP_MAX_BYTES: usize = 10_000;

/// A message of which all has come.
pub(super) struct Message {
    /// Its kind; 0 before the session, where messages have none.
    pub(super) kind: u8,
    /// Where its content is in [`Inbox::bytes`].
    pub(super) body: Range<usize>,
}

/// A length that no message has.
pub(super) struct Oversized;

/// A buffer that grows with what has come of a message, never with what one
/// claims, and not beyond the longest message.
pub(super) struct Inbox {
    bytes: Vec<u8>,
    begin: usize,
    end: usize,
}

impl Inbox {
    pub(super) fn new() -> Self {
        Self { bytes: vec![0; BUFFER_BYTES], begin: 0, end: 0 }
    }

    /// Where to read into: never empty, provided that everything complete is taken.
    pub(super) fn space(&mut self) -> &mut [u8] {
        if self.begin == self.end {
            (self.begin, self.end) = (0, 0);
            if self.bytes.len() > KEPT_BYTES {
                self.bytes = vec![0; BUFFER_BYTES];
            }
        }
        // Moved only when there is no other way: half a message at most.
        if self.end == self.bytes.len() {
            self.bytes.copy_within(self.begin..self.end, 0);
            self.end -= std::mem::take(&mut self.begin);
        }
        if self.end == self.bytes.len() {
            let longest = 1 + MESSAGE_MAX_BYTES;
            self.bytes.resize((2 * self.end).min(longest).max(self.end), 0);
        }
        &mut self.bytes[self.end..]
    }

    /// Where to read ahead into; empty if there is no room left.
    pub(super) fn spare(&mut self) -> &mut [u8] {
        &mut self.bytes[self.end..]
    }

    pub(super) fn advance(&mut self, count: usize) {
        self.end += count;
        assert!(self.end <= self.bytes.len(), "more than there was room for");
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Bytes of memory held.
    pub(super) fn held_bytes(&self) -> usize {
        self.bytes.capacity()
    }

    /// The first message, if all of it has come.
    ///
    /// # Errors
    /// Its length is none, or more than is accepted.
    pub(super) fn message(&self, kinds: bool) -> Result<Option<Message>, Oversized> {
        let head = usize::from(kinds);
        let most = if kinds { MESSAGE_MAX_BYTES } else { STARTUP_MAX_BYTES };
        let come = &self.bytes[self.begin..self.end];
        let Some(length) = come.get(head..).and_then(<[u8]>::first_chunk) else { return Ok(None) };
        let length = u32::from_be_bytes(*length) as usize;
        if !(4..=most).contains(&length) {
            return Err(Oversized);
        }
        if come.len() < head + length {
            return Ok(None);
        }
        let kind = if kinds { come[0] } else { 0 };
        let body = self.begin + head + 4..self.begin + head + length;
        Ok(Some(Message { kind, body }))
    }

    /// Kind of the first message, as soon as that is known.
    pub(super) fn kind(&self) -> Option<u8> {
        self.bytes[self.begin..self.end].first().copied()
    }

    /// Done with the first message, which ends there.
    pub(super) fn take(&mut self, end: usize) {
        self.begin = end;
    }
}

#[cfg(test)]
mod tests {
    use super::{BUFFER_BYTES, Inbox, KEPT_BYTES, MESSAGE_MAX_BYTES, STARTUP_MAX_BYTES};

    fn put(inbox: &mut Inbox, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let space = inbox.space();
            let count = space.len().min(bytes.len());
            space[..count].copy_from_slice(&bytes[..count]);
            inbox.advance(count);
            bytes = &bytes[count..];
        }
    }

    fn head(kind: u8, length: usize) -> [u8; 5] {
        let [a, b, c, d] = (length as u32).to_be_bytes();
        [kind, a, b, c, d]
    }

    #[test]
    fn a_message_is_there_when_all_of_it_has_come() {
        let mut inbox = Inbox::new();
        for byte in b"Q\0\0\0\x07abcS\0\0\0\x04" {
            assert!(inbox.message(true).ok().unwrap().is_none());
            put(&mut inbox, &[*byte]);
            if *byte == b'c' {
                let message = inbox.message(true).ok().unwrap().unwrap();
                assert_eq!(
                    (message.kind, &inbox.bytes()[message.body.clone()]),
                    (b'Q', &b"abc"[..])
                );
                inbox.take(message.body.end);
            }
        }
        let message = inbox.message(true).ok().unwrap().unwrap();
        assert_eq!((message.kind, message.body.len(), inbox.kind()), (b'S', 0, Some(b'S')));
    }

    #[test]
    fn room_grows_with_what_comes_up_to_the_longest_message_and_is_given_back() {
        let mut inbox = Inbox::new();
        put(&mut inbox, &head(b'Q', MESSAGE_MAX_BYTES));
        assert_eq!(inbox.held_bytes(), BUFFER_BYTES, "a claim costs nothing");
        put(&mut inbox, &vec![7; MESSAGE_MAX_BYTES - 4]);
        let message = inbox.message(true).ok().unwrap().unwrap();
        assert_eq!(message.body.len(), MESSAGE_MAX_BYTES - 4);
        assert!(inbox.held_bytes() <= 2 * MESSAGE_MAX_BYTES);
        assert!(inbox.spare().is_empty());
        inbox.take(message.body.end);
        assert_eq!(inbox.space().len(), BUFFER_BYTES);
        assert!(inbox.held_bytes() < KEPT_BYTES);
    }

    #[test]
    fn lengths_that_no_message_has_are_known_from_the_head() {
        let check = |kinds: bool, length, good| {
            let mut inbox = Inbox::new();
            put(&mut inbox, &head(b'Q', length)[usize::from(!kinds)..]);
            assert_eq!(inbox.message(kinds).is_ok(), good, "{length}");
        };
        check(true, 3, false);
        check(true, 4, true);
        check(true, MESSAGE_MAX_BYTES, true);
        check(true, MESSAGE_MAX_BYTES + 1, false);
        check(true, u32::MAX as usize, false);
        check(false, STARTUP_MAX_BYTES, true);
        check(false, STARTUP_MAX_BYTES + 1, false);
    }
}
