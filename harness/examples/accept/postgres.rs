//! `scripts/accept postgres`: how much the Postgres wire of the mock server can bear,
//! by one blocking thread that writes a batch to each connection and then reads all
//! answers, each of which it compares.
//!
//! The same thread asks the same server for as many bytes over HTTP, in turn; and a
//! PostgreSQL, if there is one whose URL is given (`postgres://USER@HOST:PORT/NAME`,
//! without a password, where the two tables are made if there are none). What is wanted
//! holds on every machine: a query costs the server no more than an HTTP request, and a
//! PostgreSQL does not answer faster.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use triathlon_contract::query::statements::{ITEMS, ONE, payload};
use triathlon_lab::Probe;
use triathlon_statistics::median;

use super::check;
use super::load::{Bench, Repeats};

/// A silent server is an error after this long.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connections, and operations in the pipe of each.
const SHAPES: [(usize, usize); 3] = [(1, 1), (64, 1), (1, 64)];

/// What one window found.
#[derive(Clone, Copy)]
struct Speed {
    per_s: f64,
    /// CPU time of the mock server; that of another one is not known.
    server_us: Option<f64>,
    client_us: f64,
}

/// Connections, what is asked on each, and what must come back.
struct Line {
    streams: Vec<TcpStream>,
    asked: Vec<u8>,
    /// Of HTTP only the length counts.
    want: Vec<u8>,
    verified: bool,
    depth: u64,
    operations: u64,
}

/// A PostgreSQL.
struct Database {
    address: SocketAddr,
    user: String,
    name: String,
}

/// The wire beside HTTP, and beside a PostgreSQL; how many figures are missed.
pub(crate) fn postgres(Repeats { often, seconds }: Repeats, url: Option<&str>) -> Result<u32> {
    let database = url.map(Database::parse).transpose()?;
    if let Some(database) = &database {
        database.prepare().context("make the tables in the PostgreSQL")?;
    }
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
            let ours = Database::of_trial(trial.address);
            let mut wire = ours.line(connections, depth)?;
            let mut http = http(trial.address, connections, depth)?;
            // In turn, so that a drift favours nobody.
            let (query, request) = if repeat % 2 == 1 {
                let query = wire.drive(length, pid)?;
                (query, http.drive(length, pid)?)
            } else {
                let request = http.drive(length, pid)?;
                (wire.drive(length, pid)?, request)
            };
            let (queries, requests) = (wire.operations, http.operations);
            // The first of HTTP has shown how long an answer is.
            let witness = bench.server.close_trial(&trial)?;
            ensure!(
                witness.requests == queries + requests + 1,
                "the server counted {} of {queries} queries and {requests} requests",
                witness.requests
            );
            show(repeat, "query", query);
            show(repeat, "HTTP request", request);
            let of_server = |speed: Speed| speed.server_us.unwrap_or(f64::NAN);
            costs.push(of_server(query) / of_server(request));
            if let Some(database) = &database {
                let theirs = database.line(connections, depth)?.drive(length, None)?;
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

/// HTTP requests for as many bytes as a row has.
fn http(address: SocketAddr, connections: usize, depth: usize) -> Result<Line> {
    let request = b"GET /bytes/64 HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut first = connect(address)?;
    first.write_all(request)?;
    let mut answer = vec![0; 4096];
    let mut length = 0;
    let end = |bytes: &[u8]| bytes.windows(4).position(|four| four == b"\r\n\r\n");
    while end(&answer[..length]).is_none_or(|end| length < end + 4 + 64) {
        let count = first.read(&mut answer[length..])?;
        ensure!(count > 0, "the server has hung up");
        length += count;
    }
    // Its date may change, so nothing but its length is wanted of the next ones.
    let streams = (1..connections).map(|_| connect(address));
    let streams = [Ok(first)].into_iter().chain(streams).collect::<Result<_>>()?;
    let (asked, want) = (request.repeat(depth), vec![0; length * depth]);
    Ok(Line { streams, asked, want, verified: false, depth: depth as u64, operations: 0 })
}

impl Line {
    /// Asks and reads until the time is over.
    fn drive(&mut self, length: Duration, server: Option<u32>) -> Result<Speed> {
        let probe = || Probe::read(server).map_err(|error| anyhow::anyhow!("{error}"));
        let mut answer = vec![0; self.want.len()];
        let (before, started, had) = (probe()?, Instant::now(), self.operations);
        while started.elapsed() < length {
            for stream in &mut self.streams {
                stream.write_all(&self.asked)?;
            }
            for stream in &mut self.streams {
                stream.read_exact(&mut answer).context("read answers")?;
                ensure!(!self.verified || answer == self.want, "an answer is not the one expected");
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

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &(body.len() as u32 + 4).to_be_bytes(), body].concat()
}

impl Database {
    fn of_trial(address: SocketAddr) -> Self {
        Self { address, user: "triathlon".to_string(), name: "triathlon".to_string() }
    }

    fn parse(url: &str) -> Result<Self> {
        let shape = || format!("{url:?} is not like postgres://USER@HOST:PORT/NAME");
        let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"));
        let (user, rest) = rest.and_then(|rest| rest.split_once('@')).with_context(shape)?;
        let (host, name) = rest.split_once('/').with_context(shape)?;
        let mut found = host.to_socket_addrs().with_context(shape)?;
        let address = found.next().with_context(shape)?;
        Ok(Self { address, user: user.to_string(), name: name.to_string() })
    }

    fn open(&self) -> Result<TcpStream> {
        let mut stream = connect(self.address)?;
        let Self { user, name, .. } = self;
        let body = format!("\0\x03\0\0user\0{user}\0database\0{name}\0\0");
        stream.write_all(&(body.len() as u32 + 4).to_be_bytes())?;
        stream.write_all(body.as_bytes())?;
        ready(&mut stream)?;
        Ok(stream)
    }

    /// Makes the tables, if there are none, with every row of `triathlon_item`.
    fn prepare(&self) -> Result<()> {
        let mut stream = self.open()?;
        let rows = (1..=ITEMS).map(|id| {
            let payload = payload(id).map(char::from);
            format!("({id}, '{}')", String::from_iter(payload))
        });
        let rows = rows.collect::<Vec<_>>().join(", ");
        let script = format!(
            "CREATE TABLE IF NOT EXISTS triathlon_item (id int4 PRIMARY KEY, payload text NOT NULL); \
             CREATE TABLE IF NOT EXISTS triathlon_entry (id int4 NOT NULL, payload text NOT NULL); \
             INSERT INTO triathlon_item VALUES {rows} ON CONFLICT DO NOTHING; ANALYZE triathlon_item\0"
        );
        stream.write_all(&message(b'Q', script.as_bytes()))?;
        ready(&mut stream)
    }

    /// Sessions with a prepared statement, and so many executions of it.
    fn line(&self, connections: usize, depth: usize) -> Result<Line> {
        let mut streams = Vec::with_capacity(connections);
        for _ in 0..connections {
            let mut stream = self.open()?;
            let parse = [b"one\0", ONE.as_bytes(), b"\0\0\0"].concat();
            stream.write_all(&[message(b'P', &parse), message(b'S', b"")].concat())?;
            ready(&mut stream)?;
            streams.push(stream);
        }
        let (mut asked, mut want) = (Vec::new(), Vec::new());
        for id in 1..=depth as i32 {
            let bind = [&b"\0one\0\0\x01\0\x01\0\x01\0\0\0\x04"[..], &id.to_be_bytes()];
            let bind = [&bind.concat()[..], b"\0\x01\0\x01"].concat();
            asked.extend(message(b'B', &bind));
            asked.extend(message(b'E', &[0; 5]));
            asked.extend(message(b'S', b""));
            let row = [&b"\0\x02\0\0\0\x04"[..], &id.to_be_bytes(), b"\0\0\0\x40", &payload(id)];
            want.extend(message(b'2', b""));
            want.extend(message(b'D', &row.concat()));
            want.extend(message(b'C', b"SELECT 1\0"));
            want.extend(message(b'Z', b"I"));
        }
        Ok(Line { streams, asked, want, verified: true, depth: depth as u64, operations: 0 })
    }
}

/// Reads until the server is ready for more.
fn ready(stream: &mut TcpStream) -> Result<()> {
    loop {
        let mut head = [0; 5];
        stream.read_exact(&mut head).context("the server has hung up")?;
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
        ensure!((4..1 << 20).contains(&length), "no message is {length} bytes long");
        let mut body = vec![0; length as usize - 4];
        stream.read_exact(&mut body)?;
        match head[0] {
            b'E' => bail!("{}", String::from_utf8_lossy(&body).replace('\0', " ")),
            b'R' if body != [0; 4] => bail!("the server wants a password; let the user in without"),
            b'Z' => return Ok(()),
            _ => {}
        }
    }
}
