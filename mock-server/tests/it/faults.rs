//! Faults: what the client sees of each, and that both sides count alike.

use std::io::Write;
use std::net::Shutdown;

use serde_json::{Value, json};

use crate::client::{Client, Trial, both, eventually, server};
use crate::exchange::{Exchange, Seen};

const MIXED: &str = "/fault?drop=10&hang=10&reset=10&garbage=10&error=10&bytes=10";
const CLASSES: [&str; 5] = ["dropped", "hung", "reset", "garbage", "errors"];

fn of_all(class: &str) -> String {
    format!("/fault?{class}=100&bytes=10")
}

fn faults(counters: &Value) -> [u64; 5] {
    CLASSES.map(|class| counters["faults"][class].as_u64().unwrap())
}

/// Requests that are over, or hang.
fn settled(counters: &Value) -> u64 {
    counters["answered"].as_u64().unwrap() + faults(counters).iter().sum::<u64>()
}

#[test]
fn both_sides_count_every_class_alike() {
    const N: usize = 400;
    for server in both() {
        let trial = Trial::with(&server, r#"{"arrival_stamps":1000}"#);
        let begin = |_| Exchange::begin(trial.addresses[0], MIXED);
        let mut exchanges: Vec<_> = (0..N).map(begin).collect();
        eventually("all are settled", || settled(&trial.counters()) == N as u64);
        let counters = trial.counters();
        let [dropped, hung, reset, garbage, errors] = faults(&counters);
        let mut count = |seen| {
            exchanges.iter_mut().map(Exchange::look).filter(|have| *have == seen).count() as u64
        };
        // Who is not hung has its outcome as soon as the bytes are through.
        eventually("only the hung are silent", || count(Seen::Nothing) == hung);
        let seen = [Seen::Closed, Seen::Reset, Seen::Garbage, Seen::Error].map(&mut count);
        assert_eq!(seen, [dropped, reset, garbage, errors], "{counters}");
        let answered = count(Seen::Answer);
        assert_eq!(counters["answered"], answered, "{counters}");
        assert_eq!(counters["bytes"], 10 * answered, "{counters}");
        assert_eq!(answered + dropped + hung + reset + garbage + errors, N as u64);
        // 40 expected of each; standard deviation 6.
        assert!(faults(&counters).iter().all(|count| (10..80).contains(count)), "{counters}");
        assert_eq!((counters["in_flight"].as_u64(), count(Seen::Nothing)), (Some(hung), hung));

        exchanges.retain_mut(|it| it.look() == Seen::Nothing);
        let last = trial.ask("DELETE", "?stamps=1");
        let outcomes = exchanges.iter_mut().map(Exchange::outcome);
        let released = outcomes.filter(|seen| *seen == Seen::Closed).count() as u64;
        assert_eq!(released, hung, "the end of the trial releases whoever hangs");
        assert_eq!(faults(&last), faults(&counters), "and counts nothing twice");
        let names = ["requests", "answered", "given_up", "in_flight", "open_connections"];
        let have = names.map(|name| last[name].as_u64().unwrap());
        assert_eq!(have, [N as u64, answered, 0, 0, 0]);
        assert_eq!(last["arrival_ns"].as_array().unwrap().len(), N);
    }
}

/// The class of each of 60 requests, by the server's count and by what its
/// client sees.
fn sequence(trial: &Trial) -> Vec<Seen> {
    let mut sequence = Vec::new();
    let begin = settled(&trial.counters());
    let mut before = [0; 5];
    let mut hung = Vec::new();
    for index in 1..=60 {
        let mut exchange = Exchange::begin(trial.addresses[0], MIXED);
        eventually("it is settled", || settled(&trial.counters()) == begin + index);
        let now = faults(&trial.counters());
        let class = (0..5).find(|class| now[*class] > before[*class]);
        let kinds = [Seen::Closed, Seen::Nothing, Seen::Reset, Seen::Garbage, Seen::Error];
        let expected = class.map_or(Seen::Answer, |class| kinds[class]);
        if expected == Seen::Nothing {
            hung.push(exchange);
        } else {
            assert_eq!(exchange.outcome(), expected, "request {index}");
        }
        sequence.push(expected);
        before = now;
    }
    assert!(hung.iter_mut().all(|it| it.look() == Seen::Nothing));
    sequence
}

#[test]
fn a_seed_gives_the_same_faults_in_every_trial_and_server() {
    let [one, several] = both();
    let of_five = sequence(&Trial::with(&one, r#"{"seed":5}"#));
    let other = Trial::with(&several, r#"{"seed":5}"#);
    // Other endpoints draw from streams of their own.
    for target in ["/delay/uniform/0/10", "/queue/exponential/10"] {
        assert_eq!(other.connect().get(target).status, 200);
    }
    assert_eq!(sequence(&other), of_five);
    assert_ne!(sequence(&Trial::new(&one)), of_five);
}

#[test]
fn each_class_is_what_it_is_called() {
    for server in both() {
        let trial = Trial::new(&server);
        let classes = [
            ("drop", Seen::Closed),
            ("reset", Seen::Reset),
            ("garbage", Seen::Garbage),
            ("error", Seen::Error),
        ];
        for (class, seen) in classes {
            let mut exchange = Exchange::begin(trial.addresses[0], &of_all(class));
            assert_eq!(exchange.outcome(), seen, "{class}");
        }
        // A status of 500 leaves the connection as it is.
        let mut client = trial.connect();
        for _ in 0..3 {
            let reply = client.get(&of_all("error"));
            assert_eq!((reply.status, reply.body.len()), (500, 0));
        }
        assert_eq!(client.get("/fault?bytes=10").body.len(), 10);
        assert_eq!(client.get("/fault").body.len(), 0);
        // Faults strike between others as well.
        client.send("GET", &of_all("drop"), b"");
        assert!(client.is_closed());

        eventually("all are closed", || trial.counters()["open_connections"] == 0);
        let counters = trial.counters();
        assert_eq!(faults(&counters), [2, 0, 1, 1, 4]);
        assert_eq!((&counters["answered"], &counters["bytes"]), (&json!(2), &json!(10)));
        assert_eq!((&counters["requests"], &counters["bad_requests"]), (&json!(10), &json!(0)));
    }
}

#[test]
fn a_drop_closes_even_if_more_was_sent() {
    let server = server();
    let trial = Trial::new(&server);
    let pipelined = format!("{} HTTP/1.1\r\nhost: x\r\n\r\nGET /bytes/1", of_all("drop"));
    let mut exchange = Exchange::begin(trial.addresses[0], &pipelined);
    assert_eq!(exchange.outcome(), Seen::Closed);
    trial.expect(&[("requests", 1), ("bytes", 0)]);

    // More than hyper reads ahead, so that some is unread as the gate opens.
    trial.connect().request("POST", "/stall/1000000", b"");
    let mut exchange = Exchange::begin(trial.addresses[0], &of_all("drop"));
    eventually("it waits", || trial.counters()["in_flight"] == 1);
    exchange.stream.write_all(&[b'x'; 32 << 10]).unwrap();
    assert_eq!(exchange.outcome(), Seen::Closed);
}

#[test]
fn a_hung_request_ends_as_its_client_closes() {
    for server in both() {
        let trial = Trial::new(&server);
        let hang = |more: &str| {
            let target = of_all("hang");
            let exchange = match more {
                "" => Exchange::begin(trial.addresses[0], &target),
                more => Exchange::begin(
                    trial.addresses[0],
                    &format!("{target} HTTP/1.1\r\nhost: x\r\n\r\n{more}"),
                ),
            };
            eventually("it hangs", || trial.counters()["in_flight"] == 1);
            exchange
        };
        let over = |count| {
            eventually("it is over", || trial.counters()["open_connections"] == 0);
            let counters = trial.counters();
            assert_eq!(faults(&counters), [0, count, 0, 0, 0]);
            let names = ["requests", "answered", "given_up", "in_flight"];
            assert_eq!(names.map(|name| counters[name].as_u64().unwrap()), [count, 0, 0, 0]);
        };
        drop(hang(""));
        over(1);
        // More in the pipe, which nobody will ever read as a request.
        drop(hang("GET /bytes/1 HTTP/1.1\r\nhost: x\r\n\r\nGET /bytes/1"));
        over(2);
        let mut half_closed = hang("");
        assert_eq!(half_closed.look(), Seen::Nothing);
        half_closed.stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(half_closed.outcome(), Seen::Closed);
        over(3);
    }
}

#[test]
fn a_hung_request_ends_with_its_trial_and_with_the_server() {
    for server in both() {
        let (trial, other) = (Trial::new(&server), Trial::new(&server));
        let hang = |trial: &Trial| {
            let exchange = Exchange::begin(trial.addresses[0], &of_all("hang"));
            eventually("it hangs", || trial.counters()["faults"]["hung"] == 1);
            exchange
        };
        let (mut first, mut second) = (hang(&trial), hang(&other));
        let last = trial.ask("DELETE", "");
        assert_eq!(first.outcome(), Seen::Closed);
        let names = ["requests", "answered", "given_up", "in_flight", "open_connections"];
        assert_eq!(names.map(|name| last[name].as_u64().unwrap()), [1, 0, 0, 0, 0]);
        assert_eq!(faults(&last), [0, 1, 0, 0, 0]);
        assert_eq!(second.look(), Seen::Nothing, "another trial is another matter");
        drop(server);
        assert_eq!(second.outcome(), Seen::Closed);
    }
}

#[test]
fn the_gate_holds_faults_and_who_leaves_meanwhile_has_given_up() {
    let server = server();
    let trial = Trial::new(&server);
    let mut control = trial.connect();
    control.request("POST", "/stall/60000000", b"");
    let leaver = Exchange::begin(trial.addresses[0], &of_all("drop"));
    eventually("it waits", || trial.counters()["in_flight"] == 1);
    assert_eq!(faults(&trial.counters()), [0; 5]);
    drop(leaver);
    eventually("it has left", || trial.counters()["given_up"] == 1);
    let mut waiting = Client::connect(trial.addresses[0]);
    waiting.send("GET", "/bytes/10", b"");
    eventually("it waits", || trial.counters()["in_flight"] == 1);
    let last = trial.ask("DELETE", "");
    assert!(waiting.is_closed());
    let names = ["requests", "answered", "given_up", "bytes"];
    assert_eq!(names.map(|name| last[name].as_u64().unwrap()), [2, 0, 2, 0]);
    assert_eq!(faults(&last), [0; 5]);
}
