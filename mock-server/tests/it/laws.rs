//! Delays that are drawn: what the client sees is the seed's sequence.

use std::time::{Duration, Instant};

use crate::client::{Trial, both};

const SEED: &str = r#"{"seed":7}"#;

/// Which of 24 requests were held: one of the two delays is none, so the
/// server's own count tells them apart, and no clock is needed.
fn sequence(trial: &Trial) -> Vec<bool> {
    let mut client = trial.connect();
    let mut delayed = || client.get("/counters").json()["delayed"].as_u64().unwrap();
    let mut before = delayed();
    let mut held = Vec::new();
    for _ in 0..24 {
        assert_eq!(trial.connect().get("/delay/bimodal/0/500/300?bytes=3").body.len(), 3);
        let now = delayed();
        held.push(now > before);
        before = now;
    }
    held
}

#[test]
fn a_seed_gives_the_same_sequence_in_every_trial_and_server() {
    let [one, several] = both();
    let first = Trial::with(&one, SEED);
    let sequence_of_seven = sequence(&first);
    let highs = sequence_of_seven.iter().filter(|high| **high).count() as u64;
    first.expect(&[("requests", 24), ("bytes", 72), ("delayed", highs)]);
    let other = Trial::with(&several, SEED);
    // What is fixed draws nothing.
    other.connect().get("/delay/10");
    assert_eq!(sequence(&other), sequence_of_seven);
    assert_ne!(sequence(&Trial::new(&one)), sequence_of_seven, "the default seed is another");
    assert_ne!(sequence(&first), sequence_of_seven, "a trial's sequence goes on");
}

#[test]
fn what_is_drawn_lies_within_the_law_and_is_stamped() {
    for server in both() {
        let trial = Trial::with(&server, r#"{"arrival_stamps":60}"#);
        let mut client = trial.connect();
        let mut took = |target: &str| {
            let sent = Instant::now();
            assert_eq!(client.get(target).status, 200);
            sent.elapsed()
        };
        let mut uniform: Vec<_> = (0..30).map(|_| took("/delay/uniform/1000/21000")).collect();
        assert!(uniform.iter().all(|it| *it >= Duration::from_millis(1)));
        // The 25th of 30 is above 11 ms but in one of 10^4 seeds; this one is fixed.
        uniform.sort_unstable();
        assert!(uniform[24] >= Duration::from_millis(11), "{uniform:?}");
        assert!(uniform[14] <= Duration::from_millis(33), "three times as long: {uniform:?}");

        let total: Duration = (0..30).map(|_| took("/delay/exponential/2000")).sum();
        assert!(total >= Duration::from_millis(30), "half of what is expected: {total:?}");
        let counters = trial.ask("GET", "?stamps=1");
        assert_eq!(counters["requests"], 60);
        assert_eq!(counters["arrival_ns"].as_array().unwrap().len(), 60);
    }
}
