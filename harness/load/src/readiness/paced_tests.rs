//! The schedule against real sockets.

use std::io::Write;
use std::time::Duration;

use triathlon_contract::{body, http};
use triathlon_lab::{Lab, Sample};

use super::Paced;
use crate::responder::{Responder, Then, response};
use crate::{ClosedLoop, Plan, Unfinished};

const MS: u64 = 1_000_000;

/// Far beyond what any of these tests takes; an error, not a hang.
const PATIENCE: Duration = Duration::from_secs(30);

fn plan(server: &Responder, connections: u64, laps: u64) -> Plan {
    let server = server.address;
    let request = http::get("/bytes/128", &server.to_string());
    Plan { server, connections, request, requests_per_connection: laps, deadline: PATIENCE }
}

fn run(plan: &Plan, schedule: &[u64]) -> anyhow::Result<Paced> {
    let lab = Lab::new(None);
    let mut clients = ClosedLoop::connect(plan, &lab)?;
    clients.warm_up()?;
    clients.run_paced(schedule, lab.lane(schedule.len() as u64))
}

/// A server that answers the requests of each connection after a pause.
fn slow(connections: u64, pause: fn(u64) -> Duration) -> Responder {
    let bytes: &'static [u8] = response(200, &body::bytes(128)).leak();
    // Warm-up is request 0.
    assert_eq!(pause(0), Duration::ZERO);
    Responder::start(connections, move |stream, _, request| {
        std::thread::sleep(pause(request)); // the service itself, not synchronisation
        stream.write_all(bytes)?;
        Ok(Then::Goes)
    })
}

fn by_start(paced: &Paced) -> Vec<Sample> {
    let mut samples = paced.totals.lane.samples().to_vec();
    samples.sort_by_key(|sample| (sample.intended_ns, sample.started_ns));
    samples
}

#[test]
fn every_request_starts_in_its_time_and_is_counted() {
    let server = slow(4, |_| Duration::ZERO);
    let schedule: Vec<u64> = (0..40).map(|index| 5 * MS + index * 2 * MS).collect();
    let paced = run(&plan(&server, 4, 10), &schedule).unwrap();
    let samples = by_start(&paced);
    assert_eq!((samples.len(), paced.totals.tally.ok), (40, 44), "with the warm-up");
    assert_eq!((paced.own_lag.samples().len(), paced.own_lag.refused()), (40, 0));
    let begun_ns = samples[0].intended_ns - schedule[0];
    let offsets: Vec<u64> = samples.iter().map(|sample| sample.intended_ns - begun_ns).collect();
    assert_eq!(offsets, schedule);
    assert!(samples.iter().all(|s| s.started_ns >= s.intended_ns && s.done_ns > s.started_ns));
    assert!(paced.totals.elapsed >= Duration::from_millis(83), "{:?}", paced.totals.elapsed);
    assert_eq!(server.requests(), 44);
}

/// One connection, each answer takes 20 ms, a request every 5 ms: the k-th waits for the
/// ones before it, and that is no fault of the generator's.
#[test]
fn who_finds_no_free_connection_waits_in_its_response_time() {
    let pause = |request| Duration::from_millis(if request == 0 { 0 } else { 20 });
    let server = slow(1, pause);
    let schedule: Vec<u64> = (0..8).map(|index| index * 5 * MS).collect();
    let paced = run(&plan(&server, 1, 8), &schedule).unwrap();
    for (place, sample) in (0u64..).zip(by_start(&paced)) {
        let response_ns = sample.done_ns - sample.intended_ns;
        let least_ns = (place + 1) * 20 * MS - place * 5 * MS;
        assert!(response_ns >= least_ns, "{place}: {response_ns}");
        assert!(sample.started_ns - sample.intended_ns >= place * 15 * MS, "{place}");
    }
    // Seven waits of up to 105 ms each lie in the lag of 420 ms, and not in this.
    let own_ns: u64 = paced.own_lag.samples().iter().map(|sample| sample.service_ns()).sum();
    assert!(own_ns < 210 * MS, "{own_ns}");
}

/// What is due at once fills all connections, as a closed loop does.
#[test]
fn all_due_at_once_is_a_closed_loop() {
    let pause = |request| Duration::from_millis(if request == 0 { 0 } else { 5 });
    let server = slow(3, pause);
    let paced = run(&plan(&server, 3, 4), &[0; 12]).unwrap();
    let samples = by_start(&paced);
    let begun_ns = samples[0].intended_ns;
    assert!(samples.iter().all(|sample| sample.intended_ns == begun_ns));
    // Four answers one after the other on each of three connections.
    assert!(paced.totals.elapsed >= Duration::from_millis(20), "{:?}", paced.totals.elapsed);
    assert!(paced.totals.elapsed < Duration::from_millis(12 * 5 * 3), "not one after the other");
    assert_eq!(server.requests(), 15);
}

#[test]
fn a_schedule_of_another_length_a_deadline_and_a_server_that_leaves_are_errors() {
    let server = slow(2, |_| Duration::ZERO);
    let error = run(&plan(&server, 2, 3), &[0; 5]).unwrap_err().to_string();
    assert_eq!(error, "a schedule of 5 starts for 6 requests");

    let server = slow(2, |_| Duration::ZERO);
    let plan_ = Plan { deadline: Duration::from_millis(200), ..plan(&server, 2, 1) };
    let error = run(&plan_, &[0, 10_000 * MS]).unwrap_err();
    let unfinished = error.downcast_ref::<Unfinished>().unwrap();
    assert_eq!((unfinished.requests, unfinished.planned), (1, 2));

    let bytes: &'static [u8] = response(200, &body::bytes(128)).leak();
    let server = Responder::start(1, move |stream, _, request| {
        stream.write_all(bytes)?;
        Ok(if request == 1 { Then::Closes } else { Then::Goes })
    });
    let error = format!("{:#}", run(&plan(&server, 1, 3), &[0, MS, 2 * MS]).unwrap_err());
    assert!(error.contains("connection 1 of 1"), "{error}");
}
