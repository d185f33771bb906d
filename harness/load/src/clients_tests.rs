use std::io::Write;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use triathlon_contract::{body, http};
use triathlon_lab::{Lab, Sample};

use super::{Clients, Target};
use crate::Answered;
use crate::responder::{Responder, Then, close_half, response};

/// Far beyond what any of these tests takes; an error, not a hang.
const PATIENCE: Duration = Duration::from_secs(30);

const MS: u64 = 1_000_000;

fn answer() -> Vec<u8> {
    response(200, &body::bytes(128))
}

fn request(server: SocketAddr) -> Vec<u8> {
    http::get("/bytes/128", &server.to_string())
}

fn target(server: SocketAddr, request: &[u8]) -> Target<'_> {
    Target { server, request, patience: PATIENCE }
}

fn steady(connections: u64) -> Responder {
    Responder::start(connections, |stream, _, _| {
        stream.write_all(&answer())?;
        Ok(Then::Goes)
    })
}

#[test]
fn one_load_after_the_other_goes_over_the_same_connections_and_all_is_counted() {
    let server = steady(4);
    let bytes = request(server.address);
    let lab = Lab::new(None);
    let mut clients = Clients::connect(target(server.address, &bytes), 4, &lab).unwrap();
    clients.warm_up().unwrap();
    assert_eq!((clients.tally().ok, clients.tally().connections), (4, 4));

    let length = Duration::from_millis(30);
    let mut won: Vec<(usize, Sample)> = Vec::new();
    let begin_ns =
        clients.contest(length, Duration::ZERO, |a| won.push((a.connection, a.sample))).unwrap();
    let end_ns = begin_ns + length.as_nanos() as u64;
    for connection in 0..4 {
        let own = || won.iter().filter(|(which, _)| *which == connection).map(|(_, s)| s);
        assert!(own().count() > 3, "connection {connection}: {}", own().count());
        assert!(own().is_sorted_by_key(|s| s.done_ns), "one at a time");
        assert!(own().all(|s| s.intended_ns == s.started_ns && s.started_ns < end_ns));
        assert!(own().filter(|s| s.done_ns > end_ns).count() <= 1, "only what was in flight");
    }

    let plan: Vec<u64> = (0..60).map(|place| place * MS / 2).collect();
    let mut kept: Vec<Sample> = Vec::new();
    let log = |answered: Answered| kept.push(answered.sample);
    let begin_ns = clients.follow(&plan, Duration::ZERO, log).unwrap();
    kept.sort_unstable_by_key(|sample| sample.intended_ns);
    let intended: Vec<u64> = kept.iter().map(|sample| sample.intended_ns - begin_ns).collect();
    assert_eq!(intended, plan);
    assert!(kept.iter().all(|s| s.started_ns >= s.intended_ns && s.done_ns > s.started_ns));

    let tally = clients.tally();
    assert_eq!(tally.ok, 4 + won.len() as u64 + 60);
    assert_eq!((tally.failed, tally.bytes), (0, tally.ok * 128));
    assert_eq!(tally.checksum, body::hash(&body::bytes(128)).wrapping_mul(tally.ok));
    drop(clients);
    assert_eq!(server.requests(), tally.ok);
}

/// Four clients join over 80 ms: before 20 ms one request is in flight at most, before 40 ms
/// two, and so on; in the end all four are, and each has asked.
#[test]
fn one_client_after_the_other_joins_a_contest() {
    let server = steady(4);
    let bytes = request(server.address);
    let lab = Lab::new(None);
    let mut clients = Clients::connect(target(server.address, &bytes), 4, &lab).unwrap();
    let (length, ramp) = (Duration::from_millis(160), Duration::from_millis(80));
    let mut won: Vec<(usize, Sample)> = Vec::new();
    let begin_ns = clients.contest(length, ramp, |a| won.push((a.connection, a.sample))).unwrap();
    let mut changes: Vec<(u64, i64)> = Vec::new();
    for (_, sample) in &won {
        changes.extend([(sample.started_ns, 1), (sample.done_ns, -1)]);
    }
    changes.sort_unstable();
    let (mut in_flight, mut most) = (0, 0);
    for (at_ns, change) in changes {
        in_flight += change;
        most = most.max(in_flight);
        let joined = 1 + (at_ns - begin_ns) / (20 * MS);
        assert!(in_flight <= joined as i64, "{in_flight} in flight, {joined} have joined");
    }
    assert_eq!(most, 4);
    assert!((0..4).all(|connection| won.iter().any(|(which, _)| *which == connection)));
}

/// Every answer takes 5 ms and there are two connections, so ten requests that are due at
/// once take five turns; what waits for a connection waits in its response time alone.
#[test]
fn who_finds_no_connection_free_waits_first_come_first_served() {
    let pause = Duration::from_millis(5);
    let server = Responder::lockstep(2, answer().leak(), pause);
    let bytes = request(server.address);
    let lab = Lab::new(None);
    let mut clients = Clients::connect(target(server.address, &bytes), 2, &lab).unwrap();
    let mut kept: Vec<Sample> = Vec::new();
    let log = |answered: Answered| kept.push(answered.sample);
    clients.follow(&[0; 10], Duration::ZERO, log).unwrap();
    assert_eq!(kept.len(), 10);
    for (place, sample) in kept.iter().enumerate() {
        let turns = place as u64 / 2;
        assert!(sample.done_ns - sample.intended_ns >= (turns + 1) * 5 * MS, "{place}: {sample:?}");
        assert!(sample.started_ns - sample.intended_ns >= turns * 5 * MS, "{place}: {sample:?}");
    }
    drop(clients);
    assert_eq!(server.requests(), 10);
}

/// Else the next load would begin within this one.
#[test]
fn a_plan_is_not_over_before_its_end_although_everything_is_answered() {
    let server = steady(2);
    let bytes = request(server.address);
    let lab = Lab::new(None);
    let mut clients = Clients::connect(target(server.address, &bytes), 2, &lab).unwrap();
    let begin_ns = clients.follow(&[0, MS], Duration::from_millis(40), |_| ()).unwrap();
    assert!(lab.clock().now_ns() - begin_ns >= 40 * MS);
    assert_eq!(clients.tally().ok, 2);
}

#[test]
fn other_answers_than_pages_are_failures() {
    let server = Responder::start(1, |stream, _, request| {
        stream.write_all(&response([200, 503][request as usize % 2], b"x"))?;
        Ok(Then::Goes)
    });
    let bytes = request(server.address);
    let mut clients = Clients::connect(target(server.address, &bytes), 1, &Lab::new(None)).unwrap();
    clients.follow(&[0; 6], Duration::ZERO, |_| ()).unwrap();
    assert_eq!((clients.tally().ok, clients.tally().failed), (3, 3));
}

#[test]
fn a_server_that_closes_is_an_error_with_its_place() {
    let server = Responder::start(2, |stream, connection, request| {
        stream.write_all(&answer())?;
        if (connection, request) == (1, 1) { close_half(stream) } else { Ok(Then::Goes) }
    });
    let bytes = request(server.address);
    let mut clients = Clients::connect(target(server.address, &bytes), 2, &Lab::new(None)).unwrap();
    let error = clients.follow(&[0; 40], Duration::ZERO, |_| ()).unwrap_err();
    let error = format!("{error:#}");
    let place = format!("connection 2 of 2 to {}, after ", server.address);
    assert!(error.starts_with(&place) && error.contains("closed"), "{error}");
    assert!(error.contains(" of 40 requests had started: "), "{error}");
}

#[test]
fn a_server_that_falls_silent_ends_the_load_when_the_patience_does() {
    let server = Responder::start(3, |stream, connection, _| {
        if connection > 0 {
            stream.write_all(&answer())?;
        }
        Ok(Then::Goes)
    });
    let bytes = request(server.address);
    let target = Target { patience: Duration::from_millis(100), ..target(server.address, &bytes) };
    let mut clients = Clients::connect(target, 3, &Lab::new(None)).unwrap();
    let begun = Instant::now();
    let error = clients.contest(Duration::from_millis(20), Duration::ZERO, |_| ()).unwrap_err();
    assert!(begun.elapsed() >= Duration::from_millis(100));
    let text = format!("1 of 3 connections to {} had no answer 100ms", server.address);
    assert!(error.to_string().starts_with(&text), "{error}");
}
