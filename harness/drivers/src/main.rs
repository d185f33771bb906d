//! `triathlon-drivers`: jobs as JSON on standard input, answers on standard
//! output, as `triathlon execute` does, with the drivers.

use std::process::ExitCode;

fn main() -> ExitCode {
    match triathlon_execute::jobs(|task, lab| {
        task.cell(&triathlon_drivers::ALL, lab)
    }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("triathlon-drivers: {error:#}");
            ExitCode::FAILURE
        }
    }
}
