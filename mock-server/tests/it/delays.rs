//! Delays are never short, end in order, and the gate releases together.
//!
//! Bounds from above have much head room: these run on busy machines.

use std::thread;
use std::time::{Duration, Instant};

use crate::client::{Trial, both};

const MS: Duration = Duration::from_millis(1);

#[test]
fn a_delay_is_never_short_and_its_excess_is_reported() {
    for server in both() {
        let trial = Trial::new(&server);
        let mut client = trial.connect();
        for us in [200, 1_000, 5_000, 10_000].repeat(10) {
            let sent = Instant::now();
            client.get(&format!("/delay/{us}"));
            let took = sent.elapsed();
            assert!(took >= Duration::from_micros(us), "{took:?} for {us} us");
        }
        let counters = trial.counters();
        assert_eq!(counters["delayed"], 40);
        let excess = |name: &str| counters["delay_excess_us"][name].as_f64().unwrap();
        let (p50, p90, max) = (excess("p50"), excess("p90"), excess("max"));
        assert!(0.0 < p50 && p50 <= p90 && p90 <= max, "{counters}");
        assert!(p50 < 5_000.0, "median excess {p50} us");
    }
}

#[test]
fn a_delay_of_nothing_is_not_delayed() {
    for server in both() {
        let trial = Trial::new(&server);
        trial.connect().get("/delay/0");
        trial.expect(&[("requests", 1), ("delayed", 0)]);
        assert!(trial.counters()["delay_excess_us"].is_null());
    }
}

#[test]
fn two_hundred_delays_end_in_order_of_deadline() {
    for server in both() {
        let trial = Trial::new(&server);
        // Sent in an order that has nothing to do with the deadlines: 77 is
        // prime to 200, so every step from 100 ms to 498 ms occurs once.
        let mut ends = thread::scope(|scope| {
            let delays = (0..200).map(|i| (100 + i * 77 % 200 * 2) * MS);
            let threads = delays.map(|delay| {
                let mut client = trial.connect();
                client.send("GET", &format!("/delay/{}", delay.as_micros()), b"");
                let deadline = Instant::now() + delay;
                scope.spawn(move || {
                    assert_eq!(client.receive().status, 200);
                    (deadline, Instant::now())
                })
            });
            let threads: Vec<_> = threads.collect();
            threads.into_iter().map(|it| it.join().unwrap()).collect::<Vec<_>>()
        });
        trial.expect(&[("delayed", 200)]);
        ends.sort_unstable();
        // `deadline` was taken after the request left, so it may be late by as
        // much as this thread was off its CPU; likewise the end.
        let tolerance = 60 * MS;
        for (earlier, later) in ends.iter().zip(&ends[40..]) {
            assert!(earlier.1 < later.1 + tolerance, "80 ms earlier, yet ended later");
        }
        for (deadline, end) in &ends {
            assert!(*end + tolerance > *deadline, "ended {:?} early", *deadline - *end);
            assert!(*end < *deadline + 5 * tolerance, "ended {:?} late", *end - *deadline);
        }
    }
}

#[test]
fn what_arrives_during_a_stall_is_released_together() {
    for server in both() {
        let trial = Trial::new(&server);
        let mut clients: Vec<_> = (0..8).map(|_| trial.connect()).collect();
        let mut own_delay = trial.connect();
        let closed = Instant::now();
        assert_eq!(clients[0].request("POST", "/stall/400000", b"").status, 200);
        let answered = Instant::now();
        assert_eq!(trial.counters()["stalled"], true);
        own_delay.send("GET", "/delay/800000", b"");
        clients.iter_mut().for_each(|client| client.send("GET", "/bytes/10", b""));

        let ends: Vec<_> = clients
            .iter_mut()
            .map(|client| {
                assert_eq!(client.receive().body.len(), 10);
                Instant::now()
            })
            .collect();
        assert!(ends[0] >= closed + 400 * MS, "released after {:?}", ends[0] - closed);
        assert!(ends[7] < answered + 1000 * MS, "released after {:?}", ends[7] - answered);
        assert!(ends[7] - ends[0] < 200 * MS, "not together: {:?}", ends[7] - ends[0]);
        own_delay.receive();
        assert!(closed.elapsed() >= 800 * MS, "its own delay counts from its arrival");
        assert!(answered.elapsed() < 1150 * MS, "and not from the end of the stall");

        clients[0].get("/bytes/10");
        let counters = trial.counters();
        assert_eq!(counters["stalled"], false);
        let names = ["requests", "delayed", "peak_in_flight", "bad_requests"];
        assert_eq!(names.map(|name| counters[name].as_u64().unwrap()), [10, 9, 9, 0]);
    }
}
