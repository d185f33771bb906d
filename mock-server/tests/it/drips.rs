//! Bodies that are handed out in pieces: their bytes, their pace, their end.

use std::time::{Duration, Instant};

use serde_json::Value;
use triathlon_contract::body;

use crate::client::{Client, Reply, Trial, both, eventually, server};

/// The counters in the order in which a drip changes them.
fn counted(counters: &Value) -> [u64; 6] {
    ["requests", "in_flight", "bytes", "answered", "given_up", "delayed"]
        .map(|name| counters[name].as_u64().unwrap())
}

#[test]
fn the_bytes_are_those_of_bytes_and_no_piece_comes_early() {
    for server in both() {
        let trial = Trial::new(&server);
        let mut client = trial.connect();
        let cases: [(usize, usize, u64); 4] =
            [(0, 1, 1000), (1, 1, 2000), (10, 3, 5000), (200_000, 20_000, 1000)];
        for (size, chunk, us) in cases {
            let sent = Instant::now();
            let reply = client.get(&format!("/drip/{size}/{chunk}/{us}"));
            let (took, pieces) = (sent.elapsed(), size.div_ceil(chunk) as u64);
            assert!(took >= Duration::from_micros(pieces * us), "{took:?} for {size} bytes");
            let whole = client.get(&format!("/bytes/{size}"));
            assert_eq!(reply.status, 200);
            assert_eq!(body::hash(&reply.body), body::hash(&whole.body), "{size} bytes");
            assert!(reply.body == whole.body, "{size} bytes");
            let names = |reply: &Reply| -> Vec<_> {
                reply.headers.iter().map(|(name, _)| name.clone()).collect()
            };
            assert_eq!(names(&reply), names(&whole), "{size} bytes");
            assert_eq!(reply.header("content-length"), Some(&*size.to_string()));
        }
        // All over one connection, which every drip has left alive.
        let bytes = 2 * cases.iter().map(|(size, ..)| *size as u64).sum::<u64>();
        assert_eq!(counted(&trial.counters()), [8, 0, bytes, 8, 0, 3]);
        trial.expect(&[("connections", 1), ("peak_in_flight", 1), ("bad_requests", 0)]);
    }
}

#[test]
fn without_a_pause_nothing_is_delayed_and_the_largest_body_is_whole() {
    let server = server();
    let trial = Trial::new(&server);
    let reply = trial.connect().get("/drip/67108864/1024/0");
    assert_eq!(body::hash(&reply.body), body::hash(&body::bytes(64 << 20)));
    assert_eq!(counted(&trial.counters()), [1, 0, 64 << 20, 1, 0, 0]);
    assert!(trial.counters()["delay_excess_us"].is_null());
}

/// The head comes at once, and the request is in flight until its last piece; who has
/// that finds it answered. A closed gate apart, it is held once, however many pieces.
#[test]
fn a_drip_is_in_flight_until_its_last_piece_is_handed_over() {
    for server in both() {
        let trial = Trial::new(&server);
        let mut client = trial.connect();
        client.send("GET", "/drip/40/10/300000", b"");
        let sent = Instant::now();
        assert_eq!(client.head().unwrap().status, 200);
        assert_eq!(counted(&trial.counters()), [1, 1, 0, 0, 0, 1]);
        assert!(sent.elapsed() < Duration::from_millis(300), "too busy to see the head alone");
        for pieces in 1..=3 {
            client.read(10);
            let [requests, in_flight, bytes, answered, ..] = counted(&trial.counters());
            assert_eq!((requests, in_flight, answered), (1, 1, 0), "{pieces} pieces");
            assert!(bytes.is_multiple_of(10) && (10 * pieces..40).contains(&bytes), "{bytes}");
        }
        client.read(10);
        let counters = client.get("/counters").json();
        assert_eq!(counted(&counters), [1, 0, 40, 1, 0, 1]);
        let excess = &counters["delay_excess_us"];
        assert!(excess["max"].as_f64().unwrap() > 0.0, "{excess}");
        assert_eq!(excess["p50"], excess["max"], "one request, one value");
    }
}

/// What a client has by the time that the server hangs up is what was counted.
#[test]
fn a_client_that_vanishes_in_the_middle_is_given_up_with_its_bytes_exact() {
    for server in both() {
        let trial = Trial::new(&server);
        let mut client = trial.connect();
        client.send("GET", "/drip/6000/10/100000", b"");
        client.head().unwrap();
        let mut received = client.read(20);
        client.hang_up();
        received.extend(client.rest());
        assert_eq!(received, body::bytes(received.len()));
        assert!(received.len().is_multiple_of(10) && received.len() < 6000, "{}", received.len());
        eventually("it is closed", || trial.counters()["open_connections"] == 0);
        assert_eq!(counted(&trial.counters()), [1, 0, received.len() as u64, 0, 1, 1]);
        trial.expect(&[("peak_in_flight", 1), ("bad_requests", 0)]);

        // One that closes both ways, before a piece came.
        let mut client = trial.connect();
        client.send("GET", "/drip/10/10/60000000", b"");
        eventually("it arrives", || trial.counters()["in_flight"] == 1);
        drop(client);
        eventually("it is noticed", || trial.counters()["in_flight"] == 0);
        assert_eq!(counted(&trial.counters()), [2, 0, received.len() as u64, 0, 2, 2]);
    }
}

#[test]
fn the_end_of_a_trial_ends_a_drip_in_the_middle() {
    for server in both() {
        let trial = Trial::new(&server);
        let mut client = trial.connect();
        client.send("GET", "/drip/6000/10/100000", b"");
        client.head().unwrap();
        let mut received = client.read(10);
        let last = trial.ask("DELETE", "");
        received.extend(client.rest());
        assert_eq!(received, body::bytes(received.len()));
        assert_eq!(counted(&last), [1, 0, received.len() as u64, 0, 1, 1]);
        assert_eq!(last["open_connections"], 0);
    }
}

#[test]
fn what_follows_a_drip_in_the_pipe_waits_for_its_last_piece() {
    for server in both() {
        let trial = Trial::new(&server);
        let mut client = trial.connect();
        let targets =
            [("/drip/9/2/10000", 9), ("/bytes/5", 5), ("/drip/3/3/1", 3), ("/delay/1", 0)];
        let head = |target| format!("GET {target} HTTP/1.1\r\nhost: x\r\n\r\n");
        let heads: String = targets.iter().map(|(target, _)| head(*target)).collect();
        client.write(heads.as_bytes());
        for (target, size) in targets {
            assert_eq!(client.receive().body, body::bytes(size), "{target}");
        }
        assert_eq!(counted(&trial.counters()), [4, 0, 17, 4, 0, 3]);
        trial.expect(&[("peak_in_flight", 1), ("connections", 1)]);
    }
}

/// A connection in whose pipe more has come does not show that its client is gone; the
/// next piece does.
#[test]
fn a_client_that_vanishes_with_more_in_the_pipe_is_given_up_as_well() {
    let server = server();
    let trial = Trial::new(&server);
    let mut client = trial.connect();
    client.write(b"GET /drip/6000/10/10000 HTTP/1.1\r\nhost: x\r\n\r\n");
    client.write(b"GET /bytes/1 HTTP/1.1\r\nhost: x\r\n\r\n");
    client.head().unwrap();
    client.read(10);
    drop(client);
    eventually("it is closed", || trial.counters()["open_connections"] == 0);
    let [requests, in_flight, bytes, answered, given_up, delayed] = counted(&trial.counters());
    assert_eq!([requests, in_flight, answered, given_up, delayed], [1, 0, 0, 1, 1]);
    assert!(bytes.is_multiple_of(10) && (10..6000).contains(&bytes), "{bytes}");
}

#[test]
fn a_closed_gate_holds_a_drip_once() {
    for server in both() {
        let trial = Trial::new(&server);
        let mut client = trial.connect();
        let closed = Instant::now();
        client.request("POST", "/stall/100000", b"");
        assert_eq!(client.get("/drip/20/10/20000").body, body::bytes(20));
        assert!(closed.elapsed() >= Duration::from_millis(140), "{:?}", closed.elapsed());
        assert_eq!(counted(&trial.counters()), [1, 0, 20, 1, 0, 1]);
        let excess = trial.counters()["delay_excess_us"].clone();
        assert_eq!(excess["p50"], excess["max"], "one request, one value");
    }
}

/// Pieces are taken from the body only as the client makes room for them.
#[test]
fn a_drip_that_nobody_reads_stops_and_delays_nobody() {
    let server = server();
    let trial = Trial::new(&server);
    let mut lazy = trial.connect();
    lazy.send("GET", "/drip/67108864/65536/0", b"");
    eventually("it begins", || trial.counters()["bytes"] != 0);
    let other = Client::connect(trial.addresses[0]).get("/drip/30/10/1000");
    assert_eq!(other.body, body::bytes(30));
    let bytes = trial.counters()["bytes"].as_u64().unwrap();
    assert!(bytes < 32 << 20, "{bytes} bytes were handed over to nobody");
    trial.expect(&[("requests", 2), ("in_flight", 1), ("answered", 1)]);
    assert_eq!(lazy.receive().body.len(), 64 << 20);
    assert_eq!(counted(&trial.counters()), [2, 0, (64 << 20) + 30, 2, 0, 1]);
}

#[test]
fn many_drips_at_once_are_each_whole() {
    for server in both() {
        let trial = Trial::new(&server);
        let mut clients: Vec<_> = (0..64).map(|_| trial.connect()).collect();
        clients.iter_mut().for_each(|client| client.send("GET", "/drip/100/10/20000", b""));
        for client in &mut clients {
            assert_eq!(client.receive().body, body::bytes(100));
        }
        assert_eq!(counted(&trial.counters()), [64, 0, 6400, 64, 0, 64]);
        trial.expect(&[("peak_in_flight", 64)]);
    }
}
