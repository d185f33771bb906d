//! Strip: per preset every execution of each cell.

use anyhow::Result;

use super::axis;
use super::forest::direction;
use super::lanes::{self, Lane, Lanes, Words};
use super::panel::tick_label;
use super::pen::{self, Drawn, Pen};
use super::rows::{Block, Group, Metric};
use super::sheet::Panel;
use super::svg::Role;
use crate::text::{self, THIN};

/// Half the height of the marks of a row.
const HALF: i32 = 11;

/// One panel per block; each has its own axis.
pub(super) fn panels(blocks: &[Block<'_>], metric: &Metric) -> Result<Vec<Panel>> {
    let names = lanes::names(blocks);
    blocks.iter().map(|block| panel(block, metric, names)).collect()
}

fn panel(block: &Block<'_>, metric: &Metric, names: i32) -> Result<Panel> {
    let heading = |group: &Group<'_>| match group.way {
        "" if group.rows.iter().all(|row| row.cell.way.is_empty()) => "plain way".to_string(),
        "" => "plain and other ways".to_string(),
        way => format!("way {way}"),
    };
    let tick = |value| tick_label(metric.quantity, value);
    let lanes = Lanes::new(block, names, range(block), heading, tick);
    let executions: usize = block.rows().map(|row| row.values.len()).sum();
    let words = Words {
        count: format!("n{THIN}={THIN}{executions} executions"),
        axis: [text::short(&metric.title, 50), direction(metric).to_string()],
    };
    let body = pen::drawn(lanes.height, |pen| {
        lanes.frame(pen, block.preset, &words)?;
        marks(pen, &lanes)?;
        lanes.names(pen, |row| text::quantified(metric.quantity, row.spread.median))
    })?;
    let widest = block.rows().map(|row| row.spread.high / row.spread.low).fold(1.0, f64::max);
    let preset = text::short(block.preset, 60);
    Ok(Panel {
        title: format!("{}, every execution – {preset}", metric.title),
        description: format!(
            "{executions} executions in {} rows, logarithmic axis; in the widest row the highest is \
             {}{THIN}× the lowest. Medians and ranges are in the comparison.",
            lanes.lanes.len(),
            text::digits(widest),
        ),
        height: lanes.height,
        body,
    })
}

fn range(block: &Block<'_>) -> (f64, f64) {
    let low = block.rows().map(|row| row.spread.low).fold(f64::INFINITY, f64::min);
    let high = block.rows().map(|row| row.spread.high).fold(0.0, f64::max);
    axis::padded(low, high, 0.04)
}

/// A dot per execution, from top to bottom in the order of the rounds, so that
/// equal values lie apart and drift is seen; one path per row.
fn marks(pen: &Pen<'_>, lanes: &Lanes<'_>) -> Drawn {
    for lane in &lanes.lanes {
        let x = lanes.scale.at(lane.row.spread.median);
        pen.line(&[(x, lane.y - HALF - 4), (x, lane.y + HALF + 4)], Role::Median)?;
    }
    for (ink, lanes_of_ink) in lanes.by_colour() {
        for lane in lanes_of_ink {
            dots(pen, lanes, lane, Role::Execution(ink))?;
        }
    }
    for lane in lanes.lanes.iter().filter(|lane| lane.row.limited) {
        dots(pen, lanes, lane, Role::SmallHole)?;
    }
    Ok(())
}

fn dots(pen: &Pen<'_>, lanes: &Lanes<'_>, lane: &Lane<'_>, role: Role) -> Drawn {
    let last = lane.row.values.len() as i32 - 1;
    for (place, value) in (0..).zip(&lane.row.values) {
        let down = if last == 0 { 0 } else { place * 2 * HALF / last - HALF };
        pen.line(&[(lanes.scale.at(*value), lane.y + down)], role)?;
    }
    Ok(())
}
