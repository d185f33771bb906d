//! The short way of `GET /bytes/{n}` with a small body, which most connections ask for
//! and nothing else.
//!
//! What is served in this way costs little more than its system calls, so that the
//! server is not the story. Whatever is not plain beyond doubt, be it half a head, is
//! left to hyper, and the connection with it: no rule of HTTP is kept twice. What goes
//! out is byte for byte what hyper would send.
//!
//! # Protocol
//! A turn reads once, from the connection's task, into memory that all connections of
//! the thread share, so that a connection which is silent keeps no buffer. It answers
//! every plain request that it has read by one write. Counting precedes that write.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io::{ErrorKind, Write};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::SystemTime;

use httparse::{EMPTY_HEADER, Header, Status};
use httpdate::HttpDate;
use tokio::io::{AsyncRead, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;

use crate::listen::Port;
use crate::parse;

/// Most that one turn reads.
const READ_BYTES: usize = 4 << 10;
/// Largest body: from here on copying costs more than the rest.
const MOST_BODY_BYTES: u64 = 4 << 10;
/// Most headers of a plain request.
const MOST_HEADERS: usize = 16;

thread_local! {
    static OUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static DATE: RefCell<Date> = const { RefCell::new(Date { second: 0, line: Vec::new() }) };
}

/// The header of the current second, as in every answer of hyper.
struct Date {
    second: u64,
    line: Vec<u8>,
}

/// What has become of a connection.
pub(crate) enum Plain {
    /// The client has gone.
    Ended,
    /// These bytes have been read and are not plain.
    Other(Vec<u8>),
}

/// What one turn has left.
enum Left {
    Nothing,
    /// Answers that did not fit into the socket, and bytes that are not plain.
    Some {
        unsent: Vec<u8>,
        other: Vec<u8>,
    },
    Gone,
}

/// Serves plain requests until something else comes.
pub(crate) async fn serve(stream: &mut TcpStream, port: &Port) -> Plain {
    loop {
        match poll_fn(|cx| poll_turn(stream, port, cx)).await {
            Left::Nothing => {}
            Left::Gone => return Plain::Ended,
            Left::Some { unsent, other } => {
                if stream.write_all(&unsent).await.is_err() {
                    return Plain::Ended;
                }
                if !other.is_empty() {
                    return Plain::Other(other);
                }
            }
        }
    }
}

fn poll_turn(stream: &mut TcpStream, port: &Port, cx: &mut Context<'_>) -> Poll<Left> {
    let mut space = [const { MaybeUninit::uninit() }; READ_BYTES];
    let mut read = ReadBuf::uninit(&mut space);
    if ready!(Pin::new(&mut *stream).poll_read(cx, &mut read)).is_err() || read.filled().is_empty()
    {
        return Poll::Ready(Left::Gone);
    }
    Poll::Ready(OUT.with_borrow_mut(|out| {
        out.clear();
        let other = answer(read.filled(), port, out);
        let sent = if out.is_empty() {
            0
        } else {
            match stream.try_write(out) {
                Ok(sent) => sent,
                Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
                Err(_) => return Left::Gone,
            }
        };
        if sent == out.len() && other.is_empty() {
            return Left::Nothing;
        }
        Left::Some { unsent: out[sent..].to_vec(), other: other.to_vec() }
    }))
}

/// Answers the plain requests at the front; returns the bytes behind them.
fn answer<'a>(mut bytes: &'a [u8], port: &Port, out: &mut Vec<u8>) -> &'a [u8] {
    while let Some((head_bytes, body_bytes)) = plain(bytes) {
        let Some(flight) = port.trial.arrive_at_once() else { break };
        write_head(out, body_bytes);
        out.extend_from_slice(port.server.bodies.first(body_bytes));
        flight.land(body_bytes);
        bytes = &bytes[head_bytes..];
    }
    bytes
}

/// Length of the request at the front and of the body that it asks for, if it is plain
/// beyond doubt.
fn plain(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut headers = [EMPTY_HEADER; MOST_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let Ok(Status::Complete(head_bytes)) = request.parse(bytes) else { return None };
    if request.method != Some("GET") || request.version != Some(1) {
        return None;
    }
    let size = request.path?.strip_prefix("/bytes/")?;
    let body_bytes = parse::number(size, 0..=MOST_BODY_BYTES, "").ok()?;
    request.headers.iter().all(is_harmless).then_some((head_bytes, body_bytes as usize))
}

/// Whether a header changes nothing about how a request without a body is answered.
fn is_harmless(header: &Header<'_>) -> bool {
    const TELLING: [&str; 6] =
        ["connection", "content-length", "transfer-encoding", "expect", "upgrade", "te"];
    let named = |name: &str| header.name.eq_ignore_ascii_case(name);
    !TELLING.into_iter().any(named)
        || (named("connection") && header.value.eq_ignore_ascii_case(b"keep-alive"))
}

fn write_head(out: &mut Vec<u8>, body_bytes: usize) {
    // Writing to a vector cannot fail.
    let _ = write!(out, "HTTP/1.1 200 OK\r\ncontent-length: {body_bytes}\r\n");
    DATE.with_borrow_mut(|date| out.extend_from_slice(date.now()));
}

impl Date {
    /// The header and the empty line after it.
    fn now(&mut self) -> &[u8] {
        let now = SystemTime::now();
        let second = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        if second != self.second || self.line.is_empty() {
            let date = HttpDate::from(now);
            *self = Self { second, line: format!("date: {date}\r\n\r\n").into_bytes() };
        }
        &self.line
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn only_what_is_plain_beyond_doubt_is_taken() {
        let check = |text: &str, want: Option<usize>| {
            let head = format!("{text}\r\n\r\n");
            let want = want.map(|body_bytes| (head.len(), body_bytes));
            assert_eq!(plain(format!("{head}GET /next").as_bytes()), want, "{text}");
        };
        check("GET /bytes/128 HTTP/1.1\r\nhost: x", Some(128));
        check("GET /bytes/0 HTTP/1.1", Some(0));
        check("GET /bytes/0128 HTTP/1.1", Some(128));
        check("GET /bytes/4096 HTTP/1.1\r\nHost: x\r\nuser-agent: a\r\naccept: */*", Some(4096));
        check("GET /bytes/1 HTTP/1.1\r\nConnection: Keep-Alive", Some(1));
        for other in [
            "GET /bytes/4097 HTTP/1.1",
            "GET /bytes/ HTTP/1.1",
            "GET /bytes/+1 HTTP/1.1",
            "GET /bytes/1? HTTP/1.1",
            "GET /bytes/1/ HTTP/1.1",
            "GET //bytes/1 HTTP/1.1",
            "GET http://x/bytes/1 HTTP/1.1",
            "GET /bytes/99999999999999999999999 HTTP/1.1",
            "GET /bytes/1 HTTP/1.0",
            "HEAD /bytes/1 HTTP/1.1",
            "POST /bytes/1 HTTP/1.1",
            "GET /json/1 HTTP/1.1",
            "GET /bytes/1 HTTP/1.1\r\nconnection: close",
            "GET /bytes/1 HTTP/1.1\r\ncontent-length: 0",
            "GET /bytes/1 HTTP/1.1\r\nTransfer-Encoding: chunked",
            "GET /bytes/1 HTTP/1.1\r\nexpect: 100-continue",
            "GET /bytes/1 HTTP/1.1\r\nno colon",
        ] {
            check(other, None);
        }
        let many = "a: b\r\n".repeat(17);
        check(&format!("GET /bytes/1 HTTP/1.1\r\n{}", many.trim_end()), None);
        for part in 0..b"GET /bytes/1 HTTP/1.1\r\nhost: x\r\n\r".len() {
            assert_eq!(plain(&b"GET /bytes/1 HTTP/1.1\r\nhost: x\r\n\r\n"[..part]), None);
        }
    }
}
