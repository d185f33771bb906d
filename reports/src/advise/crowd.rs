//! What the measured sleepers say of a crowd: so many idle connections, or so many tasks or
//! threads asleep, within some memory.
//!
//! A crowd holds what the nearest measured one held, and for each sleeper more or less the
//! bytes of the slope of the run ([`crate::asleep`]): resident memory, page tables and, of
//! threads, their stacks in the kernel.

use serde::Serialize;
use triathlon_contract::sleepers::variant_name;

use super::curves::name;
use super::held_out::error;
use super::said::{Answered, Said, kept};
use super::{MOST_WRONG, Wrong, words};
use crate::asleep::{WORKLOAD, least_squares};
use crate::render::Model;
use crate::summary::{Cell, Slope, Status};
use crate::text::{self, quantified, quantity, six_digits};

/// Who is idle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Idle {
    /// A task or thread for each of many connections, reading from its socket.
    Connections,
    /// Tasks or threads with a timer each.
    Sleepers,
}

impl Idle {
    /// As the files name it.
    fn variant(self) -> &'static str {
        match self {
            Self::Connections => "socket",
            Self::Sleepers => "timer",
        }
    }
}

/// A crowd that is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Crowd {
    /// How many.
    pub count: u64,
    /// Of what.
    pub of: Idle,
    /// Memory that may be used.
    pub memory_bytes: Option<f64>,
}

/// What a crowd would hold.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Held {
    /// Contestant, flavour and way.
    pub(crate) who: String,
    /// Idiom.
    pub(crate) style: String,
    /// What all hold, beside what the process holds anyhow.
    pub(crate) memory_bytes: f64,
    /// What one more holds.
    pub(crate) each_bytes: f64,
    /// CPU time of the process in a second of idleness, with the most that were measured.
    pub(crate) idle_cpu_us_per_s: f64,
    /// Whether the memory is kept.
    pub(crate) fits: Option<bool>,
    /// The nearest measured cell.
    pub(crate) cell: String,
    /// The model's error in memory on held-out cells of this contestant.
    pub(crate) memory_wrong: Wrong,
}

impl Answered for Held {
    fn fits(&self) -> Option<bool> {
        self.fits
    }

    fn price(&self) -> f64 {
        self.memory_bytes
    }

    fn wrong(&self) -> Vec<(&'static str, &Wrong)> {
        vec![("memory", &self.memory_wrong)]
    }
}

/// Sleepers and what all of them held, with the cell that says it.
struct Point<'a> {
    sleepers: f64,
    held_bytes: f64,
    cell: &'a Cell,
}

/// What a run says of a crowd.
pub(crate) fn crowd(model: &Model<'_>, asked: &Crowd) -> Said<Crowd, Held> {
    let of = |cell: &&Cell| {
        let parameter = |name: &str| cell.parameters.get(name).copied();
        let variant = parameter("variant").map(variant_name);
        let held = parameter("sleep_us") == Some(0) && variant == Some(asked.of.variant());
        cell.workload == WORKLOAD && held
    };
    let mut all: Vec<(String, Vec<&Cell>)> = Vec::new();
    for cell in model.summary.cells.iter().filter(of) {
        let who = name(&cell.id);
        match all.iter_mut().find(|(own, _)| *own == who) {
            Some((_, cells)) => cells.push(cell),
            None => all.push((who, vec![cell])),
        }
    }
    let each = all.into_iter().map(|(who, cells)| {
        let own = |slope: &&Slope| {
            slope.variant == asked.of.variant() && text::short(&slope.who, 60) == who
        };
        let slope = model.summary.memory_slopes.iter().find(own);
        let found = held(who.clone(), &cells, slope, asked);
        (who, found)
    });
    Said::of(model, asked, each)
}

/// What a crowd of one contestant would hold.
///
/// # Errors
/// Why that is not known, without a full stop.
fn held(
    who: String,
    cells: &[&Cell],
    slope: Option<&Slope>,
    asked: &Crowd,
) -> Result<Held, String> {
    let points = points(cells);
    let (Some(least), Some(most)) = (points.first(), points.last()) else {
        return Err(without(cells, 0.0).unwrap_or_else(|| "nothing was measured".to_string()));
    };
    let count = asked.count as f64;
    if count < least.sleepers || count > most.sleepers {
        let range = format!("measured with {} to {}", least.sleepers, most.sleepers);
        return Err(match without(cells, count) {
            Some(why) if count > most.sleepers => format!("{range}; beyond, {why}"),
            _ => range,
        });
    }
    let slope = slope.ok_or("no slope was measured")?;
    if let Some(why) = &slope.missing {
        return Err(text::line(why));
    }
    let threads = least.cell.style == "threads";
    let each = each(slope, threads).ok_or("its slope lacks what it held in the kernel")?;
    let wrong = proven(&points).ok_or("no cell could be held out to know the error by")?;
    if wrong.most > MOST_WRONG {
        return Err(words::wrong_by(&wrong));
    }
    let near = nearest(&points, count).ok_or("nothing was measured")?;
    let memory = near.held_bytes + each * (count - near.sleepers);
    Ok(Held {
        who,
        style: text::short(&least.cell.style, 30),
        memory_bytes: six_digits(memory),
        each_bytes: six_digits(each),
        idle_cpu_us_per_s: slope.idle_cpu_us_per_s.median,
        fits: kept([asked.memory_bytes.map(|most| Some(memory <= most))]),
        cell: near.cell.id.clone(),
        memory_wrong: wrong,
    })
}

/// Why the next larger crowd was not measured, if it was planned and says so.
fn without(cells: &[&Cell], count: f64) -> Option<String> {
    let number = |cell: &Cell| cell.parameters.get("sleepers").copied().unwrap_or(0);
    let missing = cells.iter().filter(|cell| cell.n == 0 && number(cell) as f64 >= count);
    let next = missing.min_by_key(|cell| number(cell))?;
    (!next.reason.is_empty()).then(|| text::line(&next.reason))
}

/// In the order of sleepers.
fn points<'a>(cells: &[&'a Cell]) -> Vec<Point<'a>> {
    let counts = |cell: &&&Cell| matches!(cell.status, Status::Valid | Status::Degraded);
    let point = |cell: &&'a Cell| {
        let sleepers = *cell.parameters.get("sleepers")? as f64;
        let each = cell.metrics.get("held_each_bytes")?.median;
        let held_bytes = Some(each * sleepers).filter(|bytes| *bytes > 0.0)?;
        Some(Point { sleepers, held_bytes, cell })
    };
    let mut points: Vec<Point<'_>> = cells.iter().filter(counts).filter_map(point).collect();
    points.sort_by(|a, b| a.sleepers.total_cmp(&b.sleepers));
    points.dedup_by(|a, b| a.sleepers == b.sleepers);
    points
}

/// What one more sleeper holds.
fn each(slope: &Slope, threads: bool) -> Option<f64> {
    let of = |name: &str| slope.bytes.get(name).map(|each| each.over_rounds.median);
    let stack = if threads { of("kernel_stack_bytes")? } else { 0.0 };
    Some(of("resident_bytes")? + of("page_table_bytes")? + stack)
}

fn nearest<'p, 'a>(
    points: impl IntoIterator<Item = &'p Point<'a>>,
    count: f64,
) -> Option<&'p Point<'a>>
where
    'a: 'p,
{
    let far = |point: &&Point<'_>| (point.sleepers.ln() - count.ln()).abs();
    points.into_iter().min_by(|a, b| far(a).total_cmp(&far(b)))
}

/// Each number of sleepers from those around it.
fn proven(points: &[Point<'_>]) -> Option<Wrong> {
    let inner = points.iter().enumerate().skip(1).take(points.len().saturating_sub(2));
    let errors = inner.filter_map(|(place, held)| {
        let others = || points.iter().enumerate().filter(move |(other, _)| *other != place);
        let line: Vec<(f64, f64)> = others().map(|(_, p)| (p.sleepers, p.held_bytes)).collect();
        let near = nearest(others().map(|(_, point)| point), held.sleepers)?;
        let memory = near.held_bytes + least_squares(&line)? * (held.sleepers - near.sleepers);
        Some(error(memory, held.held_bytes))
    });
    Wrong::of(errors.collect())
}

/// What was asked, in words.
pub(crate) fn asked(crowd: &Crowd) -> String {
    let Crowd { count, of, memory_bytes } = crowd;
    let what = match of {
        Idle::Connections => words::count(*count, "idle connection", "idle connections"),
        Idle::Sleepers => words::count(*count, "sleeper", "sleepers"),
    };
    std::iter::once(what).chain(words::bounds(None, *memory_bytes)).collect::<Vec<_>>().join(", ")
}

const ALL_HOLD: &str = "All hold: resident memory, page tables and, of threads, stacks in the kernel, beside what the \
     process holds anyhow";

/// For a terminal.
pub(super) fn text(said: &Said<Crowd, Held>) -> String {
    let headings = ["contestant", "fits", "all hold", "each", "CPU while idle", "nearest cell"];
    let bytes = |value: f64| quantified(quantity("_bytes"), value);
    let rows = said.answers.iter().map(|answer| {
        [
            answer.who.clone(),
            words::fits(answer.fits).to_string(),
            bytes(answer.memory_bytes),
            bytes(answer.each_bytes),
            format!("{}/s", quantified(quantity("_us"), answer.idle_cpu_us_per_s)),
            answer.cell.clone(),
        ]
    });
    let model = "The nearest measured crowd, and the slope of memory over sleepers.";
    let note = (!said.answers.is_empty()).then(|| match said.asked.of {
        Idle::Sleepers => format!("{ALL_HOLD}."),
        Idle::Connections => format!(
            "{ALL_HOLD}; with the other ends of the connections, and without buffers in the kernel."
        ),
    });
    words::page(
        said.head(asked(&said.asked), model),
        headings,
        rows.collect(),
        note,
        &said.not_measured,
    )
}
