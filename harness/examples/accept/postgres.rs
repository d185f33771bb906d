//! `scripts/accept postgres`: how much the Postgres wire of the mock server can bear,
//! by one blocking thread that writes a batch to each connection and then reads all
//! answers, each of which it compares.
//!
//! The same thread asks the same server for as many bytes over HTTP, in turn; and a
//! PostgreSQL, if there is one whose URL is given, as `triathlon run --postgres` takes
//! it. What is wanted holds on every machine: a query costs the server no more than an
//! HTTP request, and a PostgreSQL does not answer faster.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use triathlon::database::Database;
use triathlon_contract::query::{Kind, items};
use triathlon_contract::{Dialogue, Login};
use triathlon_lab::Probe;
use triathlon_statistics::median;

use super::check;
use super::load::{Bench, Repeats};

/// A silent server is an error after this long.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connections, and operations in the pipe of each.
const SHAPES: [(usize, u64); 3] = [(1, 1), (64, 1), (1, 64)];

/// What one window found.
#[derive(Clone, Copy)]
struct Speed {
    per_s: f64,
    /// CPU time of the mock server; that of another one is not known.
    server_us: Option<f64>,
    client_us: f64,
}

/// Connections, and what is asked on each at once.
struct Line<C> {
    connections: Vec<C>,
    depth: u64,
    operations: u64,
}

/// One connection that asks and reads.
trait Asks {
    fn ask(&mut self, operations: u64) -> Result<()>;
    /// Reads all answers and compares them.
    fn answers(&mut self, operations: u64) -> Result<()>;
}

/// A connection to a database.
struct Wire {
    stream: TcpStream,
    dialogue: Dialogue,
    /// Of its answers.
    read: u64,
}

/// A connection over HTTP.
struct Http {
    stream: TcpStream,
    answers: Vec<u8>,
}

/// The wire beside HTTP, and beside a PostgreSQL; how many figures are missed.
pub(crate) fn postgres(Repeats { often, seconds }: Repeats, url: Option<&str>) -> Result<u32> {
    let database = url.map(Database::open).transpose();
    let database = database.map_err(|failure| anyhow::anyhow!("{failure}"))?;
    let bench = Bench::start()?;
    let pid = Some(bench.server.pid());
    let length = Duration::from_secs(seconds as u64);
    let mut missed = 0;
    for (connections, depth) in SHAPES {
        let shape = format!("{connections} connections, {depth} in the pipe of each");
        println!("       {shape}");
        let (mut costs, mut rates) = (Vec::new(), Vec::new());
        for repeat in 1..=often {
            let trial = bench.server.open_database()?;
            let ours = || Wire::open(trial.address, &Login::default());
            let mut wire = Line::open(connections, depth, ours)?;
            let mut http = Line::open(connections, depth, || Http::open(trial.address))?;
            // In turn, so that a drift favours nobody.
            let (query, request) = if repeat % 2 == 1 {
                let query = wire.drive(length, pid)?;
                (query, http.drive(length, pid)?)
            } else {
                let request = http.drive(length, pid)?;
                (wire.drive(length, pid)?, request)
            };
            let (queries, requests) = (wire.operations, http.operations);
            // Each connection of HTTP has asked once before.
            let witness = bench.server.close_trial(&trial)?;
            ensure!(
                witness.requests == queries + requests + connections as u64,
                "the server counted {} of {queries} queries and {requests} requests",
                witness.requests
            );
            show(repeat, "query", query);
            show(repeat, "HTTP request", request);
            let of_server = |speed: Speed| speed.server_us.unwrap_or(f64::NAN);
            costs.push(of_server(query) / of_server(request));
            if let Some(database) = &database {
                let theirs = || Wire::open(database.address, &database.login);
                let theirs = Line::open(connections, depth, theirs)?.drive(length, None)?;
                show(repeat, "query of the PostgreSQL", theirs);
                rates.push(query.per_s / theirs.per_s);
            }
        }
        let middle = |values: &[f64]| median(values).unwrap_or(f64::NAN);
        let what = format!("CPU of the server, query / HTTP request, {shape}");
        missed += check(&what, middle(&costs), (0.0, 1.0), "");
        if database.is_some() {
            let what = format!("throughput, mock server / PostgreSQL, {shape}");
            missed += check(&what, middle(&rates), (1.0, f64::INFINITY), "");
        }
    }
    Ok(missed)
}

fn show(repeat: usize, what: &str, Speed { per_s, server_us, client_us }: Speed) {
    let server = server_us.map_or(String::new(), |us| format!("server {us:.2} µs, "));
    println!("       {repeat}: {what}: {per_s:.0}/s, {server}client {client_us:.2} µs");
}

fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address).with_context(|| format!("connect to {address}"))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

impl<C: Asks> Line<C> {
    fn open(count: usize, depth: u64, mut open: impl FnMut() -> Result<C>) -> Result<Self> {
        let connections = (0..count).map(|_| open()).collect::<Result<_>>()?;
        Ok(Self { connections, depth, operations: 0 })
    }

    /// Asks and reads until the time is over.
    fn drive(&mut self, length: Duration, server: Option<u32>) -> Result<Speed> {
        let probe = || Probe::read(server).map_err(|error| anyhow::anyhow!("{error}"));
        let (before, started, had) = (probe()?, Instant::now(), self.operations);
        while started.elapsed() < length {
            for connection in &mut self.connections {
                connection.ask(self.depth)?;
            }
            for connection in &mut self.connections {
                connection.answers(self.depth)?;
                self.operations += self.depth;
            }
        }
        let (elapsed_s, after) = (started.elapsed().as_secs_f64(), probe()?);
        let count = (self.operations - had) as f64;
        let client_ns = after.user_ns + after.system_ns - before.user_ns - before.system_ns;
        let server_ns = after.server_cpu_ns - before.server_cpu_ns;
        let server_us = server.map(|_| server_ns as f64 / 1e3 / count);
        Ok(Speed { per_s: count / elapsed_s, server_us, client_us: client_ns as f64 / 1e3 / count })
    }
}

impl Wire {
    fn open(address: SocketAddr, login: &Login) -> Result<Self> {
        let dialogue = Dialogue::new(login.clone(), Kind::One, Duration::ZERO)?;
        let mut wire = Self { stream: connect(address)?, dialogue, read: 0 };
        while !wire.dialogue.is_idle() {
            wire.send()?;
            wire.receive()?;
            ensure!(wire.dialogue.answer()?.is_none(), "an answer before the first question");
        }
        Ok(wire)
    }

    fn send(&mut self) -> Result<()> {
        self.stream.write_all(self.dialogue.due()).context("send")
    }

    fn receive(&mut self) -> Result<()> {
        let count = self.stream.read(self.dialogue.space()).context("receive")?;
        self.dialogue.advance(count)
    }
}

impl Asks for Wire {
    fn ask(&mut self, operations: u64) -> Result<()> {
        self.dialogue.ask(self.read..self.read + operations)?;
        self.send()
    }

    fn answers(&mut self, operations: u64) -> Result<()> {
        for _ in 0..operations {
            let answer = loop {
                match self.dialogue.answer()? {
                    Some(answer) => break answer,
                    None => self.receive()?,
                }
            };
            let want = items::answer(Kind::One, self.read);
            ensure!(answer == want, "an answer is not the one expected");
            self.read += 1;
        }
        Ok(())
    }
}

/// For as many bytes as a row has.
const REQUEST: &[u8] = b"GET /bytes/64 HTTP/1.1\r\nhost: x\r\n\r\n";

impl Http {
    /// Asks once, which shows how long an answer is.
    fn open(address: SocketAddr) -> Result<Self> {
        let mut stream = connect(address)?;
        stream.write_all(REQUEST)?;
        let mut answer = vec![0; 4096];
        let mut length = 0;
        let end = |bytes: &[u8]| bytes.windows(4).position(|four| four == b"\r\n\r\n");
        while end(&answer[..length]).is_none_or(|end| length < end + 4 + 64) {
            let count = stream.read(&mut answer[length..])?;
            ensure!(count > 0, "the server has hung up");
            length += count;
        }
        answer.truncate(length);
        Ok(Self { stream, answers: answer })
    }
}

impl Asks for Http {
    fn ask(&mut self, operations: u64) -> Result<()> {
        Ok(self.stream.write_all(&REQUEST.repeat(operations as usize))?)
    }

    /// Their date may change, so nothing but their length is compared.
    fn answers(&mut self, operations: u64) -> Result<()> {
        for _ in 0..operations {
            self.stream.read_exact(&mut self.answers).context("read an answer")?;
        }
        Ok(())
    }
}
