//! Deadlines: what hangs is given up at its deadline and never before, also if it hangs
//! one byte at a time, and the rest does not notice.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::thread;
use std::time::Duration;

use triathlon::server::Server;
use triathlon::{contestants, machine};
use triathlon_contract::{
    Deadline, Entry, Login, Outcome, Pace, Setting, Way, Workload, body, outcome,
};
use triathlon_lab::{Lab, Window};

use crate::support::{TRIATHLON, WORKERS, until};

/// A cell, its flavour, and its name for a failure.
struct Cell {
    name: String,
    way: &'static Way<Deadline>,
    flavour: &'static str,
}

fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for contestant in contestants::ALL {
        let Entry::Runs(ways) = contestant.deadline else {
            panic!("{} has no deadlines", contestant.name);
        };
        for way in ways {
            for &flavour in contestant.flavours {
                let name = format!("{}/{flavour}:{}", contestant.name, way.name);
                cells.push(Cell { name, way, flavour });
            }
        }
    }
    // One way each, another one of rayon's, and two flavours of two.
    assert_eq!(cells.len(), 10);
    cells
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

    fn run(&self, work: &Deadline, server: SocketAddr) -> (Outcome, Window) {
        let mut lab = Lab::new(None);
        let outcome = (self.way.run)(work, &self.setting(server), &mut lab);
        let outcome = outcome.unwrap_or_else(|error| panic!("{}: {error:#}", self.name));
        let window = lab.finish().unwrap();
        assert_eq!(window.refused, 0, "{}", self.name);
        (outcome, window)
    }
}

/// How much later than its deadline each was given up, ascending; none was before.
fn late(cell: &Cell, window: &Window) -> Vec<Duration> {
    let late = window.beside.iter().map(|sample| sample.done_ns.checked_sub(sample.started_ns));
    let late: Option<Vec<u64>> = late.collect();
    let mut late = late.unwrap_or_else(|| panic!("{}: before its deadline", cell.name));
    late.sort_unstable();
    late.into_iter().map(Duration::from_nanos).collect()
}

const DEADLINE: Duration = Duration::from_millis(400);

/// How late the median may be, at its best of a few: other tests have the CPUs, too.
const LATE_MOST: Duration = Duration::from_millis(20);
const TRIES: usize = 5;

#[test]
fn what_hangs_is_given_up_at_its_deadline_and_the_rest_does_not_notice() {
    let server = Server::start(Path::new(TRIATHLON), &[]).unwrap();
    let work = Deadline { connections: 4, deadline: DEADLINE, hanging_per_cent: 30, laps: 3 };
    for cell in cells() {
        let mut medians = Vec::new();
        for _ in 0..TRIES {
            let trial = server.open_trial().unwrap();
            let (outcome, window) = cell.run(&work, trial.address);
            let setting = cell.setting(trial.address);
            let expected = work.expects((cell.way.concurrency)(&work, &setting));
            let workers = (cell.way.workers)(&work, &setting);
            let abandoned = expected.abandoned.unwrap();
            assert!(abandoned.timed_out >= 3, "{abandoned:?}");
            assert_eq!(outcome.timed_out, abandoned.timed_out, "{}", cell.name);
            // The trial goes on: the server has seen by itself that they are gone.
            until("the server has given up what hung", || {
                server.witness(&trial).unwrap().given_up == abandoned.given_up
            });
            let witness = server.close_trial(&trial).unwrap().into();
            let samples = window.samples.len() as u64;
            let agreed = outcome::agree(&expected, workers, &outcome, samples, Some(&witness));
            assert_eq!(agreed, Ok(()), "{}", cell.name);

            let late = late(&cell, &window);
            assert_eq!(late.len() as u64, abandoned.timed, "{}", cell.name);
            let longest = window.samples.iter().map(|sample| sample.service_ns()).max().unwrap();
            assert!(longest >= DEADLINE.as_nanos() as u64, "{}: {longest} ns", cell.name);
            medians.push(late[late.len() / 2]);
            if medians.last().is_some_and(|median| *median < LATE_MOST) {
                break;
            }
        }
        let best = medians.iter().min().unwrap();
        assert!(*best < LATE_MOST, "{}: late by {medians:?}", cell.name);
    }
}

/// No single read takes as long as the deadline: who times each read for itself would
/// wait for the whole answer.
#[test]
fn an_answer_that_comes_byte_by_byte_is_given_up_at_the_deadline() {
    let work = Deadline { connections: 2, deadline: DEADLINE, hanging_per_cent: 30, laps: 3 };
    let hanging = work.expects(1).abandoned.unwrap().timed_out;
    assert!(hanging > 0);
    let server = drips_what_hangs(DEADLINE / 8);
    for cell in cells() {
        let (outcome, window) = cell.run(&work, server);
        assert_eq!(outcome.timed_out, hanging, "{}", cell.name);
        assert_eq!(outcome.ok, work.expects(1).ok, "{}", cell.name);
        let late = late(&cell, &window);
        assert_eq!(late.len() as u64, hanging, "{}", cell.name);
        // The whole answer takes sixteen deadlines.
        assert!(late.iter().all(|late| *late < 5 * DEADLINE), "{}: {late:?}", cell.name);
    }
}

/// A server for the rest of the test process: an answer that is to hang comes at once but
/// for its body, of which a byte comes after each pause.
fn drips_what_hangs(pause: Duration) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            thread::spawn(move || answer(stream, pause));
        }
    });
    address
}

/// Answers until the client goes.
fn answer(mut stream: TcpStream, pause: Duration) {
    stream.set_nodelay(true).unwrap();
    let bytes = body::bytes(128);
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", bytes.len());
    while let Some(request) = request(&mut stream) {
        if !request.starts_with(b"GET /delay/") {
            if stream.write_all(&[head.as_bytes(), &bytes].concat()).is_err() {
                return;
            }
            continue;
        }
        if stream.write_all(head.as_bytes()).is_err() {
            return;
        }
        for byte in &bytes {
            thread::sleep(pause);
            if stream.write_all(&[*byte]).is_err() {
                return;
            }
        }
    }
}

/// A whole request, unless the client goes before.
fn request(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut piece = [0; 1024];
    while !bytes.ends_with(b"\r\n\r\n") {
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&piece[..count]),
        }
    }
    Some(bytes)
}
