//! The model: Little's law and the CPU, with measured costs.
//!
//! A call costs `D`, the CPU time that the nearest measured cells have for it and what
//! it computes; `k` calls are in flight, each waits `W`, and the contestant can use `P`
//! CPUs. Calls that are made again and again reach `min(k/(W+D), P/D)` per second, the
//! asymptotic bounds of a closed system; calls that are wanted once and all at once
//! share one wait and take `W + k·D/P` together.
//!
//! Source: Little (1961), doi 10.1287/opre.9.3.383; Denning and Buzen (1978), doi
//! 10.1145/356733.356735, §"Asymptotic bounds".

use serde::Serialize;

use super::curves::{Curve, Point, name};
use super::held_out::Proven;
use super::said::kept;
use super::{Answer, MOST_WRONG, Situation, words};
use crate::render::Model;
use crate::text::six_digits;

/// What keeps a contestant from more calls per second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// Every call waits, and no more may be in flight.
    Waiting,
    /// The CPU is busy.
    Cpu,
}

/// A wait without delay is still a round trip; keeps logarithms of it finite.
const LEAST_WAIT_S: f64 = 1e-5;

/// How far beyond the longest measured wait a wait may lie: only the cost of a call
/// depends on what was measured, the wait itself enters by Little's law.
pub(super) const LONGER: f64 = 5.0;

/// How far below the shortest.
pub(super) const SHORTER: f64 = 2.0;

/// How many times as many calls may be in flight as in the largest cell whose throughput
/// no server limited: beyond it nothing shows that the model still holds.
pub(super) const FURTHER: f64 = 5.0;

/// How much of the CPU may be used by a cell of whose wait something can be said.
pub(super) const IDLE_ENOUGH: f64 = 0.7;

/// What a call computes in the measured cells that also compute: see [`computing`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Computing {
    /// Who, calls in flight, wait, what a call computes, and the throughput.
    pub(crate) cells: Vec<(String, Situation, f64)>,
}

/// The cells of `mixed`, whose computing is what `blocking` takes for it beyond the
/// request itself. They are never shown to the model.
pub(crate) fn computing(model: &Model<'_>) -> Computing {
    let cells = &model.summary.cells;
    let metric = |id: &str, metric: &str| {
        let cell = cells.iter().find(|cell| cell.id == id)?;
        Some(cell.metrics.get(metric)?.median)
    };
    let request = cells.iter().filter(|cell| cell.workload == "request-loop");
    let request = request
        .filter(|cell| cell.contestant == "blocking" && cell.way.is_empty())
        .filter_map(|cell| cell.metrics.get("cpu_us_per_op"))
        .map(|spread| spread.median);
    let request = request.fold(f64::INFINITY, f64::min);
    let mixed = cells.iter().filter(|cell| cell.workload == "mixed" && cell.way.is_empty());
    let mixed = mixed.filter(|cell| cell.contestant != "blocking" && cell.limited.is_none());
    let of = |cell: &crate::summary::Cell| {
        let what = format!("mixed@{}/blocking", cell.preset);
        let cpu_us = metric(&what, "cpu_us_per_op")? - request;
        let parameter = |name: &str| cell.parameters.get(name).copied();
        let situation = Situation {
            in_flight: parameter("connections")?,
            wait_s: parameter("delay_us")? as f64 / 1e6,
            cpu_s: Some(cpu_us / 1e6).filter(|cpu| cpu.is_finite() && *cpu > 0.0)?,
            rate_per_s: None,
            memory_bytes: None,
        };
        let throughput = cell.metrics.get("throughput_per_s")?.median;
        Some((name(&cell.id), situation, throughput))
    };
    Computing { cells: mixed.filter_map(of).collect() }
}

/// CPU time of a call without computing: the cells of the nearest wait, interpolated in
/// logarithms over the calls in flight.
pub(super) fn cost(points: &[&Point], in_flight: f64, wait_s: f64) -> Option<f64> {
    let log = |wait: f64| (wait + LEAST_WAIT_S).ln();
    let far = |point: &&&Point| (log(point.wait_s) - log(wait_s)).abs();
    let nearest = points.iter().min_by(|a, b| far(a).total_cmp(&far(b)))?.wait_s;
    let own = points.iter().filter(|point| point.wait_s == nearest);
    let line: Vec<(f64, f64)> =
        own.map(|point| (point.in_flight.ln(), point.cost_s.ln())).collect();
    Some(interpolated(&line, in_flight.ln()).exp())
}

/// Memory, interpolated over the calls in flight: the mean of all waits at each.
pub(super) fn memory(points: &[&Point], in_flight: f64) -> Option<f64> {
    let line = memory_line(points);
    (!line.is_empty()).then(|| interpolated(&line, in_flight))
}

/// Calls in flight, ascending, and the mean memory of all waits.
fn memory_line(points: &[&Point]) -> Vec<(f64, f64)> {
    let mut line: Vec<(f64, f64)> = Vec::new();
    for point in points {
        if line.last().is_none_or(|(n, _)| *n != point.in_flight) {
            let own = points.iter().filter(|other| other.in_flight == point.in_flight);
            let own: Vec<f64> = own.map(|other| other.memory_bytes).collect();
            line.push((point.in_flight, own.iter().sum::<f64>() / own.len() as f64));
        }
    }
    line
}

impl Curve {
    /// Calls in flight of which the model speaks: those that were measured, and at most
    /// [`FURTHER`] times as many as where the throughput is the contestant's own.
    pub(crate) fn range(&self) -> (f64, f64) {
        let most = |points: &mut dyn Iterator<Item = &Point>| {
            points.map(|point| point.in_flight).fold(0.0, f64::max)
        };
        let low = self.points.iter().map(|point| point.in_flight).fold(f64::INFINITY, f64::min);
        let own = |point: &&Point| point.throughput_per_s.is_some() && point.wait_s > 0.0;
        let proven = most(&mut self.points.iter().filter(own)) * FURTHER;
        (low, most(&mut self.points.iter()).min(proven))
    }

    /// Memory over calls in flight, as the model draws it.
    pub(crate) fn memory(&self) -> Vec<(f64, f64)> {
        memory_line(&self.points.iter().collect::<Vec<_>>())
    }
}

/// Straight between the points around, and level beyond them; `line` is in ascending
/// order and not empty.
pub(super) fn interpolated(line: &[(f64, f64)], x: f64) -> f64 {
    let above = line.iter().position(|(own, _)| *own >= x);
    match above {
        None => line[line.len() - 1].1,
        Some(0) => line[0].1,
        Some(place) => {
            let ((x0, y0), (x1, y1)) = (line[place - 1], line[place]);
            y0 + (y1 - y0) * (x - x0) / (x1 - x0)
        }
    }
}

/// Calls per second of a curve whose call costs `demand` in all, and what bounds it.
pub(super) fn throughput(curve: &Curve, situation: &Situation, demand: f64) -> (f64, Bound) {
    let asked = situation.in_flight as f64;
    let in_flight = curve.most.map_or(asked, |most| most.min(asked));
    let (wait, work) = (situation.wait_s, demand / curve.processors);
    let busy = in_flight * work > wait;
    let bound = if busy { Bound::Cpu } else { Bound::Waiting };
    if curve.batch {
        return (in_flight / (wait + in_flight * work), bound);
    }
    let (waiting, cpu) = (in_flight / (wait + demand), work.recip());
    if cpu < waiting { (cpu, Bound::Cpu) } else { (waiting, Bound::Waiting) }
}

/// What a contestant would do.
///
/// # Errors
/// Why that is not known, without a full stop.
pub(crate) fn answer(
    curve: &Curve,
    proven: &Proven,
    situation: &Situation,
) -> Result<Answer, String> {
    within(curve, situation)?;
    if situation.cpu_s > proven.most_computing_s {
        return Err(match proven.most_computing_s > 0.0 {
            true => format!(
                "no cell of mixed computes more than {:.3} ms a call",
                proven.most_computing_s * 1e3
            ),
            false => "no cell of mixed says what computing does to it".to_string(),
        });
    }
    let wrong =
        proven.throughput.clone().ok_or("no cell could be held out to know the error by")?;
    if wrong.most > MOST_WRONG {
        return Err(words::wrong_by(&wrong));
    }
    let points: Vec<&Point> = curve.points.iter().collect();
    let asked = situation.in_flight as f64;
    let own = cost(&points, asked, situation.wait_s).ok_or("no cost was measured")?;
    let demand = own + situation.cpu_s;
    let (throughput, bound) = throughput(curve, situation, demand);
    let rate = situation.rate_per_s.map_or(throughput, |rate| rate.min(throughput));
    let memory_wrong = proven.memory.clone().filter(|wrong| wrong.most <= MOST_WRONG);
    let memory = memory_wrong.as_ref().and_then(|_| memory(&points, asked)).map(six_digits);
    let fast = situation.rate_per_s.map(|rate| throughput >= rate);
    let small = situation.memory_bytes.map(|most| memory.map(|memory| memory <= most));
    Ok(Answer {
        who: curve.who.clone(),
        style: curve.style.clone(),
        workload: curve.workload.to_string(),
        throughput_per_s: six_digits(throughput),
        bound,
        cpu_us_per_call: six_digits(demand * 1e6),
        cpu_share: six_digits(rate * demand / curve.processors),
        in_flight: six_digits(rate * (situation.wait_s + demand)),
        memory_bytes: memory,
        fits: kept([fast.map(Some), small]),
        served_at_once: served(&curve.points, situation),
        cells: nearest(&curve.points, situation),
        throughput_wrong: wrong,
        cpu_wrong: proven.cost.clone(),
        memory_wrong,
    })
}

/// Whether a situation lies within what was measured.
pub(super) fn within(curve: &Curve, situation: &Situation) -> Result<(), String> {
    let (low, high) = curve.range();
    let measured = curve.points.iter().map(|point| point.in_flight).fold(0.0, f64::max);
    let asked = situation.in_flight as f64;
    if asked < low || asked > measured {
        let measured =
            if low < measured { format!("{low} to {measured}") } else { low.to_string() };
        return Err(format!("measured with {measured} in flight"));
    }
    if high == 0.0 {
        return Err("measured without waiting only".to_string());
    }
    if asked > high {
        return Err(format!("beyond {high} in flight the server limited what was measured"));
    }
    let waits = curve.points.iter().map(|point| point.wait_s);
    let (low, high) =
        waits.fold((f64::INFINITY, 0.0), |(l, h): (f64, f64), w| (l.min(w), h.max(w)));
    let fits = situation.wait_s >= low / SHORTER && situation.wait_s <= high * LONGER;
    // Without a delay the round trip is the wait, and the server is what is measured.
    if !fits || situation.wait_s <= 0.0 || high <= 0.0 {
        let (low, high) = (low * 1e3, high * 1e3);
        return Err(format!("measured with waits of {low} to {high} ms"));
    }
    Ok(())
}

/// Most calls that the server had at once in the cell next above.
fn served(points: &[Point], situation: &Situation) -> Option<f64> {
    let asked = situation.in_flight as f64;
    let above = points.iter().find(|point| point.in_flight >= asked && point.wait_s > 0.0)?;
    above.served_at_once
}

/// The cells around a situation.
pub(super) fn nearest(points: &[Point], situation: &Situation) -> Vec<String> {
    let log = |wait: f64| (wait + LEAST_WAIT_S).ln();
    let far = |point: &&Point| (log(point.wait_s) - log(situation.wait_s)).abs();
    let Some(wait) = points.iter().min_by(|a, b| far(a).total_cmp(&far(b))) else {
        return Vec::new();
    };
    let own: Vec<&Point> = points.iter().filter(|point| point.wait_s == wait.wait_s).collect();
    let asked = situation.in_flight as f64;
    let below = own.iter().rfind(|point| point.in_flight <= asked);
    let above = own.iter().find(|point| point.in_flight >= asked);
    let mut ids: Vec<String> =
        [below, above].into_iter().flatten().map(|point| point.id.clone()).collect();
    ids.dedup();
    ids
}

#[cfg(test)]
mod tests {
    use super::{Bound, Curve, Point, Situation, cost, interpolated, memory, throughput};

    fn point(in_flight: f64, wait_s: f64, cost_s: f64, memory_bytes: f64) -> Point {
        Point {
            id: String::new(),
            in_flight,
            wait_s,
            cost_s,
            memory_bytes,
            throughput_per_s: None,
            served_at_once: None,
        }
    }

    fn situation(in_flight: u64, wait_s: f64) -> Situation {
        Situation { in_flight, wait_s, cpu_s: 0.0, rate_per_s: None, memory_bytes: None }
    }

    fn curve(batch: bool, most: Option<f64>, processors: f64) -> Curve {
        let (who, style) = (String::new(), String::new());
        Curve { who, style, workload: "", batch, most, processors, points: Vec::new() }
    }

    #[test]
    fn between_points_it_is_straight_and_beyond_them_level() {
        let line = [(1.0, 10.0), (3.0, 20.0), (4.0, 0.0)];
        let check = |x, want| assert_eq!(interpolated(&line, x), want);
        check(0.0, 10.0);
        check(1.0, 10.0);
        check(2.0, 15.0);
        check(3.5, 10.0);
        check(9.0, 0.0);
    }

    #[test]
    fn a_cost_is_that_of_the_nearest_wait() {
        let points = [
            point(10.0, 0.0, 1e-6, 0.0),
            point(10.0, 0.02, 4e-6, 0.0),
            point(1000.0, 0.02, 16e-6, 0.0),
        ];
        let points: Vec<&Point> = points.iter().collect();
        let check = |n, wait, want: f64| {
            let got = cost(&points, n, wait).unwrap();
            assert!((got / want - 1.0).abs() < 1e-9, "{got} {want}");
        };
        check(10.0, 0.05, 4e-6);
        check(100.0, 0.05, 8e-6);
        check(100.0, 0.000_01, 1e-6);
        assert_eq!(cost(&[], 1.0, 1.0), None);
    }

    #[test]
    fn memory_is_the_mean_of_the_waits() {
        let points =
            [point(10.0, 0.0, 1.0, 2.0), point(10.0, 0.02, 1.0, 4.0), point(20.0, 0.02, 1.0, 13.0)];
        let points: Vec<&Point> = points.iter().collect();
        assert_eq!(memory(&points, 15.0), Some(8.0));
        assert_eq!(memory(&[], 15.0), None);
    }

    /// Little's law, the CPU, a batch, and who does one thing after the other.
    #[test]
    fn what_bounds_a_contestant() {
        let check = |curve: Curve, n, wait, demand, want: f64, bound| {
            let (got, by) = throughput(&curve, &situation(n, wait), demand);
            assert!((got / want - 1.0).abs() < 1e-9, "{got} {want}");
            assert_eq!(by, bound);
        };
        check(curve(false, None, 1.0), 100, 0.099, 0.001, 1000.0, Bound::Waiting);
        check(curve(false, None, 1.0), 1000, 0.099, 0.001, 1000.0, Bound::Cpu);
        check(curve(false, None, 2.0), 1000, 0.099, 0.001, 2000.0, Bound::Cpu);
        check(curve(true, None, 1.0), 100, 0.1, 0.001, 500.0, Bound::Waiting);
        check(curve(true, None, 1.0), 1000, 0.1, 0.001, 1000.0 / 1.1, Bound::Cpu);
        check(curve(true, Some(1.0), 1.0), 1000, 0.099, 0.001, 10.0, Bound::Waiting);
    }
}
