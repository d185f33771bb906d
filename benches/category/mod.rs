//! A criterion target: a group per `workload@preset`, a function per
//! contestant, so that criterion's id is the case's; one iteration is one lap.
//!
//! Criterion decides how many laps a sample has, and analyses their times. All
//! else is done by [`Laps`] in processes of their own; this one needs neither
//! contestants nor harness, and so is built in seconds.

mod laps;

use std::io::{IsTerminal, Write};
use std::os::unix::process::CommandExt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::{Command, ExitCode};
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkFilter, BenchmarkGroup, Criterion, SamplingMode, Throughput};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use triathlon_contract::record::{Assignment, Benchmark, Benchmarks, CriterionSettings};

use laps::{Laps, Stop};

/// The whole of a target.
pub(crate) fn main(target: &str) -> ExitCode {
    // Whoever ends cargo alone ends this, too.
    if let Err(error) = set_pdeathsig(Signal::SIGTERM) {
        eprintln!("{target}: will not end with cargo: {error}");
    }
    let mut laps = match Laps::start(target) {
        Ok(laps) => laps,
        Err(error) => {
            eprintln!("{target}: cannot start triathlon: {error}");
            return ExitCode::FAILURE;
        }
    };
    match laps.assignment() {
        Ok(Assignment::Nothing(text)) => {
            // A reader that went away (`| head`) is no failure.
            std::io::stdout().write_all(text.as_bytes()).ok();
        }
        // Criterion prints its flags and exits.
        Ok(Assignment::Help(settings)) => drop(configured(&settings)),
        Ok(Assignment::Again(words)) => {
            laps.finish();
            return again(target, &words);
        }
        Ok(Assignment::Benchmarks(benchmarks)) => {
            let failed = all(&benchmarks, &mut laps);
            if failed > 0 {
                let plural = if failed == 1 { "" } else { "s" };
                eprintln!("{target}: {failed} benchmark{plural} failed");
            }
            // Otherwise the target ends well, so that cargo goes on to the
            // verdict, whose report has the failed cells with their reasons.
            if failed > 0 && benchmarks.strict {
                laps.finish();
                return ExitCode::FAILURE;
            }
        }
        Err(_) => {}
    }
    laps.finish()
}

/// Becomes the same program with other words.
fn again(target: &str, words: &[String]) -> ExitCode {
    let error = match std::env::current_exe() {
        Ok(own) => Command::new(own).args(words).exec(),
        Err(error) => error,
    };
    eprintln!("{target}: cannot start again with one filter: {error}");
    ExitCode::FAILURE
}

/// Criterion with our settings, and the user's on top of them. Which cases run
/// is decided already.
fn configured(settings: &CriterionSettings) -> Criterion {
    Criterion::default()
        .sample_size(settings.samples as usize)
        .warm_up_time(Duration::from_millis(settings.warm_up_ms))
        .measurement_time(Duration::from_millis(settings.measurement_ms))
        .nresamples(settings.resamples as usize)
        .without_plots()
        .configure_from_args()
        .with_benchmark_filter(BenchmarkFilter::AcceptAll)
}

/// Goes through the benchmarks as long as there is somebody to do laps; how
/// many failed.
fn all(benchmarks: &Benchmarks, laps: &mut Laps) -> usize {
    let mut criterion = configured(&benchmarks.settings);
    let mut failed = 0;
    for of_group in benchmarks.list.chunk_by(|a, b| a.group == b.group) {
        let mut group = criterion.benchmark_group(&of_group[0].group);
        for benchmark in of_group {
            match one(&mut group, benchmark, laps) {
                Ok(()) => {}
                Err(Stop::Failed(reason)) => {
                    failed += 1;
                    // Criterion's last words stand in an open line of a terminal.
                    let line = if std::io::stderr().is_terminal() { "\n" } else { "" };
                    eprintln!("{line}{}: {reason}", benchmark.id());
                }
                Err(Stop::Gone) => return failed,
            }
        }
        group.finish();
    }
    failed
}

/// One benchmark. A failure in the middle unwinds through criterion, so that
/// it neither prints nor saves anything of it.
fn one(
    group: &mut BenchmarkGroup<'_, WallTime>,
    benchmark: &Benchmark,
    laps: &mut Laps,
) -> Result<(), Stop> {
    let flat = benchmark.flat;
    group.sampling_mode(if flat { SamplingMode::Flat } else { SamplingMode::Linear });
    group.throughput(Throughput::Elements(benchmark.operations));
    let id = benchmark.id();
    let mut asked = false;
    let benched = catch_unwind(AssertUnwindSafe(|| {
        group.bench_function(&benchmark.function, |bencher| {
            asked = true;
            bencher.iter_custom(|count| match laps.measure(&id, count) {
                Ok(elapsed) => elapsed,
                Err(stop) => resume_unwind(Box::new(stop)),
            });
        });
    }));
    match benched {
        Ok(()) if asked => laps.end(),
        // Criterion compared what was saved before.
        Ok(()) => Ok(()),
        Err(panic) => match panic.downcast::<Stop>() {
            Ok(stop) => Err(*stop),
            // Criterion's own, for instance because a baseline is missing.
            Err(panic) => resume_unwind(panic),
        },
    }
}
