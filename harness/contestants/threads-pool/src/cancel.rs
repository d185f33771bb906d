//! A request is a job of a pool of as many threads; whoever cancels shuts down
//! its socket.
//!
//! Guide: the documentation of `TcpStream::shutdown`: calls that are blocked on
//! the stream return at once; the Rust book, "Turning our single-threaded
//! server into a multithreaded server". A job cannot be cancelled, so its
//! stream is shared with who may have to.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use anyhow::{Context, Result, bail};
use triathlon_contract::cancel::{WARM_UP, waits};
use triathlon_contract::{Cancel, Outcome, Received, Reply, Setting, Tally};
use triathlon_lab::{Clock, Held, Lab, Lane, Sample};

use crate::connection::Connection;
use crate::workers::{Queue, Workers};

/// A request on its way to a worker.
struct Job {
    address: SocketAddr,
    index: u64,
}

/// A worker that waits, as it says so: the stream that ends the wait, and what
/// it adds to the account.
type Waiting = Result<(Arc<TcpStream>, Received)>;

/// A pool, seen from whoever hands out jobs.
struct Pool {
    jobs: Sender<Job>,
    /// From each worker, once its request is in flight.
    waiters: Receiver<Waiting>,
    /// And when it is free: whether its answer came although nobody wants it.
    free: Receiver<bool>,
}

pub(crate) fn run(
    work: &Cancel,
    setting: &Setting,
    lab: &mut Lab,
) -> Result<Outcome> {
    let (server, clock) = (setting.server, lab.clock());
    let mut tally = answered(work, server)?;
    let request: Arc<[u8]> = work.request(server).into();
    let (jobs, queue) = Queue::new();
    let (waiting, waiters) = mpsc::channel();
    let (ended, free) = mpsc::channel();
    let workers = Workers::start((0..work.in_flight).map(|_| {
        let (queue, request) = (queue.clone(), Arc::clone(&request));
        let (waiting, ended) = (waiting.clone(), ended.clone());
        move || serve(&request, &queue, &waiting, &ended)
    }))?;
    drop((queue, waiting, ended));
    let pool = Pool { jobs, waiters, free };
    let lanes = (lab.lane(WARM_UP), lab.lane(WARM_UP));
    let (_, part) = repeat(&work.warm_up(), server, clock, lanes, &pool)?;
    tally.merge(part);

    let lanes = (lab.lane(work.laps), lab.lane(work.laps));
    lab.open();
    let (lanes, part) = repeat(work, server, clock, lanes, &pool)?;
    lab.close([lanes.0]);
    lab.beside([lanes.1]);
    tally.merge(part);
    drop(pool);
    let count = workers.count();
    workers.join()?;
    Ok(Outcome::closed(tally, count))
}

/// One cycle after the other.
fn repeat(
    work: &Cancel,
    server: SocketAddr,
    clock: Clock,
    (mut cycles, mut cancelled): (Lane, Lane),
    pool: &Pool,
) -> Result<((Lane, Lane), Tally)> {
    let addresses = work.addresses_of(server);
    let mut tally = Tally::default();
    for _ in 0..work.laps {
        let started_ns = clock.now_ns();
        let before = Held::read()?;
        let (streams, part) = begin(&addresses, pool)?;
        tally.merge(part);

        let cancelled_ns = clock.now_ns();
        for stream in streams {
            stream.shutdown(Shutdown::Both).context("shut down")?;
        }
        for _ in &addresses {
            let completed = pool.free.recv().context("the pool is gone")?;
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
    Ok(((cycles, cancelled), tally))
}

/// Hands out every request; when it returns, all of them wait.
fn begin(
    addresses: &[SocketAddr],
    pool: &Pool,
) -> Result<(Vec<Arc<TcpStream>>, Tally)> {
    let mut tally = Tally::default();
    for (index, &address) in (0..).zip(addresses) {
        let job = Job { address, index };
        pool.jobs.send(job).context("the pool is gone")?;
    }
    let mut streams = Vec::with_capacity(addresses.len());
    for _ in addresses {
        let waiting = pool.waiters.recv().context("the pool is gone")?;
        let (stream, received) = waiting?;
        streams.push(stream);
        tally.connections += 1;
        tally.add(received);
    }
    Ok((streams, tally))
}

/// One worker's life: it holds a stream no longer than its job.
fn serve(
    request: &[u8],
    queue: &Queue<Job>,
    waiting: &Sender<Waiting>,
    ended: &Sender<bool>,
) {
    while let Some(Job { address, index }) = queue.next() {
        let completed = fetch(address, index, request, waiting);
        if ended.send(completed).is_err() {
            return;
        }
    }
}

/// One request; whether its answer came although nobody wants it.
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
