//! Requests from bytes: the same head parser that hyper has, without I/O.

use std::io;
use std::ops::Range;

use super::Route;

/// Most bytes that the head of a request may have; the least that hyper can be set to.
pub const HEAD_MAX_BYTES: usize = 8 * 1024;

/// Most header lines that a request may have, as hyper's.
const HEADERS_MAX: usize = 100;

/// Why a request gets no page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is no HTTP/1, or its query is none of these.
    BadRequest,
    /// Nothing is there.
    NotFound,
    /// Only GET and HEAD are answered.
    MethodNotAllowed,
    /// Its head is longer than [`HEAD_MAX_BYTES`], or has too many lines.
    HeadTooLarge,
    /// The database failed.
    Failed,
    /// The database took too long.
    TimedOut,
}

impl Refusal {
    /// Why the database gave nothing: a wait that had its timeout is an error of I/O that
    /// says so, on sockets that block `WouldBlock`.
    pub fn of(error: &anyhow::Error) -> Self {
        let slow = |kind| matches!(kind, io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut);
        let causes = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
        match causes.map(io::Error::kind).any(slow) {
            true => Self::TimedOut,
            false => Self::Failed,
        }
    }

    /// Status code.
    pub fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::HeadTooLarge => 431,
            Self::Failed => 500,
            Self::TimedOut => 503,
        }
    }

    /// What stands behind the status code.
    pub fn reason(self) -> &'static str {
        match self {
            Self::BadRequest => "Bad Request",
            Self::NotFound => "Not Found",
            Self::MethodNotAllowed => "Method Not Allowed",
            Self::HeadTooLarge => "Request Header Fields Too Large",
            Self::Failed => "Internal Server Error",
            Self::TimedOut => "Service Unavailable",
        }
    }
}

/// One request, reduced to what its answer depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// What is asked for, or why nothing comes.
    pub asks: Result<Route, Refusal>,
    /// A HEAD, whose answer has no body.
    pub bodyless: bool,
    /// Whether another may follow on this connection.
    pub keep_alive: bool,
}

impl Request {
    /// What cannot be read: nothing that follows it can.
    fn refused(refusal: Refusal) -> Self {
        Self { asks: Err(refusal), bodyless: false, keep_alive: false }
    }
}

/// Incremental reader of one request after the other on one connection.
///
/// A cell reads into [`Requests::space`], says how much came, and takes
/// [`Requests::next`] until there is none: a client may send several at once.
pub struct Requests {
    buffer: Box<[u8]>,
    /// What has come and was not taken yet.
    held: Range<usize>,
}

impl Default for Requests {
    fn default() -> Self {
        Self::new()
    }
}

impl Requests {
    /// A reader with a buffer for one head of [`HEAD_MAX_BYTES`].
    pub fn new() -> Self {
        Self { buffer: vec![0; HEAD_MAX_BYTES].into(), held: 0..0 }
    }

    /// Where the next bytes from the socket go; empty only if the head that is held is
    /// as long as one may be, and [`Requests::next`] was not asked.
    pub fn space(&mut self) -> &mut [u8] {
        if self.held.start > 0 {
            self.buffer.copy_within(self.held.clone(), 0);
            self.held = 0..self.held.len();
        }
        &mut self.buffer[self.held.end..]
    }

    /// Takes notice of `count` bytes that were read into [`Requests::space`].
    pub fn advance(&mut self, count: usize) {
        self.held.end += count;
    }

    /// Whether a request has begun and is not complete.
    pub fn has_begun(&self) -> bool {
        !self.held.is_empty()
    }

    /// The next request that has come whole. One that cannot be read is the last.
    #[allow(clippy::should_implement_trait, reason = "none now is not the end")]
    pub fn next(&mut self) -> Option<Request> {
        let held = &self.buffer[self.held.clone()];
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut parsed = httparse::Request::new(&mut headers);
        match parsed.parse(held) {
            Ok(httparse::Status::Complete(length)) => {
                let request = request(&parsed);
                self.held.start += length;
                Some(request)
            }
            Ok(httparse::Status::Partial) if held.len() < HEAD_MAX_BYTES => None,
            Ok(httparse::Status::Partial) | Err(httparse::Error::TooManyHeaders) => {
                Some(Request::refused(Refusal::HeadTooLarge))
            }
            Err(_) => Some(Request::refused(Refusal::BadRequest)),
        }
    }
}

fn request(parsed: &httparse::Request<'_, '_>) -> Request {
    let header = |name: &'static str| {
        let named = parsed.headers.iter().filter(move |h| h.name.eq_ignore_ascii_case(name));
        named.map(|header| header.value)
    };
    // A body would have to be read before the next request: nothing here takes one.
    let has_body = header("transfer-encoding").next().is_some()
        || header("content-length").any(|length| length != b"0");
    if has_body {
        return Request::refused(Refusal::BadRequest);
    }
    let says = |word: &str| {
        header("connection").any(|value| {
            let value = String::from_utf8_lossy(value);
            value.split(',').any(|option| option.trim().eq_ignore_ascii_case(word))
        })
    };
    let keep_alive = match parsed.version {
        Some(0) => says("keep-alive"),
        _ => !says("close"),
    };
    let method = parsed.method.unwrap_or_default();
    let asks = super::route(method, parsed.path.unwrap_or_default());
    Request { asks, bodyless: method == "HEAD", keep_alive }
}

#[cfg(test)]
mod tests {
    use super::{HEAD_MAX_BYTES, Refusal, Request, Requests};
    use crate::serve::Route;

    /// Feeds `bytes` in pieces of at most `step`, returns all requests up to one that is
    /// the last.
    fn feed(mut bytes: &[u8], step: usize) -> Vec<Request> {
        let (mut requests, mut found) = (Requests::new(), Vec::new());
        while !bytes.is_empty() {
            let space = requests.space();
            let count = bytes.len().min(step).min(space.len());
            space[..count].copy_from_slice(&bytes[..count]);
            requests.advance(count);
            bytes = &bytes[count..];
            while let Some(request) = requests.next() {
                found.push(request);
                if !request.keep_alive {
                    return found;
                }
            }
        }
        assert!(!requests.has_begun(), "something is left");
        found
    }

    fn ok(route: Route) -> Request {
        Request { asks: Ok(route), bodyless: false, keep_alive: true }
    }

    #[test]
    fn the_same_requests_come_out_however_they_are_cut() {
        let bytes = b"GET /plain HTTP/1.1\r\nhost: h\r\n\r\nHEAD /json HTTP/1.1\r\n\r\n\
            GET /crud?queries=5&bytes=10240 HTTP/1.1\r\nConnection: Upgrade, Close\r\n\r\nignored";
        let want = [
            ok(Route::Plain),
            Request { bodyless: true, ..ok(Route::Json) },
            Request { keep_alive: false, ..ok(Route::Crud { queries: 5, bytes: 10_240 }) },
        ];
        for step in [1, 2, 7, 64, usize::MAX] {
            assert_eq!(feed(bytes, step), want, "{step}");
        }
    }

    #[test]
    fn a_buffer_full_of_requests_leaves_room_for_the_next() {
        let many = b"GET /plain HTTP/1.1\r\n\r\n".repeat(2000);
        for step in [1000, HEAD_MAX_BYTES] {
            assert_eq!(feed(&many, step), vec![ok(Route::Plain); 2000], "{step}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_and_the_last() {
        let check = |bytes: &[u8], want: Refusal| {
            assert_eq!(feed(bytes, 1000), [Request::refused(want)], "{want:?}");
        };
        check(b"SSH-2.0-OpenSSH\r\n", Refusal::BadRequest);
        check(b"GET  HTTP/1.1\r\n\r\n", Refusal::BadRequest);
        check(b"GET / HTTP/1.1\r\nno colon\r\n\r\n", Refusal::BadRequest);
        check(b"GET / HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc", Refusal::BadRequest);
        check(b"GET / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n", Refusal::BadRequest);
        let long = [b"GET / HTTP/1.1\r\nx: ".as_slice(), &[b'y'; HEAD_MAX_BYTES]].concat();
        check(&long, Refusal::HeadTooLarge);
        let many = [b"GET / HTTP/1.1\r\n".as_slice(), &b"a: b\r\n".repeat(101)].concat();
        check(&many, Refusal::HeadTooLarge);
    }

    #[test]
    fn a_database_that_is_slow_is_told_from_one_that_failed() {
        use std::io::{Error, ErrorKind};
        let of = |error: anyhow::Error| Refusal::of(&error.context("receive"));
        assert_eq!(of(Error::from(ErrorKind::WouldBlock).into()), Refusal::TimedOut);
        assert_eq!(of(Error::from(ErrorKind::TimedOut).into()), Refusal::TimedOut);
        assert_eq!(of(Error::from(ErrorKind::ConnectionReset).into()), Refusal::Failed);
        assert_eq!(of(anyhow::anyhow!("the database did \"X\"")), Refusal::Failed);
    }

    #[test]
    fn the_older_protocol_closes_unless_asked_not_to() {
        let check = |head: &str, keep_alive| {
            let bytes = format!("GET /plain {head}\r\n\r\n");
            let want = Request { keep_alive, ..ok(Route::Plain) };
            assert_eq!(feed(bytes.as_bytes(), 1000), [want], "{head}");
        };
        check("HTTP/1.0", false);
        check("HTTP/1.0\r\nconnection: Keep-Alive", true);
        check("HTTP/1.1\r\nconnection: keep-alive", true);
        check("HTTP/1.1\r\nconnection: close", false);
        check("HTTP/1.1\r\ncontent-length: 0", true);
    }
}
