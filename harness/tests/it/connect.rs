//! Connections: on which address each is opened, who closes it, and what happens
//! when no port is left.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use rustix::io::Errno;
use triathlon::machine::{self, Share};
use triathlon::server::{Server, Trial};
use triathlon::{contestants, selection};
use triathlon_contract::{Connect, Entry, Login, Outcome, Pace, Setting, Way, Workload, body};
use triathlon_lab::Lab;

use crate::support::{TRIATHLON, WORKERS, until};

const BODY_BYTES: u64 = 128;

/// A cell, its flavour, and its name for a failure.
struct Cell {
    name: String,
    way: &'static Way<Connect>,
    flavour: &'static str,
}

fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for contestant in contestants::ALL {
        let Entry::Runs(ways) = contestant.connect else {
            panic!("{} does not connect", contestant.name);
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

impl Cell {
    fn run(&self, work: &Connect, server: SocketAddr) -> anyhow::Result<Outcome> {
        let limits = machine::limits().unwrap();
        let (flavour, pace) = (self.flavour, Pace::default());
        let setting = Setting {
            server,
            workers: WORKERS,
            flavour,
            limits,
            pace,
            login: Login::default(),
            files: None,
        };
        let mut lab = Lab::new(None);
        let outcome = (self.way.run)(work, &setting, &mut lab)?;
        let window = lab.finish()?;
        assert_eq!(window.refused, 0, "{}", self.name);
        assert_eq!(window.samples.len() as u64, work.operations(), "{}", self.name);
        let workers = (self.way.workers)(work, &setting);
        assert_eq!(outcome.workers, workers, "{}", self.name);
        Ok(outcome)
    }
}

/// What a server saw of its clients.
#[derive(Default)]
struct Seen {
    /// Connections to each address.
    opened: [AtomicU64; 3],
    /// Of them those that the client closed, after one response.
    closed: AtomicU64,
    /// Of them those that went on, or were reset.
    otherwise: AtomicU64,
}

/// A server on three addresses, for the rest of the test process. It keeps every
/// connection until the client closes.
fn keeps_alive() -> (SocketAddr, Arc<Seen>) {
    let on = |step: u8, port: u16| TcpListener::bind((Ipv4Addr::new(127, 0, 0, step), port));
    let all = || -> io::Result<[TcpListener; 3]> {
        let first = on(1, 0)?;
        let port = first.local_addr()?.port();
        Ok([first, on(2, port)?, on(3, port)?])
    };
    let listeners = (0..20).find_map(|_| all().ok()).expect("a port is free on three addresses");
    let server = listeners[0].local_addr().unwrap();
    let seen = Arc::new(Seen::default());
    for (index, listener) in listeners.into_iter().enumerate() {
        let seen = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, seen) = (stream.unwrap(), Arc::clone(&seen));
                seen.opened[index].fetch_add(1, Ordering::SeqCst);
                thread::spawn(move || {
                    let count = match answer(stream) {
                        Ok(0) => &seen.closed,
                        Ok(_) | Err(_) => &seen.otherwise,
                    };
                    count.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
    }
    (server, seen)
}

/// Answers one request; how many bytes come after it, 0 if the client closes.
fn answer(mut stream: TcpStream) -> io::Result<usize> {
    let mut request = Vec::new();
    let mut piece = [0; 1024];
    while !request.ends_with(b"\r\n\r\n") {
        let count = stream.read(&mut piece)?;
        request.extend_from_slice(&piece[..count]);
    }
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {BODY_BYTES}\r\n\r\n");
    stream.write_all(&[head.as_bytes(), &body::bytes(BODY_BYTES as usize)].concat())?;
    stream.read(&mut piece)
}

#[test]
fn every_loop_keeps_to_its_address_and_the_client_closes_first() {
    let work = Connect { in_flight: 5, body_bytes: BODY_BYTES, addresses: 3, laps: 4 };
    let expected = work.expects(work.in_flight);
    for cell in cells() {
        let (server, seen) = keeps_alive();
        let outcome = cell.run(&work, server).unwrap();
        let accounts = (outcome.ok, outcome.connections, outcome.checksum);
        let want = (expected.ok, expected.connections, expected.checksum);
        assert_eq!(accounts, want, "{}", cell.name);
        // Two loops each on the first two addresses, a fifth of the connections
        // before the window.
        let opened = seen.opened.each_ref().map(|count| count.load(Ordering::SeqCst));
        assert_eq!(opened, [10, 10, 5], "{}", cell.name);
        until("all connections are closed", || {
            let ended = [&seen.closed, &seen.otherwise].map(|count| count.load(Ordering::SeqCst));
            ended.iter().sum::<u64>() == expected.connections
        });
        assert_eq!(seen.otherwise.load(Ordering::SeqCst), 0, "{}", cell.name);
    }
}

/// In the environment of the process inside the namespace.
const INSIDE: &str = "TRIATHLON_TEST_FEW_PORTS";

/// A network namespace with 200 ports, none of which is used again within a minute:
/// cases that need more are absent, and a cell that comes upon it says so and ends.
#[test]
fn without_ports_a_case_is_absent_and_a_cell_fails_at_once() {
    if std::env::var_os(INSIDE).is_some() {
        return with_few_ports();
    }
    let name = "connect::without_ports_a_case_is_absent_and_a_cell_fails_at_once";
    // A hang becomes a failure.
    let script = "ip link set lo up && cd /proc/sys/net/ipv4 && \
                  echo '50000 50199' > ip_local_port_range && echo 0 > tcp_tw_reuse && \
                  cd / && exec timeout 120 \"$0\" --exact --nocapture \"$1\"";
    let own = std::env::current_exe().unwrap();
    let output = Command::new("unshare")
        .args(["--map-root-user", "--user", "--net", "/bin/sh", "-c", script])
        .arg(own)
        .arg(name)
        .env(INSIDE, "yes")
        .output()
        .unwrap();
    let (said, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{errors}");
    assert!(said.contains("1 passed"), "{said}{errors}");
}

fn with_few_ports() {
    let limits = machine::limits().unwrap();
    assert_eq!(limits.ports, 200);
    let all = selection::all(&machine::placement(Share::Half), limits);
    let connect = all.iter().filter(|selected| selected.case.id.workload == Connect::NAME);
    for selected in connect {
        let reason = selected.case.absent.as_deref().unwrap_or_default();
        let named = reason.contains("net.ipv4.ip_local_port_range here has 200");
        assert!(named, "{}: {reason:?}", selected.case.id);
    }

    let server = Server::start(Path::new(TRIATHLON), &[]).unwrap();
    let cells = cells();
    // All of them before the first connection: no port is free to listen on later.
    let trials: Vec<Trial> = cells.iter().map(|_| server.open_trial().unwrap()).collect();
    let work = Connect { in_flight: 4, body_bytes: BODY_BYTES, addresses: 1, laps: 60 };
    for (cell, trial) in cells.iter().zip(&trials) {
        let error = match cell.run(&work, trial.address) {
            Ok(outcome) => panic!("{}: {outcome:?}", cell.name),
            Err(error) => error,
        };
        let cause = error.downcast_ref().and_then(io::Error::raw_os_error);
        assert_eq!(cause, Some(Errno::ADDRNOTAVAIL.raw_os_error()), "{}: {error:#}", cell.name);
        // It came in the middle: what listens holds ports, the rest was connected.
        let before = server.witness(trial).unwrap().connections;
        assert!((150..200).contains(&before), "{}: {before}", cell.name);
    }
}
