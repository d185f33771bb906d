//! Forest: per preset the ratio of each cell to the reference, round by round.

use anyhow::Result;

use super::axis;
use super::finding;
use super::lanes::{self, Lanes, Words};
use super::pen::{self, Drawn, Pen};
use super::rows::{Block, Group, Metric, Row};
use super::sheet::Panel;
use super::svg::Role;
use crate::summary::Spread;
use crate::text::{self, THIN};
use crate::verdicts;

/// An axis shows at least this much to each side, so that noise looks small.
const LEAST: f64 = 1.2;

/// `×0.934`.
pub(crate) fn times(ratio: f64) -> String {
    format!("×{}", text::digits(ratio))
}

/// One panel per block; each has its own axis.
pub(super) fn panels(blocks: &[Block<'_>], metric: &Metric, reference: &str) -> Result<Vec<Panel>> {
    let names = lanes::names(blocks);
    blocks.iter().map(|block| panel(block, metric, reference, names)).collect()
}

fn panel(block: &Block<'_>, metric: &Metric, reference: &str, names: i32) -> Result<Panel> {
    let reference = text::short(reference, 30);
    let heading = |group: &Group<'_>| match group.way {
        "" => format!("to {reference}"),
        way => format!("way {way}, to {reference}:{way}"),
    };
    let tick = |value| format!("×{}", text::six_digits(value));
    let lanes = Lanes::new(block, names, range(block), heading, tick);
    let words = Words {
        count: rounds(block),
        axis: [
            format!("{}, ratio to {reference}", text::short(&metric.title, 34)),
            direction(metric).to_string(),
        ],
    };
    let body = pen::drawn(lanes.height, |pen| {
        noise(pen, &lanes)?;
        lanes.frame(pen, block.preset, &words)?;
        let one = lanes.scale.at(1.0);
        pen.line(&[(one, lanes.top), (one, lanes.bottom)], Role::Axis)?;
        marks(pen, &lanes)?;
        lanes.names(pen, |row| times(row.spread.median) + &sign(row, metric))
    })?;
    Ok(Panel {
        title: format!(
            "{}, ratio to {reference} – {}",
            metric.title,
            text::short(block.preset, 60)
        ),
        description: description(block),
        height: lanes.height,
        body,
    })
}

/// The verdict behind a ratio, as a sign; nothing where there is none.
fn sign(row: &Row<'_>, metric: &Metric) -> String {
    let against = row.cell.against_reference.get(&metric.name);
    against.map_or(String::new(), |against| format!("{THIN}{}", verdicts::sign(against.verdict)))
}

/// What the axis must say: which way is wanted, and its kind.
pub(super) fn direction(metric: &Metric) -> &'static str {
    if metric.more { "higher is better →, log scale" } else { "← lower is better, log scale" }
}

/// All ratios, the noise and 1.
fn range(block: &Block<'_>) -> (f64, f64) {
    let noises = block.groups.iter().filter_map(|group| group.noise.as_ref());
    let spreads = || block.rows().map(|row| &row.spread).chain(noises.clone());
    let low = spreads().map(|spread| spread.low).fold(1.0 / LEAST, f64::min);
    let high = spreads().map(|spread| spread.high).fold(LEAST, f64::max);
    axis::padded(low, high, 0.04)
}

fn noise(pen: &Pen<'_>, lanes: &Lanes<'_>) -> Drawn {
    for (top, bottom, group) in &lanes.groups {
        if let Some(noise) = group.noise {
            let (from, to) = (lanes.scale.at(noise.low), lanes.scale.at(noise.high));
            pen.area((from - 1, *top), (to + 1, *bottom), Role::Band)?;
        }
    }
    Ok(())
}

fn marks(pen: &Pen<'_>, lanes: &Lanes<'_>) -> Drawn {
    let inks = lanes.by_colour();
    for (ink, lanes_of_ink) in &inks {
        for lane in lanes_of_ink {
            let [low, high] =
                [lane.row.spread.low, lane.row.spread.high].map(|v| lanes.scale.at(v));
            pen.line(&[(low, lane.y), (high, lane.y)], Role::Range(*ink))?;
        }
    }
    let middle = |row: &Row<'_>| lanes.scale.at(row.spread.median);
    for (ink, lanes_of_ink) in &inks {
        for lane in lanes_of_ink {
            pen.line(&[(middle(lane.row), lane.y)], Role::Dot(*ink))?;
        }
    }
    for lane in lanes.lanes.iter().filter(|lane| lane.row.limited) {
        pen.line(&[(middle(lane.row), lane.y)], Role::Hole)?;
    }
    Ok(())
}

/// `6 rounds`, or the range where cells differ.
fn rounds(block: &Block<'_>) -> String {
    let n = || block.rows().map(|row| row.spread.n);
    finding::count_of_rounds(n().min().unwrap_or(0), n().max().unwrap_or(0))
}

fn description(block: &Block<'_>) -> String {
    let with_range = |Spread { median, low, high, .. }: &Spread| {
        format!("{} [{}–{}]", times(*median), text::digits(*low), text::digits(*high))
    };
    let groups = block.groups.iter().filter_map(|group| {
        let (first, last) = (group.rows.first()?, group.rows.last()?);
        let noise = group.noise.as_ref().map(with_range);
        let noise =
            noise.map_or(String::new(), |noise| format!("; the reference against itself {noise}"));
        Some(format!(
            "{} rows from {} {} to {} {}{noise}",
            group.rows.len(),
            text::short(&first.name(group), 60),
            with_range(&first.spread),
            text::short(&last.name(group), 60),
            with_range(&last.spread),
        ))
    });
    let groups: Vec<String> = groups.collect();
    format!(
        "Median and range of the ratio per round, logarithmic axis. {}.",
        groups.join(". Way stack: ")
    )
}
