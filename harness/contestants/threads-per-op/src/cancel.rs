//! A thread for every request; whoever cancels shuts down its socket.
//!
//! Guide: the documentation of `TcpStream::shutdown`: calls that are blocked on
//! the stream return at once. A thread cannot be cancelled, so its stream is
//! shared with who may have to.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result, anyhow, bail};
use triathlon_contract::cancel::{WARM_UP, waits};
use triathlon_contract::{Cancel, Outcome, Received, Reply, Setting, Tally};
use triathlon_lab::{Clock, Held, Lab, Lane, Sample};

use crate::connection::Connection;

/// A thread that waits, as it says so: the stream that ends the wait, and what
/// it adds to the account.
type Waiting = Result<(Arc<TcpStream>, Received)>;

pub(crate) fn run(
    work: &Cancel,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let (server, clock) = (setting.server, lab.clock());
    let mut tally = answered(work, server)?;
    let lanes = (lab.lane(WARM_UP), lab.lane(WARM_UP));
    let (_, part, _) = repeat(&work.warm_up(), server, clock, lanes)?;
    tally.merge(part);

    let lanes = (lab.lane(work.laps), lab.lane(work.laps));
    lab.open();
    let (lanes, part, workers) = repeat(work, server, clock, lanes)?;
    lab.close([lanes.0]);
    lab.beside([lanes.1]);
    tally.merge(part);
    Ok(Outcome::closed(tally, workers))
}

/// One cycle after the other.
fn repeat(
    work: &Cancel,
    server: SocketAddr,
    clock: Clock,
    (mut cycles, mut cancelled): (Lane, Lane),
) -> Result<((Lane, Lane), Tally, u64)> {
    let mut workers = 0;
    let addresses = work.addresses_of(server);
    let request: Arc<[u8]> = work.request(server).into();
    let mut tally = Tally::default();
    for _ in 0..work.laps {
        let started_ns = clock.now_ns();
        let before = Held::read()?;
        let mut threads = Vec::with_capacity(addresses.len());
        let (streams, part) = begin(&addresses, &request, &mut threads)?;
        tally.merge(part);
        workers = threads.len() as u64;

        let cancelled_ns = clock.now_ns();
        for stream in streams {
            stream.shutdown(Shutdown::Both).context("shut down")?;
        }
        for thread in threads {
            let completed = thread.join().map_err(|_| anyhow!("panic"))?;
            tally.failed += u64::from(completed);
        }
        while before.exceeded(clock, cancelled_ns)? {
            thread::yield_now();
        }
        let done_ns = clock.now_ns();
        cancelled.log(Sample::closed(cancelled_ns, done_ns));
        cycles.log(Sample::closed(started_ns, done_ns));
        tally.failed += before.changed()?;
    }
    Ok(((cycles, cancelled), tally, workers))
}

/// Starts a thread for every request; when it returns, all of them wait.
fn begin(
    addresses: &[SocketAddr],
    request: &Arc<[u8]>,
    threads: &mut Vec<JoinHandle<bool>>,
) -> Result<(Vec<Arc<TcpStream>>, Tally)> {
    let mut tally = Tally::default();
    let (waiting, waiters) = mpsc::channel();
    for (index, &address) in (0..).zip(addresses) {
        let (request, waiting) = (Arc::clone(request), waiting.clone());
        let fetch = move || fetch(address, index, &request, &waiting);
        threads.push(thread::Builder::new().spawn(fetch).context("spawn")?);
    }
    let mut streams = Vec::with_capacity(addresses.len());
    for _ in addresses {
        let (stream, received) =
            waiters.recv().context("a thread is gone")??;
        streams.push(stream);
        tally.connections += 1;
        tally.add(received);
    }
    Ok((streams, tally))
}

/// One thread's life; whether its answer came although nobody wants it.
fn fetch(
    address: SocketAddr,
    index: u64,
    request: &[u8],
    waiting: &Sender<Waiting>,
) -> bool {
    let mut reply = Reply::new();
    match send(address, request, &mut reply) {
        Ok(stream) => {
            waiting.send(Ok((Arc::clone(&stream), waits(index)))).ok();
            completes(&stream, &mut reply)
        }
        Err(error) => {
            // Nobody receives it if another error came first.
            waiting.send(Err(error)).ok();
            false
        }
    }
}

/// A stream on which the head of the answer has come, and no body yet.
fn send(
    address: SocketAddr,
    request: &[u8],
    reply: &mut Reply,
) -> Result<Arc<TcpStream>> {
    let mut stream = TcpStream::connect(address).context("connect")?;
    stream.set_nodelay(true)?;
    stream.write_all(request).context("send")?;
    let count = stream.read(reply.space()).context("receive")?;
    match reply.advance(count)? {
        None => Ok(Arc::new(stream)),
        Some(_) => bail!("the whole answer came at once"),
    }
}

/// Blocks until the rest has come, or nothing comes any more.
fn completes(mut stream: &TcpStream, reply: &mut Reply) -> bool {
    loop {
        match stream.read(reply.space()) {
            Ok(0) | Err(_) => return false,
            Ok(count) if matches!(reply.advance(count), Ok(None)) => {}
            Ok(_) => return true,
        }
    }
}

/// One request that is answered.
fn answered(work: &Cancel, server: SocketAddr) -> Result<Tally> {
    let mut tally = Tally { connections: 1, ..Tally::default() };
    let mut connection = Connection::open(server)?;
    tally.add(connection.exchange(&work.warm_up_request(server))?);
    Ok(tally)
}
