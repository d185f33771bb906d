//! One stall of the server, whose percentiles are a closed form.

use std::time::Duration;

use triathlon_contract::record::{LoadRecord, LoadTimes, SelftestFigure};

use super::figure::{Found, at_least, at_most, judge_load, near};
use super::live::{Call, Live, Loaded};
use crate::Result;

/// Load before the window.
const WARMUP: Duration = Duration::from_millis(200);

/// A stall of `stall_ms` within a window of `window_s` over a base of `base_ms`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stall {
    pub(crate) window_s: f64,
    pub(crate) stall_ms: f64,
    pub(crate) base_ms: f64,
}

impl Stall {
    /// Percentile `p` of the response times.
    ///
    /// Source: whoever arrives within the stall waits for its end; arrivals are
    /// even, so waits are, too.
    pub(crate) fn at(&self, p: f64) -> f64 {
        let f = self.stall_ms / 1e3 / self.window_s;
        self.base_ms + self.stall_ms * (1.0 - (1.0 - p) / f).max(0.0)
    }

    /// Mean of the response times.
    pub(crate) fn mean(&self) -> f64 {
        self.base_ms + self.stall_ms.powi(2) / (2.0 * self.window_s * 1e3)
    }
}

/// Factors on a closed form, below and above.
#[derive(Clone, Copy)]
struct Room {
    tail: (f64, f64),
    mean: (f64, f64),
}

/// For a machine that may be busy: a closed loop's p99 is a hundredth of what
/// is right, that of percentiles averaged over seconds a quarter; the usual
/// correction makes the mean ten times as long.
const WIDE: Room = Room { tail: (0.75, 1.4), mean: (0.8, 2.5) };

/// Most that is granted to a server that answers a thousand requests at once.
const EXCESS_MAX_MS: f64 = 10.0;

/// 2 000 a second for 5 s, one stall of 200 ms.
pub(crate) fn one(live: &Live) -> Result<Vec<Found>> {
    let small = Stall { window_s: 5.0, stall_ms: 200.0, base_ms: 1.0 };
    let record = measure(live, small, &["-R", "2k", "-d", "5s", "-c", "700"])?.record;
    Ok(vec![judge_small(small, &record)])
}

fn judge_small(stall: Stall, record: &LoadRecord) -> Found {
    let stall = Stall { window_s: record.duration_s, ..stall };
    judge_load("one stall", record, |times| {
        let figure = |name, found, want: f64, (low, high): (f64, f64)| {
            near((name, "ms"), found, want, (low * want, high * want))
        };
        vec![
            figure("p99", times.p99, stall.at(0.99), WIDE.tail),
            figure("p99.9", times.p99_9, stall.at(0.999), WIDE.tail),
            figure("mean", times.mean, stall.mean(), WIDE.mean),
        ]
    })
}

/// The row of the ground truth: ±1 % or 5 ms.
pub(crate) fn long(live: &Live) -> Result<Vec<Found>> {
    let long = Stall { window_s: 60.0, stall_ms: 1000.0, base_ms: 10.0 };
    let loaded = measure(live, long, &["-R", "1k", "-d", "60s", "-c", "1500"])?;
    let excess_us = loaded.counters.witness.delay_excess_us.map_or(0.0, |excess| excess.max);
    let figures = |times: &LoadTimes| long_figures(long, times, excess_us / 1e3);
    let mut found = judge_load("one stall, long", &loaded.record, figures);
    found.got = format!("{} (server late by {:.1})", found.got, excess_us / 1e3);
    Ok(vec![found])
}

/// The server cannot answer a thousand requests at once: it says itself, by its
/// own clock, how much longer than asked it held one at most. So much may be added,
/// up to [`EXCESS_MAX_MS`].
fn long_figures(long: Stall, times: &LoadTimes, excess_ms: f64) -> Vec<SelftestFigure> {
    let figure = |name, found, want: f64| {
        let (most, excess) = match want {
            tail if tail > 50.0 => ((0.01 * tail).max(5.0), excess_ms.min(EXCESS_MAX_MS)),
            _ => (1.0, 0.0),
        };
        near((name, "ms"), found, want, (want - most, want + most + excess))
    };
    vec![
        figure("p99", times.p99, long.at(0.99)),
        figure("p99.5", times.p99_5, long.at(0.995)),
        figure("p99.9", times.p99_9, long.at(0.999)),
        figure("mean", times.mean, long.mean()),
    ]
}

/// The same stall over few connections. The server holds as many requests as
/// there are connections; all others wait unsent. So their wait is lag and
/// response time, and no service time. Over ample connections every request is
/// sent in time, and service times show a stall as well: that is no test.
pub(crate) fn polarity(live: &Live) -> Result<Vec<Found>> {
    let small = Stall { window_s: 1.0, stall_ms: 200.0, base_ms: 1.0 };
    let record = measure(live, small, &["-R", "2k", "-d", "1s", "-c", "20"])?.record;
    Ok(vec![judge_polarity(small, &record)])
}

fn judge_polarity(stall: Stall, record: &LoadRecord) -> Found {
    let stall = Stall { window_s: record.duration_s, ..stall };
    let (low, high) = WIDE.tail;
    let service = record.service_ms.and_then(|times| times.p99);
    let lag = record.lag_ms.and_then(|times| times.p99);
    judge_load("polarity", record, |times| {
        let want = stall.at(0.99);
        vec![
            near(("p99 response", "ms"), times.p99, want, (low * want, high * want)),
            at_most(("service", "ms"), service, 0.25 * want),
            at_least(("lag", "ms"), lag, 0.6 * want),
        ]
    })
}

/// A load with a stall after two fifths of its window.
///
/// The gate holds a request until it opens or its delay is over, whichever is
/// later; so that who arrives just before the end of the stall still has the
/// base ahead, the gate opens one base after it.
fn measure(live: &Live, stall: Stall, arguments: &[&str]) -> Result<Loaded> {
    let ms = |ms: f64| Duration::from_secs_f64(ms / 1e3);
    let at = WARMUP + Duration::from_secs_f64(0.4 * stall.window_s);
    let path = format!("/delay/{}?bytes=8", stall.base_ms * 1e3);
    let arguments = [arguments, &["--warmup", "200ms"]].concat();
    let call = Call {
        path: &path,
        arguments: &arguments,
        seed: 1,
        stamps: 0,
        stall: Some((at, ms(stall.stall_ms + stall.base_ms))),
    };
    live.load(&call)
}

#[cfg(test)]
#[path = "stall_tests.rs"]
pub(crate) mod tests;
