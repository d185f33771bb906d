//! What the measured pools say of a wish: how many connections to a database so many
//! queries a second need.
//!
//! By Little's law a pool has `P = X·(W + r + S)` connections at work, for a rate `X`, the
//! wait `W` of a query, its way to the database and back `r`, and its CPU time `S`, which is
//! that of the measured pools around it; no pool passes what the CPU permits.

use serde::Serialize;
use triathlon_statistics::median;

use super::curves::{Curve, Point, Swept, curves_of};
use super::held_out::error;
use super::model::{IDLE_ENOUGH, cost, nearest, throughput, within};
use super::said::{Answered, Said};
use super::{Bound, MOST_WRONG, Situation, Wrong, words};
use crate::render::Model;
use crate::summary::Cell;
use crate::text::{self, quantified, quantity, six_digits};

const WORKLOAD: Swept = ("query", "pool", false);

/// A pool that is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Pool {
    /// Queries per second that are wanted.
    pub rate_per_s: f64,
    /// What each of them waits at the database, in seconds.
    pub wait_s: f64,
}

/// What a pool would have to be.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PoolSize {
    /// Contestant, flavour and way.
    pub(crate) who: String,
    /// Idiom.
    pub(crate) style: String,
    /// Fewest connections that reach the rate; none if no pool does, because of the CPU.
    pub(crate) connections: Option<u64>,
    /// Queries per second with these, or with the largest pool that was measured.
    pub(crate) throughput_per_s: f64,
    /// CPU time of a query.
    pub(crate) cpu_us_per_query: f64,
    /// CPU that the rate takes, or as much as there is, as a share of what the contestant
    /// can use.
    pub(crate) cpu_share: f64,
    /// Whether the rate is reached.
    pub(crate) fits: Option<bool>,
    /// The measured cells next to it.
    pub(crate) cells: Vec<String>,
    /// The model's error in throughput on held-out cells of this contestant.
    pub(crate) throughput_wrong: Wrong,
}

impl Answered for PoolSize {
    fn fits(&self) -> Option<bool> {
        self.fits
    }

    fn price(&self) -> f64 {
        self.cpu_us_per_query
    }

    fn wrong(&self) -> Vec<(&'static str, &Wrong)> {
        vec![("throughput", &self.throughput_wrong)]
    }
}

/// What a run says of a pool.
pub(crate) fn pool(model: &Model<'_>, asked: &Pool) -> Said<Pool, PoolSize> {
    let mut curves = curves_of(model, &[WORKLOAD], |cell| one_by_one(cell, &model.summary.cells));
    for curve in &mut curves {
        curve.points.dedup_by(|a, b| a.in_flight == b.in_flight && a.wait_s == b.wait_s);
    }
    let each = curves.iter().map(|curve| {
        let found = sized(curve, asked);
        (curve.who.clone(), found)
    });
    Said::of(model, asked, each)
}

/// One row, one query at a time, and as many callers as were ever measured with this pool
/// and wait: it is the pool that is short.
fn one_by_one(cell: &Cell, all: &[Cell]) -> bool {
    let of = |cell: &Cell, name: &str| cell.parameters.get(name).copied();
    let plain = |cell: &Cell| of(cell, "rows") == Some(1) && of(cell, "depth") == Some(1);
    let alike = |other: &&Cell| {
        let same = |name: &str| of(other, name) == of(cell, name);
        other.workload == cell.workload && plain(other) && same("pool") && same("delay_us")
    };
    let most = all.iter().filter(alike).filter_map(|other| of(other, "callers")).max();
    plain(cell) && of(cell, "callers") == most
}

/// What a pool of one contestant would have to be.
///
/// # Errors
/// Why that is not known, without a full stop.
fn sized(curve: &Curve, asked: &Pool) -> Result<PoolSize, String> {
    let wrong = proven(curve).ok_or("no cell could be held out to know the error by")?;
    if wrong.most > MOST_WRONG {
        return Err(words::wrong_by(&wrong));
    }
    let (low, high) = curve.range();
    let (low, high) = (low as u64, high as u64);
    let situation = |in_flight: u64| situation(in_flight, asked.wait_s);
    within(curve, &situation(low)).and(within(curve, &situation(high)))?;
    let points: Vec<&Point> = curve.points.iter().collect();
    let reached = |connections: u64| {
        let Reached { cost_s, per_s, bound } = reached(curve, &points, &situation(connections))?;
        Some((connections, cost_s, per_s, bound))
    };
    let most = reached(high).ok_or("no cost was measured")?;
    let enough =
        (low..=high).filter_map(reached).find(|(.., reached, _)| *reached >= asked.rate_per_s);
    let (connections, demand, throughput, bound) = enough.unwrap_or(most);
    let needed = asked.rate_per_s * (asked.wait_s + trip_s(curve, &points) + demand);
    if enough.is_some() && needed.ceil() < low as f64 {
        return Err(format!("measured with {low} to {high} connections, and fewer are enough"));
    }
    if enough.is_none() && bound == Bound::Waiting {
        return Err(match curve.most {
            Some(most) => format!("it never has more than {most} under way"),
            None => format!(
                "measured with {low} to {high} connections, and these reach {}",
                quantified(quantity("_per_s"), throughput).replace(text::THIN, " ")
            ),
        });
    }
    Ok(PoolSize {
        who: curve.who.clone(),
        style: curve.style.clone(),
        connections: enough.map(|_| connections),
        throughput_per_s: six_digits(throughput),
        cpu_us_per_query: six_digits(demand * 1e6),
        cpu_share: six_digits(asked.rate_per_s.min(throughput) * demand / curve.processors),
        fits: Some(enough.is_some()),
        cells: nearest(&curve.points, &situation(connections)),
        throughput_wrong: wrong,
    })
}

fn situation(in_flight: u64, wait_s: f64) -> Situation {
    Situation { in_flight, wait_s, cpu_s: 0.0, rate_per_s: None, memory_bytes: None }
}

/// What a pool does.
struct Reached {
    /// CPU time of a query.
    cost_s: f64,
    /// Queries per second.
    per_s: f64,
    bound: Bound,
}

/// What a pool does that is never empty.
fn reached(curve: &Curve, points: &[&Point], asked: &Situation) -> Option<Reached> {
    let cost_s = cost(points, asked.in_flight as f64, asked.wait_s)?;
    let wait_s = asked.wait_s + trip_s(curve, points);
    let (per_s, bound) = throughput(curve, &Situation { wait_s, ..*asked }, cost_s);
    Some(Reached { cost_s, per_s, bound })
}

/// The way to the database and back, beyond the wait, of pools that wait; nothing where
/// none could tell.
fn trip_s(curve: &Curve, points: &[&Point]) -> f64 {
    let trip = |point: &&Point| {
        let throughput = point.throughput_per_s.filter(|_| point.wait_s > 0.0)?;
        let busy = throughput * point.cost_s / curve.processors;
        let at_once = curve.most.map_or(point.in_flight, |most| most.min(point.in_flight));
        (busy < IDLE_ENOUGH).then(|| at_once / throughput - point.cost_s - point.wait_s)
    };
    let trips: Vec<f64> = points.iter().filter_map(trip).collect();
    median(&trips).unwrap_or(0.0).max(0.0)
}

/// Each pool from all others, and from those of other waits alone.
fn proven(curve: &Curve) -> Option<Wrong> {
    let mut errors = Vec::new();
    for held in curve.points.iter().filter(|held| held.wait_s > 0.0) {
        let Some(measured) = held.throughput_per_s else { continue };
        let others = |keep: &dyn Fn(&Point) -> bool| -> Vec<&Point> {
            curve.points.iter().filter(|point| point.id != held.id && keep(point)).collect()
        };
        let other_wait = |point: &Point| point.wait_s != held.wait_s && point.wait_s > 0.0;
        for points in [others(&|_| true), others(&other_wait)] {
            let asked = situation(held.in_flight as u64, held.wait_s);
            errors
                .extend(reached(curve, &points, &asked).map(|found| error(found.per_s, measured)));
        }
    }
    Wrong::of(errors)
}

/// What was asked, in words.
pub(crate) fn asked(pool: &Pool) -> String {
    let Pool { rate_per_s, wait_s } = pool;
    format!(
        "A pool for queries of {}, each of which waits {}",
        quantified(quantity("_per_s"), *rate_per_s),
        quantified(quantity("_s"), *wait_s)
    )
}

/// Connections, or that no pool is enough.
pub(crate) fn connections(answer: &PoolSize) -> String {
    answer.connections.map_or("none is enough: CPU".to_string(), text::whole)
}

/// For a terminal.
pub(super) fn text(said: &Said<Pool, PoolSize>) -> String {
    let headings =
        ["contestant", "fits", "connections", "per second", "CPU/query", "CPU busy", "cells"];
    let rows = said.answers.iter().map(|answer| {
        [
            answer.who.clone(),
            words::fits(answer.fits).to_string(),
            connections(answer),
            quantified(quantity("_per_s"), answer.throughput_per_s),
            quantified(quantity("_us"), answer.cpu_us_per_query),
            words::percent(answer.cpu_share),
            answer.cells.join(" "),
        ]
    });
    let model = "Little's law on measured costs: rate times wait, way there and back, and CPU time of a query.";
    words::page(
        said.head(asked(&said.asked), model),
        headings,
        rows.collect(),
        None,
        &said.not_measured,
    )
}
