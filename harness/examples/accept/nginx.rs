//! `scripts/accept nginx`: the mock server's plain path beside Debian's nginx, on the
//! same CPU, loaded by Debian's wrk from another, in turn.
//!
//! Nginx has one worker, answers by `return 200` from its configuration, keeps
//! connections alive and writes no log: the least that it can do for an answer. Both
//! send as many bytes of body.

use std::fmt::Write;
use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use triathlon::machine;
use triathlon_lab::Probe;
use triathlon_statistics::signed_rank::centre;

use super::check;
use super::load::{Bench, Repeats, wrk_asks};

/// Connections.
const CONNECTIONS: [u64; 2] = [64, 1024];

/// Bytes of the body.
const BODY_BYTES: usize = 128;

/// How long nginx may take to listen.
const LISTENS_WITHIN: Duration = Duration::from_secs(5);

/// One nginx, which ends with this value.
struct Nginx {
    child: Child,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

/// What one window found.
#[derive(Clone, Copy)]
struct Speed {
    per_s: f64,
    server_us: f64,
    server_share: f64,
}

/// The mock server beside nginx; how many figures are missed.
pub(crate) fn nginx(Repeats { often, seconds }: Repeats) -> Result<u32> {
    let bench = Bench::start()?;
    let nginx = Nginx::start(&bench)?;
    let mut missed = 0;
    for connections in CONNECTIONS {
        let (mut rates, mut costs) = (Vec::new(), Vec::new());
        for pair in 1..=often {
            // In turn, so that a drift favours nobody.
            let (ours, theirs) = if pair % 2 == 1 {
                let ours = of_mock_server(&bench, connections, seconds)?;
                (ours, nginx.speed(connections, seconds)?)
            } else {
                let theirs = nginx.speed(connections, seconds)?;
                (of_mock_server(&bench, connections, seconds)?, theirs)
            };
            println!(
                "       {connections} connections, pair {pair}: {}; nginx {}",
                ours.line(),
                theirs.line()
            );
            rates.push((ours.per_s / theirs.per_s).ln());
            costs.push((ours.server_us / theirs.server_us).ln());
        }
        let shape = format!("mock server / nginx, {connections} connections");
        missed += bounded(&format!("throughput, {shape}"), &rates)?;
        bounded(&format!("CPU a request (no bound is asked for), {shape}"), &costs)?;
    }
    Ok(missed)
}

/// Prints the ratio with its interval; 1 if even its upper bound is below 1.
fn bounded(what: &str, log_ratios: &[f64]) -> Result<u32> {
    let found = centre(log_ratios, 0.05).context("an interval needs six pairs at least")?;
    let [middle, low, high] = [found.centre, found.low, found.high].map(f64::exp);
    println!("       {what}: {middle:.3} [{low:.3} to {high:.3}], {} pairs", found.n);
    if what.starts_with("throughput") {
        return Ok(check(&format!("{what}, upper bound"), high, (1.0, f64::INFINITY), ""));
    }
    Ok(0)
}

impl Speed {
    fn line(self) -> String {
        let Self { per_s, server_us, server_share } = self;
        format!(
            "{per_s:.0}/s, {server_us:.2} µs on its CPU, which is busy for {:.0} %",
            100.0 * server_share
        )
    }

    /// Of `wrk` against a server of that pid.
    fn of(pid: u32, address: SocketAddr, connections: u64, seconds: usize) -> Result<Self> {
        let probe = || Probe::read(Some(pid)).map_err(|error| anyhow::anyhow!("{error}"));
        let url = format!("http://{address}/bytes/{BODY_BYTES}");
        let (before, started) = (probe()?, Instant::now());
        let (requests, per_s) = wrk_asks(&url, connections, seconds)?;
        let (elapsed_s, after) = (started.elapsed().as_secs_f64(), probe()?);
        let busy_ns = (after.server_cpu_ns - before.server_cpu_ns) as f64;
        Ok(Self {
            per_s,
            server_us: busy_ns / 1e3 / requests,
            server_share: busy_ns / 1e9 / elapsed_s,
        })
    }
}

fn of_mock_server(bench: &Bench, connections: u64, seconds: usize) -> Result<Speed> {
    let trial = bench.server.open_trial()?;
    let speed = Speed::of(bench.server.pid(), trial.address, connections, seconds)?;
    bench.server.close_trial(&trial)?;
    Ok(speed)
}

impl Nginx {
    fn start(bench: &Bench) -> Result<Self> {
        let folder = tempfile::tempdir().context("a temporary folder")?;
        // Free a moment ago; nginx says so if somebody took it meanwhile.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        fs::write(folder.path().join("nginx.conf"), configuration(address))?;
        // What is started inherits the CPUs.
        machine::pin(&bench.server_cpus).context("pin")?;
        let child = Command::new("nginx")
            .args(["-e", "stderr", "-c", "nginx.conf", "-p"])
            .arg(folder.path())
            .stdin(Stdio::null())
            .spawn()
            .context("there is no nginx (Debian: apt-get install nginx-light)");
        machine::pin(&bench.cpus).context("pin")?;
        let nginx = Self { child: child?, address, _folder: folder };
        let until = Instant::now() + LISTENS_WITHIN;
        while TcpStream::connect(address).is_err() {
            ensure!(Instant::now() < until, "nginx does not listen on {address}");
            thread::sleep(Duration::from_millis(10));
        }
        Ok(nginx)
    }

    fn speed(&self, connections: u64, seconds: usize) -> Result<Speed> {
        Speed::of(self.child.id(), self.address, connections, seconds)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // A failure means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One process that is the one worker, so that its CPU time is the server's.
fn configuration(address: SocketAddr) -> String {
    let mut text = String::from(
        "daemon off; master_process off; worker_processes 1; pid nginx.pid; error_log stderr crit;\n\
         events { worker_connections 4096; }\n\
         http {\n  access_log off; keepalive_requests 1000000000; keepalive_timeout 1h;\n  \
         default_type application/octet-stream;\n  ",
    );
    for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        // Writing to a string cannot fail.
        let _ = write!(text, "{kind}_temp_path {kind}; ");
    }
    let body = "x".repeat(BODY_BYTES);
    let _ = write!(
        text,
        "\n  server {{ listen {address} backlog=4096; location / {{ return 200 \"{body}\"; }} }}\n}}\n"
    );
    text
}
