//! Against servers whose answers are known: quick ones, one that leaves the healthy waiting,
//! one that lets slow clients go.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::Duration;

use triathlon_contract::serve_slow::Slow;
use triathlon_contract::{Tally, body, http};
use triathlon_lab::Lab;

use super::{Beside, BesidePlan, Contended, Settled};
use crate::responder::{Responder, Then, response};

const HEALTHY: u64 = 2;
const SLOW: u64 = 3;
const WINDOW: Duration = Duration::from_millis(200);

fn plan(server: SocketAddr, kind: Slow) -> BesidePlan {
    BesidePlan {
        server,
        healthy: HEALTHY,
        slow: SLOW,
        kind,
        every: Duration::from_millis(20),
        request: http::get("/anything", &server.to_string()),
        lead: Duration::from_millis(20),
        window: WINDOW,
        deadline: Duration::from_secs(30),
    }
}

fn run(plan: &BesidePlan) -> (Contended, Settled) {
    let lab = Lab::new(None);
    let mut clients = Beside::connect(plan, &lab).unwrap();
    clients.warm_up().unwrap();
    let contended = clients.contend(&lab).unwrap();
    (contended, clients.settle().unwrap())
}

/// Every answer has so many bytes.
fn adds_up(settled: &Settled, ok: u64, bytes: usize) {
    let checksum = body::hash(&body::bytes(bytes)).wrapping_mul(ok);
    let connections = HEALTHY + SLOW;
    let want = Tally { ok, bytes: ok * bytes as u64, checksum, connections, ..Tally::default() };
    assert_eq!(settled.tally, want);
}

#[test]
fn the_healthy_are_counted_within_the_window_and_everybody_has_an_answer() {
    let server = Responder::start(HEALTHY + SLOW, |stream, _, _| {
        stream.write_all(&response(200, &body::bytes(100)))?;
        Ok(Then::Goes)
    });
    let plan = plan(server.address, Slow::Sends);
    let (contended, settled) = run(&plan);
    let answered = contended.lane.samples().len() as u64;
    assert!(answered > 0 && contended.lane.refused() == 0);
    let window_ns = WINDOW.as_nanos() as u64;
    assert!(contended.lane.samples().iter().all(|sample| sample.service_ns() < window_ns));
    assert_eq!(contended.ages_ns.len() as u64, HEALTHY);
    assert!(contended.ages_ns.iter().all(|age| *age <= window_ns));
    // A turn each 20 ms; a machine that was away makes up for it.
    assert!((SLOW..=SLOW * 10).contains(&contended.slow_bytes), "{}", contended.slow_bytes);
    assert_eq!((settled.late, settled.finished, settled.let_go), (HEALTHY, SLOW, 0));
    let ok = HEALTHY + answered + HEALTHY + SLOW;
    adds_up(&settled, ok, 100);
    assert_eq!(server.requests(), ok);
}

/// Longer than what the kernel holds for somebody who does not read.
#[test]
fn who_reads_slowly_holds_the_server_up_until_the_end() {
    const BYTES: usize = 256 << 10;
    static WRITTEN: Mutex<u64> = Mutex::new(0);
    let server = Responder::start(HEALTHY + SLOW, |stream, connection, _| {
        stream.write_all(&response(200, &body::bytes(BYTES)))?;
        *WRITTEN.lock().unwrap() += u64::from(connection >= HEALTHY);
        Ok(Then::Goes)
    });
    let plan = plan(server.address, Slow::Reads);
    let lab = Lab::new(None);
    let mut clients = Beside::connect(&plan, &lab).unwrap();
    clients.warm_up().unwrap();
    let contended = clients.contend(&lab).unwrap();
    assert_eq!(*WRITTEN.lock().unwrap(), 0, "a server got rid of a page that nobody read");
    assert!(contended.slow_bytes >= SLOW && contended.slow_bytes < BYTES as u64);
    let settled = clients.settle().unwrap();
    assert_eq!((settled.late, settled.finished, settled.let_go), (HEALTHY, SLOW, 0));
    let answered = contended.lane.samples().len() as u64;
    adds_up(&settled, HEALTHY + answered + HEALTHY + SLOW, BYTES);
    server.requests();
    assert_eq!(*WRITTEN.lock().unwrap(), SLOW);
}

/// A server with one thread for all who came first: no answer is no fault.
#[test]
fn the_healthy_may_starve_and_are_answered_behind_the_window() {
    static SERVED: (Mutex<u64>, Condvar) = (Mutex::new(0), Condvar::new());
    fn answer(stream: &mut TcpStream, connection: u64, request: u64) -> io::Result<Then> {
        let (served, more) = &SERVED;
        let mut count = served.lock().unwrap();
        if connection >= HEALTHY {
            *count += 1;
            more.notify_all();
        } else if request == 1 {
            count = more.wait_while(count, |count| *count < SLOW).unwrap();
        }
        drop(count);
        stream.write_all(&response(200, b""))?;
        Ok(Then::Goes)
    }
    let server = Responder::start(HEALTHY + SLOW, answer);
    let (contended, settled) = run(&plan(server.address, Slow::Sends));
    assert_eq!(contended.lane.samples(), []);
    assert_eq!(contended.ages_ns.len() as u64, HEALTHY);
    let waited = |age: &u64| *age > WINDOW.as_nanos() as u64 / 2;
    assert!(contended.ages_ns.iter().all(waited), "{:?}", contended.ages_ns);
    assert_eq!((settled.late, settled.finished, settled.let_go), (HEALTHY, SLOW, 0));
    assert_eq!(server.requests(), 2 * HEALTHY + SLOW);
}

/// Closes what comes behind the healthy as soon as a byte has come, with words or without.
fn evicting(words: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let ok = response(200, b"ok");
    thread::spawn(move || {
        for place in 0..HEALTHY + SLOW {
            let (mut stream, _) = listener.accept().unwrap();
            let ok = ok.clone();
            thread::spawn(move || {
                stream.set_nodelay(true).unwrap();
                let mut bytes = [0; 4096];
                while stream.read(&mut bytes).is_ok_and(|count| count > 0) {
                    if place < HEALTHY {
                        stream.write_all(&ok).unwrap();
                        continue;
                    }
                    if words {
                        stream.write_all(&response(408, b"too slow")).unwrap();
                    }
                    return;
                }
            });
        }
    });
    address
}

#[test]
fn slow_clients_that_are_let_go_are_counted_and_no_error() {
    for (kind, words) in [(Slow::Sends, false), (Slow::Sends, true), (Slow::Reads, false)] {
        let server = evicting(words);
        let (contended, settled) = run(&plan(server, kind));
        let answered = contended.lane.samples().len() as u64;
        assert_eq!((settled.late, settled.finished, settled.let_go), (HEALTHY, 0, SLOW));
        let ok = HEALTHY + answered + HEALTHY;
        assert_eq!((settled.tally.ok, settled.tally.failed), (ok, 0), "{kind:?}");
    }
}

#[test]
fn a_client_that_is_never_answered_is_an_error_and_no_hang() {
    let server = Responder::start(HEALTHY + SLOW, |stream, connection, request| {
        if connection == 0 && request == 1 {
            return crate::responder::close_half(stream);
        }
        stream.write_all(&response(200, b""))?;
        Ok(Then::Goes)
    });
    let plan = plan(server.address, Slow::Sends);
    let lab = Lab::new(None);
    let mut clients = Beside::connect(&plan, &lab).unwrap();
    clients.warm_up().unwrap();
    let error = format!("{:#}", clients.contend(&lab).unwrap_err());
    assert!(error.contains("closed the connection"), "{error}");

    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = silent.local_addr().unwrap();
    let plan = BesidePlan { server, deadline: Duration::from_millis(50), ..plan };
    let error = format!("{:#}", Beside::connect(&plan, &lab).unwrap().warm_up().unwrap_err());
    assert!(error.contains("2 clients had no answer after 50ms"), "{error}");
}
