//! The short way of plain requests says what hyper says, and gives way to it.

use std::thread;

use crate::client::{Client, Trial, both};

/// A request that ends the connection; hyper answers it.
const LAST: &[u8] = b"GET /status/404 HTTP/1.1\r\nconnection: close\r\n\r\n";

/// All that comes on a connection that asks for this, and is then ended.
fn said(trial: &Trial, requests: &[u8]) -> String {
    let mut client = trial.connect();
    client.write(&[requests, LAST].concat());
    let rest = client.rest();
    let text = String::from_utf8_lossy(&rest).into_owned();
    // Only the second may differ.
    text.lines().filter(|line| !line.starts_with("date: ")).collect::<Vec<_>>().join("\n")
}

fn get(target: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nhost: x\r\n\r\n").into_bytes()
}

#[test]
fn both_ways_send_the_same_bytes() {
    for server in both() {
        let trial = Trial::new(&server);
        let empty = get("/status/204");
        let last = said(&trial, b"");
        for size in [0, 1, 128, 4096] {
            let request = get(&format!("/bytes/{size}"));
            // Once hyper has a connection it keeps it.
            let long = said(&trial, &[&empty[..], &request].concat());
            let short = said(&trial, &request);
            assert!(short.starts_with("HTTP/1.1 200 OK\ncontent-length: "), "{short}");
            assert!(short.ends_with(&last), "{short}");
            let status = long.strip_suffix(&short).unwrap_or_else(|| panic!("{size}: {long}"));
            assert_eq!(status, "HTTP/1.1 204 No Content\n\n");
        }
    }
}

#[test]
fn headers_are_the_same_and_the_date_is_one() {
    for server in both() {
        let trial = Trial::new(&server);
        let short = trial.connect().get("/bytes/10");
        let mut client = trial.connect();
        client.get("/status/204");
        let long = client.get("/bytes/10");
        let names = |reply: &crate::client::Reply| {
            reply.headers.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(&short), names(&long));
        assert_eq!(short.body, long.body);
        // Both end in the year and time of the same minute or the next.
        let date = |reply: &crate::client::Reply| reply.header("date").unwrap().to_owned();
        assert_eq!(date(&short).len(), date(&long).len());
        assert!(date(&short).ends_with(" GMT"));
    }
}

/// Plain requests and others in one pipe, cut at every byte: hyper goes on in the middle
/// of a request, and nothing is lost, doubled or out of order.
#[test]
fn a_pipe_that_is_cut_anywhere_is_answered_in_order() {
    for server in both() {
        let pipe =
            [get("/bytes/5"), get("/bytes/6"), get("/json/1"), get("/bytes/7"), get("/bytes/8")];
        let sizes = [5, 6, 44, 7, 8];
        let pipe = pipe.concat();
        let trial = Trial::new(&server);
        let mut cuts = 0;
        for cut in (1..pipe.len()).step_by(3) {
            let mut client = trial.connect();
            client.write(&pipe[..cut]);
            thread::yield_now();
            client.write(&pipe[cut..]);
            let lengths = [(); 5].map(|()| client.receive().body.len());
            assert_eq!(lengths[..2], sizes[..2], "cut at {cut}");
            assert_eq!(lengths[3..], sizes[3..], "cut at {cut}");
            cuts += 1;
        }
        trial.expect(&[("requests", 5 * cuts), ("connections", cuts), ("bad_requests", 0)]);
    }
}

/// More answers than the socket takes while nobody reads.
#[test]
fn a_client_that_does_not_read_gets_every_answer_later() {
    const REQUESTS: usize = 20_000;
    for server in both() {
        let trial = Trial::new(&server);
        let mut client = trial.connect();
        let address = trial.addresses[0];
        thread::scope(|scope| {
            let mut writer = Client::connect(address);
            scope.spawn(move || {
                writer.write(&get("/bytes/4096").repeat(REQUESTS / 10));
                for _ in 0..REQUESTS / 10 {
                    assert_eq!(writer.receive().body.len(), 4096);
                }
            });
            // Meanwhile others are served.
            for _ in 0..100 {
                assert_eq!(client.get("/bytes/3").body.len(), 3);
            }
        });
        trial.expect(&[("requests", REQUESTS as u64 / 10 + 100), ("in_flight", 0)]);
    }
}

/// A gate that was closed counts for connections that were served in the short way.
#[test]
fn a_closed_gate_holds_plain_requests_as_well() {
    for server in both() {
        let trial = Trial::new(&server);
        let mut client = trial.connect();
        client.get("/bytes/1");
        trial.connect().request("POST", "/stall/150000", b"");
        let before = std::time::Instant::now();
        client.get("/bytes/1");
        assert!(before.elapsed().as_millis() >= 100, "{:?}", before.elapsed());
        trial.expect(&[("requests", 2), ("delayed", 1)]);
    }
}

#[test]
fn what_is_no_http_is_refused_after_plain_requests_too() {
    for server in both() {
        let trial = Trial::new(&server);
        let text = said(&trial, &[get("/bytes/2"), b"NO HTTP\r\n\r\n".to_vec()].concat());
        assert!(text.contains("HTTP/1.1 400 Bad Request"), "{text}");
        trial.expect(&[("requests", 1), ("bad_requests", 1)]);
    }
}
