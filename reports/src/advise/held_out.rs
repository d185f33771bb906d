//! What the model is worth: its errors on measured cells that it was not shown.

use serde::Serialize;
use triathlon_statistics::median;

use super::Situation;
use super::curves::{Curve, Point};
use super::model::{Computing, cost, memory, throughput};
use crate::text::six_digits;

/// Errors of the model, each as a share of what was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Wrong {
    /// Predictions.
    pub n: usize,
    /// Median of their errors.
    pub median: f64,
    /// The largest.
    pub most: f64,
    /// All of them; left out of files.
    #[serde(skip)]
    errors: Vec<f64>,
}

impl Wrong {
    pub(super) fn of(errors: Vec<f64>) -> Option<Self> {
        let (middle, most) = (median(&errors)?, errors.iter().copied().fold(0.0, f64::max));
        let (median, most) = (six_digits(middle), six_digits(most));
        Some(Self { n: errors.len(), median, most, errors })
    }

    /// Of several contestants.
    pub(crate) fn together<'a>(all: impl Iterator<Item = &'a Self>) -> Option<Self> {
        Self::of(all.flat_map(|wrong| wrong.errors.iter().copied()).collect())
    }
}

/// What is known of the model for a curve.
#[derive(Clone, Debug)]
pub(crate) struct Proven {
    /// None where no cell could be held out.
    pub(crate) throughput: Option<Wrong>,
    /// The same; only cells with others on both sides can be.
    pub(crate) memory: Option<Wrong>,
    /// The most that a call computes in a cell that was held out.
    pub(crate) most_computing_s: f64,
}

/// For each curve, in their order.
pub(crate) fn proven(curves: &[Curve], computing: &Computing) -> Vec<Proven> {
    let most = |who: &str| {
        let own = computing.cells.iter().filter(|(of, ..)| of == who);
        own.map(|(_, situation, _)| situation.cpu_s).fold(0.0, f64::max)
    };
    let of = |curve: &Curve| {
        let mut errors = waiting(curve);
        if !curve.batch {
            errors.extend(with_computing(curve, computing));
        }
        // A cell of another workload proves computing for the contestant, whichever
        // of its curves answers.
        let most_computing_s = most(&curve.who);
        Proven {
            throughput: Wrong::of(errors),
            memory: Wrong::of(held_out_memory(curve)),
            most_computing_s,
        }
    };
    curves.iter().map(of).collect()
}

/// Each cell from all others, and from those of other waits alone. Cells without a wait
/// measure the server, and those that it may have limited say nothing.
fn waiting(curve: &Curve) -> Vec<f64> {
    let mut errors = Vec::new();
    for (place, held) in curve.points.iter().enumerate() {
        let Some(measured) = held.throughput_per_s.filter(|_| held.wait_s > 0.0) else { continue };
        let others = |keep: &dyn Fn(&Point) -> bool| -> Vec<&Point> {
            let all = curve.points.iter().enumerate().filter(|(other, _)| *other != place);
            all.map(|(_, point)| point).filter(|point| keep(point)).collect()
        };
        let situation = Situation {
            in_flight: held.in_flight as u64,
            wait_s: held.wait_s,
            cpu_s: 0.0,
            rate_per_s: None,
            memory_bytes: None,
        };
        let other_wait = |point: &Point| point.wait_s != held.wait_s && point.wait_s > 0.0;
        for points in [others(&|_| true), others(&other_wait)] {
            if let Some(cost) = cost(&points, held.in_flight, held.wait_s) {
                errors.push(error(throughput(curve, &situation, cost).0, measured));
            }
        }
    }
    errors
}

fn with_computing(curve: &Curve, computing: &Computing) -> Vec<f64> {
    let points: Vec<&Point> = curve.points.iter().collect();
    let own = computing.cells.iter().filter(|(who, ..)| *who == curve.who);
    let predicted = own.filter_map(|(_, situation, measured)| {
        let cost = cost(&points, situation.in_flight as f64, situation.wait_s)?;
        Some(error(throughput(curve, situation, cost + situation.cpu_s).0, *measured))
    });
    predicted.collect()
}

/// Each number of calls in flight from those around it.
fn held_out_memory(curve: &Curve) -> Vec<f64> {
    let mut errors = Vec::new();
    for held in &curve.points {
        let others: Vec<&Point> =
            curve.points.iter().filter(|point| point.in_flight != held.in_flight).collect();
        let inner = others.iter().any(|point| point.in_flight < held.in_flight)
            && others.iter().any(|point| point.in_flight > held.in_flight);
        if let Some(predicted) = memory(&others, held.in_flight).filter(|_| inner) {
            errors.push(error(predicted, held.memory_bytes));
        }
    }
    errors
}

/// How far a prediction is off, as a share of what was measured.
pub(super) fn error(predicted: f64, measured: f64) -> f64 {
    (predicted / measured - 1.0).abs()
}
