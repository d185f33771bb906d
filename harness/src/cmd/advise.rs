//! `triathlon advise`

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use triathlon_reports::{Situation, advise};

use crate::Failure;

use super::load::units;
use super::{print, report::find};

const EXAMPLES: &str = "\
Examples:
  triathlon advise --in-flight 5000 --wait 50ms --cpu 200us --rate 2000/s --memory 512MiB
  triathlon advise --in-flight 64 --wait 5ms                    what is reached, and what bounds it
  triathlon advise --in-flight 1k --wait 20ms --format json     the same for programs

The answer is a model, Little's law on the costs that the run's nearest cells have, and comes with its
error on measured cells that it was not shown. \"Not measured\" is said where it would have to guess:
beyond what was measured, and of a contestant that it gets wrong by more than 25 %. Times have us, ms, s;
rates k and M, /s or not; memory B, KiB, MiB, GiB.";

/// The situation, and by which run.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Calls in flight at once
    #[arg(long, value_name = "N", value_parser = units::count)]
    in_flight: u64,
    /// What each of them waits
    #[arg(long, value_name = "TIME", value_parser = time)]
    wait: Duration,
    /// What each of them computes
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "0us")]
    cpu: Duration,
    /// Calls per second that are wanted
    #[arg(long, value_name = "RATE", value_parser = rate)]
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

/// Prints what a run says of the situation.
///
/// # Errors
/// A usage failure if there is no such run.
pub fn run(arguments: &Arguments) -> crate::Result<()> {
    let Arguments { in_flight, wait, cpu, rate, memory, .. } = *arguments;
    if in_flight == 0 || wait.is_zero() {
        return Err(Failure::usage(
            "say at least one call in flight, and a wait longer than nothing",
        ));
    }
    let (wait_s, cpu_s) = (wait.as_secs_f64(), cpu.as_secs_f64());
    let situation = Situation { in_flight, wait_s, cpu_s, rate_per_s: rate, memory_bytes: memory };
    let advice = advise(&find(&arguments.run)?, &situation)?;
    print(&match arguments.format {
        Format::Text => advice.text(),
        Format::Json => advice.json()?,
    })
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
