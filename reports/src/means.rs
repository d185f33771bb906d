//! Geometric means of ratios to the reference, within one category and metric.
//!
//! Never across categories, and never of anything but ratios to one fixed
//! reference: any other mean of ratios depends on who takes part.

use std::collections::HashMap;

use triathlon_contract::record::{RunFile, WorkloadFile};
use triathlon_statistics::geomean::{Geomean, geomean};
use triathlon_statistics::verdict::Rounds;

use crate::ratio::{Executions, of_metric};
use crate::summary::{Cell, GeometricMean};
use crate::text::six_digits;
use crate::{chart, metrics};

/// Metrics that are summed up: time, and the one that repeats best.
const METRICS: [&str; 2] = ["elapsed_s", "cpu_us_per_op"];

/// Resamples of the bootstrap.
const REPLICATES: usize = 1000;

/// The means of a run with verdicts, by category, metric and contestant.
pub(crate) fn means(
    run: &RunFile,
    cells: &[Cell],
    good: &HashMap<&str, Executions>,
) -> Vec<GeometricMean> {
    if !run.verdicts {
        return Vec::new();
    }
    let mut means = Vec::new();
    for category in categories(run) {
        let in_category = |cell: &&Cell| {
            let workload = run.workloads.iter().find(|workload| workload.name == cell.workload);
            // What goes on beside is in the CPU time, and is as much as there are workers.
            let alone = |workload: &WorkloadFile| {
                workload.category == category && workload.beside.is_none()
            };
            cell.way.is_empty() && workload.is_some_and(alone)
        };
        let own: Vec<&Cell> = cells.iter().filter(in_category).collect();
        for metric in METRICS {
            means.extend(of_category(run, &own, good, category, metric));
        }
    }
    means
}

/// The categories of a run, in the order of its workloads.
pub(crate) fn categories(run: &RunFile) -> Vec<&str> {
    let mut categories: Vec<&str> = Vec::new();
    for workload in &run.workloads {
        if !categories.contains(&workload.category.as_str()) {
            categories.push(&workload.category);
        }
    }
    categories
}

fn of_category(
    run: &RunFile,
    cells: &[&Cell],
    good: &HashMap<&str, Executions>,
    category: &str,
    metric: &str,
) -> Vec<GeometricMean> {
    let mut names: Vec<String> = Vec::new();
    for cell in cells {
        let who = chart::data::who(cell);
        if who != run.reference && !names.contains(&who) {
            names.push(who);
        }
    }
    let parts: Vec<Vec<u64>> = (1..=run.parts)
        .map(|part| (1..=run.rounds).filter(|round| run.part(*round) == part).collect())
        .collect();
    let of_contestant = |who: &String| {
        let own = cells.iter().filter(|cell| chart::data::who(cell) == *who);
        // A ratio that may be the server's is no contestant's.
        let own = own.filter(|cell| !(metrics::limitable(metric) && cell.ratio_limited));
        let ratios: Vec<Rounds> = own.filter_map(|cell| ratios(cell, good, metric)).collect();
        let Geomean {
            cells,
            ratio,
            low,
            high,
            wide_low,
            wide_high,
            least,
            most,
            without_low,
            without_high,
        } = geomean(&ratios, &parts, seed(&run.id), REPLICATES)?;
        let [ratio, low, high, wide_low, wide_high, least, most, without_low, without_high] =
            [ratio, low, high, wide_low, wide_high, least, most, without_low, without_high]
                .map(six_digits);
        Some(GeometricMean {
            category: category.to_string(),
            metric: metric.to_string(),
            who: who.clone(),
            cells,
            ratio,
            low,
            high,
            wide_low,
            wide_high,
            least,
            most,
            without_low,
            without_high,
        })
    };
    names.iter().filter_map(of_contestant).collect()
}

/// Per-round ratio to the reference; nothing if they share no round.
fn ratios(cell: &Cell, good: &HashMap<&str, Executions>, metric: &str) -> Option<Rounds> {
    let of = |id: &str| Some(of_metric(good.get(id)?, metric));
    let reference: HashMap<u64, f64> = of(cell.reference.as_deref()?)?.into_iter().collect();
    let ratio = |(round, value): (u64, f64)| {
        let ratio = value / reference.get(&round)?;
        (ratio.is_finite() && ratio > 0.0).then_some((round, ratio))
    };
    let ratios: Rounds = of(&cell.id)?.into_iter().filter_map(ratio).collect();
    (!ratios.is_empty()).then_some(ratios)
}

/// From the run's id, so that the same records give the same bytes.
fn seed(id: &str) -> u64 {
    id.bytes().fold(0, |seed, byte| seed.rotate_left(5) ^ u64::from(byte))
}
