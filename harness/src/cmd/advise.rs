//! `triathlon advise`

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, ValueEnum};
use triathlon_reports::{Crowd, Idle, Pool, Question, Service, Situation, advise};

use crate::Failure;

use super::load::units;
use super::{print, report::find};

const EXAMPLES: &str = "\
Examples:
  triathlon advise --in-flight 5000 --wait 50ms --cpu 200us --rate 2000/s --memory 512MiB
  triathlon advise --in-flight 64 --wait 5ms                    what is reached, and what bounds it
  triathlon advise --queries 5 --bytes 10KiB --delay 1ms --clients 64 --rate 1000/s
                                                                a service: who serves it, at which cost
  triathlon advise --idle 5000 --memory 256MiB                  what idle connections hold
  triathlon advise --asleep 10k                                 the same of tasks or threads with a timer
  triathlon advise --pool --rate 2000/s --wait 5ms              how many connections to a database
  triathlon advise --in-flight 1k --wait 20ms --format json     the same for programs

The answer is a model, Little's law on the costs that the run's nearest cells have, and comes with its
error on measured cells that it was not shown. \"Not measured\" is said where it would have to guess:
beyond what was measured, and of a contestant that it gets wrong by more than 25 %. Times have us, ms, s;
rates k and M, /s or not; memory B, KiB, MiB, GiB. Calls are asked of request-loop, fan-out and mixed,
services of serve, idle connections and sleepers of sleepers, pools of query: a run that has them not
says so, and `triathlon run '^serve@'` makes one that has.";

/// The question, and by which run.
#[derive(clap::Args)]
#[command(
    after_help = EXAMPLES,
    group(ArgGroup::new("question").required(true).args(["in_flight", "queries", "idle", "asleep", "pool"]))
)]
pub struct Arguments {
    /// Calls in flight at once
    #[arg(long, value_name = "N", value_parser = units::count, requires = "wait")]
    in_flight: Option<u64>,
    /// Queries that a service makes for a request, one after the other
    #[arg(long, value_name = "N", value_parser = units::count, requires_all = ["bytes", "delay"])]
    queries: Option<u64>,
    /// Connections that are idle, each with a task or thread that reads from it
    #[arg(long, value_name = "N", value_parser = units::count)]
    idle: Option<u64>,
    /// Tasks or threads that are asleep, each with a timer
    #[arg(long, value_name = "N", value_parser = units::count)]
    asleep: Option<u64>,
    /// How large a pool of connections to a database must be
    #[arg(long, requires_all = ["rate", "wait"], conflicts_with = "memory")]
    pool: bool,
    /// What each call, or each query of a pool, waits
    #[arg(long, value_name = "TIME", value_parser = time, conflicts_with_all = ["queries", "idle", "asleep"])]
    wait: Option<Duration>,
    /// What each call computes
    #[arg(long, value_name = "TIME", value_parser = time, requires = "in_flight")]
    cpu: Option<Duration>,
    /// Bytes of a service's answer
    #[arg(long, value_name = "SIZE", value_parser = size, requires = "queries")]
    bytes: Option<f64>,
    /// What each query of a service waits
    #[arg(long, value_name = "TIME", value_parser = time, requires = "queries")]
    delay: Option<Duration>,
    /// Clients of a service, each with one request at a time; 64 if not given
    #[arg(long, value_name = "N", value_parser = units::count, requires = "queries")]
    clients: Option<u64>,
    /// Calls, requests or queries per second that are wanted
    #[arg(long, value_name = "RATE", value_parser = rate, conflicts_with_all = ["idle", "asleep"])]
    rate: Option<f64>,
    /// Memory that may be used
    #[arg(long, value_name = "SIZE", value_parser = size)]
    memory: Option<f64>,
    /// The run: its directory, or its id below reports/
    #[arg(long, value_name = "RUN", default_value = "reports/latest")]
    run: PathBuf,
    /// How to print it
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// A time that says its unit: 50 could be meant as milliseconds.
fn time(text: &str) -> Result<Duration, String> {
    if text.ends_with(|c: char| c.is_ascii_digit()) {
        return Err(format!("{text:?} has no unit; write 50ms, 200us or 1s"));
    }
    units::duration(text)
}

/// Calls per second, `2000/s`.
fn rate(text: &str) -> Result<f64, String> {
    let rate = units::rate(text.strip_suffix("/s").unwrap_or(text));
    let rate = rate.map_err(|_| format!("{text:?} is no rate; write 2000/s, 20k or 1.5M"))?;
    if rate > 0.0 { Ok(rate) } else { Err("a rate of nothing needs nothing".to_string()) }
}

/// Bytes, `512MiB`.
fn size(text: &str) -> Result<f64, String> {
    let wrong = || format!("{text:?} is no size; write 512MiB, 2GiB or 65536B");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "B" => 1.0,
        "KiB" | "K" => 1024.0,
        "MiB" | "M" => 1_048_576.0,
        "GiB" | "G" => 1_073_741_824.0,
        _ => return Err(wrong()),
    };
    let plain = digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    let value: Option<f64> = digits.parse().ok().filter(|_| plain);
    value.map(|value| value * unit).filter(|bytes| *bytes > 0.0).ok_or_else(wrong)
}

/// Prints what a run says of the question.
///
/// # Errors
/// A usage failure if there is no such run, or if nothing is asked for.
pub fn run(arguments: &Arguments) -> crate::Result<()> {
    let question = question(arguments)?;
    let told = advise(&find(&arguments.run)?, &question)?;
    print(match arguments.format {
        Format::Text => &told.text,
        Format::Json => &told.json,
    })
}

/// Clients of a service, if nobody says how many.
const CLIENTS: u64 = 64;

fn question(arguments: &Arguments) -> crate::Result<Question> {
    let Arguments { rate: rate_per_s, memory: memory_bytes, .. } = *arguments;
    let nothing = |what: &str| Err(Failure::usage(format_args!("say {what}")));
    let seconds = |time: Option<Duration>| time.unwrap_or_default().as_secs_f64();
    let (wait_s, delay_s) = (seconds(arguments.wait), seconds(arguments.delay));
    if let Some(in_flight) = arguments.in_flight {
        if in_flight == 0 || wait_s == 0.0 {
            return nothing("at least one call in flight, and a wait longer than nothing");
        }
        let cpu_s = seconds(arguments.cpu);
        let asked = Situation { in_flight, wait_s, cpu_s, rate_per_s, memory_bytes };
        return Ok(Question::Calls(asked));
    }
    if let Some(queries) = arguments.queries {
        let clients = arguments.clients.unwrap_or(CLIENTS);
        if queries == 0 || clients == 0 || delay_s == 0.0 {
            return nothing("at least one query, one client, and a delay longer than nothing");
        }
        let bytes = arguments.bytes.unwrap_or_default() as u64;
        let asked = Service { queries, bytes, delay_s, clients, rate_per_s, memory_bytes };
        return Ok(Question::Service(asked));
    }
    let crowd = [(arguments.idle, Idle::Connections), (arguments.asleep, Idle::Sleepers)];
    if let Some((count, of)) = crowd.into_iter().find_map(|(count, of)| Some((count?, of))) {
        if count == 0 {
            return nothing("at least one that is idle");
        }
        return Ok(Question::Crowd(Crowd { count, of, memory_bytes }));
    }
    match rate_per_s {
        Some(rate_per_s) if wait_s > 0.0 => Ok(Question::Pool(Pool { rate_per_s, wait_s })),
        _ => nothing("a rate, and a wait longer than nothing"),
    }
}

#[cfg(test)]
mod tests {
    use super::{rate, size, time};

    #[test]
    fn rates_sizes_and_times_have_units() {
        assert_eq!((rate("2000/s"), rate("20k/s"), rate("5")), (Ok(2e3), Ok(2e4), Ok(5.0)));
        assert_eq!(size("512MiB"), Ok(536_870_912.0));
        assert_eq!((size("1.5K"), size("7B")), (Ok(1536.0), Ok(7.0)));
        assert_eq!(time("50ms").map(|time| time.as_millis()), Ok(50));
        for wrong in ["", "MiB", "-1MiB", "5", "5MB", "0MiB", "1e3MiB", "1.2.3M", "inf"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
        assert!(rate("0/s").is_err() && rate("fast").is_err() && rate("5/m").is_err());
        assert!(time("50").is_err() && time("50x").is_err());
    }
}
