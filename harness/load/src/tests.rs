//! The loop against real sockets.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use triathlon_contract::{Tally, body, http};
use triathlon_lab::Lab;

use crate::responder::{Responder, Then, close_half, response};
use crate::{ClosedLoop, Plan, Totals, Unfinished, closed_loop};

/// Far beyond what any of these tests takes; an error, not a hang.
const PATIENCE: Duration = Duration::from_secs(30);

const BODY_BYTES: usize = 128;

fn plan(server: SocketAddr, connections: u64, requests_per_connection: u64) -> Plan {
    let request = http::get("/bytes/128", &server.to_string());
    Plan { server, connections, request, requests_per_connection, deadline: PATIENCE }
}

fn run(plan: &Plan) -> anyhow::Result<Totals> {
    closed_loop(plan, &Lab::new(None))
}

fn answer() -> Vec<u8> {
    response(200, &body::bytes(BODY_BYTES))
}

/// Everything that a run of `ok` good and `failed` other responses must show.
fn check(totals: &Totals, connections: u64, ok: u64, failed: u64, body_bytes: usize) {
    let checksum = body::hash(&body::bytes(body_bytes)).wrapping_mul(ok);
    let bytes = ok * body_bytes as u64;
    let want = Tally { ok, failed, timed_out: 0, bytes, checksum, connections };
    assert_eq!(totals.tally, want);
    let samples = totals.lane.samples();
    assert_eq!((samples.len() as u64, totals.lane.refused()), (ok + failed, 0));
    assert!(samples.iter().all(|sample| sample.service_ns() > 0));
    assert!(samples.iter().all(|sample| sample.service_ns() <= totals.elapsed.as_nanos() as u64));
    assert!(samples.is_sorted_by_key(|sample| sample.done_ns));
}

/// The error of `plan`, with all its causes.
fn error(plan: &Plan) -> String {
    format!("{:#}", run(plan).unwrap_err())
}

#[test]
fn every_request_is_counted_and_verified() {
    let server = Responder::start(16, |stream, _, _| {
        stream.write_all(&answer())?;
        Ok(Then::Goes)
    });
    let totals = run(&plan(server.address, 16, 50)).unwrap();
    check(&totals, 16, 800, 0, BODY_BYTES);
    assert_eq!(server.requests(), 800);
}

#[test]
fn littles_law_holds_for_the_measured_values() {
    let delay = Duration::from_millis(2);
    let server = Responder::lockstep(16, answer().leak(), delay);
    let totals = run(&plan(server.address, 16, 50)).unwrap();
    check(&totals, 16, 800, 0, BODY_BYTES);
    assert_eq!(server.requests(), 800);
    assert!(totals.mean_service_s() >= delay.as_secs_f64(), "{}", totals.mean_service_s());
    assert!(totals.elapsed >= delay * 50, "{:?}", totals.elapsed);
    assert!(totals.little() < 0.05, "gap of {:.1} %", totals.little() * 100.0);
}

#[test]
fn a_response_may_come_byte_by_byte() {
    let server = Responder::start(2, |stream, _, _| {
        for byte in answer() {
            stream.write_all(&[byte])?;
        }
        Ok(Then::Goes)
    });
    let totals = run(&plan(server.address, 2, 3)).unwrap();
    check(&totals, 2, 6, 0, BODY_BYTES);
}

/// What each connection had when the first had its last; the canned answer lives as long as
/// the server.
fn standing(times: &'static [u64], requests: u64) -> Vec<u64> {
    let server = Responder::in_turns(times, requests, answer().leak());
    let plan = plan(server.address, times.len() as u64, requests);
    let clients = ClosedLoop::connect(&plan, &Lab::new(None)).unwrap();
    let (totals, standing) = clients.run_compared().unwrap();
    let all = requests * times.len() as u64;
    check(&totals, times.len() as u64, all, 0, BODY_BYTES);
    assert_eq!(server.requests(), all);
    standing
}

/// When the last of four has all of its 200 answers, the others have half of theirs, and one
/// more where the next turn has begun meanwhile; of equals nobody has more than one less.
#[test]
fn who_is_served_twice_as_often_has_twice_as_many_answers_when_it_ends() {
    let found = standing(&[1, 1, 1, 2], 200);
    assert_eq!((found.len(), found[3]), (4, 200));
    assert!(found[..3].iter().all(|count| (100..=101).contains(count)), "{found:?}");
    let found = standing(&[1; 4], 200);
    assert!(found.len() == 4 && found.contains(&200), "{found:?}");
    assert!(found.iter().all(|count| (199..=200).contains(count)), "{found:?}");
}

/// Whoever has warmed up has its last answer as well.
#[test]
fn the_standing_is_taken_once_and_not_while_warming_up() {
    let server = Responder::start(2, |stream, _, _| {
        stream.write_all(&answer())?;
        Ok(Then::Goes)
    });
    let plan = plan(server.address, 2, 7);
    let mut clients = ClosedLoop::connect(&plan, &Lab::new(None)).unwrap();
    clients.warm_up().unwrap();
    let (totals, standing) = clients.run_compared().unwrap();
    assert_eq!((totals.tally.ok, totals.lane.samples().len()), (2 * (7 + 1), 2 * 7));
    assert_eq!(standing.len(), 2, "{standing:?}");
    assert!(standing.contains(&7) && standing.iter().all(|count| *count <= 7), "{standing:?}");
}

#[test]
fn a_response_may_be_cut_anywhere() {
    let cuts = answer().len() as u64;
    let server = Responder::start(1, |stream, _, request| {
        let bytes = answer();
        let (head, tail) = bytes.split_at(request as usize);
        stream.write_all(head)?;
        stream.write_all(tail)?;
        Ok(Then::Goes)
    });
    let totals = run(&plan(server.address, 1, cuts)).unwrap();
    check(&totals, 1, cuts, 0, BODY_BYTES);
}

#[test]
fn other_statuses_count_as_failed_and_the_loop_goes_on() {
    let server = Responder::start(3, |stream, _, request| {
        let status = [200, 503, 404][request as usize % 3];
        stream.write_all(&response(status, &body::bytes(BODY_BYTES)))?;
        Ok(Then::Goes)
    });
    let totals = run(&plan(server.address, 3, 6)).unwrap();
    check(&totals, 3, 6, 12, BODY_BYTES);
}

#[test]
fn a_long_body_is_read_in_turns() {
    const LONG: usize = 2_000_000;
    let server = Responder::start(2, |stream, _, _| {
        stream.write_all(&response(200, &body::bytes(LONG)))?;
        Ok(Then::Goes)
    });
    let totals = run(&plan(server.address, 2, 4)).unwrap();
    check(&totals, 2, 8, 0, LONG);
}

#[test]
fn a_request_may_be_longer_than_the_kernel_takes_at_once() {
    let server = Responder::start(2, |stream, _, _| {
        stream.write_all(&answer())?;
        Ok(Then::Goes)
    });
    let mut plan = plan(server.address, 2, 2);
    plan.request.truncate(plan.request.len() - 2);
    plan.request.extend_from_slice(format!("x: {}\r\n\r\n", "y".repeat(16 << 20)).as_bytes());
    let totals = run(&plan).unwrap();
    check(&totals, 2, 4, 0, BODY_BYTES);
    assert_eq!(server.requests(), 4);
}

#[test]
fn a_close_within_a_response_is_an_error_with_its_place() {
    let server = Responder::start(2, |stream, connection, request| {
        let bytes = answer();
        if (connection, request) != (1, 2) {
            stream.write_all(&bytes)?;
            return Ok(Then::Goes);
        }
        stream.write_all(&bytes[..bytes.len() - 1])?;
        Ok(Then::Closes)
    });
    let error = error(&plan(server.address, 2, 50));
    let place = format!("connection 2 of 2 to {}, request 3 of 50: ", server.address);
    assert!(error.starts_with(&place) && error.contains("closed the connection"), "{error}");
}

#[test]
fn a_close_behind_a_response_is_an_error_unless_it_was_the_last() {
    let close_after_two = |stream: &mut std::net::TcpStream, _, request| {
        stream.write_all(&answer())?;
        if request < 1 { Ok(Then::Goes) } else { close_half(stream) }
    };
    let server = Responder::start(1, close_after_two);
    let error = error(&plan(server.address, 1, 3));
    let place = format!("connection 1 of 1 to {}, request 3 of 3: ", server.address);
    assert!(error.starts_with(&place) && error.contains("closed the connection"), "{error}");

    let server = Responder::start(1, close_after_two);
    check(&run(&plan(server.address, 1, 2)).unwrap(), 1, 2, 0, BODY_BYTES);
}

#[test]
fn what_is_no_http_is_an_error_with_its_place() {
    let server = Responder::start(1, |stream, _, _| {
        stream.write_all(b"SSH-2.0-OpenSSH\r\n\r\n")?;
        Ok(Then::Goes)
    });
    let error = error(&plan(server.address, 1, 1));
    let place = format!("connection 1 of 1 to {}, request 1 of 1: ", server.address);
    assert!(error.starts_with(&place) && error.contains("not HTTP/1.1"), "{error}");
}

#[test]
fn a_server_that_is_not_there_is_an_error_with_its_address() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = error(&plan(address, 2, 1));
    let place = format!("connection 1 of 2 to {address}: connecting: ");
    assert!(error.starts_with(&place), "{error}");
}

#[test]
fn a_silent_server_ends_at_the_deadline() {
    let deadline = Duration::from_millis(50);
    let server = Responder::start(2, |_, _, _| Ok(Then::Goes));
    let plan = Plan { deadline, ..plan(server.address, 2, 3) };
    let error = run(&plan).unwrap_err();
    let want = Unfinished {
        server: server.address,
        requests: 6,
        planned: 6,
        connections: 2,
        first: 1,
        deadline,
    };
    assert_eq!(error.downcast_ref(), Some(&want));
    let text = format!("6 of 6 requests to {} were unfinished after 50ms", server.address);
    assert!(error.to_string().starts_with(&text), "{error}");
    assert_eq!(server.requests(), 2);
}

#[test]
fn an_endless_body_neither_starves_the_others_nor_outlives_the_deadline() {
    let server = Responder::start(2, |stream, connection, _| {
        if connection == 1 {
            stream.write_all(&answer())?;
            return Ok(Then::Goes);
        }
        stream.write_all(b"HTTP/1.1 200 X\r\ncontent-length: 1152921504606846976\r\n\r\n")?;
        loop {
            stream.write_all(&[0; 64 * 1024])?;
        }
    });
    let deadline = Duration::from_millis(500);
    let error = run(&Plan { deadline, ..plan(server.address, 2, 20) }).unwrap_err();
    let unfinished = error.downcast_ref::<Unfinished>().unwrap();
    assert_eq!((unfinished.requests, unfinished.planned, unfinished.first), (20, 40, 1));
}
