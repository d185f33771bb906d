//! What is shown while a run goes on: one line that moves on a terminal, one
//! plain line a round elsewhere. It goes to standard error.

use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

/// Shows how far a run is.
pub struct Progress {
    bar: Option<ProgressBar>,
    quiet: bool,
    total: Duration,
    done: Duration,
    started: Instant,
    rounds: u64,
    failed: u64,
}

impl Progress {
    /// For a run of so many rounds that is planned to take `total`.
    pub fn new(rounds: u64, total: Duration, quiet: bool) -> Self {
        let bar = (!quiet && stderr().is_terminal()).then(|| bar(total));
        Self { bar, quiet, total, done: Duration::ZERO, started: Instant::now(), rounds, failed: 0 }
    }

    /// An execution of `case` begins.
    pub fn begin(&self, round: u64, case: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(format!("round {round}/{}  {case}", self.rounds));
        }
    }

    /// An execution ended that was planned to take `expected`.
    pub fn end(&mut self, expected: Duration, case: &str, fault: &str) {
        self.done += expected;
        if !fault.is_empty() {
            self.failed += 1;
            self.say(&format!("failed: {case}: {fault}"));
        }
        if let Some(bar) = &self.bar {
            bar.set_position(self.done.as_millis() as u64);
            bar.set_prefix(self.times());
        }
    }

    /// A round ended.
    pub fn round(&self, round: u64) {
        if self.bar.is_none() {
            let failed = self.failed;
            let times = self.times();
            self.say(&format!("round {round} of {}: {times}, {failed} failed", self.rounds));
        }
    }

    /// A line that stays.
    pub fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{line}")),
            None if self.quiet => {}
            None => eprintln!("{line}"),
        }
    }

    /// Takes the moving line away.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Elapsed, and remaining in the proportion seen so far.
    fn times(&self) -> String {
        let elapsed = self.started.elapsed();
        let share = self.done.as_secs_f64() / self.total.as_secs_f64().max(1e-9);
        let left = elapsed.mul_f64((1.0 / share.clamp(1e-3, 1.0)) - 1.0);
        let seconds = |time: Duration| HumanDuration(Duration::from_secs(time.as_secs()));
        format!("{:#} elapsed, {:#} left", seconds(elapsed), seconds(left))
    }
}

fn bar(total: Duration) -> ProgressBar {
    let bar = ProgressBar::new(total.as_millis() as u64);
    let style = ProgressStyle::with_template("{percent:>3}% {prefix}  {wide_msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
