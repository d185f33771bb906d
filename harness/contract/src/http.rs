//! Sans-I/O HTTP/1.1: bytes in, one [`Received`] out.
//!
//! A cell writes the request in its own style, then alternates between reading
//! into [`Reply::space`] and telling [`Reply::advance`] how much came, until
//! the response is complete. The buffer is bounded and reused; a body that is
//! longer than the buffer is hashed as it passes.

use std::ops::Range;

use anyhow::{Context, Result, bail, ensure};
use xxhash_rust::xxh3::Xxh3;

use crate::body;

/// How much a [`Reply`] holds at once: head and body of all small responses.
const BUFFER_BYTES: usize = 8 * 1024;

/// Most header lines that a response may have.
const HEADERS_MAX: usize = 32;

/// The bytes of a keep-alive `GET`.
pub fn get(path: &str, authority: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: {authority}\r\n\r\n").into_bytes()
}

/// One complete response, reduced to what is counted and compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// Status code.
    pub status: u16,
    /// Bytes of the body.
    pub bytes: u64,
    /// Hash of the body.
    pub hash: u64,
}

impl Received {
    /// A response whose body is held as a whole, as client libraries give it.
    pub fn whole(status: u16, body: &[u8]) -> Self {
        Self { status, bytes: body.len() as u64, hash: body::hash(body) }
    }
}

/// Incremental reader of one response after the other on one connection.
pub struct Reply {
    buffer: Box<[u8]>,
    filled: usize,
    body: Option<Passing>,
    /// Where the last body lies, if it fitted together with its head.
    last: Range<usize>,
    /// Made for the first body that is longer than the buffer, then kept.
    hasher: Option<Box<Xxh3>>,
}

/// A body that did not fit into the buffer together with its head.
struct Passing {
    status: u16,
    length: u64,
    seen: u64,
}

/// Status line and headers, reduced to what is needed to find the body's end.
struct Head {
    status: u16,
    bytes: usize,
    length: u64,
}

impl Default for Reply {
    fn default() -> Self {
        Self::new()
    }
}

impl Reply {
    /// A reader with its own buffer of 8 KiB.
    pub fn new() -> Self {
        Self::with_buffer(BUFFER_BYTES)
    }

    /// A reader with its own buffer of so many bytes; a head must fit into it.
    pub fn with_buffer(bytes: usize) -> Self {
        Self { buffer: vec![0; bytes].into(), filled: 0, body: None, last: 0..0, hasher: None }
    }

    /// Where the next bytes from the socket go; never empty.
    #[inline]
    pub fn space(&mut self) -> &mut [u8] {
        &mut self.buffer[self.filled..]
    }

    /// The body of the last response, until the next read; empty if it did not
    /// fit into the buffer together with its head.
    pub fn body(&self) -> &[u8] {
        &self.buffer[self.last.clone()]
    }

    /// Bytes of a long body that have passed, as long as it is not complete; 0
    /// between two of them, and for a body that fits into the buffer.
    #[inline]
    pub fn passed(&self) -> u64 {
        self.body.as_ref().map_or(0, |passing| passing.seen)
    }

    /// Takes notice of `count` bytes that were read into [`Reply::space`].
    ///
    /// Returns the response once it is complete; the reader is then ready for
    /// the next one.
    ///
    /// # Errors
    /// If the peer closed (`count` is 0), the head is no HTTP/1.1 head with a
    /// `content-length`, or more came than was asked for.
    pub fn advance(&mut self, count: usize) -> Result<Option<Received>> {
        ensure!(count > 0, "the server closed the connection within a response");
        self.filled += count;
        match self.body.take() {
            Some(passing) => self.pass(passing),
            None => self.begin(),
        }
    }

    fn begin(&mut self) -> Result<Option<Received>> {
        let Some(head) = parse_head(&self.buffer[..self.filled])? else {
            ensure!(
                self.filled < self.buffer.len(),
                "a response head exceeds {} bytes",
                self.buffer.len()
            );
            return Ok(None);
        };
        let have = &self.buffer[head.bytes..self.filled];
        ensure!(have.len() as u64 <= head.length, "bytes came behind the end of a response");
        if have.len() as u64 == head.length {
            let received = Received::whole(head.status, have);
            self.last = head.bytes..self.filled;
            self.filled = 0;
            return Ok(Some(received));
        }
        if head.length <= (self.buffer.len() - head.bytes) as u64 {
            return Ok(None);
        }
        self.last = 0..0;
        let passing = Passing { status: head.status, length: head.length, seen: 0 };
        self.hasher.get_or_insert_default().reset();
        self.buffer.copy_within(head.bytes..self.filled, 0);
        self.filled -= head.bytes;
        self.pass(passing)
    }

    fn pass(&mut self, mut passing: Passing) -> Result<Option<Received>> {
        let hasher = self.hasher.get_or_insert_default();
        hasher.update(&self.buffer[..self.filled]);
        passing.seen += self.filled as u64;
        self.filled = 0;
        ensure!(passing.seen <= passing.length, "bytes came behind the end of a response");
        if passing.seen < passing.length {
            self.body = Some(passing);
            return Ok(None);
        }
        let hash = hasher.digest();
        Ok(Some(Received { status: passing.status, bytes: passing.length, hash }))
    }
}

/// The head, if `bytes` hold all of it.
fn parse_head(bytes: &[u8]) -> Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let parsed = response.parse(bytes).context("the response is not HTTP/1.1")?;
    let httparse::Status::Complete(head_bytes) = parsed else {
        return Ok(None);
    };
    let mut length = None;
    for header in response.headers.iter() {
        if header.name.eq_ignore_ascii_case("content-length") {
            let digits = std::str::from_utf8(header.value).context("content-length is not text")?;
            length = Some(digits.parse().with_context(|| format!("content-length: {digits}"))?);
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
            bail!("the response is chunked; the server promises content-length");
        }
    }
    let status = response.code.context("the response has no status")?;
    let length = length.context("the response has no content-length")?;
    Ok(Some(Head { status, bytes: head_bytes, length }))
}

#[cfg(test)]
mod tests {
    use super::{Received, Reply, get};
    use crate::body;

    fn response(status: u16, body: &[u8]) -> Vec<u8> {
        let mut bytes =
            format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", body.len()).into_bytes();
        bytes.extend_from_slice(body);
        bytes
    }

    /// Feeds `bytes` in pieces of at most `step`, returns what completed.
    fn feed(reply: &mut Reply, mut bytes: &[u8], step: usize) -> anyhow::Result<Vec<Received>> {
        let mut done = Vec::new();
        while !bytes.is_empty() {
            let space = reply.space();
            let count = bytes.len().min(step).min(space.len());
            space[..count].copy_from_slice(&bytes[..count]);
            bytes = &bytes[count..];
            done.extend(reply.advance(count)?);
        }
        Ok(done)
    }

    #[test]
    fn the_same_response_comes_out_however_it_is_cut() {
        for size in [0, 1, 1024, 8 * 1024 - 10, 8 * 1024, 100_000] {
            let body = body::bytes(size);
            let bytes = response(200, &body);
            let want = Received { status: 200, bytes: size as u64, hash: body::hash(&body) };
            for step in [1, 2, 7, 100, 4096, usize::MAX] {
                let mut reply = Reply::new();
                for _ in 0..2 {
                    assert_eq!(feed(&mut reply, &bytes, step).unwrap(), [want], "{size} {step}");
                    let kept = if bytes.len() <= 8 * 1024 { body.as_slice() } else { &[] };
                    assert_eq!(reply.body(), kept, "{size} {step}");
                }
            }
        }
    }

    #[test]
    fn a_buffer_of_any_size_gives_the_same_and_never_grows() {
        let body = body::bytes(300_000);
        let bytes = response(200, &body);
        let want = Received { status: 200, bytes: 300_000, hash: body::hash(&body) };
        for size in [100, 8 * 1024, 64 * 1024, 1 << 20] {
            let mut reply = Reply::with_buffer(size);
            for step in [77, usize::MAX] {
                assert_eq!(feed(&mut reply, &bytes, step).unwrap(), [want], "{size} {step}");
                assert_eq!(reply.space().len(), size, "{step}");
            }
        }
    }

    #[test]
    fn what_has_passed_of_a_long_body_is_known_until_it_is_complete() {
        let bytes = response(200, &body::bytes(100_000));
        let head = bytes.len() - 100_000;
        let mut reply = Reply::new();
        for _ in 0..2 {
            let (mut come, mut passed) = (0, Vec::new());
            for piece in bytes.chunks(4000) {
                assert_eq!(reply.passed(), come.max(head) as u64 - head as u64);
                feed(&mut reply, piece, usize::MAX).unwrap();
                come += piece.len();
                passed.push(reply.passed());
            }
            assert_eq!(passed.last(), Some(&0), "it is complete");
            assert!(passed[..passed.len() - 1].is_sorted() && passed[0] > 0, "{passed:?}");
        }
        feed(&mut reply, &response(200, b"short"), 30).unwrap();
        assert_eq!(reply.passed(), 0);
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        let check = |bytes: &[u8], want: &str| {
            let error = feed(&mut Reply::new(), bytes, usize::MAX).unwrap_err();
            assert!(format!("{error:#}").contains(want), "{error:#}");
        };
        check(b"SSH-2.0-OpenSSH\r\n\r\n", "not HTTP/1.1");
        check(b"HTTP/1.1 200 OK\r\n\r\n", "no content-length");
        check(b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", "content-length: x");
        check(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "chunked");
        check(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nab", "behind the end");
        check(b"HTTP/1.1 200 OK\r\ncontent-length: 18446744073709551616\r\n\r\n", "content-length");
        let endless = [b"HTTP/1.1 200 OK\r\nx: ".as_slice(), &[b'y'; 9000]].concat();
        check(&endless, "exceeds");
        assert!(Reply::new().advance(0).unwrap_err().to_string().contains("closed"));
    }

    #[test]
    fn the_longest_length_there_is_is_no_overflow() {
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 18446744073709551615\r\n\r\nabc";
        assert_eq!(feed(&mut Reply::new(), head, usize::MAX).unwrap(), []);
    }

    #[test]
    fn a_request_is_what_the_server_expects() {
        assert_eq!(get("/healthz", "h:1"), b"GET /healthz HTTP/1.1\r\nhost: h:1\r\n\r\n");
    }
}
