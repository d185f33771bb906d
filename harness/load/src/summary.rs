//! From counts to what is printed. Pure.

use std::collections::BTreeMap;

use triathlon_contract::record::{GeneratorRecord, LoadRecord, LoadStatus, LoadTimes, SCHEMA};

use crate::Expect;
use crate::fault::Fault;
use crate::load::{Load, Model, Outcome};
use crate::percentiles::{At, is_weak};
use crate::records::Times;
use crate::verdict::{Evidence, Verdict, judge};

/// The percentiles of a record, and their shares.
pub const PERCENTILES: [(&str, f64); 8] = [
    ("p50", 0.50),
    ("p75", 0.75),
    ("p90", 0.90),
    ("p95", 0.95),
    ("p98", 0.98),
    ("p99", 0.99),
    ("p99.5", 0.995),
    ("p99.9", 0.999),
];

/// The record of a load. `cpus`: of the machine, for the share of steal.
pub fn summary(load: &Load, outcome: &Outcome, url: &str, cpus: usize) -> LoadRecord {
    let Outcome { records, planned, window, .. } = outcome;
    let window_s = window.as_secs_f64();
    let steal_share = share(outcome.steal_ns as f64 / 1e9, window_s * cpus as f64);
    let Verdict { status, mut reasons, queue_growth_per_s } = verdict(outcome, steal_share);
    let open = outcome.is_open();
    // A figure that must not be believed is not printed.
    let shown = status <= LoadStatus::Degraded;
    if shown {
        reasons.extend(weak(if open { &records.response } else { &records.service }, open));
    }
    reasons.extend(ends_badly(outcome, load));
    let show = |times: &Times, when: bool| (shown && when).then(|| load_times(times));
    let (arrival, seed) = match load.model {
        Model::Open { arrival, seed, .. } => (Some(arrival.to_string()), Some(seed)),
        Model::Closed => (None, None),
    };
    LoadRecord {
        schema: SCHEMA,
        url: url.to_string(),
        model: if open { "open" } else { "closed" }.to_string(),
        arrival,
        seed,
        connections: load.connections as u64,
        threads: load.threads as u64,
        duration_s: window_s,
        warmup_s: load.warmup.as_secs_f64(),
        timeout_s: load.timeout.as_secs_f64(),
        interrupted: outcome.interrupted,
        planned: *planned,
        ok: records.ok,
        failed: records.failed(),
        timed_out: records.timed_out,
        shed: 0,
        unfinished: records.unfinished,
        failures: failures(outcome),
        warmup_requests: records.warmup,
        reconnects: outcome.reconnects,
        bytes: records.bytes,
        verified: verified(&load.expect),
        rate_offered_per_s: open.then(|| share(*planned as f64, window_s)),
        rate_achieved_per_s: share(records.in_time as f64, window_s),
        queue_growth_per_s,
        response_ms: show(&records.response, open),
        service_ms: show(&records.service, true),
        // What makes a result invalid must be seen; in a saturated one lag is the queue.
        lag_ms: (open && status != LoadStatus::Saturated).then(|| load_times(&records.lag)),
        lag_own_ms: open.then(|| load_times(&records.own_lag)),
        generator: generator(outcome),
        steal_share,
        status,
        reasons,
        slo: Vec::new(),
    }
}

impl Outcome {
    /// Whether there was a plan.
    fn is_open(&self) -> bool {
        !self.planned_by_second.is_empty()
    }

    /// All response times, for those who want more than percentiles.
    pub fn response(&self) -> &Times {
        &self.records.response
    }
}

fn verdict(outcome: &Outcome, steal: f64) -> Verdict {
    let known = |at: At| if let At::Known(ns) = at { Some(ns as f64) } else { None };
    judge(&Evidence {
        open: outcome.is_open(),
        planned_by_second: &outcome.planned_by_second,
        started_by_second: &outcome.records.started_by_second,
        response_p50_ns: known(outcome.records.response.at(0.5)),
        own_lag_p99_ns: known(outcome.records.own_lag.at(0.99)),
        busy: outcome.busy.iter().copied().fold(0.0, f64::max),
        steal,
    })
}

fn generator(outcome: &Outcome) -> GeneratorRecord {
    let in_time = outcome.records.in_time;
    let us = |late: std::time::Duration| late.as_nanos() as f64 / 1e3;
    GeneratorRecord {
        busy_share: round(outcome.busy.iter().copied().fold(0.0, f64::max)),
        spin_share: round(outcome.spun),
        cpu_us_per_request: (in_time > 0)
            .then(|| round(outcome.cpu_ns as f64 / 1e3 / in_time as f64)),
        timer_late_p50_us: us(outcome.overshoot.p50),
        timer_late_p99_us: us(outcome.overshoot.p99),
    }
}

fn failures(outcome: &Outcome) -> BTreeMap<String, u64> {
    let classes = Fault::NAMES.iter().zip(outcome.records.failures);
    classes.filter(|(_, n)| *n > 0).map(|(name, n)| ((*name).to_string(), n)).collect()
}

fn verified(expect: &Expect) -> String {
    match expect {
        Expect::Any => "length".to_string(),
        Expect::Length(bytes) => format!("{bytes} bytes"),
        Expect::Exactly(bytes) => format!("{} known bytes", bytes.len()),
    }
}

/// The percentiles that rest on few values, in one sentence.
fn weak(times: &Times, open: bool) -> Option<String> {
    let few =
        |(_, p): &&(&str, f64)| matches!(times.at(*p), At::Known(_)) && is_weak(times.len(), *p);
    let names: Vec<&str> = PERCENTILES.iter().filter(few).map(|(name, _)| *name).collect();
    let of = if open { "response" } else { "service" };
    let rests = if names.len() == 1 { "rests" } else { "rest" };
    (!names.is_empty()).then(|| {
        format!("{} of {of} times {rests} on fewer than 100 requests beyond", names.join(", "))
    })
}

/// What did not end well, in one sentence each.
fn ends_badly(outcome: &Outcome, load: &Load) -> Vec<String> {
    let records = &outcome.records;
    let mut reasons = Vec::new();
    if outcome.interrupted {
        reasons.push("it was interrupted: what was not due yet is not counted".to_string());
    }
    if records.failed() > 0 {
        reasons.push(format!(
            "{} of {} requests failed; they have no times and stand beyond every percentile",
            records.failed(),
            outcome.planned
        ));
    }
    if records.timed_out > 0 {
        reasons.push(format!(
            "{} of {} requests were given up after {:?}; their times are longer",
            records.timed_out, outcome.planned, load.timeout
        ));
    }
    if records.unfinished > 0 {
        reasons.push(format!(
            "{} of {} requests had no end; their times are longer than their age then",
            records.unfinished, outcome.planned
        ));
    }
    reasons
}

fn load_times(times: &Times) -> LoadTimes {
    let known = |at: At| if let At::Known(ns) = at { Some(ms(ns as f64)) } else { None };
    let at = |name: &str| {
        let found = PERCENTILES.iter().find(|(known, _)| *known == name);
        found.and_then(|(_, p)| known(times.at(*p)))
    };
    LoadTimes {
        mean: times.mean_ns().map(ms),
        p50: at("p50"),
        p75: at("p75"),
        p90: at("p90"),
        p95: at("p95"),
        p98: at("p98"),
        p99: at("p99"),
        p99_5: at("p99.5"),
        p99_9: at("p99.9"),
        max: known(times.max()),
        censored: times.censored,
        beyond_ms: (times.censored > 0).then(|| ms(times.censored_from_ns as f64)),
    }
}

/// Milliseconds, to the nanosecond.
fn ms(ns: f64) -> f64 {
    ns.round() / 1e6
}

/// Four digits behind the point.
fn round(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

fn share(of: f64, all: f64) -> f64 {
    if all > 0.0 { of / all } else { 0.0 }
}
