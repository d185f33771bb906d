//! The numbers of a run that a test is about, or why there are none.

use std::collections::{BTreeMap, HashMap};

use triathlon_contract::record::CostFile;
use triathlon_statistics::verdict::{self, LEAST_MARGIN, Rounds};

use super::file::{Line, along};
use super::rule::Asked;
use super::{TIME_PER_OPERATION, cost};
use crate::asleep::least_squares;
use crate::family::{Matter, margin};
use crate::ratio::Executions;
use crate::status::Status;
use crate::summary::Cell;
use crate::{key, metrics, ratio, text};

/// What time per operation is made of.
const THROUGHPUT: &str = "throughput_per_s";

/// Where evidence is taken from.
#[derive(Clone, Copy)]
pub(super) struct Sources<'a> {
    /// The run.
    pub(super) matter: &'a Matter<'a>,
    /// What the small programs cost, if it was measured beside it.
    pub(super) cost: Option<&'a CostFile>,
}

/// Why a case has no value for a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// The run has not planned it.
    NotPlanned(String),
    /// The run has not measured it.
    NotMeasured(String),
    /// It has, and the value must not be used.
    Spoiled(String),
}

impl Missing {
    /// With what measures a case that a run without a filter leaves out.
    pub(super) fn unless_filtered(self, filter: Option<&str>) -> Self {
        match (self, filter) {
            (Self::NotPlanned(id), Some(filter)) => Self::NotMeasured(format!(
                "this run has no {id}; a run without a filter leaves it out, and `triathlon run \
                 '{filter}'` measures it"
            )),
            (Self::NotPlanned(id), None) => Self::NotMeasured(format!("this run has no {id}")),
            (other, _) => other,
        }
    }
}

/// Values by round.
pub(super) struct Values {
    pub(super) rounds: Rounds,
    pub(super) kind: Kind,
}

/// What rounds values have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Those of the run.
    OfRun,
    /// Their own, beside the run.
    Apart,
    /// None: a count is the same whenever it is made.
    Count,
}

/// One of the tests that a test of several cases is.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) of: &'a str,
    pub(super) to: Option<&'a str>,
    pub(super) metric: &'a str,
    pub(super) slope: Option<&'a Line>,
    pub(super) at_least: Option<f64>,
    pub(super) at_most: Option<f64>,
}

/// Values and bounds on one scale, logarithms where it is a ratio; and the margin of
/// the ratio.
pub(super) fn evidence(
    sources: Sources<'_>,
    wanted: Wanted<'_>,
) -> Result<(Asked, Option<f64>), Missing> {
    let Wanted { of, to, metric, slope, at_least, at_most } = wanted;
    let matter = sources.matter;
    let Values { rounds: own, kind } = values(sources, of, slope, false, metric)?;
    let Some(to) = to else {
        let asked = Asked { at_least, at_most, ..by_part(matter, kind, &first_per_round(&own)) };
        return Ok((asked, None));
    };
    let logs = log_ratios(&own, &values(sources, to, slope, true, metric)?.rounds);
    if logs.is_empty() {
        let reason = format!("{of} and {to} have no round in common with values above zero");
        return Err(Missing::NotMeasured(reason));
    }
    let margin_of = |id: &str, divisor: bool| match slope {
        Some(line) => of_slope(matter, id, line, divisor, metric),
        None => of_case(matter, id, metric),
    };
    let margin = margin_of(of, false).max(margin_of(to, true));
    let asked = Asked {
        at_least: at_least.map(f64::ln),
        at_most: at_most.map(f64::ln),
        floor: Some(margin.ln()),
        ..by_part(matter, kind, &logs)
    };
    Ok((asked, Some(margin)))
}

/// The values of a test or a figure that may be used, by round: those of a case, of a
/// small program, or a slope.
pub(super) fn values(
    sources: Sources<'_>,
    id: &str,
    slope: Option<&Line>,
    divisor: bool,
    metric: &str,
) -> Result<Values, Missing> {
    if key::parts(id).workload == cost::WORKLOAD {
        return cost::values(sources.matter, sources.cost, id, metric);
    }
    let rounds = match slope {
        Some(line) => slopes(sources.matter, id, line, divisor, metric)?,
        None => of_cell(sources.matter, id, metric)?,
    };
    Ok(Values { rounds, kind: Kind::OfRun })
}

/// Values of one preset at its place on the horizontal axis, the first of each round.
type Column = (f64, BTreeMap<u64, f64>);

/// The slope over several presets by least squares, in each round that has all of them.
fn slopes(
    matter: &Matter<'_>,
    id: &str,
    line: &Line,
    divisor: bool,
    metric: &str,
) -> Result<Rounds, Missing> {
    let column = |id: &String| -> Result<Column, Missing> {
        let values = first_per_round(&of_cell(matter, id, metric)?).into_iter().collect();
        match at(matter, id, line) {
            Some(at) => Ok((at, values)),
            None => Err(Missing::Spoiled(format!("{id} has no parameter {}", line.over))),
        }
    };
    let cases = along(id, Some(line), divisor);
    let slopes = through(&cases.iter().map(column).collect::<Result<Vec<_>, _>>()?);
    match slopes.is_empty() {
        true => Err(Missing::NotMeasured(format!("no round has all that the slope of {id} takes"))),
        false => Ok(slopes),
    }
}

/// Where a case is on the axis of a slope.
fn at(matter: &Matter<'_>, id: &str, line: &Line) -> Option<f64> {
    let cell = matter.cells.iter().find(|cell| cell.id == id)?;
    cell.parameters.get(&line.over).map(|at| *at as f64)
}

fn through(columns: &[Column]) -> Rounds {
    let rounds = columns.first().map(|(_, values)| values.keys().copied()).into_iter().flatten();
    let slope = |round: u64| {
        let points = columns.iter().map(|(at, values)| Some((*at, *values.get(&round)?)));
        Some((round, least_squares(&points.collect::<Option<Vec<_>>>()?)?))
    };
    rounds.filter_map(slope).collect()
}

/// What a slope differs from itself by: that of the contestant that was executed twice.
fn of_slope(matter: &Matter<'_>, id: &str, line: &Line, divisor: bool, metric: &str) -> f64 {
    let own = key::parts(id);
    let twin = matter.twins.keys().find(|twin| key::parts(twin).what() == own.what());
    let slopes = |executions: &HashMap<&str, Executions>| -> Option<Rounds> {
        let column = |id: &String| {
            let values = ratio::of_metric(executions.get(id.as_str())?, metric);
            Some((at(matter, id, line)?, first_per_round(&values).into_iter().collect()))
        };
        let columns = along(twin?, Some(line), divisor);
        Some(through(&columns.iter().map(column).collect::<Option<Vec<Column>>>()?))
    };
    let both = slopes(matter.twins).zip(slopes(matter.good));
    both.map_or(LEAST_MARGIN, |(twin, own)| verdict::margin(&twin, &own))
}

/// The values of a case that may be used, by round.
fn of_cell(matter: &Matter<'_>, id: &str, metric: &str) -> Result<Rounds, Missing> {
    let Some(cell) = matter.cells.iter().find(|cell| cell.id == id) else {
        return Err(Missing::NotPlanned(id.to_string()));
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

fn by_part(matter: &Matter<'_>, kind: Kind, values: &Rounds) -> Asked {
    let run = matter.run;
    let all = |part: Option<u64>| -> Vec<f64> {
        let own = |(round, _): &&(u64, f64)| part.is_none_or(|part| run.part(*round) == part);
        values.iter().filter(own).map(|(_, value)| *value).collect()
    };
    // What was measured beside the run is in none of its parts.
    let parts = if run.parts < 2 || kind != Kind::OfRun { 0 } else { run.parts };
    Asked {
        values: all(None),
        count: kind == Kind::Count,
        parts: (1..=parts).map(|part| all(Some(part))).collect(),
        ..Asked::default()
    }
}
