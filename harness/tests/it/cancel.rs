//! Giving up: nothing is left of what was cancelled, by the kernel's word and by the
//! server's, and whoever leaves something is caught.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use triathlon::server::Server;
use triathlon::{contestants, machine};
use triathlon_contract::cancel::waits;
use triathlon_contract::record::WindowRecord;
use triathlon_contract::{
    Cancel, Entry, Login, Outcome, Pace, Setting, Tally, Way, Workload, outcome,
};
use triathlon_lab::{Held, Lab, Sample, Window};

use crate::support::{TRIATHLON, WORKERS, until};

/// A cell, its flavour, and its name for a failure.
struct Cell {
    name: String,
    way: &'static Way<Cancel>,
    flavour: &'static str,
}

fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for contestant in contestants::ALL {
        let Entry::Runs(ways) = contestant.cancel else {
            assert!(["blocking", "rayon"].contains(&contestant.name), "{}", contestant.name);
            continue;
        };
        for way in ways {
            for &flavour in contestant.flavours {
                let name = format!("{}/{flavour}:{}", contestant.name, way.name);
                cells.push(Cell { name, way, flavour });
            }
        }
    }
    assert_eq!(cells.len(), 7);
    cells
}

fn setting(server: SocketAddr, flavour: &'static str) -> Setting {
    let (limits, pace) = (machine::limits().unwrap(), Pace::default());
    Setting {
        server,
        workers: WORKERS,
        flavour,
        limits,
        pace,
        login: Login::default(),
        files: None,
    }
}

impl Cell {
    fn run(&self, work: &Cancel, server: SocketAddr) -> (Outcome, Window) {
        let mut lab = Lab::new(None);
        let outcome = (self.way.run)(work, &setting(server, self.flavour), &mut lab);
        let outcome = outcome.unwrap_or_else(|error| panic!("{}: {error:#}", self.name));
        let window = lab.finish().unwrap();
        assert_eq!(window.refused, 0, "{}", self.name);
        (outcome, window)
    }
}

/// In the environment of a process that runs one test and nothing beside it: what other
/// tests open and start is open and runs in this one.
const ALONE: &str = "TRIATHLON_TEST_CANCEL";

fn alone(name: &str, test: impl FnOnce()) {
    if std::env::var_os(ALONE).is_some() {
        return test();
    }
    let own = std::env::current_exe().unwrap();
    // A hang becomes a failure.
    let output = Command::new("timeout")
        .arg("300")
        .arg(own)
        .args(["--exact", "--nocapture", name])
        .env(ALONE, "yes")
        .output()
        .unwrap();
    let (said, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{errors}");
    assert!(said.contains("1 passed"), "{said}{errors}");
}

/// What this process holds once nothing of it has changed for a while: threads of a
/// runtime that was dropped, or that looked up an address, are on their way out.
fn settled() -> Held {
    let (mut held, mut since) = (Held::read().unwrap(), Instant::now());
    until("nothing changes", || {
        let now = Held::read().unwrap();
        if now != held {
            (held, since) = (now, Instant::now());
        }
        since.elapsed() > Duration::from_millis(200)
    });
    held
}

/// The account of the kernel over the window, as the harness compares it.
fn left(expected: &triathlon_contract::Expected, window: &Window) -> Result<(), String> {
    let record = WindowRecord {
        descriptors_open: Some(window.opened.descriptors),
        descriptors_close: Some(window.closed.descriptors),
        ..WindowRecord::default()
    };
    expected.abandoned.unwrap().left(&record)
}

#[test]
fn a_hundred_cycles_leave_no_descriptor_no_thread_and_no_request_behind() {
    let name = "cancel::a_hundred_cycles_leave_no_descriptor_no_thread_and_no_request_behind";
    alone(name, || {
        let server = Server::start(Path::new(TRIATHLON), &[]).unwrap();
        let work = Cancel { in_flight: 50, addresses: 1, laps: 100 };
        for cell in cells() {
            // Whatever a runtime keeps for the rest of the process is there after this.
            let trial = server.open_trial().unwrap();
            cell.run(&work.with_laps(1), trial.address);
            server.close_trial(&trial).unwrap();
            let trial = server.open_trial().unwrap();
            let before = settled();
            let (outcome, window) = cell.run(&work, trial.address);
            until("descriptors and threads are those of before", || before.changed().unwrap() == 0);
            let expected = work.expects(work.in_flight);
            let given_up = expected.abandoned.unwrap().given_up;
            assert_eq!(given_up, 50 * 101);
            // The trial goes on: the server has seen by itself that all are gone.
            until("the server has given up every request", || {
                server.witness(&trial).unwrap().given_up == given_up
            });
            let workers = (cell.way.workers)(&work, &setting(trial.address, cell.flavour));
            let witness = server.close_trial(&trial).unwrap();
            assert!(witness.peak_in_flight >= 50, "{}: {witness:?}", cell.name);
            let samples = window.samples.len() as u64;
            let agreed =
                outcome::agree(&expected, workers, &outcome, samples, Some(&witness.into()));
            assert_eq!(agreed, Ok(()), "{}", cell.name);
            assert_eq!(left(&expected, &window), Ok(()), "{}", cell.name);

            // Each cycle has a time of giving up, and it lies inside the cycle.
            assert_eq!((samples, window.beside.len()), (100, 100), "{}", cell.name);
            for (cycle, given_up) in window.samples.iter().zip(&window.beside) {
                let inside = cycle.started_ns < given_up.started_ns
                    && given_up.started_ns < given_up.done_ns
                    && given_up.done_ns == cycle.done_ns;
                assert!(inside, "{}: {given_up:?} in {cycle:?}", cell.name);
            }
        }
    });
}

/// Of each cycle the first request is answered before the last is in flight, so it has
/// completed when all are cancelled.
#[test]
fn what_completes_all_the_same_is_counted_by_every_cell() {
    let name = "cancel::what_completes_all_the_same_is_counted_by_every_cell";
    let work = Cancel { in_flight: 5, addresses: 1, laps: 2 };
    if std::env::var(ALONE).is_ok_and(|role| role == SERVES) {
        return complete_the_first(work.in_flight);
    }
    alone(name, || {
        for cell in cells() {
            let (mut server, address) = in_a_process_of_its_own(name);
            let (outcome, _) = cell.run(&work, address);
            server.kill().unwrap();
            server.wait().unwrap();
            assert_eq!(outcome.failed, 3, "{}: one of each cycle, {outcome:?}", cell.name);
            assert_eq!(outcome.ok, 5 * 3 + 1, "{}", cell.name);
        }
    });
}

/// The role of a process that is the server: its sockets and threads are none of the
/// cell's.
const SERVES: &str = "serves";

fn in_a_process_of_its_own(test: &str) -> (Child, SocketAddr) {
    let mut server = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", test])
        .env(ALONE, SERVES)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(server.stdout.take().unwrap()).lines();
    let address = said.map_while(Result::ok).find_map(|line| {
        let (_, address) = line.split_once("listens on ")?;
        address.parse().ok()
    });
    (server, address.expect("the server says where it listens"))
}

/// Of so many drips the first is complete at once and the others never. Ends with
/// whoever holds the other end of standard input.
fn complete_the_first(in_flight: u64) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    println!("listens on {}", listener.local_addr().unwrap());
    let drips = Arc::new(AtomicU64::new(0));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, drips) = (stream.unwrap(), Arc::clone(&drips));
            thread::spawn(move || answer(stream, &drips, in_flight));
        }
    });
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

/// Answers one request; what the client has closed meanwhile is of no concern.
fn answer(mut stream: TcpStream, drips: &AtomicU64, in_flight: u64) {
    stream.set_nodelay(true).unwrap();
    let mut request = Vec::new();
    let mut piece = [0; 1024];
    while !request.ends_with(b"\r\n\r\n") {
        let count = stream.read(&mut piece).unwrap();
        request.extend_from_slice(&piece[..count]);
    }
    let drips = request.starts_with(b"GET /drip/").then(|| drips.fetch_add(1, Ordering::SeqCst));
    let first = drips.is_none_or(|number| number.is_multiple_of(in_flight));
    if !first {
        // The first has been read by then; its client has nothing else to do.
        thread::sleep(Duration::from_millis(300));
    }
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n";
    if stream.write_all(head).is_ok() && first {
        if drips.is_some() {
            // So that the head is read by itself.
            thread::sleep(Duration::from_millis(50));
        }
        stream.write_all(&triathlon_contract::body::bytes(1)).unwrap();
    }
    while stream.read(&mut piece).is_ok_and(|count| count > 0) {}
}

/// What one of them does otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    KeepsOneOpen,
    LeavesAThread,
    AwaitsOne,
    CancelsOneTooFew,
}

/// One thread that has all requests in flight, and gives them up by closing.
fn closes(work: &Cancel, server: SocketAddr, lab: &mut Lab, fault: Fault) -> Result<Outcome> {
    let mut tally = Tally { connections: 1, ..Tally::default() };
    let mut first = TcpStream::connect(server)?;
    tally.add(whole(&mut first, &work.warm_up_request(server))?);
    drop(first);
    let (mut cycles, mut cancelled) = (lab.lane(work.laps), lab.lane(work.laps));
    let clock = lab.clock();
    for lap in 0..=work.laps {
        if lap == 1 {
            lab.open();
        }
        let before = Held::read()?;
        let started_ns = clock.now_ns();
        let mut streams = Vec::new();
        let few = u64::from(fault == Fault::CancelsOneTooFew);
        for index in 0..work.in_flight - few {
            let mut stream = TcpStream::connect(server)?;
            let awaits = fault == Fault::AwaitsOne && index == 0;
            if awaits {
                whole(&mut stream, &work.warm_up_request(server))?;
            } else {
                stream.write_all(&work.request(server))?;
                assert!(stream.read(&mut [0; 1024])? > 0);
            }
            streams.push(stream);
            tally.connections += 1;
            tally.add(waits(index));
        }
        let cancelled_ns = clock.now_ns();
        match fault {
            Fault::KeepsOneOpen => std::mem::forget(streams.pop()),
            Fault::LeavesAThread => _ = thread::spawn(thread::park),
            _ => {}
        }
        drop(streams);
        tally.failed += before.changed()?;
        if lap > 0 {
            cycles.log(Sample::closed(started_ns, clock.now_ns()));
            cancelled.log(Sample::closed(cancelled_ns, clock.now_ns()));
        }
    }
    lab.close([cycles]);
    lab.beside([cancelled]);
    Ok(Outcome::closed(tally, 1))
}

/// The whole answer to a request, of which the body is the last byte.
fn whole(stream: &mut TcpStream, request: &[u8]) -> Result<triathlon_contract::Received> {
    stream.write_all(request)?;
    let mut bytes = Vec::new();
    let mut piece = [0; 1024];
    loop {
        let count = stream.read(&mut piece)?;
        bytes.extend_from_slice(&piece[..count]);
        let head = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(head) = head
            && bytes.len() > head + 4
        {
            return Ok(triathlon_contract::Received::whole(200, &bytes[head + 4..]));
        }
    }
}

#[test]
fn whoever_leaves_something_or_awaits_one_is_caught() {
    alone("cancel::whoever_leaves_something_or_awaits_one_is_caught", || {
        let server = Server::start(Path::new(TRIATHLON), &[]).unwrap();
        let work = Cancel { in_flight: 6, addresses: 1, laps: 2 };
        let expected = work.expects(work.in_flight);
        let verdict = |fault| {
            let trial = server.open_trial().unwrap();
            settled();
            let mut lab = Lab::new(None);
            let outcome = closes(&work, trial.address, &mut lab, fault).unwrap();
            let window = lab.finish().unwrap();
            let witness = server.close_trial(&trial).unwrap();
            let samples = window.samples.len() as u64;
            let agreed = outcome::agree(&expected, 1, &outcome, samples, Some(&witness.into()));
            (agreed, left(&expected, &window))
        };
        assert_eq!(verdict(Fault::None), (Ok(()), Ok(())));

        // Found in each cycle, the one before the window included, and at its edges.
        let (agreed, left) = verdict(Fault::KeepsOneOpen);
        let agreed = agreed.unwrap_err();
        assert!(agreed.contains("failed operations: 3 instead of 0"), "{agreed}");
        let left = left.unwrap_err();
        assert!(left.contains("descriptors open at the end instead of"), "{left}");

        let agreed = verdict(Fault::LeavesAThread).0.unwrap_err();
        assert!(agreed.contains("failed operations: 3 instead of 0"), "{agreed}");

        // It says that all have waited; the server knows better.
        let agreed = verdict(Fault::AwaitsOne).0.unwrap_err();
        assert!(agreed.contains("requests given up at the server: 15 instead of 18"), "{agreed}");
        assert!(!agreed.contains("operations"), "{agreed}");

        let agreed = verdict(Fault::CancelsOneTooFew).0.unwrap_err();
        assert!(agreed.contains("operations: 16 instead of 19"), "{agreed}");
        assert!(agreed.contains("requests given up at the server: 15 instead of 18"), "{agreed}");
    });
}
