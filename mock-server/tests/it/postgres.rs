//! The Postgres wire of a trial: what is answered, held and counted.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use triathlon_contract::query::statements as texts;

use crate::client::{Client, Trial, both, eventually, server};
use crate::wire::{DATABASE, Wire, extended, message, query};

fn one(id: i32) -> String {
    texts::ONE.replace("$1", &id.to_string())
}

fn ten(id: i32) -> String {
    texts::TEN.replace("$1", &id.to_string())
}

fn paused(id: i32, seconds: &str) -> String {
    texts::DELAYED_ONE.replace("$1", &id.to_string()).replace("$2", seconds)
}

#[test]
fn a_trial_has_a_database_only_if_it_asks_for_one() {
    let server = server();
    assert_eq!(Trial::new(&server).postgres, None);
    let trial = Trial::with(&server, r#"{"postgres":true,"ports":2,"addresses":2}"#);
    assert_eq!(trial.addresses.len(), 4);
    let address = trial.postgres.unwrap();
    assert_eq!(address.ip(), server.address.ip());
    assert!(!trial.addresses.contains(&address));
    assert_eq!(Wire::open(&trial).simple("SELECT 1"), "TDCZ");
    assert_eq!(trial.connect().get("/bytes/3").body.len(), 3, "HTTP as ever");
    trial.expect(&[("connections", 2), ("requests", 1)]);
    trial.ask("DELETE", "");
    assert!(std::net::TcpStream::connect(address).is_err(), "it ends with its trial");
}

#[test]
fn queries_are_answered_and_counted_exactly() {
    for server in both() {
        let trial = Trial::with(&server, DATABASE);
        assert!(trial.counters()["database"].is_null());
        thread::scope(|scope| {
            for client in 0..8 {
                let trial = &trial;
                scope.spawn(move || {
                    let mut wire = Wire::open(trial);
                    for lap in 0..50 {
                        let id = client * 50 + lap + 1;
                        wire.write(&extended(&one(id)));
                        let answer = wire.answer();
                        assert_eq!(answer[2].kind, 'D');
                        assert!(
                            answer[2]
                                .body
                                .ends_with(&triathlon_contract::query::items::payload(id))
                        );
                    }
                    assert_eq!(wire.simple(&ten(1)), "TDDDDDDDDDDCZ");
                    let insert = texts::INSERT.replace("$1", "1").replace("$2", "'12345'");
                    assert_eq!(wire.simple(&insert), "CZ");
                    assert_eq!(wire.simple("BEGIN; SELECT 1; COMMIT"), "CTDCCZ");
                });
            }
        });
        let bytes = 8 * (50 + 10) * 64;
        trial.expect(&[("requests", 8 * 52), ("answered", 8 * 52), ("bytes", bytes)]);
        trial.expect(&[("connections", 8), ("bad_requests", 0), ("in_flight", 0)]);
        let counters = trial.counters();
        assert!((1..=8).contains(&counters["peak_in_flight"].as_u64().unwrap()));
        let want = json!({
            "sessions": 8, "prepared": 400, "one_row": 400, "ten_rows": 8, "inserts": 8,
            "rows": 480, "inserted_bytes": 40, "errors": 0,
        });
        assert_eq!(counters["database"], want);
        eventually("all have ended", || trial.counters()["open_connections"] == 0);
    }
}

#[test]
fn who_has_the_answer_finds_it_counted() {
    for server in both() {
        let trial = Trial::with(&server, DATABASE);
        let mut wire = Wire::open(&trial);
        for count in 1..=50 {
            wire.simple(&one(1));
            let counters = trial.counters();
            assert_eq!(
                (&counters["requests"], &counters["bytes"]),
                (&json!(count), &json!(64 * count))
            );
            assert_eq!(counters["database"]["one_row"], count);
        }
        assert_eq!(wire.simple("nonsense"), "EZ");
        assert_eq!(trial.counters()["database"]["errors"], 1);
        trial.expect(&[("bad_requests", 1), ("requests", 50)]);
    }
}

#[test]
fn a_pause_holds_its_own_connection_and_is_counted_as_a_delay() {
    for server in both() {
        let trial = Trial::with(&server, DATABASE);
        let started = Instant::now();
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| assert_eq!(Wire::open(&trial).simple(&paused(3, "0.05")), "TDCZ"));
            }
        });
        assert!(started.elapsed() >= Duration::from_millis(50));
        trial.expect(&[("requests", 8), ("delayed", 8), ("bytes", 8 * 64), ("bad_requests", 0)]);
        let counters = trial.counters();
        assert!(counters["delay_excess_us"]["p50"].as_f64().unwrap() > 0.0, "{counters}");
    }
}

#[test]
fn an_answer_that_is_due_does_not_wait_for_a_later_one() {
    let server = server();
    let trial = Trial::with(&server, DATABASE);
    let mut wire = Wire::open(&trial);
    let bytes = [query(&one(1)), extended(&paused(2, "30")), query(&one(3))].concat();
    wire.write(&bytes);
    assert_eq!(wire.kinds(), "TDCZ", "the first, while the second is held");
    eventually("the second is held", || trial.counters()["in_flight"] == 1);
    trial.expect(&[("requests", 2), ("delayed", 1)]);
}

#[test]
fn what_is_sent_together_is_answered_together_and_in_order() {
    let server = server();
    let trial = Trial::with(&server, DATABASE);
    let mut wire = Wire::open(&trial);
    // More than fits in the server's buffer at once.
    let bytes: Vec<u8> = (1..=2000).flat_map(|id| extended(&one(id))).collect();
    let mut writer = wire.stream.try_clone().unwrap();
    thread::scope(|scope| {
        scope.spawn(move || std::io::Write::write_all(&mut writer, &bytes).unwrap());
        for id in 1..=2000 {
            let answer = wire.answer();
            assert!(
                answer[2].body.ends_with(&triathlon_contract::query::items::payload(id)),
                "{id}"
            );
        }
    });
    trial.expect(&[("requests", 2000), ("peak_in_flight", 1)]);
}

#[test]
fn a_law_delays_each_query_by_the_trial_s_seed() {
    let server = server();
    // Each delay is 0 or 200 ms: which are long can be told by the clock.
    let json = r#"{"postgres":true,"seed":9,"query_law":"bimodal/0/200000/500"}"#;
    let run = || {
        let trial = Trial::with(&server, json);
        let mut wire = Wire::open(&trial);
        let long: Vec<bool> = (1..=12)
            .map(|id| {
                assert_eq!(wire.simple("SELECT 1"), "TDCZ", "not delayed");
                let started = Instant::now();
                assert_eq!(wire.simple(&one(id)), "TDCZ");
                started.elapsed() >= Duration::from_millis(200)
            })
            .collect();
        let delayed = long.iter().filter(|long| **long).count() as u64;
        trial.expect(&[("requests", 12), ("delayed", delayed)]);
        long
    };
    let (first, second) = thread::scope(|scope| {
        let other = scope.spawn(run);
        (run(), other.join().unwrap())
    });
    assert_eq!(first, second);
    assert!(first.contains(&true) && first.contains(&false), "{first:?}");
}

#[test]
fn laws_that_are_none_are_refused_with_a_sentence() {
    let server = server();
    for json in [
        r#"{"postgres":true,"query_law":"often"}"#,
        r#"{"postgres":true,"query_law":"uniform/2/1"}"#,
        r#"{"query_law":"1000"}"#,
    ] {
        let reply = Client::connect(server.address).request("POST", "/trial", json.as_bytes());
        assert_eq!(reply.status, 400, "{json}");
        assert!(reply.text().starts_with("query_law takes"), "{}", reply.text());
    }
}

#[test]
fn a_closed_gate_holds_queries_and_nothing_else() {
    let server = server();
    let trial = Trial::with(&server, DATABASE);
    let mut wire = Wire::open(&trial);
    trial.connect().request("POST", "/stall/50000", b"");
    assert_eq!(wire.simple(&one(1)), "TDCZ");
    trial.expect(&[("requests", 1), ("delayed", 1)]);

    trial.connect().request("POST", "/stall/60000000", b"");
    assert_eq!(wire.simple("BEGIN"), "CZ");
    wire.write(&query(&one(1)));
    eventually("it arrives", || trial.counters()["in_flight"] == 1);
    let last = trial.ask("DELETE", "");
    assert_eq!((&last["given_up"], &last["answered"]), (&1.into(), &1.into()));
    assert_eq!((&last["in_flight"], &last["open_connections"]), (&0.into(), &0.into()));
    assert_eq!(wire.next(), None);
}

#[test]
fn the_end_of_a_trial_ends_a_query_in_the_middle_of_its_pause() {
    for server in both() {
        let trial = Trial::with(&server, DATABASE);
        let mut wire = Wire::open(&trial);
        wire.write(&extended(&paused(1, "60")));
        eventually("it is held", || trial.counters()["in_flight"] == 1);
        let last = trial.ask("DELETE", "");
        assert_eq!((&last["given_up"], &last["answered"]), (&1.into(), &0.into()));
        assert_eq!(last["database"]["prepared"], 1, "counted although not yet answered");
        assert_eq!(wire.next(), None);
    }
}

#[test]
fn a_client_that_vanishes_in_the_middle_of_a_pause_is_given_up() {
    for server in both() {
        let trial = Trial::with(&server, DATABASE);
        let mut wire = Wire::open(&trial);
        wire.write(&extended(&paused(1, "60")));
        eventually("it is held", || trial.counters()["in_flight"] == 1);
        // What comes meanwhile is read, so that the end behind it is seen.
        wire.write(&query(&one(1)));
        drop(wire);
        eventually("it is given up", || trial.counters()["given_up"] == 1);
        eventually("it has ended", || trial.counters()["open_connections"] == 0);
        trial.expect(&[("requests", 1), ("in_flight", 0), ("bad_requests", 0), ("bytes", 0)]);
    }
}

#[test]
fn a_terminated_session_is_closed() {
    let server = server();
    let trial = Trial::with(&server, DATABASE);
    let mut wire = Wire::open(&trial);
    wire.write(&[query(&one(1)), message(b'X', b"")].concat());
    assert_eq!(wire.kinds(), "TDCZ");
    assert_eq!(wire.next(), None);
    drop(wire);
    eventually("it has ended", || trial.counters()["open_connections"] == 0);
    trial.expect(&[("bad_requests", 0)]);
}
