//! May the figures be believed? Rules over what was counted. Pure.

use triathlon_contract::record::LoadStatus;

/// Share of a second's plan, and of the whole plan, that may be missing; one
/// request may in any case, as it can cross the edge of its second.
const MISSING_MAX: f64 = 0.01;

/// Least lag that is worth a word: 100 µs, or this share of the median.
const LAG_MIN_NS: f64 = 100_000.0;
const LAG_SHARE: f64 = 0.05;

/// Work of a thread above which its figures suffer, and are its own.
const BUSY_MUCH: f64 = 0.70;
const BUSY_MOST: f64 = 0.80;

/// Share of all CPUs that a hypervisor may take.
const STEAL_MAX: f64 = 0.01;

/// What the rules look at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evidence<'a> {
    pub(crate) open: bool,
    pub(crate) planned_by_second: &'a [u64],
    /// One longer: the last is what started behind the window.
    pub(crate) started_by_second: &'a [u64],
    /// Medians and tails in nanoseconds, where they are known.
    pub(crate) response_p50_ns: Option<f64>,
    pub(crate) own_lag_p99_ns: Option<f64>,
    pub(crate) busy: f64,
    pub(crate) steal: f64,
}

/// The judgement, its reasons, and how fast the queue grew where it did.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) status: LoadStatus,
    pub(crate) reasons: Vec<String>,
    pub(crate) queue_growth_per_s: Option<f64>,
}

impl Verdict {
    fn worsen(&mut self, status: LoadStatus, reason: String) {
        self.status = self.status.max(status);
        self.reasons.push(reason);
    }
}

/// Applies every rule.
pub(crate) fn judge(evidence: &Evidence<'_>) -> Verdict {
    let mut verdict =
        Verdict { status: LoadStatus::Valid, reasons: Vec::new(), queue_growth_per_s: None };
    if evidence.open {
        reached(evidence, &mut verdict);
        lag(evidence, &mut verdict);
    }
    busy(evidence, &mut verdict);
    if evidence.steal > STEAL_MAX {
        let reason = format!("the hypervisor took {:.1} % of the CPUs", 100.0 * evidence.steal);
        verdict.worsen(LoadStatus::Degraded, reason);
    }
    verdict
}

/// Saturated if the plan was not reached as a whole, or in more than one
/// second in ten. A single second that was made up for is a stall of the
/// server, and what the response times are there to show.
fn reached(evidence: &Evidence<'_>, verdict: &mut Verdict) {
    let planned = evidence.planned_by_second;
    let started =
        &evidence.started_by_second[..planned.len().min(evidence.started_by_second.len())];
    let short = |planned: u64, started: u64| {
        planned.saturating_sub(started) as f64 > (planned as f64 * MISSING_MAX).max(1.0)
    };
    let seconds: Vec<usize> = planned
        .iter()
        .zip(started)
        .enumerate()
        .filter_map(|(second, (planned, started))| short(*planned, *started).then_some(second + 1))
        .collect();
    let (all, sent): (u64, u64) = (planned.iter().sum(), started.iter().sum());
    let share = sent as f64 / all.max(1) as f64;
    if short(all, sent) || seconds.len() > (planned.len() / 10).max(1) {
        let growth = growth(planned, started);
        verdict.queue_growth_per_s = Some(growth);
        let reason = format!(
            "the rate was not reached: {:.1} % of the plan started in time, in {} of {} seconds \
             less than 99 %; the queue grew by {growth:.1} requests a second",
            100.0 * share,
            seconds.len(),
            planned.len(),
        );
        verdict.worsen(LoadStatus::Saturated, reason);
    } else if let Some(second) = seconds.first() {
        let reason = format!(
            "in second {second} less than 99 % of the plan started, all connections being busy; \
             it was made up for, and response times have the wait"
        );
        verdict.worsen(LoadStatus::Degraded, reason);
    }
}

/// Slope of the queue over the ends of steps of equal length, by least squares:
/// requests for each step.
pub fn growth(planned: &[u64], started: &[u64]) -> f64 {
    let mut queue = vec![0.0];
    for (planned, started) in planned.iter().zip(started) {
        let last = queue[queue.len() - 1];
        queue.push(last + *planned as f64 - *started as f64);
    }
    let n = queue.len() as f64;
    let (x, y) = ((n - 1.0) / 2.0, queue.iter().sum::<f64>() / n);
    let pairs = || queue.iter().enumerate().map(|(i, value)| (i as f64 - x, value - y));
    let spread: f64 = pairs().map(|(dx, _)| dx * dx).sum();
    if spread > 0.0 { pairs().map(|(dx, dy)| dx * dy).sum::<f64>() / spread } else { 0.0 }
}

fn lag(evidence: &Evidence<'_>, verdict: &mut Verdict) {
    let (Some(lag_ns), Some(p50_ns)) = (evidence.own_lag_p99_ns, evidence.response_p50_ns) else {
        return;
    };
    let us = |ns: f64| ns / 1e3;
    let figures = format!("{:.0} µs at p99, response p50 is {:.0} µs", us(lag_ns), us(p50_ns));
    if lag_ns > p50_ns && lag_ns > LAG_MIN_NS {
        let reason = format!("the generator was late by more than it measured: {figures}");
        verdict.worsen(LoadStatus::Invalid, reason);
    } else if lag_ns > LAG_MIN_NS.max(LAG_SHARE * p50_ns) {
        verdict.worsen(LoadStatus::Degraded, format!("the generator was late: {figures}"));
    }
}

fn busy(evidence: &Evidence<'_>, verdict: &mut Verdict) {
    let percent = 100.0 * evidence.busy;
    if evidence.busy > BUSY_MOST {
        // A closed loop has no times that it could spoil but those of service.
        let status = if evidence.open { LoadStatus::Invalid } else { LoadStatus::Degraded };
        let reason =
            format!("a thread of the generator was busy for {percent:.0} %: it may be the limit");
        verdict.worsen(status, reason);
    } else if evidence.open && evidence.busy > BUSY_MUCH {
        let reason = format!("a thread of the generator was busy for {percent:.0} %");
        verdict.worsen(LoadStatus::Degraded, reason);
    }
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
