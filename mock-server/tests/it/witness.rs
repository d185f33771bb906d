//! The counters are exact, and each trial has its own.

use std::thread;

use triathlon_contract::record::WitnessRecord;

use crate::client::{Client, Trial, both, eventually, server};

#[test]
fn requests_bytes_and_connections_are_counted_exactly() {
    for server in both() {
        let trial = Trial::new(&server);
        // What is not counted, on the control address.
        let mut control = Client::connect(server.address);
        control.get("/healthz");

        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let mut client = trial.connect();
                    for _ in 0..50 {
                        client.get("/bytes/100");
                    }
                    client.request("POST", "/echo", b"12345");
                    client.get("/status/500");
                });
            }
        });
        let json = trial.counters();
        let witness: WitnessRecord = serde_json::from_value(json).unwrap();
        let peak = witness.peak_in_flight;
        assert!((1..=8).contains(&peak), "{peak}");
        let want = WitnessRecord {
            requests: 8 * 52,
            bytes: 8 * (50 * 100 + 5),
            connections: 8,
            peak_in_flight: peak,
            bad_requests: 0,
            delayed: 0,
            delay_excess_us: None,
            given_up: 0,
            websocket: None,
            database: None,
        };
        assert_eq!(witness, want);
    }
}

#[test]
fn a_client_that_has_its_response_finds_it_counted() {
    for server in both() {
        let trial = Trial::new(&server);
        let mut client = trial.connect();
        for requests in 1..=200 {
            client.get("/bytes/3");
            let counters = client.get("/counters").json();
            assert_eq!(counters["requests"], requests);
            assert_eq!(counters["bytes"], 3 * requests);
        }
        trial.expect(&[("connections", 1), ("open_connections", 1), ("in_flight", 0)]);
    }
}

#[test]
fn two_trials_share_nothing() {
    let server = server();
    let (one, other) = (Trial::new(&server), Trial::new(&server));
    assert_ne!(one.id, other.id);
    let mut client = one.connect();
    client.request("POST", "/stall/200000", b"");
    other.connect().get("/bytes/7");
    client.get("/bytes/5");
    client.get("/nothing");
    let excess = one.counters()["delay_excess_us"].clone();
    assert!(excess.is_object(), "{excess}");
    one.expect(&[("requests", 1), ("bytes", 5), ("bad_requests", 1), ("delayed", 1)]);
    other.expect(&[("requests", 1), ("bytes", 7), ("bad_requests", 0), ("delayed", 0)]);
    let own = Client::connect(server.address).get("/counters").json();
    assert_eq!((&own["requests"], &own["bytes"]), (&0.into(), &0.into()));
}

#[test]
fn sixteen_concurrent_delays_peak_at_sixteen() {
    for server in both() {
        let trial = Trial::new(&server);
        let mut clients: Vec<_> = (0..16).map(|_| trial.connect()).collect();
        clients.iter_mut().for_each(|client| client.send("GET", "/delay/300000", b""));
        clients.iter_mut().for_each(|client| assert_eq!(client.receive().status, 200));
        trial.expect(&[("peak_in_flight", 16), ("in_flight", 0), ("delayed", 16)]);
    }
}

#[test]
fn one_connection_never_has_two_in_flight() {
    let server = server();
    let trial = Trial::new(&server);
    let mut client = trial.connect();
    (0..20).for_each(|_| drop(client.get("/delay/100")));
    trial.expect(&[("peak_in_flight", 1), ("requests", 20)]);
}

#[test]
fn arrivals_are_stamped_up_to_what_was_asked_for() {
    let server = server();
    let trial = Trial::with(&server, r#"{"arrival_stamps":3}"#);
    assert!(trial.counters()["arrival_ns"].is_null());
    assert_eq!(trial.ask("GET", "?stamps=1")["arrival_ns"], serde_json::json!([]));
    let mut client = trial.connect();
    for _ in 0..5 {
        client.get("/delay/2000");
    }
    let counters = trial.ask("DELETE", "?stamps=1");
    assert_eq!(counters["requests"], 5);
    let stamps = counters["arrival_ns"].as_array().unwrap().iter().map(|ns| ns.as_u64().unwrap());
    let stamps: Vec<_> = stamps.collect();
    assert_eq!(stamps.len(), 3);
    // Each is sent after the response to the one before.
    assert!(stamps.windows(2).all(|pair| pair[1] - pair[0] >= 2_000_000), "{stamps:?}");
}

#[test]
fn a_client_that_vanishes_is_not_in_flight_for_long() {
    for server in both() {
        let trial = Trial::new(&server);
        let mut client = trial.connect();
        client.send("GET", "/delay/60000000?bytes=10", b"");
        eventually("the request arrives", || trial.counters()["in_flight"] == 1);
        drop(client);
        eventually("it is noticed", || trial.counters()["in_flight"] == 0);
        eventually("it is closed", || trial.counters()["open_connections"] == 0);
        trial.expect(&[("requests", 1), ("bytes", 0), ("peak_in_flight", 1), ("bad_requests", 0)]);
    }
}
