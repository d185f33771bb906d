//! The command line of `triathlon load`, and the load that it asks for.

use std::net::SocketAddr;
use std::time::Duration;

use clap::ValueEnum;
use triathlon_load::{Arrival, Expect, Load, Model, PLANNED_MAX, Rate};

use super::slo::{self, Slo};
use super::url::Url;
use super::{request, units};
use crate::{Failure, Result, machine};

const EXAMPLES: &str = "\
Examples:
  triathlon load http://127.0.0.1:8080/bytes/128                 closed loop: as fast as it goes
  triathlon load http://127.0.0.1:8080/ -R 2k -d 30s             open loop: 2 000 requests a second
  triathlon load http://127.0.0.1:8080/ -R 500 --arrival poisson --seed 7
  triathlon load http://127.0.0.1:8080/ -R 2k --slo 'p99<10ms' --slo 'error_rate<1%'
  triathlon load http://127.0.0.1:8080/ -R 2k --format hgrm > out.hgrm
  triathlon load http://[::1]:8080/echo --method POST --body x -H 'x-id: 1' -R 100

In an open loop response times count from when a request should have started, so a
server that stalls cannot hide it. A closed loop has throughput and service times only.

Exit codes: 0 ok, 1 failed, 2 wrong call, 3 a threshold does not hold, 4 the rate was not
reached or the generator was the limit, 130 interrupted with what was measured printed.";

/// What to request, how often, and what must come out.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Where: http://host:port/path
    pub(super) url: String,
    /// Keep-alive connections
    #[arg(short, long, value_name = "N", default_value = "64", value_parser = units::count)]
    pub(super) connections: u64,
    /// Threads that share them
    #[arg(short, long, value_name = "N", default_value = "1", value_parser = units::count)]
    pub(super) threads: u64,
    /// How long is measured
    #[arg(short, long, value_name = "TIME", default_value = "10s", value_parser = units::duration)]
    pub(super) duration: Duration,
    /// Requests per second over all connections; without it, a closed loop
    #[arg(short = 'R', long, value_name = "RATE", value_parser = units::rate)]
    pub(super) rate: Option<f64>,
    /// How they follow one another: constant or poisson
    #[arg(long, value_name = "LAW")]
    pub(super) arrival: Option<Arrival>,
    /// Of the plan; any, and printed, without it
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
    /// Patience with a request, and with the end
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = units::duration)]
    pub(super) timeout: Duration,
    /// The same load before the window, not measured
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = units::duration)]
    pub(super) warmup: Duration,
    /// A header, 'name: value'; may be repeated
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    pub(super) headers: Vec<String>,
    /// Method
    #[arg(long, value_name = "METHOD")]
    pub(super) method: Option<String>,
    /// Body of every request; the method is POST then
    #[arg(long, value_name = "TEXT")]
    pub(super) body: Option<String>,
    /// Every body must have so many bytes
    #[arg(long, value_name = "N", value_parser = units::count)]
    pub(super) expect_bytes: Option<u64>,
    /// Do not compare with the bytes that the mock server has at this path
    #[arg(long)]
    pub(super) any_body: bool,
    /// Threshold: 'p99<10ms', 'error_rate<1%'; may be repeated
    #[arg(long, value_name = "LIMIT", value_parser = slo::parse)]
    pub(super) slo: Vec<Slo>,
    /// Sleep up to the intended start instead of spinning for the last microseconds
    #[arg(long)]
    pub(super) no_spin: bool,
    /// CPUs of the threads, separated by commas
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(super) cpus: Vec<usize>,
    /// What is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    /// Show no status on standard error
    #[arg(long)]
    pub(super) quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
    Hgrm,
}

impl Arguments {
    /// The load, without its target.
    pub(super) fn load(&self, url: &Url) -> Result<Load> {
        self.check()?;
        let body = self.body.as_deref();
        let method = self.method.as_deref().unwrap_or(if body.is_some() { "POST" } else { "GET" });
        let line = (method, url.authority.as_str(), url.path.as_str());
        let request = request::bytes(line, &self.headers, body).map_err(Failure::Usage)?;
        let model = match self.rate {
            Some(rate) => Model::Open {
                rate: Rate::per_s(rate).map_err(Failure::usage)?,
                arrival: self.arrival.unwrap_or_default(),
                seed: self.seed.unwrap_or_else(|| fastrand::u64(..1 << 32)),
            },
            None => Model::Closed,
        };
        if let Model::Open { rate, .. } = model {
            let planned = rate.as_per_s() * (self.warmup + self.duration).as_secs_f64();
            if planned > PLANNED_MAX as f64 {
                return Err(Failure::usage(
                    "so long at such a rate is too much; choose less of one",
                ));
            }
        }
        let get = method == "GET" && !self.any_body;
        let expect = match self.expect_bytes {
            Some(bytes) => Expect::Length(bytes),
            None => Expect::of_path(&url.path).filter(|_| get).unwrap_or(Expect::Any),
        };
        Ok(Load {
            target: SocketAddr::from(([0, 0, 0, 0], 0)),
            request,
            bodyless: method == "HEAD",
            expect,
            connections: self.connections as usize,
            threads: self.threads as usize,
            model,
            warmup: self.warmup,
            duration: self.duration,
            timeout: self.timeout,
            // On a machine of one CPU spinning would take it from the server.
            spin: !self.no_spin && machine::cpus::online() > 1,
            cpus: self.cpus.clone(),
        })
    }

    /// What the parser cannot see.
    fn check(&self) -> Result<()> {
        let refuse = |sentence: &str| Err(Failure::usage(sentence));
        if self.threads == 0 || self.threads > self.connections {
            return refuse("--threads must be from 1 to the number of connections");
        }
        if self.duration.is_zero() || self.timeout.is_zero() {
            return refuse("--duration and --timeout must be longer than nothing");
        }
        if self.rate.is_some() {
            return Ok(());
        }
        if self.arrival.is_some() || self.seed.is_some() {
            return refuse("--arrival and --seed need --rate: a closed loop has no plan");
        }
        if self.format == Format::Hgrm || self.slo.iter().any(Slo::needs_response_times) {
            return refuse(
                "a closed loop has no response times for --slo and --format hgrm; give a --rate",
            );
        }
        Ok(())
    }
}
