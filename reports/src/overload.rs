//! What becomes of servers under more load than they can carry: step by step over the
//! executions of each case.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;
use triathlon_contract::record::{
    CaseFile, ContestRecord, OverloadRecord, Record, RunFile, StepRecord,
};
use triathlon_statistics::{Summary as Estimate, median};

use crate::summary::Spread;
use crate::text::{self, Quantity};
use crate::{key, status};

/// The workload that overloads servers.
pub(crate) const WORKLOAD: &str = "serve-overload";

/// Share of its CPU from which on the generator may have been the limit of a contest.
const BUSY: f64 = 0.8;

/// What a server did at shares of its own capacity.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Overload {
    /// The case.
    pub id: String,
    /// Answers per second as often as connections can ask.
    pub capacity_per_s: Spread,
    /// CPU time of the generator meanwhile, to the time; it has one thread.
    pub generator_share: Spread,
    /// Whether that is so much that the generator may have been the limit.
    pub limited: bool,
    /// The steps that lead up, in order.
    pub steps: Vec<Stair>,
    /// Executions that were themselves again within the last step.
    pub recovered: usize,
    /// Of those, how long it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery_ms: Option<Spread>,
    /// Length of the last step.
    pub recovery_step_ms: f64,
    /// Answers of the connection that had fewest when all asked as often as they could, to
    /// the mean.
    pub least: Spread,
    /// Answers of the connection that had most, likewise.
    pub greatest: Spread,
    /// Jain's index of all connections.
    pub jain: Spread,
}

/// One step over the executions of a case.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Stair {
    /// What was asked for, to the capacity, in per cent.
    pub percent: u64,
    /// Answers in time, to the capacity.
    pub goodput: Spread,
    /// Answers however late, to the capacity.
    pub answered: Spread,
    /// What a server would show that keeps its capacity and answers in order.
    pub in_order: f64,
    /// Median over executions of the percentile of response times; none where too few lie
    /// beyond.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_p50_us: Option<f64>,
    /// The same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_p99_us: Option<f64>,
}

/// Of every case that was measured, in the order of the plan.
pub(crate) fn overloads(run: &RunFile, records: &[Record]) -> Vec<Overload> {
    let mut by_case: HashMap<&str, Vec<&OverloadRecord>> = HashMap::new();
    for record in records.iter().filter(|record| status::counts(record) && !record.twin) {
        let overload = record.driven.as_ref().and_then(|driven| driven.overload.as_ref());
        if let Some(overload) = overload
            && status::disturbed(run, record).is_none()
        {
            by_case.entry(&record.id).or_default().push(overload);
        }
    }
    let own = run.cases.iter().filter(|case| key::parts(&case.id).workload == WORKLOAD);
    own.filter_map(|case| overload(case, by_case.get(case.id.as_str())?)).collect()
}

/// What the generator takes for an answer, times the capacity: its CPU time is that of the
/// whole contest, whose lead-in is in no other figure.
fn generator_share(contest: &ContestRecord) -> f64 {
    let answers = (contest.answers + contest.beside).max(1);
    contest.generator_cpu_ns as f64 / answers as f64 * contest.capacity_per_s / 1e9
}

fn overload(case: &CaseFile, all: &[&OverloadRecord]) -> Option<Overload> {
    let first = *all.first()?;
    // Records of one case have the same steps, or were written by somebody else.
    let same = |record: &&&OverloadRecord| percents(record) == percents(first);
    let all: Vec<&OverloadRecord> = all.iter().filter(same).copied().collect();
    let over = |value: &dyn Fn(&OverloadRecord) -> f64| spread(all.iter().map(|one| value(one)));
    let stair = |place: usize| stair(&all, place);
    let recoveries: Vec<f64> = all.iter().filter_map(|one| one.recovery_us).collect();
    let last = first.steps.last()?;
    let generator_share = over(&|one| generator_share(&one.contest))?;
    Some(Overload {
        id: case.id.clone(),
        capacity_per_s: over(&|one| one.contest.capacity_per_s)?,
        limited: generator_share.median >= BUSY,
        generator_share,
        steps: (0..first.stairs().len()).map(stair).collect::<Option<_>>()?,
        recovered: recoveries.len(),
        recovery_ms: spread(recoveries.iter().map(|us| us / 1e3)),
        recovery_step_ms: last.length_ns as f64 / 1e6,
        least: over(&|one| one.contest.least)?,
        greatest: over(&|one| one.contest.greatest)?,
        jain: over(&|one| one.contest.jain)?,
    })
}

fn percents(record: &OverloadRecord) -> Vec<u64> {
    record.steps.iter().map(|step| step.percent).collect()
}

fn stair(all: &[&OverloadRecord], place: usize) -> Option<Stair> {
    let step = |one: &OverloadRecord| one.steps[place];
    let to_capacity = |per_s: fn(&StepRecord) -> f64| {
        spread(all.iter().map(|one| per_s(&step(one)) / one.contest.capacity_per_s))
    };
    let percentile = |of: fn(&StepRecord) -> Option<f64>| {
        let values: Vec<f64> = all.iter().filter_map(|one| of(&step(one))).collect();
        median(&values).map(text::six_digits)
    };
    let first = all.first()?;
    let StepRecord { percent, length_ns, .. } = step(first);
    Some(Stair {
        percent,
        goodput: to_capacity(StepRecord::goodput_per_s)?,
        answered: to_capacity(StepRecord::answered_per_s)?,
        in_order: text::six_digits(in_order(percent, length_ns as f64 / 1e6, first.deadline_ms)),
        response_p50_us: percentile(|step| step.response_p50_us),
        response_p99_us: percentile(|step| step.response_p99_us),
    })
}

/// Goodput to capacity, over a step that begins with nothing in flight, of a server that
/// answers one request after the other at its capacity, whatever is asked.
///
/// With x times the capacity asked for, who asks at t waits (x − 1)·t. The last whom that
/// does not keep for longer than the deadline D asks at D/(x − 1) and is answered D later:
/// up to then every answer is in time, and behind it none.
fn in_order(percent: u64, length_ms: f64, deadline_ms: u64) -> f64 {
    let asked = percent as f64 / 100.0;
    if asked <= 1.0 {
        return asked;
    }
    let until_ms = deadline_ms as f64 * asked / (asked - 1.0);
    (until_ms / length_ms.max(f64::MIN_POSITIVE)).min(1.0)
}

fn spread(values: impl Iterator<Item = f64>) -> Option<Spread> {
    let values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    Some(Estimate::of(&values)?.into())
}

/// What is seen in the drawing, in words: of the first preset.
pub(crate) fn finding(found: &[Overload], reference: &str) -> String {
    let first = found.first().map(preset).unwrap_or_default();
    let own: Vec<&Overload> = found.iter().filter(|one| preset(one) == first).collect();
    said(&own, reference)
}

/// Of twice the capacity: what the reference keeps, and who keeps most and least.
pub(crate) fn said(own: &[&Overload], reference: &str) -> String {
    let ranked = ranked(own);
    let (Some(most), Some(least)) = (ranked.first(), ranked.last()) else {
        return "No server was asked for twice its capacity.".to_string();
    };
    let (one, stair) = chosen(&ranked, reference).unwrap_or(most);
    let mut text = format!(
        "{}: asked for twice its capacity, {} still answered {} of its capacity in time, and {} however \
         late; in order and without loss it would be {}.",
        text::short(&preset(one), 60),
        who(one),
        share(stair.goodput.median),
        share(stair.answered.median),
        share(stair.in_order)
    );
    if ranked.len() > 1 {
        text += &format!(
            " Most in time: {} ({}); least: {} ({}).",
            who(most.0),
            share(most.1.goodput.median),
            who(least.0),
            share(least.1.goodput.median)
        );
    }
    text
}

/// How soon the reference was itself again, and how equally it served.
pub(crate) fn said_behind(own: &[&Overload], reference: &str) -> String {
    let ranked = ranked(own);
    let Some((one, _)) = chosen(&ranked, reference).or(ranked.first()) else {
        return String::new();
    };
    let recovery = match &one.recovery_ms {
        Some(ms) => format!(
            "was back to its usual response times after {} in {} of {} executions",
            milliseconds(ms.median),
            one.recovered,
            one.jain.n
        ),
        None => format!(
            "was not back to its usual response times within {}",
            milliseconds(one.recovery_step_ms)
        ),
    };
    format!(
        "From three times its capacity {} {recovery}. When all connections asked as often as they \
         could, the one with fewest answers had {} of the mean and the one with most {} (Jain's index \
         {}).",
        who(one),
        share(one.least.median),
        share(one.greatest.median),
        text::digits(one.jain.median)
    )
}

/// Servers with what they did at twice their capacity, whoever has most in time first.
fn ranked<'a>(own: &[&'a Overload]) -> Vec<(&'a Overload, &'a Stair)> {
    let at_twice = |one: &'a Overload| one.steps.iter().find(|stair| stair.percent == 200);
    let mut ranked: Vec<_> = own.iter().filter_map(|one| Some((*one, at_twice(one)?))).collect();
    ranked.sort_by(|a, b| b.1.goodput.median.total_cmp(&a.1.goodput.median));
    ranked
}

fn chosen<'r, 'a>(
    ranked: &'r [(&'a Overload, &'a Stair)],
    reference: &str,
) -> Option<&'r (&'a Overload, &'a Stair)> {
    ranked.iter().find(|(one, _)| who(one) == reference)
}

fn share(share: f64) -> String {
    text::quantified(Quantity::Share, share)
}

/// Name of the preset.
pub(crate) fn preset(one: &Overload) -> String {
    key::parts(&one.id).preset
}

/// Contestant, flavour and way.
pub(crate) fn who(one: &Overload) -> String {
    text::short(&key::who_and_way(&key::parts(&one.id)), 60)
}

pub(crate) fn milliseconds(ms: f64) -> String {
    text::quantified(Quantity::Milliseconds, ms)
}

#[cfg(test)]
mod tests {
    use super::in_order;

    /// By hand. A deadline of a quarter of the step: three times the capacity is in time for
    /// 3/8 of it.
    #[test]
    fn a_server_that_answers_in_order_is_in_time_until_its_queue_is_as_long_as_the_deadline() {
        let check = |percent, want: f64| {
            let got = in_order(percent, 160.0, 40);
            assert!((got - want).abs() < 1e-12, "{percent}: {got} instead of {want}");
        };
        check(50, 0.5);
        check(100, 1.0);
        check(150, 0.75);
        check(200, 0.5);
        check(300, 0.375);
        assert_eq!(in_order(110, 160.0, 40), 1.0, "the queue is short at the end");
    }
}
