//! How far a load is, on standard error: one line that moves on a terminal, a
//! plain line each second elsewhere. It is drawn by the thread that waits.

use std::io::{IsTerminal, stderr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use triathlon_load::{Gauge, Moment};

use super::units::thousands;

/// Where and how often it is shown.
pub(crate) struct Status {
    bar: Option<ProgressBar>,
    quiet: bool,
}

impl Status {
    /// For standard error as it is.
    pub(crate) fn new(quiet: bool) -> Self {
        let bar = (!quiet && stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new(0);
            let style = ProgressStyle::with_template("{percent:>3}% {wide_msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self { bar, quiet }
    }

    /// How often something is shown.
    pub(crate) fn tick(&self) -> Duration {
        match (self.quiet, &self.bar) {
            (true, _) => Duration::from_secs(3600),
            (false, Some(_)) => Duration::from_millis(200),
            (false, None) => Duration::from_secs(1),
        }
    }

    /// Shows it.
    pub(crate) fn show(&self, moment: &Moment<'_>) {
        let line = line(moment);
        match &self.bar {
            Some(bar) => {
                bar.set_length(moment.length.as_millis() as u64);
                bar.set_position(moment.elapsed.as_millis() as u64);
                bar.set_message(line);
            }
            None if self.quiet => {}
            None => eprintln!("{line}"),
        }
    }

    /// Takes the moving line away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn line(moment: &Moment<'_>) -> String {
    let sum = |of: fn(&Gauge) -> &AtomicU64| {
        moment.gauges.iter().map(|gauge| of(gauge).load(Ordering::Relaxed)).sum::<u64>()
    };
    let lag_ns = moment.gauges.iter().map(|gauge| gauge.lag_ns.load(Ordering::Relaxed)).max();
    format!(
        "{:.0} of {:.0} s: {} started, {} ok, {} failed, {} in flight, lag {:.3} ms",
        moment.elapsed.as_secs_f64(),
        moment.length.as_secs_f64(),
        thousands(sum(|gauge| &gauge.started)),
        thousands(sum(|gauge| &gauge.ok)),
        thousands(sum(|gauge| &gauge.failed)),
        sum(|gauge| &gauge.in_flight),
        lag_ns.unwrap_or(0) as f64 / 1e6,
    )
}
