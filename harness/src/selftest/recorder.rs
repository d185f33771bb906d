//! What keeping a time costs, as a share of the fastest operation's CPU.

use std::hint::black_box;
use std::time::Instant;

use anyhow::Context;
use triathlon_contract::record::SelftestFigure;
use triathlon_lab::{Lab, Sample};
use triathlon_load::Times;

use super::figure::{Found, Verdict, judge};
use super::live::Live;
use crate::{Result, build, machine};

/// CPU of one operation of the fastest cell, in nanoseconds. Source: README,
/// `cpu` with jobs of 5 µs, the baseline.
const OPERATION_NS: f64 = 4_800.0;

/// What logging may cost: a hundredth. It fails at three times that.
const SHARE_MAX: f64 = 0.01;
const HEAD_ROOM: f64 = 3.0;

/// Histograms that take a time of every request: response, service, lag, and
/// the generator's part of the lag.
const HISTOGRAMS: f64 = 4.0;

/// Times that are kept for one measurement, and measurements.
const TIMES: usize = 1 << 17;
const REPEATS: usize = 7;

/// Nanoseconds of each part of keeping one operation.
#[derive(Clone, Copy, Debug)]
struct Costs {
    histogram_ns: f64,
    log_ns: f64,
    clock_ns: f64,
}

/// On the generator's CPU.
pub(crate) fn recorder(live: &Live) -> Result<Vec<Found>> {
    let costs = std::thread::scope(|scope| {
        let measured = scope.spawn(|| {
            machine::pin(&live.cpus).ok();
            measure()
        });
        measured.join().map_err(|_| anyhow::anyhow!("the recorder panicked"))?
    })?;
    Ok(vec![judge_recorder(costs, build::optimised())])
}

fn judge_recorder(costs: Costs, optimised: bool) -> Found {
    let Costs { histogram_ns, log_ns, clock_ns } = costs;
    let most_ns = SHARE_MAX * OPERATION_NS;
    let figure = |name: &str, found| SelftestFigure {
        name: name.to_string(),
        unit: "ns".to_string(),
        wanted: Some(most_ns),
        low: None,
        high: Some(HEAD_ROOM * most_ns),
        found: Some(found),
    };
    let histograms_ns = HISTOGRAMS * histogram_ns;
    let figures = vec![figure("histograms", histograms_ns), figure("lane", log_ns)];
    let share = |ns: f64| format!("{ns:.0} ns {:.1} %", 100.0 * ns / OPERATION_NS);
    let mut found = judge("recorder", figures);
    found.wanted = format!("histograms, lane ≤ 1 % of {:.1} µs; clock apart", OPERATION_NS / 1e3);
    found.got = format!(
        "histograms {}, lane {}, clock {}",
        share(histograms_ns),
        share(log_ns),
        share(2.0 * clock_ns)
    );
    if !optimised {
        found.verdict = Verdict::NotMeasured("this build is not optimised".to_string());
    }
    found
}

/// The least of several: what disturbs only adds.
fn measure() -> Result<Costs> {
    // From 50 µs to 200 ms, in no order, as a load has them.
    let mut random = fastrand::Rng::with_seed(1);
    let times_ns: Vec<u64> =
        (0..4096).map(|_| (50_000.0 * 4000_f64.powf(random.f64())) as u64).collect();
    let mut least = [f64::INFINITY; 3];
    for _ in 0..REPEATS {
        let (mut times, lab) = (Times::new()?, Lab::new(None));
        let (mut lane, clock) = (lab.lane(TIMES as u64), lab.clock());
        let each = [
            each_ns(|i| times.record(times_ns[i % times_ns.len()])),
            each_ns(|i| lane.log(Sample::closed(i as u64, black_box(i as u64 + 1)))),
            each_ns(|_| {
                black_box(clock.now_ns());
            }),
        ];
        let kept = (times.len(), lane.samples().len());
        let all = (kept == (TIMES as u64, TIMES)).then_some(()); // and so nothing is optimised away
        all.context("the recorder lost a time")?;
        least.iter_mut().zip(each).for_each(|(least, ns)| *least = least.min(ns));
    }
    let [histogram_ns, log_ns, clock_ns] = least;
    Ok(Costs { histogram_ns, log_ns, clock_ns })
}

fn each_ns(mut act: impl FnMut(usize)) -> f64 {
    let start = Instant::now();
    (0..TIMES).for_each(&mut act);
    start.elapsed().as_secs_f64() * 1e9 / TIMES as f64
}

#[cfg(test)]
mod tests {
    use super::{Costs, judge_recorder};
    use crate::selftest::figure::Verdict;

    #[test]
    fn a_recorder_that_costs_three_hundredths_fails() {
        let check = |histogram_ns, log_ns, clock_ns, optimised| {
            judge_recorder(Costs { histogram_ns, log_ns, clock_ns }, optimised).verdict
        };
        assert_eq!(check(6.0, 2.0, 25.0, true), Verdict::Ok);
        assert_eq!(check(20.0, 60.0, 900.0, true), Verdict::Ok, "a figure up to three times");
        assert!(matches!(check(40.0, 2.0, 25.0, true), Verdict::Failed(_)));
        assert!(matches!(check(6.0, 150.0, 25.0, true), Verdict::Failed(_)));
        assert!(matches!(check(40.0, 2.0, 25.0, false), Verdict::NotMeasured(_)));
    }
}
