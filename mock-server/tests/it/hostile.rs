//! Clients that are slow, silent, large, broken or many.

use crate::client::{Client, Trial, both, eventually, server};

/// The server answers a good client, on this trial and on its own address.
fn serves(trial: &Trial) {
    assert_eq!(trial.connect().get("/bytes/5").body.len(), 5);
    assert_eq!(Client::connect(trial.control).get("/healthz").text(), "ok");
}

#[test]
fn what_is_no_http_is_answered_with_400_and_counts_once() {
    let garbage: [&[u8]; 4] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello",
        b"hello world, this is no HTTP\r\n\r\n",
        b"GET /bytes/1 HTTP/9.9\r\nhost: x\r\n\r\n",
        b"GET /bytes/1 HTTP/1.1\r\nbad header\r\n\r\n",
    ];
    for server in both() {
        let trial = Trial::new(&server);
        for (index, bytes) in garbage.into_iter().enumerate() {
            let mut client = trial.connect();
            client.write(bytes);
            assert_eq!(client.receive().status, 400, "{index}");
            assert!(client.is_closed(), "{index}");
            let count = index as u64 + 1;
            eventually("it is counted", || trial.counters()["bad_requests"] == count);
        }
        serves(&trial);
        trial.expect(&[("requests", 1), ("bad_requests", 4)]);
    }
}

#[test]
fn a_head_beyond_16_kib_is_refused() {
    let server = server();
    let trial = Trial::new(&server);
    let mut client = trial.connect();
    client.write(b"GET /bytes/1 HTTP/1.1\r\nhost: x\r\nlong: ");
    client.write(&[b'a'; 16 << 10]);
    assert_eq!(client.receive().status, 431);
    eventually("it is counted", || trial.counters()["bad_requests"] == 1);
    // One that just fits is served.
    let mut client = trial.connect();
    client.write(b"GET /bytes/1 HTTP/1.1\r\nhost: x\r\nlong: ");
    client.write(&[b'a'; 15 << 10]);
    client.write(b"\r\n\r\n");
    assert_eq!(client.receive().status, 200);
    serves(&trial);
}

#[test]
fn silent_and_half_clients_hold_up_nobody() {
    for server in both() {
        let trial = Trial::new(&server);
        let mut silent: Vec<_> = (0..100).map(|_| trial.connect()).collect();
        for (index, client) in silent.iter_mut().enumerate() {
            let half: &[u8] = match index % 3 {
                0 => b"",
                1 => b"GET /bytes/1 HTT",
                _ => b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n12345",
            };
            client.write(half);
        }
        serves(&trial);
        trial.expect(&[("requests", 1), ("connections", 101)]);
        drop(silent);
        eventually("all are gone", || trial.counters()["open_connections"] == 0);
        serves(&trial);
        // Who breaks off has not arrived: neither a request nor a bad one.
        trial.expect(&[("requests", 2), ("bad_requests", 0), ("in_flight", 0)]);
    }
}

#[test]
fn a_head_in_single_bytes_is_understood() {
    let server = server();
    let trial = Trial::new(&server);
    let mut client = trial.connect();
    for byte in b"GET /bytes/4 HTTP/1.1\r\nhost: x\r\n\r\n" {
        client.write(&[*byte]);
    }
    assert_eq!(client.receive().body.len(), 4);
    trial.expect(&[("requests", 1), ("bad_requests", 0)]);
}

#[test]
fn a_client_that_does_not_read_delays_nobody() {
    let server = server();
    let trial = Trial::new(&server);
    let mut lazy = trial.connect();
    // More than the sockets' buffers hold.
    lazy.send("GET", "/bytes/33554432", b"");
    eventually("it arrives", || trial.counters()["requests"] == 1);
    serves(&trial);
    assert_eq!(lazy.receive().body.len(), 32 << 20);
}

#[test]
fn five_thousand_connections_at_once() {
    let server = server();
    let trial = Trial::new(&server);
    // Both ends are in this process; the server has raised the limit.
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let most = limit.current.map_or(5000, |files| 5000.min(files / 3));
    let mut clients: Vec<_> = (0..most).map(|_| trial.connect()).collect();
    clients.iter_mut().for_each(|client| client.send("GET", "/delay/100000?bytes=16", b""));
    for client in &mut clients {
        assert_eq!(client.receive().body.len(), 16);
    }
    trial.expect(&[
        ("requests", most),
        ("bytes", 16 * most),
        ("connections", most),
        ("open_connections", most),
        ("bad_requests", 0),
    ]);
    assert_eq!(trial.ask("DELETE", "")["open_connections"], 0);
}
