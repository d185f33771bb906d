//! The numbers of a run that a test is about, or why there are none.

use std::collections::BTreeMap;

use triathlon_statistics::verdict::Rounds;

use super::TIME_PER_OPERATION;
use super::rule::Asked;
use crate::family::{Matter, margin};
use crate::status::Status;
use crate::summary::Cell;
use crate::{key, metrics, ratio, text};

/// What time per operation is made of.
const THROUGHPUT: &str = "throughput_per_s";

/// Why a case has no value for a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// The run has not measured it.
    NotMeasured(String),
    /// It has, and the value must not be used.
    Spoiled(String),
}

/// One of the tests that a test of several cases is.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) of: &'a str,
    pub(super) to: Option<&'a str>,
    pub(super) metric: &'a str,
    pub(super) at_least: Option<f64>,
    pub(super) at_most: Option<f64>,
}

/// Values and bounds on one scale, logarithms where it is a ratio; and the margin of
/// the ratio.
pub(super) fn evidence(
    matter: &Matter<'_>,
    wanted: Wanted<'_>,
) -> Result<(Asked, Option<f64>), Missing> {
    let Wanted { of, to, metric, at_least, at_most } = wanted;
    let own = values(matter, of, metric)?;
    let Some(to) = to else {
        let asked = Asked { at_least, at_most, ..by_part(matter, &first_per_round(&own)) };
        return Ok((asked, None));
    };
    let logs = log_ratios(&own, &values(matter, to, metric)?);
    if logs.is_empty() {
        let reason = format!("{of} and {to} have no round in common with values above zero");
        return Err(Missing::NotMeasured(reason));
    }
    let margin = [of, to].map(|id| of_case(matter, id, metric)).into_iter().fold(1.0, f64::max);
    let asked = Asked {
        at_least: at_least.map(f64::ln),
        at_most: at_most.map(f64::ln),
        floor: Some(margin.ln()),
        ..by_part(matter, &logs)
    };
    Ok((asked, Some(margin)))
}

/// The values of a case that may be used, by round.
pub(super) fn values(matter: &Matter<'_>, id: &str, metric: &str) -> Result<Rounds, Missing> {
    let Some(cell) = matter.cells.iter().find(|cell| cell.id == id) else {
        return Err(Missing::NotMeasured(format!("this run has no {id}")));
    };
    usable(cell, metric)?;
    let executions = matter.good.get(id);
    let values = executions.map_or_else(Rounds::new, |executions| match metric {
        TIME_PER_OPERATION => {
            let rates = ratio::of_metric(executions, THROUGHPUT).into_iter();
            rates.map(|(round, rate)| (round, 1e6 / rate)).collect()
        }
        metric => ratio::of_metric(executions, metric),
    });
    let values: Rounds = values.into_iter().filter(|(_, value)| value.is_finite()).collect();
    if values.is_empty() {
        let why = match cell.reason.is_empty() {
            true => String::new(),
            false => format!(" ({})", text::clip(&cell.reason, 160)),
        };
        return Err(Missing::Spoiled(format!("{id} has no {metric}{why}")));
    }
    Ok(values)
}

/// Whether the values of a cell say something of its contestant in that metric.
fn usable(cell: &Cell, metric: &str) -> Result<(), Missing> {
    let reason = || text::clip(&cell.reason, 160);
    let id = &cell.id;
    match cell.status {
        Status::Valid | Status::Degraded => {}
        Status::Absent => {
            return Err(Missing::NotMeasured(format!("{id} is absent: {}", reason())));
        }
        Status::NotRun => return Err(Missing::NotMeasured(format!("{id} was not executed"))),
        Status::Failed => {
            return Err(Missing::NotMeasured(format!("{id} failed: {}", reason())));
        }
        Status::Invalid => return Err(Missing::Spoiled(format!("{id} is invalid: {}", reason()))),
    }
    let limitable = metric == TIME_PER_OPERATION || metrics::limitable(metric);
    match &cell.limited {
        Some(why) if limitable => Err(Missing::Spoiled(format!("{id} is {why}"))),
        _ => Ok(()),
    }
}

/// What the same thing differs from itself by, at the case of a cell.
fn of_case(matter: &Matter<'_>, id: &str, metric: &str) -> f64 {
    let case = key::parts(id);
    // The reciprocal of a ratio is as far from one.
    let metric = if metric == TIME_PER_OPERATION { THROUGHPUT } else { metric };
    margin(matter, &case.workload, &case.preset, metric)
}

fn first_per_round(values: &Rounds) -> Rounds {
    let first: BTreeMap<u64, f64> = values.iter().rev().copied().collect();
    first.into_iter().collect()
}

/// Logarithms of the ratios in the rounds that both have, as
/// [`triathlon_statistics::verdict::log_ratios`] takes them, with their rounds.
fn log_ratios(of: &Rounds, to: &Rounds) -> Rounds {
    let to: BTreeMap<u64, f64> = first_per_round(to).into_iter().collect();
    let ratio = |(round, value): (u64, f64)| Some((round, value.ln() - to.get(&round)?.ln()));
    let ratios = first_per_round(of).into_iter().filter_map(ratio);
    ratios.filter(|(_, log)| log.is_finite()).collect()
}

fn by_part(matter: &Matter<'_>, values: &Rounds) -> Asked {
    let run = matter.run;
    let all = |part: Option<u64>| -> Vec<f64> {
        let own = |(round, _): &&(u64, f64)| part.is_none_or(|part| run.part(*round) == part);
        values.iter().filter(own).map(|(_, value)| *value).collect()
    };
    let parts = if run.parts < 2 { 0 } else { run.parts };
    Asked {
        values: all(None),
        parts: (1..=parts).map(|part| all(Some(part))).collect(),
        ..Asked::default()
    }
}
