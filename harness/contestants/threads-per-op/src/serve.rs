//! A thread for every connection, which reads a request, answers it and waits
//! for the next.
//!
//! Guide: the Rust book, "Building a Multithreaded Web Server", before its
//! pool; the documentation of `TcpListener::accept`.
//!
//! Who ends: the conductor's thread says stop and connects once, so that
//! `accept` returns. The accepting thread then closes the listener and shuts
//! the receiving side of every connection; each thread answers what it has
//! begun, sees the end and leaves. The drain is bounded.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use triathlon_contract::serve::{DRAIN, Requests};
use triathlon_contract::{Outcome, Serve, Setting};
use triathlon_lab::Lab;

use crate::crowd::Crowd;
use crate::listener::{close, listen};
use crate::service::Service;

/// How long to wait where no connection can be accepted, as without a
/// descriptor: others end meanwhile.
const PAUSE: Duration = Duration::from_millis(10);

pub(crate) fn run(
    work: &Serve,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let service = Arc::new(Service::open(work, setting)?);
    let crowd = Arc::new(Crowd::default());
    let stopping = Arc::new(AtomicBool::new(false));
    let listener = listen().context("listen")?;
    let address = listener.local_addr()?;

    let told = Arc::clone(&stopping);
    let drive = lab.drive(address, move || stop(&told, address))?;
    accept(&listener, &service, &crowd, &stopping)?;
    drop(listener);
    crowd.drain(DRAIN);
    lab.driven(drive);
    service.served.outcome(crowd.most())
}

/// `accept` cannot be told anything but that somebody is there.
fn stop(stopping: &AtomicBool, address: SocketAddr) {
    stopping.store(true, Ordering::SeqCst);
    // Refused only if nobody accepts any more.
    TcpStream::connect(address).ok();
}

/// Accepts until it is told to stop.
fn accept(
    listener: &TcpListener,
    service: &Arc<Service>,
    crowd: &Arc<Crowd>,
    stopping: &Arc<AtomicBool>,
) -> Result<()> {
    loop {
        let accepted = listener.accept();
        if stopping.load(Ordering::SeqCst) {
            return Ok(());
        }
        let Ok((stream, _)) = accepted else {
            thread::sleep(PAUSE);
            continue;
        };
        service.served.connected();
        let stream = Arc::new(stream);
        let number = crowd.enter(&stream);
        let (service, crowd) = (Arc::clone(service), Arc::clone(crowd));
        let stopping = Arc::clone(stopping);
        let serve = move || {
            if converse(&stream, &service, &stopping).is_err() {
                service.served.lost();
            }
            crowd.leave(number);
        };
        thread::Builder::new().spawn(serve).context("spawn")?;
    }
}

/// One thread's life: every request of a connection.
fn converse(
    mut stream: &TcpStream,
    service: &Service,
    stopping: &AtomicBool,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(service.timeout())?;
    stream.set_write_timeout(service.timeout())?;
    let mut requests = Requests::new();
    loop {
        while let Some(request) = requests.next() {
            let page = service.page(&request);
            let stops = stopping.load(Ordering::SeqCst);
            let last = stops || !request.keep_alive;
            let answer = page.answer(&request, last);
            stream.write_all(&answer)?;
            service.served.answered(&page, request.bodyless);
            if last {
                return close(stream);
            }
        }
        match stream.read(requests.space()) {
            // The client left, perhaps in the middle, or the server stops.
            Ok(0) => return Ok(()),
            Ok(count) => requests.advance(count),
            // A read with a timeout ends, too, when a stopped process goes on.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // A client that is silent for too long.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Ok(());
            }
            Err(error) => return Err(error),
        }
    }
}
