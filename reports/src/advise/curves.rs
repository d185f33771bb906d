//! What was measured of a contestant over calls in flight and waits.

use std::collections::HashMap;

use crate::render::Model;
use crate::summary::Cell;
use crate::{key, text};

/// A workload, the parameter that says how many calls are in flight, and whether all are
/// wanted at once and once.
pub(super) type Swept = (&'static str, &'static str, bool);

/// The workloads that are about calls that wait, the steady one first.
const WORKLOADS: [Swept; 2] =
    [("request-loop", "connections", false), ("fan-out", "fetches", true)];

/// Flavours and contestants of one thread, however many CPUs there are.
const ALONE: [&str; 2] = ["current-thread", "single"];

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Point {
    pub(crate) id: String,
    /// Calls in flight that were asked for.
    pub(crate) in_flight: f64,
    pub(crate) wait_s: f64,
    /// CPU time of a call.
    pub(crate) cost_s: f64,
    pub(crate) memory_bytes: f64,
    /// None where the server may have been the limit.
    pub(crate) throughput_per_s: Option<f64>,
    /// Most calls that the server had at once.
    pub(crate) served_at_once: Option<f64>,
}

/// All cells of a contestant in a workload.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Curve {
    pub(crate) who: String,
    pub(crate) style: String,
    pub(crate) workload: &'static str,
    /// Whether all calls are wanted at once and once, not again and again.
    pub(crate) batch: bool,
    /// Most calls that it ever has in flight; none if as many as are asked for.
    pub(crate) most: Option<f64>,
    /// CPUs that it can use.
    pub(crate) processors: f64,
    /// In the order of calls in flight, then of waits.
    pub(crate) points: Vec<Point>,
}

/// The curves of a run, in the order of its plan.
pub(crate) fn curves(model: &Model<'_>) -> Vec<Curve> {
    curves_of(model, &WORKLOADS, usual)
}

/// The curves of some workloads, of their cells that are meant.
pub(super) fn curves_of(
    model: &Model<'_>,
    workloads: &[Swept],
    meant: impl Fn(&Cell) -> bool,
) -> Vec<Curve> {
    let mut peaks: HashMap<&str, u64> = HashMap::new();
    for record in &model.input.records {
        let peak = peaks.entry(&record.id).or_default();
        *peak = record.expected.peak_high.max(*peak);
    }
    let mut curves: Vec<Curve> = Vec::new();
    for &(workload, over, batch) in workloads {
        let plain = |cell: &&Cell| cell.workload == workload && meant(cell);
        let body = |cell: &Cell| cell.parameters.get("body_bytes").copied();
        let first = model.summary.cells.iter().find(plain).and_then(body);
        // Another size of body is another cost.
        for cell in model.summary.cells.iter().filter(plain).filter(|cell| body(cell) == first) {
            let Some(point) = point(cell, over) else { continue };
            let who = name(&cell.id);
            let place = curves.iter().position(|c| c.who == who && c.workload == workload);
            let place = place.unwrap_or_else(|| {
                curves.push(Curve {
                    who,
                    style: text::short(&cell.style, 30),
                    workload,
                    batch,
                    most: None,
                    processors: processors(model, cell),
                    points: Vec::new(),
                });
                curves.len() - 1
            });
            let peak = peaks.get(cell.id.as_str()).map(|peak| *peak as f64);
            let curve = &mut curves[place];
            if let Some(peak) = peak.filter(|peak| *peak >= 1.0 && *peak < point.in_flight) {
                curve.most = Some(curve.most.unwrap_or(1.0).max(peak));
            }
            curve.points.push(point);
        }
    }
    for curve in &mut curves {
        curve.points.sort_by(|a, b| {
            a.in_flight.total_cmp(&b.in_flight).then(a.wait_s.total_cmp(&b.wait_s))
        });
    }
    curves
}

/// Contestant, flavour and way of a case, cleaned.
pub(super) fn name(id: &str) -> String {
    text::short(&key::who_and_way(&key::parts(id)), 60)
}

/// No pool between calls and connections, no timeouts, no other client.
fn usual(cell: &Cell) -> bool {
    let none = |name: &str| cell.parameters.get(name).copied().unwrap_or(0) == 0;
    none("pool") && none("timeout_ms") && cell.way != triathlon_contract::STACK
}

fn point(cell: &Cell, over: &str) -> Option<Point> {
    let parameter = |name: &str| cell.parameters.get(name).map(|value| *value as f64);
    let metric = |name: &str| cell.metrics.get(name).map(|spread| spread.median);
    Some(Point {
        id: cell.id.clone(),
        in_flight: parameter(over).filter(|n| *n >= 1.0)?,
        wait_s: parameter("delay_us")? / 1e6,
        cost_s: metric("cpu_us_per_op").filter(|us| *us > 0.0)? / 1e6,
        memory_bytes: metric("peak_rss_bytes")?,
        throughput_per_s: metric("throughput_per_s").filter(|_| cell.limited.is_none()),
        served_at_once: metric("peak_in_flight"),
    })
}

pub(super) fn processors(model: &Model<'_>, cell: &Cell) -> f64 {
    let (cpus, workers) = model.input.run.placement.of(true);
    let alone = ALONE.contains(&cell.flavour.as_str()) || cell.contestant == "blocking";
    if alone { 1.0 } else { (cpus.len() as f64).max(workers as f64).max(1.0) }
}
