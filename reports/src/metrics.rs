//! One execution: its values by name of metric.

mod title;

use std::collections::BTreeMap;

use triathlon_contract::record::{
    AsleepRecord, BesideRecord, LateRecord, Machine, OpenRecord, OverloadRecord, PaceRecord,
    PerOperation, Record, RunFile, Service, StepRecord, WindowRecord,
};
use triathlon_contract::{Shares, SlowClients};
use triathlon_statistics::fairness::jain_of_sums;

pub(crate) use title::title;

/// Every metric, in the order of the files; units last.
pub const METRICS: [&str; 52] = [
    "elapsed_s",
    "throughput_per_s",
    "offered_per_s",
    "achieved_per_s",
    "capacity_per_s",
    "goodput_per_s",
    "goodput_share",
    "recovery_us",
    "response_mean_us",
    "response_p50_us",
    "response_p90_us",
    "response_p95_us",
    "response_p99_us",
    "response_p999_us",
    "lag_mean_us",
    "lag_p50_us",
    "lag_p99_us",
    "lag_max_us",
    "calls",
    "call_mean_us",
    "call_p50_us",
    "call_max_us",
    "given_up",
    "giving_up_mean_us",
    "giving_up_p50_us",
    "giving_up_p90_us",
    "giving_up_max_us",
    "cpu_us_per_op",
    "cpu_user_us_per_op",
    "cpu_system_us_per_op",
    "ctx_switches_per_op",
    "voluntary_switches_per_op",
    "involuntary_switches_per_op",
    "peak_rss_bytes",
    "held_bytes",
    "reserved_bytes",
    "sleepers",
    "held_each_bytes",
    "reserved_each_bytes",
    "idle_cpu_share",
    "least_share",
    "most_share",
    "jain_index",
    "minor_faults_per_op",
    "service_mean_us",
    "service_p50_us",
    "service_p99_us",
    "server_cpu_share",
    "contestant_cpu_share",
    "threads",
    "peak_in_flight",
    "server_delay_excess_p90_us",
];

/// The metrics that are compared with the reference.
pub const COMPARED: [&str; 8] = [
    "elapsed_s",
    "throughput_per_s",
    "response_p50_us",
    "response_p99_us",
    "giving_up_mean_us",
    "cpu_us_per_op",
    "ctx_switches_per_op",
    "peak_rss_bytes",
];

/// What the schedule of an open loop or of sleepers decides, so that it is no result.
const OF_THE_SCHEDULE: [&str; 2] = ["elapsed_s", "throughput_per_s"];

/// What belongs to answering everybody behind a window of fixed length as well, or is that
/// length, or leaves out who still waits.
fn of_the_settling(metric: &str) -> bool {
    ["elapsed_s", "contestant_cpu_share"].contains(&metric)
        || metric.ends_with("_per_op")
        || metric.starts_with("service_")
}

/// What depends on how long it went on, if the rate is not reached.
pub(crate) fn of_the_queue(metric: &str) -> bool {
    metric.starts_with("response_") || metric.starts_with("lag_")
}

/// How many CPUs each side had; none where it is not known, and for a server
/// that takes no part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cpus {
    pub(crate) contestant: Option<f64>,
    pub(crate) server: Option<f64>,
    pub(crate) all: Option<f64>,
}

impl Cpus {
    /// Of executions of a workload, with the mock server or without.
    pub(crate) fn of(run: &RunFile, server: bool) -> Self {
        let all = machine_cpus(&run.machine);
        let set = |cpus: &[usize]| match cpus.len() {
            0 => all,
            n => Some(n as f64),
        };
        let (contestant, _) = run.placement.of(server);
        let beside = server.then_some(run.placement.server_cpus.as_slice());
        Self { contestant: set(contestant), server: beside.and_then(set), all }
    }
}

/// Whether the mock server takes part in a workload; in one that the run does
/// not introduce it does, so that nothing counts as proven without it.
pub(crate) fn with_server(run: &RunFile, workload: &str) -> bool {
    let known = run.workloads.iter().find(|known| known.name == workload);
    known.is_none_or(|known| known.server)
}

/// The number in a fact that counts CPUs, or the one that opens the class:
/// `2 CPUs, AMD EPYC`.
pub(crate) fn machine_cpus(machine: &Machine) -> Option<f64> {
    let number = |text: &str| {
        let digits: String = text.trim_start().chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<f64>().ok().filter(|cpus| *cpus >= 1.0)
    };
    ["cpus", "CPUs", "logical cpus", "online cpus"]
        .iter()
        .find_map(|name| machine.facts.get(*name).and_then(|fact| number(fact)))
        .or_else(|| machine.class.contains("CPU").then(|| number(&machine.class)).flatten())
}

/// The values of an execution that has a window; a metric that cannot be
/// formed (no operations, no samples beyond a percentile) is left out.
pub(crate) fn of(record: &Record, cpus: Cpus) -> BTreeMap<&'static str, f64> {
    let Some(window) = &record.window else {
        return BTreeMap::new();
    };
    // What the process says it might use: presets may be about fewer than the set.
    let contestant = window.cpus.map(|cpus| cpus as f64).or(cpus.contestant);
    let mut values = of_window(window, Cpus { contestant, ..cpus });
    if let Some(open) = &record.open {
        values.retain(|metric, _| !OF_THE_SCHEDULE.contains(metric));
        values.extend(of_open(open, record.pace.as_ref()));
    }
    if record.asleep.is_some() || record.late.is_some() {
        values.retain(|metric, _| !OF_THE_SCHEDULE.contains(metric));
        // That of all sleepers together is the schedule's, too.
        values.retain(|metric, _| !metric.starts_with("service_"));
    }
    if let Some(overload) = record.driven.as_ref().and_then(|driven| driven.overload.as_ref()) {
        values.retain(|metric, _| !OF_THE_SCHEDULE.contains(metric));
        // Requests of every step together are of no load.
        values.retain(|metric, _| !metric.starts_with("service_"));
        values.extend(of_overload(overload));
    }
    if let Some(asleep) = &record.asleep {
        values.extend(of_asleep(asleep));
    }
    if let Some(late) = &record.late {
        values.extend(of_late(late));
    }
    if let Some(shares) = record.outcome.as_ref().and_then(|outcome| outcome.shares.as_ref()) {
        values.extend(of_shares(shares, window.operations()));
    }
    if let Some(fairness) = record.driven.as_ref().and_then(|driven| driven.fairness) {
        values.extend(of_shares(&fairness.shares, fairness.answers));
    }
    // Beside a schedule lie calls that hold it up; a closed loop gives up.
    match (&record.beside, &record.open) {
        (Some(beside), Some(_)) => values.extend(of_calls(beside)),
        (Some(beside), None) => values.extend(of_giving_up(beside)),
        (None, _) => {}
    }
    if let Some(slow) = record.driven.as_ref().and_then(|driven| driven.generator.slow) {
        values.retain(|metric, _| !of_the_settling(metric));
        values.extend(of_slow(&slow));
    }
    if let Some(witness) = &record.witness {
        values.insert("peak_in_flight", witness.peak_in_flight as f64);
        let excess =
            witness.delay_excess_us.map(|excess| ("server_delay_excess_p90_us", excess.p90));
        values.extend(excess.filter(|(_, p90)| p90.is_finite()));
    }
    values
}

fn of_open(
    open: &OpenRecord,
    pace: Option<&PaceRecord>,
) -> impl Iterator<Item = (&'static str, f64)> {
    let OpenRecord { response_us, lag_us, .. } = open;
    let capacity = pace.and_then(|pace| pace.capacity);
    let values = [
        ("offered_per_s", Some(open.offered_per_s)),
        ("achieved_per_s", Some(open.achieved_per_s)),
        ("capacity_per_s", capacity.map(|capacity| capacity.per_s)),
        ("response_mean_us", Some(response_us.mean)),
        ("response_p50_us", response_us.p50),
        ("response_p90_us", response_us.p90),
        ("response_p95_us", response_us.p95),
        ("response_p99_us", response_us.p99),
        ("response_p999_us", response_us.p99_9),
        ("lag_mean_us", Some(lag_us.mean)),
        ("lag_p50_us", lag_us.p50),
        ("lag_p99_us", lag_us.p99),
        ("lag_max_us", Some(lag_us.max)),
    ];
    let finite = |(name, value): (_, Option<f64>)| Some((name, value.filter(|v| v.is_finite())?));
    values.into_iter().filter_map(finite)
}

/// What all sleepers hold together: resident memory, page tables and, of threads, stacks
/// in the kernel, which are read of the whole machine and so left out where no thread
/// slept; and the address space that they reserve. What the process holds anyhow is in
/// it, so what one of them holds is a slope over their number; beside it the quotients,
/// which hold a share of that; and the share of one CPU that all took meanwhile.
fn of_asleep(asleep: &AsleepRecord) -> impl Iterator<Item = (&'static str, f64)> {
    let stacks = asleep.kernel_stack_bytes.filter(|_| asleep.threads >= asleep.sleepers as i64);
    let held = asleep.resident_bytes + asleep.page_table_bytes + stacks.unwrap_or(0);
    let each = |bytes: i64| bytes as f64 / asleep.sleepers as f64;
    let idle = asleep.idle_cpu_ns as f64 / asleep.idle_ns as f64;
    let values = [
        ("held_bytes", held as f64),
        ("reserved_bytes", asleep.virtual_bytes as f64),
        ("sleepers", asleep.sleepers as f64),
        ("held_each_bytes", each(held)),
        ("reserved_each_bytes", each(asleep.virtual_bytes)),
        ("idle_cpu_share", idle),
    ];
    values.into_iter().filter(|(_, value)| value.is_finite())
}

/// How equally those who contend had their turns, or their answers: the fewest and the most
/// of one, as shares of all, and Jain's index.
fn of_shares(shares: &Shares, all: u64) -> impl Iterator<Item = (&'static str, f64)> {
    let all = all as f64;
    let Shares { least, most, contenders, squares } = *shares;
    // Records before squares were kept have no index.
    let index = (squares > 0).then(|| jain_of_sums(contenders as usize, all, squares as f64));
    let values = [
        ("least_share", Some(least as f64 / all)),
        ("most_share", Some(most as f64 / all)),
        ("jain_index", index),
    ];
    let finite = |(name, value): (_, Option<f64>)| Some((name, value.filter(|v| v.is_finite())?));
    values.into_iter().filter_map(finite)
}

/// At twice the capacity: answers in time, and their share of those of the step that had
/// most.
fn of_overload(overload: &OverloadRecord) -> impl Iterator<Item = (&'static str, f64)> {
    let goodputs = || overload.stairs().iter().map(StepRecord::goodput_per_s);
    let most = goodputs().fold(0.0, f64::max);
    let twice = overload.stairs().iter().find(|step| step.percent == 200);
    let twice = twice.map(StepRecord::goodput_per_s);
    let values = [
        ("capacity_per_s", Some(overload.contest.capacity_per_s)),
        ("goodput_per_s", twice),
        ("goodput_share", twice.map(|twice| twice / most)),
        ("recovery_us", overload.recovery_us),
    ];
    let finite = |(name, value): (_, Option<f64>)| Some((name, value.filter(|v| v.is_finite())?));
    values.into_iter().filter_map(finite)
}

fn of_late(late: &LateRecord) -> impl Iterator<Item = (&'static str, f64)> {
    let values = [
        ("lag_mean_us", Some(late.late_us.mean)),
        ("lag_p50_us", late.late_us.p50),
        ("lag_p99_us", late.late_us.p99),
        ("lag_max_us", Some(late.late_us.max)),
    ];
    let finite = |(name, value): (_, Option<f64>)| Some((name, value.filter(|v| v.is_finite())?));
    values.into_iter().filter_map(finite)
}

/// What healthy clients got beside slow ones: of none the upper bound, so that a ratio is one;
/// who still waited at the end counts with the time that it had.
fn of_slow(slow: &SlowClients) -> impl Iterator<Item = (&'static str, f64)> {
    let us = |ns: u64| ns as f64 / 1e3;
    let p99 = slow.service_p99_ns.map(|ns| ("service_p99_us", us(ns)));
    let all =
        [("throughput_per_s", slow.goodput_per_s()), ("service_p50_us", us(slow.service_p50_ns))];
    all.into_iter().chain(p99).filter(|(_, value)| value.is_finite())
}

fn of_calls(beside: &BesideRecord) -> impl Iterator<Item = (&'static str, f64)> {
    let calls = beside.service_us;
    let values = [
        ("calls", Some(beside.count as f64)),
        ("call_mean_us", Some(calls.mean)),
        ("call_p50_us", calls.p50),
        ("call_max_us", Some(calls.max)),
    ];
    let finite = |(name, value): (_, Option<f64>)| Some((name, value.filter(|v| v.is_finite())?));
    values.into_iter().filter_map(finite)
}

fn of_giving_up(beside: &BesideRecord) -> impl Iterator<Item = (&'static str, f64)> {
    let times = beside.service_us;
    let values = [
        ("given_up", Some(beside.count as f64)),
        ("giving_up_mean_us", Some(times.mean)),
        ("giving_up_p50_us", times.p50),
        ("giving_up_p90_us", times.p90),
        ("giving_up_max_us", Some(times.max)),
    ];
    let finite = |(name, value): (_, Option<f64>)| Some((name, value.filter(|v| v.is_finite())?));
    values.into_iter().filter_map(finite)
}

fn of_window(window: &WindowRecord, cpus: Cpus) -> BTreeMap<&'static str, f64> {
    let float = |count: u64| count as f64;
    let operations = float(window.operations());
    let elapsed_ns = float(window.elapsed_ns);
    let user_us = float(window.user_ns) / 1e3;
    let system_us = float(window.system_ns) / 1e3;
    let (voluntary, involuntary) =
        (float(window.voluntary_switches), float(window.involuntary_switches));
    let service = |of: fn(Service) -> Option<f64>| {
        let per_sample = operations / float(window.samples);
        window.service_us.and_then(of).map(|us| us / per_sample)
    };
    let each = PerOperation::of(window);
    let share = |cpu_ns: f64, cpus: Option<f64>| cpus.map(|cpus| cpu_ns / (elapsed_ns * cpus));
    let values = [
        ("elapsed_s", Some(elapsed_ns / 1e9)),
        ("throughput_per_s", Some(operations / (elapsed_ns / 1e9))),
        ("cpu_us_per_op", each.map(|each| each.cpu_us)),
        ("cpu_user_us_per_op", Some(user_us / operations)),
        ("cpu_system_us_per_op", Some(system_us / operations)),
        ("ctx_switches_per_op", each.map(|each| each.switches)),
        ("voluntary_switches_per_op", Some(voluntary / operations)),
        ("involuntary_switches_per_op", Some(involuntary / operations)),
        ("peak_rss_bytes", Some(float(window.peak_resident_bytes))),
        ("minor_faults_per_op", Some(float(window.minor_faults) / operations)),
        ("service_mean_us", service(|service| Some(service.mean))),
        ("service_p50_us", service(|service| service.p50)),
        ("service_p99_us", service(|service| service.p99)),
        ("server_cpu_share", share(float(window.server_cpu_ns), cpus.server)),
        ("contestant_cpu_share", share((user_us + system_us) * 1e3, cpus.contestant)),
        ("threads", Some(float(window.threads_open.max(window.threads_close)))),
    ];
    values
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.filter(|value| value.is_finite())?)))
        .collect()
}

/// Whether more of a metric is wanted; of all others, less.
pub(crate) fn more_is_better(metric: &str) -> bool {
    ["throughput_per_s", "goodput_per_s", "goodput_share", "capacity_per_s"].contains(&metric)
}

/// Whether a busy server may be what limits the metric.
pub(crate) fn limitable(metric: &str) -> bool {
    let of_time =
        ["elapsed_s", "throughput_per_s", "achieved_per_s", "goodput_per_s"].contains(&metric);
    of_time || metric.starts_with("service_") || of_the_queue(metric)
}
