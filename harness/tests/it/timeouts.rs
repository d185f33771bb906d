//! Timeouts: what takes too long is given up, counted, and leaves a connection
//! behind; what does not take too long does not notice them.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use triathlon::server::Server;
use triathlon::{contestants, machine};
use triathlon_contract::{
    Entry, Expected, Login, Outcome, Pace, RequestLoop, Setting, Way, Workload, body, outcome,
};
use triathlon_lab::{Lab, Window};

use crate::support::{TRIATHLON, WORKERS, until};

const BODY_BYTES: usize = 128;

/// A cell, its flavour, and its name for a failure.
struct Cell {
    name: String,
    way: &'static Way<RequestLoop>,
    flavour: &'static str,
}

fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for contestant in contestants::ALL {
        let Entry::Runs(ways) = contestant.request_loop else {
            continue;
        };
        for way in ways {
            for &flavour in contestant.flavours {
                let name = format!("{}/{flavour}:{}", contestant.name, way.name);
                cells.push(Cell { name, way, flavour });
            }
        }
    }
    // One way each, another one of rayon's, and two flavours of two.
    assert!(cells.len() >= 10, "{}", cells.len());
    cells
}

fn work(delay_ms: u64, timeout_ms: u64) -> RequestLoop {
    RequestLoop {
        connections: 3,
        delay: Duration::from_millis(delay_ms),
        body_bytes: BODY_BYTES as u64,
        timeout: Some(Duration::from_millis(timeout_ms)),
        laps: 2,
    }
}

impl Cell {
    fn setting(&self, server: SocketAddr) -> Setting {
        let (limits, pace) = (machine::limits().unwrap(), Pace::default());
        Setting {
            server,
            workers: WORKERS,
            flavour: self.flavour,
            limits,
            pace,
            login: Login::default(),
            files: None,
        }
    }

    fn run(&self, work: &RequestLoop, server: SocketAddr) -> (Outcome, Window) {
        let mut lab = Lab::new(None);
        let outcome = (self.way.run)(work, &self.setting(server), &mut lab);
        let outcome = outcome.unwrap_or_else(|error| panic!("{}: {error:#}", self.name));
        let window = lab.finish().unwrap();
        assert_eq!(window.refused, 0, "{}", self.name);
        (outcome, window)
    }
}

/// What must come out if so many operations time out.
fn given_up(expected: &Expected, timed_out: u64, workers: u64) -> Outcome {
    let ok = expected.ok - timed_out;
    Outcome {
        ok,
        timed_out,
        bytes: ok * BODY_BYTES as u64,
        checksum: body::hash(&body::bytes(BODY_BYTES)).wrapping_mul(ok),
        connections: expected.connections + timed_out,
        workers,
        ..Outcome::default()
    }
}

#[test]
fn what_takes_too_long_is_given_up_counted_and_costs_a_connection() {
    let server = Server::start(Path::new(TRIATHLON), &[]).unwrap();
    let work = work(3000, 100);
    for cell in cells() {
        let trial = server.open_trial().unwrap();
        let setting = cell.setting(trial.address);
        let (outcome, window) = cell.run(&work, trial.address);
        let expected = work.expects((cell.way.concurrency)(&work, &setting));
        let workers = (cell.way.workers)(&work, &setting);
        let want = given_up(&expected, work.operations(), workers);
        assert_eq!(outcome, want, "{}", cell.name);
        assert_eq!(outcome.ok, work.connections, "{}: the warm-ups", cell.name);

        // Each has a sample that ends when it was given up, not when it came.
        assert_eq!(window.samples.len() as u64, work.operations(), "{}", cell.name);
        let service = window.samples.iter().map(|sample| sample.done_ns - sample.started_ns);
        let least = service.min().unwrap();
        assert!(least >= 100_000_000, "{}: given up after {least} ns", cell.name);
        let elapsed = Duration::from_nanos(window.elapsed_ns);
        assert!(elapsed < work.delay, "{}: waited for an answer: {elapsed:?}", cell.name);

        let seen = || server.witness(&trial).unwrap();
        until("the server has seen every request and connection", || {
            let seen = seen();
            (seen.requests, seen.connections) == (expected.ok, want.connections)
        });
        assert_eq!(seen().bad_requests, 0, "{}", cell.name);
        server.close_trial(&trial).unwrap();
    }
}

#[test]
fn what_comes_in_time_does_not_notice() {
    let server = Server::start(Path::new(TRIATHLON), &[]).unwrap();
    let work = work(1, 30_000);
    for cell in cells() {
        let trial = server.open_trial().unwrap();
        let setting = cell.setting(trial.address);
        let (outcome, window) = cell.run(&work, trial.address);
        assert_eq!(outcome.timed_out, 0, "{}", cell.name);
        let expected = work.expects((cell.way.concurrency)(&work, &setting));
        let workers = (cell.way.workers)(&work, &setting);
        let samples = window.samples.len() as u64;
        let witness = server.close_trial(&trial).unwrap().into();
        let agreed = outcome::agree(&expected, workers, &outcome, samples, Some(&witness));
        assert_eq!(agreed, Ok(()), "{}", cell.name);
    }
}

/// Every third request is answered late and with another body: whoever kept its
/// connection would take that for the next response.
#[test]
fn a_late_response_is_never_taken_for_the_next_one() {
    let work = RequestLoop { laps: 3, ..work(0, 200) };
    for cell in cells() {
        let server = every_third_is_late(work.connections, Duration::from_millis(400));
        let (outcome, window) = cell.run(&work, server);
        let workers = (cell.way.workers)(&work, &cell.setting(server));
        let late = work.operations() / 3;
        let want = given_up(&work.expects(1), late, workers);
        assert_eq!(outcome, want, "{}", cell.name);
        assert_eq!(window.samples.len() as u64, work.operations(), "{}", cell.name);
    }
}

/// A server on a port of its own, for the rest of the test process; the first
/// `warm_ups` requests are in time.
fn every_third_is_late(warm_ups: u64, delay: Duration) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let count = Arc::new(AtomicU64::new(0));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let count = Arc::clone(&count);
            let late = move || {
                let number = count.fetch_add(1, Ordering::Relaxed);
                number >= warm_ups && (number - warm_ups).is_multiple_of(3)
            };
            let stream = stream.unwrap();
            thread::spawn(move || answer(stream, delay, late));
        }
    });
    address
}

/// Answers until the client goes.
fn answer(mut stream: TcpStream, delay: Duration, late: impl Fn() -> bool) {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {BODY_BYTES}\r\n\r\n");
    let in_time = [head.as_bytes(), &body::bytes(BODY_BYTES)].concat();
    let too_late = [head.as_bytes(), &[b'!'; BODY_BYTES]].concat();
    while request(&mut stream) {
        let sent = if late() {
            thread::sleep(delay);
            stream.write_all(&too_late)
        } else {
            stream.write_all(&in_time)
        };
        match sent.map_err(|error| error.kind()) {
            Ok(()) => {}
            Err(ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => return,
            Err(kind) => panic!("{kind:?}"),
        }
    }
}

/// Whether a whole request came before the client went.
fn request(stream: &mut TcpStream) -> bool {
    let mut bytes = Vec::new();
    let mut piece = [0; 1024];
    while !bytes.ends_with(b"\r\n\r\n") {
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return false,
            Ok(count) => bytes.extend_from_slice(&piece[..count]),
        }
    }
    true
}
