//! Servers that misbehave.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::calls::refused;
use super::{SHORT, run, server};
use crate::support::triathlon;

/// A server that answers every request on every connection by `answer`, which
/// gets the number of the request over all connections, until the test ends.
fn misbehaving(answer: fn(&mut TcpStream, u64) -> io::Result<bool>) -> SocketAddr {
    let count = Arc::new(AtomicU64::new(0));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let count = Arc::clone(&count);
            thread::spawn(move || {
                let mut stream = stream.unwrap();
                stream.set_nodelay(true).unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                loop {
                    let mut line = String::new();
                    while line != "\r\n" {
                        line.clear();
                        if reader.read_line(&mut line).unwrap_or(0) == 0 {
                            return;
                        }
                    }
                    let n = count.fetch_add(1, Ordering::Relaxed);
                    if !answer(&mut stream, n).unwrap_or(false) {
                        return;
                    }
                }
            });
        }
    });
    address
}

const GOOD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

#[test]
fn failures_are_counted_by_class() {
    let check = |answer, class: &str| {
        let address = misbehaving(answer);
        let (record, code, _) = run(address, "/", &SHORT);
        let seen: Vec<_> = record.failures.keys().map(String::as_str).collect();
        assert_eq!((seen, record.ok, code), (vec![class], 0, 0), "{record:?}");
        assert!(record.failed > 0 && record.timed_out == 0);
    };
    check(
        |s, _| s.write_all(b"HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n").map(|()| true),
        "status 5xx",
    );
    check(
        |s, _| s.write_all(b"HTTP/1.1 404 X\r\ncontent-length: 2\r\n\r\nno").map(|()| true),
        "status 4xx",
    );
    check(
        |s, _| s.write_all(b"HTTP/1.1 302 X\r\ncontent-length: 0\r\n\r\n").map(|()| true),
        "status 3xx",
    );
    check(|s, _| s.write_all(b"SSH-2.0-OpenSSH\r\n\r\n").map(|()| true), "not HTTP");
    check(
        |s, _| s.write_all(b"HTTP/1.1 200 X\r\ncontent-length: 9\r\n\r\nno").map(|()| false),
        "wrong length",
    );
    check(
        |s, _| s.write_all(b"HTTP/1.1 200 X\r\ncontent-length: 1\r\n\r\nno").map(|()| true),
        "wrong length",
    );
    check(|_, _| Ok(false), "connection closed");
}

#[test]
fn every_body_is_compared() {
    let address = misbehaving(|stream, _| stream.write_all(GOOD).map(|()| true));
    let check = |path: &str, more: &[&str], class: Option<&str>| {
        let (record, ..) = run(address, path, &[&SHORT, more].concat());
        let seen: Vec<_> = record.failures.keys().map(String::as_str).collect();
        assert_eq!(seen, class.into_iter().collect::<Vec<_>>(), "{path} {more:?}");
        assert_eq!(record.ok > 0, class.is_none(), "{path} {more:?}");
    };
    check("/", &[], None);
    check("/", &["--expect-bytes", "2"], None);
    check("/", &["--expect-bytes", "3"], Some("wrong length"));
    check("/bytes/2", &[], Some("wrong body"));
    check("/bytes/3", &[], Some("wrong length"));
    check("/bytes/2", &["--any-body"], None);
}

#[test]
fn a_server_that_closes_after_each_response_is_reconnected_to() {
    let address = misbehaving(|stream, _| {
        let head = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok";
        stream.write_all(head).map(|()| false)
    });
    let arguments = ["-R", "100", "-d", "1s", "--warmup", "0s", "-c", "4"];
    let (record, _, errors) = run(address, "/", &arguments);
    assert_eq!((record.planned, record.ok), (100, 100), "{errors}");
    assert!(record.reconnects >= 95, "{}", record.reconnects);
}

#[test]
fn a_server_that_hangs_is_timed_out_and_censored() {
    let address = misbehaving(|stream, n| match n % 10 {
        9 => Ok(true),
        _ => stream.write_all(GOOD).map(|()| true),
    });
    let arguments = ["-R", "100", "-d", "2s", "--warmup", "0s", "-c", "64", "--timeout", "300ms"];
    let (record, _, errors) = run(address, "/", &arguments);
    assert_eq!(record.planned, 200);
    assert_eq!((record.ok, record.timed_out), (180, 20), "{errors} {record:?}");
    if let Some(times) = record.response_ms {
        assert_eq!((times.p95, times.max, times.mean), (None, None, None));
        assert!(times.beyond_ms.unwrap() >= 300.0 && times.censored == record.timed_out);
    }
}

#[test]
fn a_server_that_is_not_there_or_goes_away_is_one_sentence() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}/");
    refused(&[&url], 1, &format!("cannot connect to {free}"));
    refused(&["http://name.invalid/"], 1, "cannot resolve name.invalid");

    let server = server();
    let url = format!("http://{}/bytes/1", server.address);
    let mut command = triathlon(Path::new("/"), &["load", &url, "-R", "100", "-d", "60s"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap(); // it is at work
    assert!(first.contains("started") && first.contains("lag"), "{first}");
    drop(server);
    let last = lines.map(Result::unwrap).last().unwrap();
    assert!(last.starts_with("triathlon: the server at") && last.contains("went away"), "{last}");
    assert_eq!(child.wait().unwrap().code(), Some(1));
}
