//! Life and end of trials.

use std::io;
use std::net::{SocketAddr, TcpStream};

use serde_json::json;

use crate::client::{Client, Trial, both, eventually, server};

#[test]
fn delete_ends_ports_and_connections_and_answers_the_final_count() {
    for server in both() {
        let trial = Trial::with(&server, r#"{"ports":2}"#);
        let mut idle = Client::connect(trial.addresses[0]);
        let mut waiting = Client::connect(trial.addresses[1]);
        idle.get("/bytes/9");
        waiting.send("GET", "/delay/60000000", b"");
        eventually("the delay begins", || trial.counters()["in_flight"] == 1);

        let last = trial.ask("DELETE", "");
        let names = ["requests", "bytes", "connections", "in_flight", "open_connections"];
        assert_eq!(names.map(|name| last[name].clone()), [2, 9, 2, 0, 0].map(|n| json!(n)));
        assert!(idle.is_closed());
        assert!(waiting.is_closed());
        for address in &trial.addresses {
            let refused = TcpStream::connect(address).unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        }
        let target = format!("/trial/{}", trial.id);
        assert_eq!(Client::connect(server.address).get(&target).status, 404);
        let again = Client::connect(server.address).request("DELETE", &target, b"");
        assert_eq!(again.status, 404);
    }
}

/// Connections and requests over any of its addresses are counted in one place, and
/// all of them end with the trial.
#[test]
fn a_trial_on_several_addresses_has_one_witness() {
    for server in both() {
        let trial = Trial::with(&server, r#"{"ports":2,"addresses":3}"#);
        let ips: Vec<String> = trial.addresses.iter().map(|at| at.ip().to_string()).collect();
        assert_eq!(ips, ["127.0.0.1", "127.0.0.2", "127.0.0.3"].repeat(2));
        let ports: Vec<u16> = trial.addresses.iter().map(SocketAddr::port).collect();
        assert!(ports[..3].iter().all(|port| *port == ports[0]), "{ports:?}");
        assert!(ports[3..].iter().all(|port| *port == ports[3]), "{ports:?}");
        assert_ne!(ports[0], ports[3]);

        let mut clients: Vec<Client> =
            trial.addresses.iter().copied().map(Client::connect).collect();
        for client in &mut clients {
            assert_eq!(client.get("/bytes/9").status, 200);
        }
        trial.expect(&[("requests", 6), ("connections", 6), ("bytes", 54)]);
        let last = trial.ask("DELETE", "");
        assert_eq!((&last["requests"], &last["open_connections"]), (&json!(6), &json!(0)));
        assert!(clients.iter_mut().all(Client::is_closed));
        for address in &trial.addresses {
            let refused = TcpStream::connect(address).unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        }
    }
}

#[test]
fn ids_are_never_used_twice() {
    let server = server();
    let first = Trial::new(&server);
    first.ask("DELETE", "");
    let second = Trial::new(&server);
    assert_eq!((&*first.id, &*second.id), ("1", "2"));
}

#[test]
fn there_are_at_most_1024_trials() {
    let server = server();
    let mut control = Client::connect(server.address);
    for _ in 0..1024 {
        assert_eq!(control.request("POST", "/trial", b"").status, 201);
    }
    let reply = control.request("POST", "/trial", b"");
    assert_eq!(reply.status, 503);
    assert!(reply.text().contains("At most 1024 trials"), "{}", reply.text());
    assert_eq!(control.request("DELETE", "/trial/512", b"").status, 200);
    assert_eq!(control.request("POST", "/trial", b"").status, 201);
}

#[test]
fn the_stamps_of_all_trials_together_are_bounded() {
    let server = server();
    let mut control = Client::connect(server.address);
    let most = br#"{"arrival_stamps":2000000}"#;
    for _ in 0..8 {
        assert_eq!(control.request("POST", "/trial", most).status, 201);
    }
    assert_eq!(control.request("POST", "/trial", br#"{"arrival_stamps":1}"#).status, 503);
    assert_eq!(control.request("POST", "/trial", b"").status, 201);
}

#[test]
fn dropping_the_server_ends_everything() {
    let server = server();
    let trial = Trial::new(&server);
    let mut client = trial.connect();
    client.get("/bytes/1");
    let address = server.address;
    drop(server);
    assert!(client.is_closed());
    assert!(TcpStream::connect(address).is_err());
    assert!(TcpStream::connect(trial.addresses[0]).is_err());
}
