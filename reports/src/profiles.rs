//! Performance profiles: how often each contestant is within a factor of the
//! best, over the cases of one category.

use std::collections::BTreeSet;

use triathlon_contract::record::{RunFile, WorkloadFile};

use crate::summary::{Cell, PerformanceProfile, ProfileLine};
use crate::text::six_digits;
use crate::{chart, means, metrics};

/// Fewest cases that make a profile.
const LEAST_CASES: usize = 2;

/// The profiles of all categories with at least two cases and two contestants.
pub(crate) fn profiles(run: &RunFile, cells: &[Cell]) -> Vec<PerformanceProfile> {
    means::categories(run).into_iter().filter_map(|category| of(run, cells, category)).collect()
}

fn of(run: &RunFile, cells: &[Cell], category: &str) -> Option<PerformanceProfile> {
    let cases = cases(run, cells, category);
    let taking_part: BTreeSet<String> = cases
        .iter()
        .flat_map(|(_, cells)| cells.iter().map(|cell| chart::data::who(cell)))
        .collect();
    let own = |who: &&String| taking_part.contains(*who);
    let names: Vec<&String> = run.contestants.iter().map(|c| &c.who).filter(own).collect();
    if cases.len() < LEAST_CASES || names.len() < 2 {
        return None;
    }
    let costs: Vec<Vec<Option<f64>>> = cases
        .iter()
        .map(|(workload, cells)| names.iter().map(|who| cost(workload, cells, who)).collect())
        .collect();
    let steps = triathlon_statistics::profile::profile(&costs);
    let line = |(who, steps): (&&String, Vec<(f64, f64)>)| ProfileLine {
        who: (*who).clone(),
        steps: steps.into_iter().map(|(tau, share)| (six_digits(tau), six_digits(share))).collect(),
    };
    Some(PerformanceProfile {
        category: category.to_string(),
        cases: cases.len(),
        lines: names.iter().zip(steps).map(line).collect(),
    })
}

/// The cells that the profile of a category is made of, in the order of the plan.
pub(crate) fn cells<'a>(run: &'a RunFile, cells: &'a [Cell], category: &str) -> Vec<&'a Cell> {
    let cases = cases(run, cells, category).into_iter();
    let measured = cases.flat_map(|(workload, cells)| {
        let with_metric = |cell: &&Cell| cell.metrics.contains_key(&workload.chart.metric);
        cells.into_iter().filter(with_metric).collect::<Vec<_>>()
    });
    measured.collect()
}

/// Cases of a category that were measured, with the plain cells of each.
fn cases<'a>(
    run: &'a RunFile,
    cells: &'a [Cell],
    category: &str,
) -> Vec<(&'a WorkloadFile, Vec<&'a Cell>)> {
    let mut cases: Vec<(&WorkloadFile, &str, Vec<&Cell>)> = Vec::new();
    for workload in run.workloads.iter().filter(|workload| workload.category == category) {
        let plain = |cell: &&Cell| cell.workload == workload.name && cell.way.is_empty();
        for cell in cells.iter().filter(plain) {
            let same = |(w, preset, _): &&mut (&WorkloadFile, &str, Vec<&Cell>)| {
                w.name == workload.name && *preset == cell.preset
            };
            match cases.iter_mut().find(same) {
                Some((.., cells)) => cells.push(cell),
                None => cases.push((workload, &cell.preset, vec![cell])),
            }
        }
    }
    let measured = |cells: &[&Cell]| cells.iter().filter(|cell| cell.n > 0).count() > 1;
    let cases = cases.into_iter().filter(|(.., cells)| measured(cells));
    cases.map(|(workload, _, cells)| (workload, cells)).collect()
}

/// The median of the workload's own metric, turned so that less is better.
fn cost(workload: &WorkloadFile, cells: &[&Cell], who: &str) -> Option<f64> {
    let metric = workload.chart.metric.as_str();
    let cell = cells.iter().find(|cell| chart::data::who(cell) == who)?;
    let median = cell.metrics.get(metric)?.median;
    Some(if metrics::more_is_better(metric) { median.recip() } else { median })
}
