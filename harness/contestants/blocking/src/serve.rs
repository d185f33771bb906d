//! One client after the other: the iterative server. Whoever comes meanwhile
//! waits until the one before has left.
//!
//! Guide: the Rust book, "Building a Single-Threaded Web Server", with
//! keep-alive.
//!
//! Who ends: the conductor's thread says stop and connects once, so that
//! `accept` returns; a read that waits for a silent client is short, so that
//! the server looks.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use triathlon_contract::serve::{Requests, Served};
use triathlon_contract::{Outcome, Serve, Setting};
use triathlon_lab::Lab;

use crate::listener::{close, listen};
use crate::service::Service;

/// How long to wait where no connection can be accepted.
const PAUSE: Duration = Duration::from_millis(10);

/// How long a read waits before the server looks whether it shall stop.
const LOOK: Duration = Duration::from_millis(10);

pub(crate) fn run(
    work: &Serve,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let served = Arc::new(Served::default());
    let mut service = Service::open(work, setting, 0, &served)?;
    let stopping = Arc::new(AtomicBool::new(false));
    let listener = listen().context("listen")?;
    let address = listener.local_addr()?;

    let told = Arc::clone(&stopping);
    let drive = lab.drive(address, move || stop(&told, address))?;
    accept(&listener, &mut service, &stopping);
    lab.driven(drive);
    served.outcome(1)
}

/// `accept` cannot be told anything but that somebody is there.
fn stop(stopping: &AtomicBool, address: SocketAddr) {
    stopping.store(true, Ordering::SeqCst);
    // Refused only if nobody accepts any more.
    TcpStream::connect(address).ok();
}

/// Accepts and serves, one after the other, until it is told to stop.
fn accept(
    listener: &TcpListener,
    service: &mut Service,
    stopping: &AtomicBool,
) {
    loop {
        let accepted = listener.accept();
        if stopping.load(Ordering::SeqCst) {
            return;
        }
        let Ok((stream, _)) = accepted else {
            thread::sleep(PAUSE);
            continue;
        };
        service.served.connected();
        if converse(&stream, service, stopping).is_err() {
            service.served.lost();
        }
    }
}

/// Every request of a connection.
fn converse(
    mut stream: &TcpStream,
    service: &mut Service,
    stopping: &AtomicBool,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(LOOK))?;
    stream.set_write_timeout(service.timeout())?;
    let mut requests = Requests::new();
    let mut heard = Instant::now();
    loop {
        while let Some(request) = requests.next() {
            let page = service.page(&request);
            let stops = stopping.load(Ordering::SeqCst);
            let last = stops || !request.keep_alive;
            let answer = page.answer(&request, last);
            stream.write_all(&answer)?;
            service.served.answered(&page, request.bodyless);
            heard = Instant::now();
            if last {
                return close(stream);
            }
        }
        match stream.read(requests.space()) {
            // The client left, perhaps in the middle.
            Ok(0) => return Ok(()),
            Ok(count) => requests.advance(count),
            // A read with a timeout ends, too, when a stopped process goes on.
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let silent = heard.elapsed();
                let borne = service.timeout().is_none_or(|most| silent < most);
                if stopping.load(Ordering::SeqCst) || !borne {
                    return Ok(());
                }
            }
            Err(error) => return Err(error),
        }
    }
}
