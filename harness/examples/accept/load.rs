//! `scripts/accept lag` and `scripts/accept wrk`: the load generator, against
//! a mock server on a CPU of its own.
//!
//! `lag`: how late requests start. `wrk`: throughput and CPU per request beside
//! Debian's wrk on the same CPU against the same server, in turn; ours records
//! three times of each request and compares every body.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use triathlon::machine::{self, Share};
use triathlon::server::Server;
use triathlon_contract::record::LoadRecord;
use triathlon_statistics::median;

use super::check;

/// Rate, connections, and the lag at p99 that is wanted, in µs.
const LAGS: [(u64, u64, f64); 4] =
    [(500, 64, 50.0), (2000, 64, 50.0), (20_000, 64, 50.0), (20_000, 10_000, 200.0)];

/// Connections of the comparison with wrk.
const CONNECTIONS: u64 = 64;

/// How often something is measured, and how long each time.
#[derive(Clone, Copy)]
pub(crate) struct Repeats {
    pub(crate) often: usize,
    pub(crate) seconds: usize,
}

/// A mock server, and the CPU of those who load it.
pub(crate) struct Bench {
    program: PathBuf,
    pub(crate) server: Server,
    pub(crate) server_cpus: Vec<usize>,
    pub(crate) cpus: Vec<usize>,
}

impl Bench {
    pub(crate) fn start() -> Result<Self> {
        let placement = machine::placement(Share::One);
        machine::limits::raise_descriptors()?; // the server and the loads inherit it
        let program = std::env::current_exe().context("this program")?;
        let server = Server::start(&program, &placement.server_cpus)?;
        // Everything that is started from here on inherits it.
        machine::pin(&placement.contestant_cpus).context("pin")?;
        println!(
            "server on CPU {:?}, load on {:?}",
            placement.server_cpus, placement.contestant_cpus
        );
        let (server_cpus, cpus) = (placement.server_cpus, placement.contestant_cpus);
        Ok(Self { program, server, server_cpus, cpus })
    }

    /// A load of the mock server's 128 bytes, verified.
    fn load(&self, address: SocketAddr, arguments: &[&str]) -> Result<(LoadRecord, f64)> {
        let url = format!("http://{address}/bytes/128");
        let mut command = Command::new(&self.program);
        command.args(["load", &url, "--format", "json", "--quiet"]).args(arguments);
        let before_s = children_cpu_s()?;
        let output = output_of(&mut command)?;
        let cpu_s = children_cpu_s()? - before_s;
        let record: LoadRecord = serde_json::from_slice(&output.stdout)
            .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
        ensure!(record.ok == record.planned, "not every response was good: {record:?}");
        ensure!(record.verified == "128 known bytes", "the bodies were not compared");
        Ok((record, cpu_s))
    }
}

/// CPU time of all processes that were started here and have ended, user and kernel.
fn children_cpu_s() -> Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).context("getrusage")?;
    Ok((usage.user_time() + usage.system_time()).num_microseconds() as f64 / 1e6)
}

fn output_of(command: &mut Command) -> Result<Output> {
    let output = command.stdin(Stdio::null()).output();
    output.with_context(|| format!("start {:?}", command.get_program()))
}

/// Requests and throughput of Debian's wrk in one thread; an error if a single response
/// was none.
pub(crate) fn wrk_asks(url: &str, connections: u64, seconds: usize) -> Result<(f64, f64)> {
    let [connections, duration] = [connections.to_string(), format!("{seconds}s")];
    let mut command = Command::new("wrk");
    command.args(["-t", "1", "-c", &connections, "-d", &duration, url]);
    let output = output_of(&mut command).context("is there wrk? (Debian: apt-get install wrk)")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let bad = ["Socket errors", "Non-2xx"].iter().any(|sign| text.contains(sign));
    ensure!(!bad && output.status.success(), "wrk said {text:?}");
    let number = |word: Option<&str>| word.and_then(|word| word.parse::<f64>().ok());
    let per_s =
        text.lines().find_map(|line| number(Some(line.strip_prefix("Requests/sec:")?.trim())));
    let requests = text.lines().find_map(|line| {
        number(
            line.split_once(" requests in ").and_then(|(count, _)| count.split_whitespace().last()),
        )
    });
    requests.zip(per_s).with_context(|| format!("wrk said {text:?}"))
}

/// How late requests start; how many figures are missed.
pub(crate) fn lag(Repeats { often, seconds }: Repeats) -> Result<u32> {
    let bench = Bench::start()?;
    let mut found = vec![Vec::new(); LAGS.len()];
    for window in 1..=often {
        for ((rate, connections, _), lags_us) in LAGS.iter().zip(&mut found) {
            let trial = bench.server.open_trial()?;
            let [rate, connections] = [rate, connections].map(u64::to_string);
            let duration = format!("{seconds}s");
            let arguments = ["-R", &rate, "-c", &connections, "-d", &duration];
            let (record, _) = bench.load(trial.address, &arguments)?;
            let lag = record.lag_ms.context("a saturated load has no lag")?;
            let p99_us = 1e3 * lag.p99.unwrap_or(f64::NAN);
            println!(
                "       window {window}: {rate}/s on {connections}: lag p50 {:.1}, p99 {p99_us:.1} µs, \
                 response p50 {:.0} µs, busy {:.0} %, steal {:.2} %, {:?}",
                1e3 * lag.p50.unwrap_or(f64::NAN),
                1e3 * record.response_ms.and_then(|times| times.p50).unwrap_or(f64::NAN),
                100.0 * record.generator.busy_share,
                100.0 * record.steal_share,
                record.status,
            );
            lags_us.push(p99_us);
            bench.server.close_trial(&trial)?;
        }
    }
    let mut missed = 0;
    for ((rate, connections, most_us), lags_us) in LAGS.iter().zip(&found) {
        let what = format!("lag p99 at {rate}/s on {connections} connections");
        missed += check(&what, median(lags_us).unwrap_or(f64::NAN), (0.0, *most_us), "µs");
    }
    Ok(missed)
}

/// Throughput and CPU per request of one load.
#[derive(Clone, Copy)]
struct Speed {
    per_s: f64,
    cpu_us: f64,
}

/// Ours beside wrk; how many figures are missed.
pub(crate) fn wrk(Repeats { often, seconds }: Repeats) -> Result<u32> {
    let bench = Bench::start()?;
    println!("       one CPU each: {:?}; wrk compares no body and records one time", bench.cpus);
    let (mut rates, mut costs) = (Vec::new(), Vec::new());
    for pair in 1..=often {
        // In turn, so that a drift favours nobody.
        let (ours, theirs) = if pair % 2 == 1 {
            let ours = bench.ours(seconds)?;
            (ours, bench.theirs(seconds)?)
        } else {
            let theirs = bench.theirs(seconds)?;
            (bench.ours(seconds)?, theirs)
        };
        println!(
            "       pair {pair}: ours {:.0}/s, {:.2} µs a request; wrk {:.0}/s, {:.2} µs",
            ours.per_s, ours.cpu_us, theirs.per_s, theirs.cpu_us
        );
        rates.push(ours.per_s / theirs.per_s);
        costs.push(ours.cpu_us / theirs.cpu_us);
    }
    let middle = |values: &[f64]| median(values).unwrap_or(f64::NAN);
    let mut missed = check("throughput, ours / wrk", middle(&rates), (1.0, f64::INFINITY), "");
    missed += check("CPU per request, ours / wrk", middle(&costs), (0.0, 1.0), "");
    Ok(missed)
}

impl Bench {
    fn ours(&self, seconds: usize) -> Result<Speed> {
        let trial = self.server.open_trial()?;
        let duration = format!("{seconds}s");
        let connections = CONNECTIONS.to_string();
        let arguments = ["-c", &connections, "-d", &duration, "--warmup", "0s"];
        let (record, cpu_s) = self.load(trial.address, &arguments)?;
        let witness = self.server.close_trial(&trial)?;
        ensure!(witness.requests == record.ok, "the server counted {} requests", witness.requests);
        println!("       steal {:.2} %", 100.0 * record.steal_share);
        Ok(Speed { per_s: record.rate_achieved_per_s, cpu_us: 1e6 * cpu_s / record.ok as f64 })
    }

    fn theirs(&self, seconds: usize) -> Result<Speed> {
        let trial = self.server.open_trial()?;
        let url = format!("http://{}/bytes/128", trial.address);
        let before_s = children_cpu_s()?;
        let (requests, per_s) = wrk_asks(&url, CONNECTIONS, seconds)?;
        let cpu_s = children_cpu_s()? - before_s;
        self.server.close_trial(&trial)?;
        Ok(Speed { per_s, cpu_us: 1e6 * cpu_s / requests })
    }
}
