//! Queues and limits: nobody departs early, and departures follow from the
//! stamps of arrivals. Bounds from above have much head room.

use std::thread;
use std::time::{Duration, Instant};

use crate::client::{Client, Trial, both, eventually, server};

const MS: Duration = Duration::from_millis(1);

/// Sends one request after the other, each when the one before has arrived, and
/// then receives all; the times from sending to answer.
fn in_order(trial: &Trial, targets: &[&str]) -> Vec<Duration> {
    let sent = targets.iter().enumerate().map(|(index, target)| {
        let mut client = trial.connect();
        let sent = Instant::now();
        client.send("GET", target, b"");
        eventually("it arrives", || trial.counters()["requests"] == index as u64 + 1);
        (client, sent)
    });
    let sent: Vec<_> = sent.collect();
    let threads: Vec<_> = sent
        .into_iter()
        .map(|(mut client, sent)| {
            thread::spawn(move || {
                assert_eq!(client.receive().status, 200);
                sent.elapsed()
            })
        })
        .collect();
    threads.into_iter().map(|it| it.join().unwrap()).collect()
}

#[test]
fn one_server_takes_one_after_the_other_and_several_take_several() {
    for server in both() {
        let trial = Trial::new(&server);
        let begin = Instant::now();
        let took = in_order(&trial, &["/queue/40000?bytes=2"; 4]);
        assert!(took[0] >= 40 * MS, "{took:?}");
        assert!(begin.elapsed() >= 160 * MS, "four services");
        trial.expect(&[("requests", 4), ("bytes", 8), ("delayed", 4), ("bad_requests", 0)]);

        let trial = Trial::new(&server);
        let took = in_order(&trial, &["/queue/400000?servers=4"; 4]);
        assert!(took.iter().all(|it| *it >= 400 * MS), "{took:?}");
        assert!(took.iter().all(|it| *it < 1200 * MS), "nobody waits: {took:?}");
    }
}

/// The services of seed 7 in milliseconds: splitmix64, whose second output is
/// the state of the queue's stream, and mean times -ln of the upper 53 bits.
fn services_ms(mean_ms: f64) -> impl Iterator<Item = f64> {
    fn next(state: &mut u64) -> u64 {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let word = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }
    let mut seed = 7;
    let mut state = [next(&mut seed), next(&mut seed)][1];
    std::iter::repeat_with(move || {
        let uniform = ((next(&mut state) >> 11) + 1) as f64 / (1u64 << 53) as f64;
        -mean_ms * uniform.ln()
    })
}

#[test]
fn departures_follow_from_seed_and_stamps() {
    for server in both() {
        let trial = Trial::with(&server, r#"{"seed":7,"arrival_stamps":12}"#);
        let took = in_order(&trial, &["/queue/exponential/20000"; 12]);
        let counters = trial.ask("DELETE", "?stamps=1");
        assert_eq!(counters["delayed"], 12);
        let stamps = counters["arrival_ns"].as_array().unwrap().iter();
        let (mut free, mut expected, mut all) = (0.0, 0.0, 0.0);
        for ((stamp, service), took) in stamps.zip(services_ms(20.0)).zip(took) {
            let arrival = stamp.as_u64().unwrap() as f64 / 1e6;
            free = service + arrival.max(free);
            let took = took.as_secs_f64() * 1e3;
            // The client's time begins before the stamp and ends after the
            // departure; durations are whole nanoseconds.
            assert!(took + 1e-3 >= free - arrival, "{took} for {}", free - arrival);
            (expected, all) = (expected + free - arrival, all + took);
        }
        assert!(all < 3.0 * expected, "{all} for {expected}");
    }
}

#[test]
fn a_limit_is_held_over_many_connections() {
    const CLIENTS: u32 = 20;
    const EACH: u32 = 20;
    const PER_S: u32 = 1000;
    for server in both() {
        let trial = Trial::new(&server);
        let mut clients: Vec<_> = (0..CLIENTS).map(|_| trial.connect()).collect();
        let begin = Instant::now();
        let mut answers = thread::scope(|scope| {
            let threads = clients.iter_mut().map(|client| {
                scope.spawn(move || {
                    let answer = |_| {
                        assert_eq!(client.get("/limit/1000?bytes=10").body.len(), 10);
                        begin.elapsed()
                    };
                    (0..EACH).map(answer).collect::<Vec<_>>()
                })
            });
            let threads: Vec<_> = threads.collect();
            threads.into_iter().flat_map(|it| it.join().unwrap()).collect::<Vec<_>>()
        });
        answers.sort_unstable();
        // From the first request on, and so for every one that follows.
        for (index, answer) in answers.iter().enumerate() {
            let earliest = Duration::from_secs(1) / PER_S * (index as u32 + 1);
            assert!(*answer >= earliest, "answer {index} after {answer:?}");
        }
        // Always someone waits, so the server is never idle.
        let all = u64::from(CLIENTS * EACH);
        assert!(answers[all as usize - 1] < 1200 * MS, "{:?} for 400 ms", answers.last());
        trial.expect(&[("requests", all), ("bytes", 10 * all), ("delayed", all)]);
    }
}

#[test]
fn a_trial_has_one_queue() {
    let server = server();
    let (trial, other) = (Trial::new(&server), Trial::new(&server));
    let mut client = trial.connect();
    assert_eq!(client.get("/queue/1000").status, 200);
    assert_eq!(client.get("/queue/1000?bytes=5&servers=1").body.len(), 5);
    // The same queue by another name.
    assert_eq!(client.get("/limit/1000").status, 200);
    for target in ["/queue/1001", "/queue/exponential/1000", "/queue/1000?servers=2", "/limit/999"]
    {
        let reply = client.get(target);
        assert_eq!(reply.status, 409, "{target}");
        assert!(reply.text().contains("takes a second trial"), "{}", reply.text());
    }
    assert_eq!(other.connect().get("/limit/999").status, 200);
    trial.expect(&[("requests", 3), ("bad_requests", 4), ("bytes", 5), ("in_flight", 0)]);
}

#[test]
fn a_queue_longer_than_a_minute_is_refused_and_ends_with_its_trial() {
    let server = server();
    let trial = Trial::new(&server);
    let mut waiting: Vec<_> = (0..2).map(|_| trial.connect()).collect();
    for (index, client) in waiting.iter_mut().enumerate() {
        client.send("GET", "/queue/60000000", b"");
        eventually("it waits", || trial.counters()["in_flight"] == index as u64 + 1);
    }
    let reply = trial.connect().get("/queue/60000000");
    assert_eq!(reply.status, 503);
    assert!(reply.text().contains("a minute long"), "{}", reply.text());
    let last = trial.ask("DELETE", "");
    let names = ["requests", "bad_requests", "in_flight", "open_connections"];
    assert_eq!(names.map(|name| last[name].as_u64().unwrap()), [2, 1, 0, 0]);
    assert!(waiting.iter_mut().all(Client::is_closed));
}

#[test]
fn who_leaves_has_been_served_all_the_same() {
    let server = server();
    let trial = Trial::new(&server);
    let begin = Instant::now();
    let mut first = trial.connect();
    first.send("GET", "/queue/100000", b"");
    eventually("it waits", || trial.counters()["in_flight"] == 1);
    drop(first);
    eventually("it has left", || trial.counters()["in_flight"] == 0);
    trial.connect().get("/queue/100000");
    // Whether or not the second arrived before the first departed.
    assert!(begin.elapsed() >= 200 * MS, "{:?}", begin.elapsed());
}
