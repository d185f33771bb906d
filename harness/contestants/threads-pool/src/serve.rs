//! A fixed pool of threads, each with its own connection to the database: the
//! pool of threads is the pool of connections. A thread serves a client as long
//! as nobody waits, else for one answer; then the client goes to the back of
//! the queue.
//!
//! Guide: the Rust book, "Turning our single-threaded server into a
//! multithreaded server", with keep-alive: the book closes every connection.
//!
//! A thread that reads from a silent client cannot be told that others wait, so
//! reads are short and it looks. With more clients than threads an idle client
//! costs a thread that wait each time it is its turn.
//!
//! Who ends: the conductor's thread closes the queue and connects once, so that
//! `accept` returns. Each thread answers what its client has sent, then those
//! in the queue, and leaves. The drain is bounded.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use triathlon_contract::serve::{BACKLOG, DRAIN, Requests, Served};
use triathlon_contract::{Outcome, Serve, Setting};
use triathlon_lab::Lab;

use crate::listener::{close, listen};
use crate::service::Service;
use crate::visitors::Visitors;
use crate::workers::Workers;

/// How long to wait where no connection can be accepted, as without a
/// descriptor: others end meanwhile.
const PAUSE: Duration = Duration::from_millis(10);

/// How long a read waits before the thread looks whether others wait.
const LOOK: Duration = Duration::from_millis(10);

/// The same when somebody waited already.
const HURRY: Duration = Duration::from_millis(1);

/// A connection, and what has come of its next request.
struct Client {
    stream: TcpStream,
    requests: Requests,
    heard: Instant,
    /// How long its reads wait now.
    patience: Duration,
}

/// What becomes of a client behind its turn.
enum Turn {
    Again,
    Gone,
}

pub(crate) fn run(
    work: &Serve,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let served = Arc::new(Served::default());
    let visitors = Arc::new(Visitors::new(BACKLOG as usize));
    let services = (0..work.pool())
        .map(|number| Service::open(work, setting, number, &served))
        .collect::<Result<Vec<_>>>()?;
    let (leaves, gone) = mpsc::channel::<()>();
    let workers = Workers::start(services.into_iter().map(|service| {
        let (visitors, leaves) = (Arc::clone(&visitors), leaves.clone());
        move || {
            serve(service, &visitors);
            drop(leaves);
        }
    }))?;
    drop(leaves);
    let listener = listen().context("listen")?;
    let address = listener.local_addr()?;

    let told = Arc::clone(&visitors);
    let drive = lab.drive(address, move || stop(&told, address))?;
    accept(&listener, &served, &visitors);
    drop(listener);
    let count = workers.count();
    // All have left when nobody holds a sender any more.
    if gone.recv_timeout(DRAIN) == Err(RecvTimeoutError::Disconnected) {
        workers.join()?;
    }
    lab.driven(drive);
    served.outcome(count)
}

/// `accept` cannot be told anything but that somebody is there.
fn stop(visitors: &Visitors<Client>, address: SocketAddr) {
    visitors.close();
    // Refused only if nobody accepts any more.
    TcpStream::connect(address).ok();
}

/// Accepts until it is told to stop; whoever finds the queue full is let go.
fn accept(
    listener: &TcpListener,
    served: &Served,
    visitors: &Visitors<Client>,
) {
    loop {
        let accepted = listener.accept();
        if visitors.closed() {
            return;
        }
        let admitted = accepted.and_then(|(stream, _)| Client::new(stream));
        let Ok(client) = admitted else {
            thread::sleep(PAUSE);
            continue;
        };
        served.connected();
        if visitors.admit(client).is_err() {
            served.lost();
        }
    }
}

impl Client {
    fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(LOOK))?;
        let (requests, heard) = (Requests::new(), Instant::now());
        Ok(Self { stream, requests, heard, patience: LOOK })
    }

    /// Reads what comes within this; an error says that nothing did.
    fn read(&mut self, patience: Duration) -> io::Result<usize> {
        if self.patience != patience {
            self.stream.set_read_timeout(Some(patience))?;
            self.patience = patience;
        }
        self.stream.read(self.requests.space())
    }
}

/// One worker's life: one turn for every client that comes out of the queue.
fn serve(mut service: Service, visitors: &Visitors<Client>) {
    while let Some(mut client) = visitors.next() {
        match converse(&mut client, &mut service, visitors) {
            Ok(Turn::Again) => visitors.queue_again(client),
            Ok(Turn::Gone) => {}
            Err(_) => service.served.lost(),
        }
    }
}

/// One turn of a client.
fn converse(
    client: &mut Client,
    service: &mut Service,
    visitors: &Visitors<Client>,
) -> io::Result<Turn> {
    client.stream.set_write_timeout(service.timeout())?;
    loop {
        while let Some(request) = client.requests.next() {
            let page = service.page(&request);
            let last = visitors.closed() || !request.keep_alive;
            let answer = page.answer(&request, last);
            client.stream.write_all(&answer)?;
            service.served.answered(&page, request.bodyless);
            client.heard = Instant::now();
            if last {
                close(&client.stream)?;
                return Ok(Turn::Gone);
            }
            if visitors.wait() {
                return Ok(Turn::Again);
            }
        }
        let patience = if visitors.wait() { HURRY } else { LOOK };
        match client.read(patience) {
            // The client left, perhaps in the middle.
            Ok(0) => return Ok(Turn::Gone),
            Ok(count) => client.requests.advance(count),
            // A read with a timeout ends, too, when a stopped process goes on.
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let silent = client.heard.elapsed();
                let borne = service.timeout().is_none_or(|most| silent < most);
                if visitors.closed() || !borne {
                    return Ok(Turn::Gone);
                }
                if visitors.wait() {
                    return Ok(Turn::Again);
                }
            }
            Err(error) => return Err(error),
        }
    }
}
