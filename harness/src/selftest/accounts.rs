//! Every request is accounted for, and what has no percentile gets none.

use std::thread;

use anyhow::anyhow;
use triathlon_contract::record::{LoadRecord, LoadStatus};

use super::figure::{Found, Verdict, at_least, exactly, judge, near, reason};
use super::live::{Call, Live};
use crate::Result;
use crate::server::Counters;

/// Per cent that are dropped, hang, and are answered with 500.
const SHARES: [u64; 3] = [2, 1, 3];

/// Of the trial's draws.
const SEED: u64 = 11;

/// How long nobody waits any longer, ms.
const TIMEOUT_MS: f64 = 300.0;

/// All rows of this file, at the same time: nothing in them depends on less than
/// milliseconds.
pub(crate) fn all(live: &Live) -> Result<Vec<Found>> {
    thread::scope(|scope| {
        let rows = [conservation, censored, slow].map(|row| scope.spawn(move || row(live)));
        rows.into_iter()
            .map(|row| row.join().unwrap_or_else(|_| Err(anyhow!("a row panicked").into())))
            .collect()
    })
}

/// A server that misbehaves: the draws of its seed say exactly how often, and
/// both sides must count just that.
fn conservation(live: &Live) -> Result<Found> {
    let [dropped, hung, errors] = SHARES;
    let path = format!("/fault?drop={dropped}&hang={hung}&error={errors}&bytes=8");
    let loaded = live.load(&Call {
        path: &path,
        arguments: &[
            "-R",
            "2k",
            "-d",
            "1s",
            "--warmup",
            "0s",
            "-c",
            "100",
            "--timeout",
            "300ms",
            "--no-spin",
        ],
        seed: SEED,
        stamps: 0,
        stall: None,
    })?;
    Ok(judge_conservation(&loaded.record, &loaded.counters))
}

fn judge_conservation(record: &LoadRecord, counters: &Counters) -> Found {
    let [dropped, hung, errors] = drawn(SEED, 2000, SHARES);
    let fault = |name: &str| counters.faults.get(name).copied().unwrap_or(0);
    let class = |name: &str| record.failures.get(name).copied().unwrap_or(0);
    let found = judge(
        "conservation",
        vec![
            exactly("planned", record.planned, 2000),
            exactly("closed", class("connection closed"), dropped),
            exactly("timed out", without_end(record), hung),
            exactly("5xx", class("status 5xx"), errors),
            exactly("ok", record.ok, 2000 - dropped - hung - errors),
            exactly("unaccounted", record.planned.abs_diff(sum(record)), 0),
            exactly("server: requests", counters.witness.requests, 2000),
            exactly("dropped", fault("dropped"), dropped),
            exactly("hung", fault("hung"), hung),
            exactly("errors", fault("errors"), errors),
            exactly("answered", counters.answered, 2000 - dropped - hung - errors),
        ],
    );
    // Eleven counts are too many for a line; the certificate has them.
    let line = |record: [u64; 4]| {
        let [ok, closed, timed_out, errors] = record;
        format!("ok {ok}, closed {closed}, timed out {timed_out}, 5xx {errors}")
    };
    let counted = [record.ok, class("connection closed"), without_end(record), class("status 5xx")];
    let wanted = line([2000 - dropped - hung - errors, dropped, hung, errors]);
    Found { wanted, got: line(counted), ..found }
}

/// Requests that nobody answered: a timeout after they were sent, or when the
/// load ended a timeout after its window. Whoever was sent late in the last
/// milliseconds of it meets that end first, on a busy machine.
fn without_end(record: &LoadRecord) -> u64 {
    record.timed_out + record.unfinished
}

fn sum(record: &LoadRecord) -> u64 {
    let LoadRecord { ok, failed, timed_out, shed, unfinished, .. } = record;
    ok + failed + timed_out + shed + unfinished
}

/// How many of `n` requests are dropped, hang, and get a 500.
///
/// Source: mock-server/README.md, "Draws": the third stream of splitmix64 is for
/// faults, whose kinds have the lowest hundredths.
fn drawn(seed: u64, n: u64, [drop, hang, error]: [u64; 3]) -> [u64; 3] {
    let mut state = seed;
    let third = (0..3).map(|_| splitmix(&mut state)).last().unwrap_or_default();
    let (mut state, mut counts) = (third, [0; 3]);
    for _ in 0..n {
        let part = ((100 * u128::from(splitmix(&mut state))) >> 64) as u64;
        let kind = [drop, drop + hang, drop + hang + error].iter().position(|end| part < *end);
        if let Some(kind) = kind {
            counts[kind] += 1;
        }
    }
    counts
}

/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators".
pub(crate) fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut word = *state;
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// Of 1 000 requests, by chance some more or fewer.
const SLOW: f64 = 100.0;

/// One in ten takes two seconds, and nobody waits that long.
fn censored(live: &Live) -> Result<Found> {
    let loaded = live.load(&Call {
        path: "/delay/bimodal/20000/2000000/100?bytes=8",
        arguments: &[
            "-R",
            "2k",
            "-d",
            "500ms",
            "--warmup",
            "0s",
            "-c",
            "300",
            "--timeout",
            "300ms",
        ],
        seed: 12,
        stamps: 0,
        stall: None,
    })?;
    let printed = crate::cmd::load::block(&loaded.record);
    Ok(judge_censored(&loaded.record, &printed, loaded.counters.witness.given_up))
}

fn judge_censored(record: &LoadRecord, printed: &str, given_up: u64) -> Found {
    let row = printed.lines().find_map(|line| line.trim_start().strip_prefix("p99 "));
    let cell = row.map_or("", str::trim_start);
    // The first column is that of response times.
    let beyond = cell.strip_prefix("> ").and_then(|rest| rest.split_whitespace().next());
    let late = without_end(record) as f64;
    let beyond_ms = beyond.and_then(|number| number.parse().ok());
    let mut found = judge(
        "censored tail",
        vec![
            at_least(("p99 beyond", "ms"), beyond_ms, TIMEOUT_MS),
            exactly("given up by the server", given_up, without_end(record)),
            near(("timed out", ""), Some(late), SLOW, (0.5 * SLOW, 2.0 * SLOW)),
        ],
    );
    found.wanted = format!("p99 printed as > {TIMEOUT_MS:.0} ms, not a number");
    found.got =
        format!("p99 {}", beyond.map_or("not censored".to_string(), |n| format!("> {n} ms")));
    if record.status > LoadStatus::Degraded {
        found.verdict = Verdict::Spoiled(reason(record));
    }
    found
}

/// A server that does 500 a second is offered 2 000.
fn slow(live: &Live) -> Result<Found> {
    let loaded = live.load(&Call {
        path: "/limit/500?bytes=8",
        arguments: &[
            "-R",
            "2k",
            "-d",
            "1s",
            "--warmup",
            "0s",
            "-c",
            "64",
            "--timeout",
            "300ms",
            "--no-spin",
        ],
        seed: 1,
        stamps: 0,
        stall: None,
    })?;
    Ok(judge_slow(&loaded.record))
}

fn judge_slow(record: &LoadRecord) -> Found {
    let growth = record.queue_growth_per_s;
    let figure = near(("growth", "/s"), growth, 1500.0, (1200.0, 1800.0));
    let mut found = judge("slow server", vec![figure]);
    found.wanted = format!("saturated, no percentiles, {}", found.wanted);
    let saturated = record.status == LoadStatus::Saturated;
    let silent = record.response_ms.is_none() && record.service_ms.is_none();
    let times = if silent { "no percentiles" } else { "percentiles" };
    if !(saturated && silent) {
        let status = record.status;
        found.verdict = Verdict::Failed(format!("its status is {status:?} and it has {times}"));
    }
    let word = if saturated { "saturated" } else { "not saturated" };
    found.got = format!("{word}, {times}, {}", found.got);
    found
}

#[cfg(test)]
#[path = "accounts_tests.rs"]
mod tests;
