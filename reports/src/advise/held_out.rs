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
    /// In the CPU time of a call that computes nothing.
    pub(crate) cost: Option<Wrong>,
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
        let predicted = predicted(curve);
        let mut errors = waiting(curve, &predicted);
        if !curve.batch {
            errors.extend(with_computing(curve, computing));
        }
        // A cell of another workload proves computing for the contestant, whichever
        // of its curves answers.
        let most_computing_s = most(&curve.who);
        Proven {
            throughput: Wrong::of(errors),
            cost: Wrong::of(
                predicted.iter().map(|(held, cost)| error(*cost, held.cost_s)).collect(),
            ),
            memory: Wrong::of(held_out_memory(curve)),
            most_computing_s,
        }
    };
    curves.iter().map(of).collect()
}

/// CPU time of a call in each cell that waits, from all others and from those of other waits
/// alone. Cells without a wait measure the server.
fn predicted(curve: &Curve) -> Vec<(&Point, f64)> {
    let mut costs = Vec::new();
    for (place, held) in curve.points.iter().enumerate().filter(|(_, held)| held.wait_s > 0.0) {
        let others = |keep: &dyn Fn(&Point) -> bool| -> Vec<&Point> {
            let all = curve.points.iter().enumerate().filter(|(other, _)| *other != place);
            all.map(|(_, point)| point).filter(|point| keep(point)).collect()
        };
        let other_wait = |point: &Point| point.wait_s != held.wait_s && point.wait_s > 0.0;
        for points in [others(&|_| true), others(&other_wait)] {
            let cost = cost(&points, held.in_flight, held.wait_s);
            costs.extend(cost.map(|cost| (held, cost)));
        }
    }
    costs
}

/// What these give for throughput; cells that the server may have limited say nothing.
fn waiting(curve: &Curve, predicted: &[(&Point, f64)]) -> Vec<f64> {
    let errors = predicted.iter().filter_map(|(held, cost)| {
        let situation = Situation {
            in_flight: held.in_flight as u64,
            wait_s: held.wait_s,
            cpu_s: 0.0,
            rate_per_s: None,
            memory_bytes: None,
        };
        Some(error(throughput(curve, &situation, *cost).0, held.throughput_per_s?))
    });
    errors.collect()
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

#[cfg(test)]
mod tests {
    use super::super::curves::{Curve, Point};
    use super::super::model::Computing;
    use super::proven;

    fn curve(costs_us: [f64; 3]) -> Curve {
        let points = [16.0, 64.0, 256.0].iter().zip(costs_us).map(|(in_flight, cost_us)| Point {
            id: String::new(),
            in_flight: *in_flight,
            wait_s: 0.02,
            cost_s: cost_us * 1e-6,
            memory_bytes: 1e6,
            throughput_per_s: None,
            served_at_once: None,
        });
        let (who, style) = ("one".to_string(), "threads".to_string());
        let (workload, batch, most, processors) = ("request-loop", false, None, 1.0);
        Curve { who, style, workload, batch, most, processors, points: points.collect() }
    }

    /// Level beyond the outermost, straight in logarithms between: the error is in the cost
    /// alone, also where the server limited every throughput.
    #[test]
    fn the_error_in_cpu_time_is_that_of_cells_held_out() {
        let check = |costs, n: usize, median: f64, most: f64| {
            let proven = proven(&[curve(costs)], &Computing { cells: Vec::new() });
            let wrong = proven[0].cost.as_ref().unwrap();
            let near = |is: f64, want: f64| (is - want).abs() < 1e-4;
            assert!(
                wrong.n == n && near(wrong.median, median) && near(wrong.most, most),
                "{wrong:?}"
            );
            assert!(proven[0].throughput.is_none());
        };
        check([10.0, 10.0, 10.0], 3, 0.0, 0.0);
        // 16 from 64: 10 for 10. 64 between 10 and 12.1: 11 for 10. 256 from 64: 10 for 12.1.
        check([10.0, 10.0, 12.1], 3, 0.1, 1.0 - 10.0 / 12.1);
    }
}
