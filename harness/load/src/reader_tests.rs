//! Responses whole, cut anywhere, and wrong.

use super::{Reader, Response, Rules};
use crate::expect::Expect;
use crate::fault::Fault;
use crate::head::Memo;

/// Feeds pieces of `step` bytes, then, if asked, the end of the stream.
fn feed(expect: &Expect, bytes: &[u8], step: usize, end: bool) -> Vec<Result<Response, Fault>> {
    let (mut reader, mut memo) = (Reader::default(), Memo::default());
    let rules = Rules { expect, bodyless: false };
    let mut got = Vec::new();
    for piece in bytes.chunks(step) {
        match reader.feed(piece, &mut memo, &rules) {
            Ok(Some(response)) => got.push(Ok(response)),
            Ok(None) => {}
            Err(fault) => {
                got.push(Err(fault));
                return got;
            }
        }
    }
    if end {
        got.push(reader.end(&rules));
    }
    got
}

fn check(expect: &Expect, text: &str, outcome: Result<u64, Fault>, keep_alive: bool) {
    for step in 1..=text.len() {
        let want = [Ok(Response { outcome, keep_alive })];
        assert_eq!(feed(expect, text.as_bytes(), step, false), want, "{text}, step {step}");
    }
}

#[test]
fn a_response_comes_out_however_it_is_cut() {
    let any = Expect::Any;
    check(&any, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", Ok(5), true);
    check(
        &any,
        "HTTP/1.1 201 X\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        Ok(5),
        true,
    );
    check(&any, "HTTP/1.1 100 X\r\n\r\nHTTP/1.1 204 X\r\n\r\n", Ok(0), true);
    let closes = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello";
    check(&any, closes, Ok(5), false);
}

#[test]
fn a_status_that_is_not_2xx_is_a_class_and_the_connection_goes_on() {
    for (status, fault) in [
        (301, Fault::Status3xx),
        (404, Fault::Status4xx),
        (503, Fault::Status5xx),
        (999, Fault::StatusOther),
    ] {
        let text = format!("HTTP/1.1 {status} X\r\ncontent-length: 2\r\n\r\nno");
        check(&Expect::Any, &text, Err(fault), true);
    }
}

#[test]
fn length_and_bytes_are_compared() {
    let text = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
    check(&Expect::Length(5), text, Ok(5), true);
    check(&Expect::Length(6), text, Err(Fault::WrongLength), true);
    check(&Expect::Exactly(b"hello".to_vec()), text, Ok(5), true);
    check(&Expect::Exactly(b"hallo".to_vec()), text, Err(Fault::WrongBody), true);
    check(&Expect::Exactly(b"hello!".to_vec()), text, Err(Fault::WrongLength), true);
}

#[test]
fn what_is_out_of_step_is_a_fault() {
    let check = |text: &str, end, want| {
        assert_eq!(
            feed(&Expect::Any, text.as_bytes(), text.len().max(1), end),
            [Err(want)],
            "{text}"
        );
    };
    check("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nabc", false, Fault::WrongLength);
    check("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\na", true, Fault::WrongLength);
    check("HTTP/1.1 200 OK\r\ncont", true, Fault::Closed);
    check("", true, Fault::Closed);
    check("SSH-2.0\r\n\r\n", false, Fault::NotHttp);
    check(&format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(20_000)), false, Fault::NotHttp);
}

#[test]
fn a_body_may_end_with_the_connection() {
    let text = b"HTTP/1.1 200 OK\r\n\r\nhello";
    let want = [Ok(Response { outcome: Ok(5), keep_alive: false })];
    assert_eq!(feed(&Expect::Any, text, 3, true), want);
}

#[test]
fn a_reader_is_ready_for_the_next_response() {
    let text = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab";
    let (mut reader, mut memo) = (Reader::default(), Memo::default());
    let rules = Rules { expect: &Expect::Exactly(b"ab".to_vec()), bodyless: false };
    let want = Ok(Some(Response { outcome: Ok(2), keep_alive: true }));
    assert_eq!(reader.feed(&text[..30], &mut memo, &rules), Ok(None));
    reader.reset();
    for _ in 0..3 {
        assert_eq!(reader.feed(text, &mut memo, &rules), want);
    }
}
