//! What must be watched for a while: the neighbours, the hypervisor, the heat
//! and the timer, all in the same two seconds.

use std::thread;
use std::time::{Duration, Instant};

use rustix::thread::{NanosleepRelativeResult, clock_nanosleep_relative};
use rustix::time::{ClockId, Timespec, clock_getres, clock_gettime};

use crate::doctor::facts::{Busy, Load};
use crate::doctor::parse;
use crate::machine::{alone, foreign};

use super::files::{text, throttled};

/// How long the machine is watched.
const SAMPLE: Duration = Duration::from_secs(2);

/// Sleeps, so many that a 99th percentile may be told.
const SLEEPS: usize = 1000;

/// No sleep begins later: the sample ends in time however late they are.
const SLEEP_UNTIL: Duration = Duration::from_millis(1900);

const SLEEP_NS: i64 = 1_000_000;

/// Readings of the clock in a batch, and batches.
const READINGS: u32 = 2000;
const BATCHES: usize = 15;

/// What two seconds showed.
pub(super) struct Sample {
    pub(super) load: Load,
    pub(super) late_us: Vec<f64>,
    pub(super) throttled: Option<(u64, u64)>,
}

/// Watches; others count where they run on `cpus`, anywhere if none are named.
pub(super) fn take(cpus: &[usize]) -> Sample {
    let (others, ticks, heat) = (others(), ticks(), throttled());
    let measured = alone::measured();
    let started = Instant::now();
    let late_us = late_us(started);
    thread::sleep(SAMPLE.saturating_sub(started.elapsed()));
    let sample_s = started.elapsed().as_secs_f64();
    let own = [std::process::id()];
    let busy = others.and_then(|before| foreign::each_since(&before, cpus, &own).ok());
    let steal = ticks.zip(self::ticks()).map(|(before, after)| {
        (after.0.saturating_sub(before.0), after.1.saturating_sub(before.1))
    });
    Sample {
        load: Load {
            sample_s,
            others: busy.map(|each| each.into_iter().map(|took| named(took, sample_s)).collect()),
            steal,
            average: text("/proc/loadavg").and_then(|text| parse::load_average(&text)),
            measured,
        },
        late_us,
        throttled: heat
            .zip(throttled())
            .map(|(before, after)| (after, after.saturating_sub(before))),
    }
}

/// What every process has taken; none where `/proc` hides those of others, whom
/// nobody may take for idle.
fn others() -> Option<foreign::Reading> {
    text("/proc/1/stat").and(foreign::reading().ok())
}

fn ticks() -> Option<(u64, u64)> {
    parse::steal(&text("/proc/stat")?)
}

fn named(took: foreign::Took, sample_s: f64) -> Busy {
    let foreign::Took { pid, ns } = took;
    // One that ended meanwhile keeps its number.
    let name = text(&format!("/proc/{pid}/comm")).map(|name| parse::printable(&name));
    Busy { pid, name: name.unwrap_or_default(), share: ns as f64 / 1e9 / sample_s }
}

/// How late sleeps of a millisecond end, ascending.
fn late_us(started: Instant) -> Vec<f64> {
    let request = Timespec { tv_sec: 0, tv_nsec: SLEEP_NS };
    let mut late_us = Vec::with_capacity(SLEEPS);
    while late_us.len() < SLEEPS && started.elapsed() < SLEEP_UNTIL {
        let before = now_ns();
        // A signal would end it early: that is no lateness.
        let slept = clock_nanosleep_relative(ClockId::Monotonic, &request);
        if matches!(slept, NanosleepRelativeResult::Ok) {
            late_us.push((now_ns() - before - SLEEP_NS) as f64 / 1e3);
        }
    }
    late_us.sort_by(f64::total_cmp);
    late_us
}

fn now_ns() -> i64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec * 1_000_000_000 + now.tv_nsec
}

/// What the kernel promises.
pub(super) fn resolution_ns() -> u64 {
    let resolution = clock_getres(ClockId::Monotonic);
    resolution.tv_sec as u64 * 1_000_000_000 + resolution.tv_nsec as u64
}

/// What one reading costs: the median of batches, because others interrupt some.
pub(super) fn cost_ns() -> f64 {
    let mut batches = [0.0; BATCHES];
    for batch in &mut batches {
        let before = now_ns();
        for _ in 0..READINGS {
            std::hint::black_box(clock_gettime(ClockId::Monotonic));
        }
        *batch = (now_ns() - before) as f64 / f64::from(READINGS);
    }
    batches.sort_by(f64::total_cmp);
    batches[BATCHES / 2]
}
