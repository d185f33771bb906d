//! `triathlon load`

mod arguments;
mod hgrm;
mod request;
mod slo;
mod status;
mod text;
pub(super) mod units;
mod url;

use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Context, anyhow};
use clap::Parser;
use triathlon_contract::record::{LoadRecord, LoadStatus};
use triathlon_load::{Moment, Outcome, summary};

use crate::interrupt::Interrupt;
use crate::{Failure, Result, machine};

pub use arguments::Arguments;
use arguments::Format;
use status::Status;
use url::Url;

/// The verb's arguments as a command line of their own.
#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    arguments: Arguments,
}

/// Descriptors that are needed beside those of the connections, a thread.
const DESCRIPTORS_SPARE: u64 = 32;

/// Loads a server, prints what came of it.
///
/// # Errors
/// A usage failure for a wrong call; a failure if the server cannot be reached
/// or goes away; a verdict if a threshold does not hold or the figures must not
/// be believed.
pub fn run(arguments: &Arguments) -> Result<()> {
    let interrupt = Interrupt::listen()?;
    let status = Status::new(arguments.quiet);
    let watch = &mut |moment: &Moment<'_>| status.show(moment);
    let measured = measure(arguments, interrupt.flag(), status.tick(), watch);
    status.finish();
    let Measured { record, outcome } = measured?;
    super::print(&match arguments.format {
        Format::Text => text::block(&record),
        Format::Json => json(&record)?,
        Format::Hgrm if record.response_ms.is_some() => hgrm::spectrum(outcome.response()),
        Format::Hgrm => String::new(),
    })?;
    judge(&record)
}

/// What came of a load, and its record.
pub(crate) struct Measured {
    pub(crate) record: LoadRecord,
    pub(crate) outcome: Outcome,
}

/// Loads a server as asked; calls `watch` every `tick`.
///
/// # Errors
/// A usage failure for a wrong call; a failure if the server cannot be reached
/// or goes away.
pub(crate) fn measure(
    arguments: &Arguments,
    stop: &AtomicBool,
    tick: Duration,
    watch: &mut dyn FnMut(&Moment<'_>),
) -> Result<Measured> {
    let url = url::parse(&arguments.url).map_err(Failure::Usage)?;
    let mut load = arguments.load(&url)?;
    descriptors(arguments)?;
    load.target = resolve(&url, load.timeout)?;
    step_aside(&load.cpus);
    let outcome = triathlon_load::run(&load, stop, tick, watch)?;
    let mut record = summary(&load, &outcome, &arguments.url, machine::cpus::online());
    if !record.interrupted {
        // A window that was cut short says nothing about a threshold.
        record.slo = arguments.slo.iter().map(|slo| slo.judge(&record)).collect();
    }
    Ok(Measured { record, outcome })
}

/// The arguments behind `triathlon load`, for callers within.
///
/// # Errors
/// A usage failure for a wrong call.
pub(crate) fn parse<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Arguments> {
    let line = Line::try_parse_from(["load"].into_iter().chain(words));
    line.map(|line| line.arguments).map_err(|error| Failure::usage(crate::cli::sentence(&error)))
}

/// Raises the limit of open files as far as it goes; refuses what exceeds it.
fn descriptors(arguments: &Arguments) -> Result<()> {
    machine::limits::raise_descriptors()?;
    let limit = machine::limits()?.descriptors;
    let need = arguments.connections + arguments.threads * DESCRIPTORS_SPARE;
    if need > limit {
        return Err(Failure::usage(format_args!(
            "{} connections need {need} open files and {limit} are permitted; use fewer, or raise \
             the limit with ulimit -Hn",
            arguments.connections
        )));
    }
    Ok(())
}

/// The first address of the host that accepts a connection.
fn resolve(url: &Url, patience: Duration) -> Result<SocketAddr> {
    let addresses = (url.host.as_str(), url.port).to_socket_addrs();
    let addresses = addresses.with_context(|| format!("cannot resolve {}", url.host))?;
    let mut refusal = anyhow!("{} has no address", url.host);
    for address in addresses {
        match TcpStream::connect_timeout(&address, patience) {
            Ok(_) => return Ok(address),
            Err(error) => refusal = anyhow!("cannot connect to {address}: {error}"),
        }
    }
    Err(refusal.into())
}

/// Leaves the CPUs that measure to those who do, if others are left.
fn step_aside(cpus: &[usize]) {
    let here = machine::cpus::allowed().unwrap_or_default();
    let others: Vec<usize> = here.into_iter().filter(|cpu| !cpus.contains(cpu)).collect();
    if !cpus.is_empty() && !others.is_empty() {
        // If it is not permitted, the kernel puts this thread where it wants.
        machine::pin(&others).ok();
    }
}

/// What the verb prints for people.
pub(crate) fn block(record: &LoadRecord) -> String {
    text::block(record)
}

fn json(record: &LoadRecord) -> Result<String> {
    let text = serde_json::to_string_pretty(record).context("write the record")?;
    Ok(text + "\n")
}

/// The exit code, in a sentence.
fn judge(record: &LoadRecord) -> Result<()> {
    if record.interrupted {
        return Err(Failure::Interrupted("interrupted; the window was cut short".to_string()));
    }
    if record.status > LoadStatus::Degraded {
        return Err(Failure::Invalid(record.reasons.first().cloned().unwrap_or_default()));
    }
    let broken: Vec<&str> =
        record.slo.iter().filter(|slo| !slo.met).map(|slo| slo.expression.as_str()).collect();
    if broken.is_empty() {
        return Ok(());
    }
    Err(Failure::Threshold(format!("not held: {}", broken.join(", "))))
}
