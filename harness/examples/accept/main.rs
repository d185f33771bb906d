//! `scripts/accept NAME`: tight live figures, from interleaved repeats. No gate: a
//! busy machine may miss them, and steal is printed.
//!
//! Exit code 3 if a figure is missed.

mod measure;
mod order;
mod sense;

use std::path::Path;
use std::process::ExitCode;

use triathlon::cli;

const NAMES: &str = "choose order [DIR] or sense";

fn main() -> ExitCode {
    // This program is also what executes contestants and serves them.
    let mut words = std::env::args().skip(1);
    let verb = words.next().unwrap_or_default();
    if verb == "execute" || verb == "mock-server" {
        return cli::main(std::env::args_os());
    }
    let accepted = match verb.as_str() {
        "order" => order::order(words.next().as_deref().map(Path::new)),
        "sense" => sense::sense(),
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

/// Prints a figure with its bounds; 1 if it is missed.
pub(crate) fn check(what: &str, value: f64, (low, high): (f64, f64), unit: &str) -> u32 {
    let good = (low..=high).contains(&value);
    let word = if good { "ok    " } else { "MISSED" };
    println!("{word} {what}: {value:.3} {unit} (wanted {low} to {high})");
    u32::from(!good)
}
