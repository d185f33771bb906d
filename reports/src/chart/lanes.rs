//! A block of rows: names at the left, marks on one logarithmic axis, numbers
//! at the right. What forest and strip have in common.

use plotters::style::text_anchor::HPos;

use super::axis::{self, Axis};
use super::pen::{CHARACTER, Drawn, Pen, Scale};
use super::rows::{Block, Group, Row};
use super::svg::{Role, WIDTH};
use super::{data, look};
use crate::text;

/// Longest name, in characters; a way stands on a line of its own.
const LONGEST: usize = 24;
/// Middle of the title.
const TITLE: i32 = 18;
/// From the middle of a row to that of the next.
const PITCH: i32 = 36;
/// Between the lines of a name with a way.
const LINE: i32 = 28;
/// Right of the plot, for the numbers.
const NUMBERS: i32 = 136;
/// Longest line of text over the whole width, in characters.
const WHOLE: usize = (WIDTH / (CHARACTER + 1)) as usize;

/// What a block says beside its marks.
pub(super) struct Words {
    /// How many executions or rounds, at the right of the title.
    pub(super) count: String,
    /// Names of the axis, below each other.
    pub(super) axis: [String; 2],
}

/// Where everything lies on one block.
pub(super) struct Lanes<'a> {
    pub(super) lanes: Vec<Lane<'a>>,
    /// First and last pixel of each group, with the group.
    pub(super) groups: Vec<(i32, i32, &'a Group<'a>)>,
    headings: Vec<(i32, String)>,
    missing: Vec<String>,
    pub(super) scale: Scale,
    /// Values with their labels.
    ticks: Vec<(f64, String)>,
    left: i32,
    pub(super) top: i32,
    pub(super) bottom: i32,
    pub(super) height: i32,
}

/// One row.
pub(super) struct Lane<'a> {
    /// Its middle.
    pub(super) y: i32,
    pub(super) row: &'a Row<'a>,
    /// Contestant and flavour, and the way if the group does not say it.
    name: (String, Option<String>),
}

/// Pixels that the longest name of the blocks needs.
pub(super) fn names(blocks: &[Block<'_>]) -> i32 {
    let rows = blocks.iter().flat_map(|block| &block.groups);
    let names = rows.flat_map(|group| group.rows.iter().map(|row| name(row, group)));
    let longest =
        names.map(|(who, way)| who.chars().count().max(way.map_or(0, |way| way.chars().count())));
    i32::try_from(longest.max().unwrap_or(0)).unwrap_or(0) * CHARACTER
}

fn name(row: &Row<'_>, group: &Group<'_>) -> (String, Option<String>) {
    let way = &row.cell.way;
    let own = (way != group.way).then(|| text::short(&format!(":{way}"), LONGEST));
    (text::short(&data::who(row.cell), LONGEST), own)
}

impl<'a> Lanes<'a> {
    pub(super) fn new(
        block: &'a Block<'a>,
        names: i32,
        (low, high): (f64, f64),
        heading: impl Fn(&Group<'_>) -> String,
        tick: impl Fn(f64) -> String,
    ) -> Self {
        let (left, right) = (names + 24, WIDTH - NUMBERS);
        let ticks = axis::spaced(low, high, right - left, |value| {
            (tick(value).chars().count() as i32 + 2) * (CHARACTER + 2)
        });
        let ticks = ticks.into_iter().map(|value| (value, tick(value))).collect();
        let top = TITLE + 30;
        let (mut lanes, mut groups, mut headings) = (Vec::new(), Vec::new(), Vec::new());
        let mut y = top;
        for group in &block.groups {
            if block.groups.len() > 1 || !group.way.is_empty() {
                headings.push((y + PITCH / 2 + 4, text::short(&heading(group), WHOLE)));
                y += PITCH + 8;
            }
            let start = y;
            for row in &group.rows {
                let name = name(row, group);
                let extent = if name.1.is_some() { PITCH + LINE } else { PITCH };
                lanes.push(Lane { y: y + extent / 2, row, name });
                y += extent;
            }
            groups.push((start, y, group));
        }
        let missing = match block.missing.as_slice() {
            [] => Vec::new(),
            missing => text::wrapped(&format!("Not here: {}", missing.join(", ")), WHOLE),
        };
        let bottom = y + 6;
        let height = bottom + 118 + missing.len() as i32 * 34;
        let scale = Scale::new(&Axis { low, high, ticks: Vec::new() }, (left, right));
        Self { lanes, groups, headings, missing, scale, ticks, left, top, bottom, height }
    }

    /// Everything but the marks; grid first, so that marks lie above it.
    pub(super) fn frame(&self, pen: &Pen<'_>, title: &str, words: &Words) -> Drawn {
        let right = WIDTH - NUMBERS;
        for (value, _) in &self.ticks {
            let x = self.scale.at(*value);
            pen.line(&[(x, self.top), (x, self.bottom)], Role::Grid)?;
        }
        pen.line(&[(self.left, self.bottom), (right, self.bottom)], Role::Axis)?;
        for (value, _) in &self.ticks {
            let x = self.scale.at(*value);
            pen.line(&[(x, self.bottom), (x, self.bottom + 8)], Role::Axis)?;
        }
        pen.text(text::short(title, 30), (0, TITLE), Role::Title)?;
        pen.anchored(words.count.as_str(), (WIDTH, TITLE), Role::Tick, HPos::Right)?;
        for (value, label) in &self.ticks {
            let at = (self.scale.at(*value), self.bottom + 26);
            pen.anchored(label.as_str(), at, Role::Tick, HPos::Center)?;
        }
        for (line, text) in (0..).zip(&words.axis) {
            let at = (WIDTH, self.bottom + 60 + line * 32);
            pen.anchored(text::short(text, WHOLE), at, Role::Tick, HPos::Right)?;
        }
        for (y, heading) in &self.headings {
            pen.text(heading.as_str(), (0, *y), Role::Tick)?;
        }
        for (line, text) in (0..).zip(&self.missing) {
            pen.text(text.as_str(), (0, self.bottom + 126 + line * 34), Role::Tick)?;
        }
        Ok(())
    }

    /// Names and numbers.
    pub(super) fn names(&self, pen: &Pen<'_>, number: impl Fn(&Row<'_>) -> String) -> Drawn {
        for Lane { y, row, name: (who, way) } in &self.lanes {
            let ink = look::of_style(&row.cell.style);
            let lines = [Some(who), way.as_ref()].into_iter().flatten();
            let rise = if way.is_some() { LINE / 2 } else { 0 };
            for (line, text) in (0..).zip(lines) {
                pen.text(text.as_str(), (0, y - rise + line * LINE), Role::Name(ink))?;
            }
            let dagger = if row.limited { "†" } else { "" };
            pen.anchored(number(row) + dagger, (WIDTH, *y), Role::Value, HPos::Right)?;
        }
        Ok(())
    }

    /// The lanes by colour, so that marks of one colour become one path.
    pub(super) fn by_colour(&self) -> Vec<(look::Ink, Vec<&Lane<'a>>)> {
        let mut inks: Vec<(look::Ink, Vec<&Lane<'a>>)> = Vec::new();
        for lane in &self.lanes {
            let ink = look::of_style(&lane.row.cell.style);
            match inks.iter_mut().find(|(other, _)| *other == ink) {
                Some((_, lanes)) => lanes.push(lane),
                None => inks.push((ink, vec![lane])),
            }
        }
        inks
    }
}
