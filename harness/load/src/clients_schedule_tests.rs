//! A schedule against real sockets: what starts when, what is told, and what is said if it
//! does not come to its end.

use std::io::Write;
use std::thread;
use std::time::Duration;

use triathlon_contract::{Tally, body, http};
use triathlon_lab::{Lab, Lane, Sample};

use super::{Clients, Target};
use crate::Unfinished;
use crate::responder::{Responder, Then, response};

const MS: u64 = 1_000_000;

/// Far beyond what any of these tests takes; an error, not a hang.
const PATIENCE: Duration = Duration::from_secs(30);

/// A schedule that was carried out to its last request.
#[derive(Debug)]
struct Kept {
    /// Its beginning, on the clock of the samples.
    begin_ns: u64,
    samples: Lane,
    own_lag: Lane,
    connections: Vec<usize>,
    tally: Tally,
}

impl Kept {
    fn by_start(&self) -> Vec<Sample> {
        let mut samples = self.samples.samples().to_vec();
        samples.sort_by_key(|sample| (sample.intended_ns, sample.started_ns));
        samples
    }

    /// From the beginning to the last answer.
    fn elapsed(&self) -> Duration {
        let done_ns = self.samples.samples().iter().map(|sample| sample.done_ns).max();
        Duration::from_nanos(done_ns.unwrap() - self.begin_ns)
    }
}

/// Connects, makes a request on each connection, and keeps to the schedule.
fn run(
    server: &Responder,
    connections: u64,
    schedule: &[u64],
    patience: Duration,
) -> anyhow::Result<Kept> {
    let request = http::get("/bytes/128", &server.address.to_string());
    let target = Target { server: server.address, request: &request, patience };
    let lab = Lab::new(None);
    let lane = || lab.lane(schedule.len() as u64);
    let (mut samples, mut own_lag, mut of) = (lane(), lane(), Vec::new());
    let mut clients = Clients::connect(target, connections, &lab)?;
    clients.warm_up()?;
    let begin_ns = clients.follow(schedule, Duration::ZERO, |answered| {
        samples.log(answered.sample);
        own_lag.log(answered.own_lag());
        of.push(answered.connection);
    })?;
    Ok(Kept { begin_ns, samples, own_lag, connections: of, tally: clients.tally() })
}

/// A server that answers the requests of each connection after a pause.
fn slow(connections: u64, pause: fn(u64) -> Duration) -> Responder {
    let bytes: &'static [u8] = response(200, &body::bytes(128)).leak();
    // Warm-up is request 0.
    assert_eq!(pause(0), Duration::ZERO);
    Responder::start(connections, move |stream, _, request| {
        thread::sleep(pause(request)); // the service itself, not synchronisation
        stream.write_all(bytes)?;
        Ok(Then::Goes)
    })
}

/// A server that closes behind an answer, of each connection the one with this number.
fn leaving(connections: u64, last: u64) -> Responder {
    let bytes: &'static [u8] = response(200, &body::bytes(128)).leak();
    Responder::start(connections, move |stream, _, request| {
        stream.write_all(bytes)?;
        Ok(if request == last { Then::Closes } else { Then::Goes })
    })
}

#[test]
fn every_request_starts_in_its_time_and_is_counted() {
    let server = slow(4, |_| Duration::ZERO);
    let schedule: Vec<u64> = (0..40).map(|index| 5 * MS + index * 2 * MS).collect();
    let kept = run(&server, 4, &schedule, PATIENCE).unwrap();
    let samples = kept.by_start();
    assert_eq!((samples.len(), kept.tally.ok), (40, 44), "with the warm-up");
    assert_eq!((kept.tally.failed, kept.tally.bytes, kept.tally.connections), (0, 44 * 128, 4));
    assert_eq!((kept.samples.refused(), kept.own_lag.refused()), (0, 0));
    assert_eq!((kept.own_lag.samples().len(), kept.connections.len()), (40, 40));
    assert_eq!(samples[0].intended_ns - schedule[0], kept.begin_ns);
    let offset_ns = |sample: &Sample| sample.intended_ns - kept.begin_ns;
    let offsets_ns: Vec<u64> = samples.iter().map(offset_ns).collect();
    assert_eq!(offsets_ns, schedule);
    assert!(samples.iter().all(|s| s.started_ns >= s.intended_ns && s.done_ns > s.started_ns));
    assert!(kept.elapsed() >= Duration::from_millis(83), "{:?}", kept.elapsed());
    assert_eq!(server.requests(), 44);
}

/// One connection, each answer takes 20 ms, a request every 5 ms: the k-th waits for the
/// ones before it, and that is no fault of the generator's.
#[test]
fn who_finds_no_free_connection_waits_in_its_response_time() {
    let pause = |request| Duration::from_millis(if request == 0 { 0 } else { 20 });
    let server = slow(1, pause);
    let schedule: Vec<u64> = (0..8).map(|index| index * 5 * MS).collect();
    let kept = run(&server, 1, &schedule, PATIENCE).unwrap();
    let samples = kept.by_start();
    for (place, sample) in (0u64..).zip(&samples) {
        let response_ns = sample.done_ns - sample.intended_ns;
        let least_ns = (place + 1) * 20 * MS - place * 5 * MS;
        assert!(response_ns >= least_ns, "{place}: {response_ns}");
        assert!(sample.started_ns - sample.intended_ns >= place * 15 * MS, "{place}");
    }
    // Seven waits of up to 105 ms each lie in the lag of 420 ms, and not in this.
    let own_lag = kept.own_lag.samples();
    let own_ns: u64 = own_lag.iter().map(|sample| sample.service_ns()).sum();
    assert!(own_ns < 210 * MS, "{own_ns}");
    // It begins where the answer before came, and ends where the request starts.
    for (place, own) in own_lag.iter().enumerate() {
        assert_eq!(own.done_ns, samples[place].started_ns, "{place}");
        let free_ns = place.checked_sub(1).map_or(0, |before| samples[before].done_ns);
        assert_eq!(own.started_ns, samples[place].intended_ns.max(free_ns), "{place}");
    }
}

/// What is due at once fills all connections, as a closed loop does.
#[test]
fn all_due_at_once_is_a_closed_loop() {
    let pause = |request| Duration::from_millis(if request == 0 { 0 } else { 5 });
    let server = slow(3, pause);
    let kept = run(&server, 3, &[0; 12], PATIENCE).unwrap();
    assert_eq!(kept.samples.samples().len(), 12);
    assert!(kept.by_start().iter().all(|sample| sample.intended_ns == kept.begin_ns));
    // Four answers one after the other on each of three connections.
    assert!(kept.elapsed() >= Duration::from_millis(20), "{:?}", kept.elapsed());
    assert!(kept.elapsed() < Duration::from_millis(12 * 5 * 3), "not one after the other");
    assert!((0..3).all(|connection| kept.connections.contains(&connection)));
    assert_eq!(server.requests(), 15);
}

#[test]
fn a_deadline_is_an_error_that_says_what_is_unfinished_and_where() {
    let patience = Duration::from_millis(400);
    let server = slow(2, |_| Duration::ZERO);
    let error = run(&server, 2, &[0, 10_000 * MS], patience).unwrap_err();
    let unfinished = *error.downcast_ref::<Unfinished>().unwrap();
    assert_eq!((unfinished.requests, unfinished.planned), (1, 2));
    assert_eq!((unfinished.connections, unfinished.first), (0, 0));
    assert!(error.to_string().ends_with("after 400ms, and none of them had started"), "{error}");

    // Two of three connections are answered in the warm-up alone.
    let bytes: &'static [u8] = response(200, &body::bytes(128)).leak();
    let server = Responder::start(3, move |stream, connection, request| {
        if connection == 0 || request == 0 {
            stream.write_all(bytes)?;
        }
        Ok(Then::Goes)
    });
    // Each connection has one of the first three; the last is not due in time.
    let error = run(&server, 3, &[0, 0, 0, 10_000 * MS], patience).unwrap_err();
    let want = Unfinished {
        server: server.address,
        requests: 3,
        planned: 4,
        connections: 2,
        first: 2,
        deadline: patience,
    };
    assert_eq!(error.downcast_ref::<Unfinished>(), Some(&want));
    let end = "on 2 connections, the first of them connection 2";
    assert!(error.to_string().ends_with(end), "{error}");
}

#[test]
fn a_server_that_leaves_is_an_error_with_its_place_and_how_much_had_started() {
    let server = leaving(1, 1);
    let error = format!("{:#}", run(&server, 1, &[0, MS, 2 * MS], PATIENCE).unwrap_err());
    let start = format!("connection 1 of 1 to {}, after ", server.address);
    let rest = error.strip_prefix(&start).unwrap_or_else(|| panic!("{error}"));
    // Its end comes with its answer, or behind it.
    let (started, rest) = rest.split_once(' ').unwrap();
    assert!(["1", "2"].contains(&started), "{error}");
    assert!(rest.starts_with("of 3 requests had started: "), "{error}");

    // In the warm-up, too.
    let error = format!("{:#}", run(&leaving(1, 0), 1, &[20 * MS], PATIENCE).unwrap_err());
    assert!(error.contains("connection 1 of 1") && error.contains("of 1 requests"), "{error}");
}

/// Whoever lets clients begin may take long to do so.
#[test]
fn what_lies_between_warm_up_and_load_costs_no_patience() {
    let server = slow(1, |_| Duration::ZERO);
    let request = http::get("/bytes/128", &server.address.to_string());
    let patience = Duration::from_millis(500);
    let target = Target { server: server.address, request: &request, patience };
    let mut clients = Clients::connect(target, 1, &Lab::new(None)).unwrap();
    clients.warm_up().unwrap();
    thread::sleep(patience); // what is tested, not synchronisation
    clients.follow(&[0; 3], Duration::ZERO, |_| ()).unwrap();
    assert_eq!(clients.tally().ok, 4);
}

#[test]
fn a_load_without_work_is_refused() {
    let check = |request: &[u8], connections, want: &str| {
        let target = Target { server: ([127, 0, 0, 1], 9).into(), request, patience: PATIENCE };
        let error = Clients::connect(target, connections, &Lab::new(None)).err().unwrap();
        assert_eq!(error.to_string(), want);
    };
    check(b"x", 0, "a load needs at least one connection");
    check(b"", 1, "a load needs the bytes of a request");
}
