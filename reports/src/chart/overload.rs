//! Goodput over what is asked for, both to the server's own capacity: a panel per preset and
//! contestant, a line for each of its flavours and ways, which would lie on one another if
//! all were in one. Both axes are linear and begin at nothing, which goodput may reach.

use anyhow::Result;
use plotters::style::text_anchor::HPos;

use super::data::{Panel, Point, Series, series};
use super::labels;
use super::pen::{self, CHARACTER, Drawn, Pen};
use super::sheet;
use super::svg::{FONT, Role, WIDTH};
use crate::overload::{Overload, Stair};
use crate::render::Model;
use crate::summary::Cell;
use crate::text;

/// Least height of a panel; more lines need more room for their names.
const HEIGHT: i32 = 480;
/// Around the plot: labels of the axes, and titles above.
const LEFT: i32 = 110;
const TOP: i32 = 106;
const BOTTOM: i32 = 92;
/// Longest name at a line end, in characters.
const LONGEST: usize = 34;
/// From one name to the next.
const NAME: i32 = FONT + 6;
/// Between ticks of the vertical axis.
const TICK: f64 = 0.25;

/// What the drawing says of marks.
pub(super) const MARKS: &str = "Mark: median; bar: lowest to highest execution; hollow: the generator may have been the \
     limit. Grey: a server that keeps its capacity and answers in order.";

/// One contestant of a preset that was measured.
struct Shown<'a> {
    panel: Panel,
    /// What in-order service gives, by share of the capacity in per cent.
    in_order: Vec<(u64, f64)>,
    preset: &'a str,
}

/// A panel per preset and contestant; those of a preset share both axes.
pub(super) fn panels(model: &Model<'_>) -> Result<Vec<sheet::Panel>> {
    let shown = shown(model);
    let most = shown.iter().map(|one| one.panel.series.len()).max().unwrap_or(0);
    let height = HEIGHT.max(TOP + BOTTOM + (most as i32 + 1) * NAME);
    let panels = shown.iter().map(|one| {
        let preset: Vec<&Shown<'_>> = shown.iter().filter(|o| o.preset == one.preset).collect();
        let frame = Frame::new(&preset, height);
        let body = pen::drawn(height, |pen| {
            frame.axes(pen, one)?;
            frame.lines(pen, one)
        })?;
        let title = format!("Goodput over load, {}", one.panel.title);
        Ok(sheet::Panel { title, description: description(one), height, body })
    });
    panels.collect()
}

fn shown<'a>(model: &Model<'a>) -> Vec<Shown<'a>> {
    let overloads = &model.summary.overloads;
    let of = |cell: &Cell| overloads.iter().find(|own| own.id == cell.id);
    let group = |cell: &Cell| (cell.preset.clone(), cell.contestant.clone());
    // Ways stand behind all plain ones.
    let mut groups: Vec<Vec<&Cell>> = Vec::new();
    for cell in model.summary.cells.iter().filter(|cell| of(cell).is_some()) {
        match groups.iter_mut().find(|own| group(own[0]) == group(cell)) {
            Some(own) => own.push(cell),
            None => groups.push(vec![cell]),
        }
    }
    let panel = |cells: &[&'a Cell]| {
        let points = |own: &[&Cell]| {
            let own = own.iter().filter_map(|cell| Some((*cell, of(cell)?)));
            own.flat_map(|(cell, overload)| points(cell, overload)).collect::<Vec<Point>>()
        };
        let Cell { preset, contestant, .. } = cells[0];
        let title = format!("{}, {}", text::short(contestant, 30), text::short(preset, 46));
        let panel = Panel { phrase: title.clone(), title, series: series(model, cells, &points) };
        let stairs = cells.iter().find_map(|cell| of(cell)).map(|overload| &overload.steps);
        let in_order = |stair: &Stair| (stair.percent, stair.in_order);
        let in_order = stairs.map(|stairs| stairs.iter().map(in_order).collect());
        Shown { panel, in_order: in_order.unwrap_or_default(), preset }
    };
    groups.iter().map(|cells| panel(cells)).collect()
}

fn points(cell: &Cell, overload: &Overload) -> Vec<Point> {
    let point = |stair: &Stair| Point {
        x: stair.percent,
        value: stair.goodput,
        limited: overload.limited,
        cell: cell.id.clone(),
    };
    overload.steps.iter().map(point).collect()
}

/// Both axes in pixels, and the values at their ends.
struct Frame {
    right: i32,
    bottom: i32,
    height: i32,
    most_percent: f64,
    most_share: f64,
}

impl Frame {
    fn new(preset: &[&Shown<'_>], height: i32) -> Self {
        let series = || preset.iter().flat_map(|shown| &shown.panel.series);
        let longest = series().map(|s| text::short(&s.name, LONGEST).chars().count());
        let names = i32::try_from(longest.max().unwrap_or(0)).unwrap_or(0) * CHARACTER;
        let points = || series().flat_map(|series| &series.points);
        let most = points().map(|point| point.value.high).fold(1.0, f64::max);
        Self {
            right: WIDTH - names - 48,
            bottom: height - BOTTOM,
            height,
            most_percent: points().map(|point| point.x as f64).fold(100.0, f64::max) * 1.04,
            most_share: most * 1.06,
        }
    }

    fn at(&self, percent: f64, share: f64) -> (i32, i32) {
        let along = f64::from(self.right - LEFT) * percent / self.most_percent;
        let up = f64::from(self.bottom - TOP) * share / self.most_share;
        (LEFT + along.round() as i32, self.bottom - up.round() as i32)
    }

    fn axes(&self, pen: &Pen<'_>, shown: &Shown<'_>) -> Drawn {
        pen.text(shown.panel.title.as_str(), (0, 18), Role::Title)?;
        pen.text("Goodput, to capacity", (0, 58), Role::Tick)?;
        let ticks =
            (0..).map(|n| f64::from(n) * TICK).take_while(|share| *share <= self.most_share);
        for share in ticks {
            let (_, y) = self.at(0.0, share);
            pen.line(&[(LEFT, y), (self.right, y)], Role::Grid)?;
            pen.anchored(format!("{share}"), (LEFT - 12, y), Role::Tick, HPos::Right)?;
        }
        pen.line(&[(LEFT, self.bottom), (self.right, self.bottom)], Role::Axis)?;
        for (percent, _) in &shown.in_order {
            let (x, _) = self.at(*percent as f64, 0.0);
            pen.line(&[(x, self.bottom), (x, self.bottom + 8)], Role::Axis)?;
            let label = format!("{}", *percent as f64 / 100.0);
            pen.anchored(label, (x, self.bottom + 28), Role::Tick, HPos::Center)?;
        }
        let at = (i32::midpoint(LEFT, self.right), self.height - 20);
        pen.anchored("asked for, to capacity", at, Role::Tick, HPos::Center)?;
        let in_order =
            shown.in_order.iter().map(|(percent, share)| self.at(*percent as f64, *share));
        pen.line(&in_order.collect::<Vec<_>>(), Role::Axis)
    }

    fn lines(&self, pen: &Pen<'_>, shown: &Shown<'_>) -> Drawn {
        let series = &shown.panel.series;
        let end = |series: &Series| series.points.last().map(|point| self.place(point).1);
        let ends: Vec<i32> = series.iter().filter_map(end).collect();
        let names = labels::spread(&ends, NAME, TOP, self.bottom - FONT / 2);
        for (series, name_y) in series.iter().zip(names) {
            self.line(pen, series, name_y)?;
        }
        Ok(())
    }

    fn place(&self, point: &Point) -> (i32, i32) {
        self.at(point.x as f64, point.value.median)
    }

    fn line(&self, pen: &Pen<'_>, series: &Series, name_y: i32) -> Drawn {
        let medians: Vec<(i32, i32)> =
            series.points.iter().map(|point| self.place(point)).collect();
        let ink = series.ink;
        if let Some(last) = medians.last() {
            let name_x = self.right + 40;
            let leader = [(last.0 + 12, last.1), (name_x - 22, name_y), (name_x - 6, name_y)];
            pen.line(&leader, Role::Leader(ink))?;
            pen.text(text::short(&series.name, LONGEST), (name_x, name_y), Role::Name(ink))?;
        }
        for point in &series.points {
            let ends = [point.value.low, point.value.high];
            pen.line(&ends.map(|share| self.at(point.x as f64, share)), Role::Range(ink))?;
        }
        pen.line(&medians, Role::Line(ink))?;
        for (at, point) in medians.iter().zip(&series.points) {
            let role = if point.limited { Role::Hollow(ink) } else { Role::Mark(ink) };
            pen.mark(*at, series.shape, role)?;
        }
        Ok(())
    }
}

/// The panel in words: every line at its ends.
fn description(shown: &Shown<'_>) -> String {
    let line = |series: &Series| {
        let (first, last) = (series.points.first()?, series.points.last()?);
        let at = |point: &Point| {
            format!("{} at {}", text::digits(point.value.median), point.x as f64 / 100.0)
        };
        Some(format!("{}: {}, {}", text::short(&series.who, 60), at(first), at(last)))
    };
    let lines: Vec<String> = shown.panel.series.iter().filter_map(line).collect();
    format!(
        "Answers in time over what is asked for, both to the server's own capacity; median, bar \
         from lowest to highest execution. {}.",
        lines.join("; ")
    )
}
