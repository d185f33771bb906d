//! `scripts/accept NAME`: tight live figures, from interleaved repeats. No gate: a
//! busy machine may miss them, and steal is printed.
//!
//! Exit code 3 if a figure is missed.

mod load;
mod measure;
mod nginx;
mod order;
mod postgres;
mod sense;
mod slices;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use triathlon::interrupt::Interrupt;
use triathlon::{cli, selftest};
use triathlon_contract::record::RowStatus;

const NAMES: &str = "choose sense, order [DIR], lag [REPEATS [SECONDS]], wrk [REPEATS [SECONDS]], \
     nginx [PAIRS [SECONDS]], \
     postgres [REPEATS [SECONDS [URL]]], power or slices [ROUNDS [FILE]]";

fn main() -> ExitCode {
    // This program is also what executes contestants and serves them.
    let verb = std::env::args().nth(1).unwrap_or_default();
    if ["execute", "mock-server", "load"].contains(&verb.as_str()) {
        return cli::main(std::env::args_os());
    }
    let accepted = match verb.as_str() {
        "order" => order::order(std::env::args().nth(2).as_deref().map(Path::new)),
        "sense" => sense::sense(),
        "lag" => repeats(5).and_then(load::lag),
        "wrk" => repeats(10).and_then(load::wrk),
        "nginx" => repeats(10).and_then(nginx::nginx),
        "postgres" => repeats(5)
            .and_then(|repeats| postgres::postgres(repeats, std::env::args().nth(4).as_deref())),
        "power" => power(),
        "slices" => slices_of_arguments(),
        _ => {
            eprintln!("accept: there is no {verb:?}; {NAMES}");
            return ExitCode::from(2);
        }
    };
    match accepted {
        Ok(0) => ExitCode::SUCCESS,
        Ok(missed) => {
            println!("{missed} missed");
            ExitCode::from(3)
        }
        Err(error) => {
            eprintln!("accept: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// A/A and power, as `triathlon selftest --full` has them.
fn power() -> Result<u32> {
    let rows = selftest::sensitivity(Interrupt::listen().context("listen to signals")?)
        .map_err(|failure| anyhow::anyhow!("{failure}"))?;
    let mut missed = 0;
    for row in rows {
        print!("{}", selftest::line(&row));
        missed += u32::from(row.status != RowStatus::Ok);
    }
    Ok(missed)
}

fn slices_of_arguments() -> Result<u32> {
    let mut arguments = std::env::args().skip(2);
    let rounds = arguments
        .next()
        .map(|text| text.parse().with_context(|| format!("{text:?} is no number of rounds")));
    slices::slices(rounds.transpose()?, arguments.next().as_deref().map(Path::new))
}

/// How often, and for how many seconds each, `lag`, `wrk`, `nginx` and `postgres` measure: what
/// stands behind the name, or so often for five seconds.
fn repeats(often: usize) -> Result<load::Repeats> {
    let number = |index: usize, otherwise: usize| match std::env::args().nth(index) {
        Some(text) => text.parse().with_context(|| format!("{text:?} is no number")),
        None => Ok(otherwise),
    };
    Ok(load::Repeats { often: number(2, often)?.max(1), seconds: number(3, 5)?.max(1) })
}

/// Prints a figure with its bounds; 1 if it is missed.
pub(crate) fn check(what: &str, value: f64, (low, high): (f64, f64), unit: &str) -> u32 {
    let good = (low..=high).contains(&value);
    let word = if good { "ok    " } else { "MISSED" };
    println!("{word} {what}: {value:.3} {unit} (wanted {low} to {high})");
    u32::from(!good)
}
