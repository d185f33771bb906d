//! One response after the other on one connection, without I/O.
//!
//! Nearly every response comes in one piece and leaves nothing behind; only
//! what arrives in parts costs memory of its own.

use crate::chunked::Chunked;
use crate::expect::Expect;
use crate::fault::Fault;
use crate::head::{Framing, Head, Memo};

/// Longest head.
const HEAD_MAX: usize = 16 * 1024;

/// A response that is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Response {
    /// Bytes of the body of a 2xx response that is what was expected.
    pub(crate) outcome: Result<u64, Fault>,
    /// Whether the connection can be used again.
    pub(crate) keep_alive: bool,
}

/// What is the same for all responses.
#[derive(Debug)]
pub(crate) struct Rules<'a> {
    pub(crate) expect: &'a Expect,
    /// The request is a HEAD.
    pub(crate) bodyless: bool,
}

/// The state of one response.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    /// A part of a head.
    kept: Vec<u8>,
    body: Option<Body>,
}

#[derive(Debug)]
struct Body {
    head: Head,
    seen: u64,
    /// No byte differs so far.
    good: bool,
    chunked: Chunked,
}

impl Reader {
    /// Forgets a response that will not end.
    pub(crate) fn reset(&mut self) {
        self.kept.clear();
        self.body = None;
    }

    /// Takes what was read; gives the response if it is complete now.
    ///
    /// # Errors
    /// A fault after which the connection is out of step.
    #[inline]
    pub(crate) fn feed(
        &mut self,
        bytes: &[u8],
        memo: &mut Memo,
        rules: &Rules<'_>,
    ) -> Result<Option<Response>, Fault> {
        if self.body.is_some() {
            return self.pass(bytes, rules);
        }
        if self.kept.is_empty() {
            return self.begin(bytes, memo, rules);
        }
        let mut whole = std::mem::take(&mut self.kept);
        whole.extend_from_slice(bytes);
        self.begin(&whole, memo, rules)
    }

    /// Takes notice of the end of the stream within a response.
    ///
    /// # Errors
    /// The fault that it is, unless the response ends so.
    pub(crate) fn end(&mut self, rules: &Rules<'_>) -> Result<Response, Fault> {
        match self.body.take() {
            Some(body) if body.head.framing == Framing::UntilClose => Ok(body.complete(rules)),
            Some(_) => Err(Fault::WrongLength),
            None => Err(Fault::Closed),
        }
    }

    fn begin(
        &mut self,
        mut bytes: &[u8],
        memo: &mut Memo,
        rules: &Rules<'_>,
    ) -> Result<Option<Response>, Fault> {
        loop {
            let Some(head) = memo.parse(bytes, rules.bodyless)? else {
                if bytes.len() > HEAD_MAX {
                    return Err(Fault::NotHttp);
                }
                self.kept.extend_from_slice(bytes);
                return Ok(None);
            };
            bytes = &bytes[head.bytes..];
            // 1xx announces the response that follows; 101 would be another protocol.
            if !matches!(head.status, 100 | 102..=199) {
                let body = Body { head, seen: 0, good: true, chunked: Chunked::default() };
                self.body = Some(body);
                return self.pass(bytes, rules);
            }
        }
    }

    fn pass(&mut self, bytes: &[u8], rules: &Rules<'_>) -> Result<Option<Response>, Fault> {
        let Some(body) = self.body.as_mut() else {
            return Ok(None);
        };
        let end = match body.head.framing {
            Framing::Length(length) => {
                body.take(bytes, rules);
                if body.seen > length {
                    return Err(Fault::WrongLength);
                }
                body.seen == length
            }
            Framing::UntilClose => {
                body.take(bytes, rules);
                false
            }
            Framing::Chunked => {
                let mut chunked = body.chunked;
                let end = chunked.feed(bytes, |piece| body.take(piece, rules))?;
                body.chunked = chunked;
                end
            }
        };
        Ok(if end { self.body.take().map(|body| body.complete(rules)) } else { None })
    }
}

impl Body {
    fn take(&mut self, piece: &[u8], rules: &Rules<'_>) {
        self.good &= rules.expect.permits(self.seen, piece);
        self.seen += piece.len() as u64;
    }

    fn complete(&self, rules: &Rules<'_>) -> Response {
        let Head { status, keep_alive, .. } = self.head;
        let outcome = if status / 100 != 2 {
            Err(Fault::of_status(status))
        } else if !rules.bodyless && !rules.expect.permits_length(self.seen) {
            Err(Fault::WrongLength)
        } else if !self.good {
            Err(Fault::WrongBody)
        } else {
            Ok(self.seen)
        };
        Response { outcome, keep_alive }
    }
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
