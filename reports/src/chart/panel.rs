//! Scaling: one metric over one parameter, a line per contestant.

use anyhow::Result;
use plotters::style::text_anchor::HPos;

use super::axis::{self, Axis};
use super::data::{Crossing, Figure, Panel, Series};
use super::labels;
use super::pen::{self, CHARACTER, Drawn, Pen, Scale};
use super::sheet;
use super::svg::{FONT, Role, WIDTH};
use crate::crossover;
use crate::text::{self, Quantity};

/// Least height of a panel; more lines need more room for their names.
const HEIGHT: i32 = 600;
/// Left of the plot, for the labels of the vertical axis.
const LEFT: i32 = 148;
/// Above it, for the titles.
const TOP: i32 = 106;
/// Below it, for the labels and the name of the horizontal axis.
const BOTTOM: i32 = 92;
/// Longest name at a line end, in characters.
const LONGEST: usize = 34;
/// From one name to the next.
const NAME: i32 = FONT + 6;
/// Sideways distance between neighbours at one value, and between the outermost
/// two at most.
const DODGE: (i32, i32) = (5, 30);
/// From one crossing to the next, across the line at 1.
const CROSSING: i32 = 14;
/// Least distance of two labels on the horizontal axis.
const TICK_GAP: i32 = 74;

/// One panel per value of the panel parameter; all share both axes.
pub(super) fn panels(figure: &Figure) -> Result<Vec<sheet::Panel>> {
    let most = figure.panels.iter().map(|panel| panel.series.len()).max().unwrap_or(0);
    let height = HEIGHT.max(TOP + BOTTOM + (most as i32 + 1) * NAME);
    let panels = figure.panels.iter().map(|panel| {
        let frame = Frame::new(figure, panel, height);
        let body = pen::drawn(height, |pen| {
            frame.axes(pen, figure, panel)?;
            frame.lines(pen, panel)
        })?;
        let title = format!("{} – {}", figure.metric, panel.title);
        Ok(sheet::Panel { title, description: description(figure, panel), height, body })
    });
    panels.collect()
}

/// Both axes in pixels.
struct Frame {
    right: i32,
    bottom: i32,
    height: i32,
    horizontal: Axis,
    vertical: Axis,
    x: Scale,
    y: Scale,
}

impl Frame {
    fn new(figure: &Figure, panel: &Panel, height: i32) -> Self {
        let (horizontal, vertical) = (axis::horizontal(figure), axis::vertical(figure));
        let longest = panel.series.iter().map(|s| text::short(&s.name, LONGEST).chars().count());
        let names = i32::try_from(longest.max().unwrap_or(0)).unwrap_or(0) * CHARACTER;
        let (right, bottom) = (WIDTH - names - 48, height - BOTTOM);
        Self {
            right,
            bottom,
            height,
            x: Scale::new(&horizontal, (LEFT, right)),
            y: Scale::new(&vertical, (bottom, TOP)),
            horizontal,
            vertical,
        }
    }

    fn axes(&self, pen: &Pen<'_>, figure: &Figure, panel: &Panel) -> Drawn {
        for tick in &self.vertical.ticks {
            let y = self.y.at(*tick);
            pen.line(&[(LEFT, y), (self.right, y)], Role::Grid)?;
        }
        pen.line(&[(LEFT, self.bottom), (self.right, self.bottom)], Role::Axis)?;
        if figure.ratio {
            pen.line(&[(LEFT, self.y.at(1.0)), (self.right, self.y.at(1.0))], Role::Axis)?;
        }
        let mut free = i32::MIN;
        let horizontal = self.horizontal.ticks.iter().map(|tick| (self.x.at(*tick), *tick));
        let shown: Vec<(i32, f64)> = horizontal
            .filter(|(x, _)| {
                let shown = *x >= free;
                free = if shown { x + TICK_GAP } else { free };
                shown
            })
            .collect();
        for (x, _) in &shown {
            pen.line(&[(*x, self.bottom), (*x, self.bottom + 8)], Role::Axis)?;
        }
        pen.text(panel.title.as_str(), (0, 18), Role::Title)?;
        let metric = format!("{}, log scale", text::short(&figure.metric, 34));
        pen.text(metric, (0, 58), Role::Tick)?;
        for tick in &self.vertical.ticks {
            let label = tick_label(figure.quantity, *tick);
            pen.anchored(label, (LEFT - 12, self.y.at(*tick)), Role::Tick, HPos::Right)?;
        }
        for (x, tick) in shown {
            let label = text::parameter(&figure.over, tick as u64);
            pen.anchored(label, (x, self.bottom + 28), Role::Tick, HPos::Center)?;
        }
        let at = (i32::midpoint(LEFT, self.right), self.height - 20);
        pen.anchored(figure.over_label.as_str(), at, Role::Tick, HPos::Center)
    }

    fn lines(&self, pen: &Pen<'_>, panel: &Panel) -> Drawn {
        let ends: Vec<i32> = panel.series.iter().filter_map(|series| self.end(series)).collect();
        let names = labels::spread(&ends, NAME, TOP, self.bottom - FONT / 2);
        let gaps = panel.series.len() as i32 - 1;
        let width = (gaps * DODGE.0).min(DODGE.1);
        for (place, (series, name_y)) in (0..).zip(panel.series.iter().zip(names)) {
            let dodge = if gaps == 0 { 0 } else { place * width / gaps - width / 2 };
            self.line(pen, series, dodge, name_y)?;
        }
        let crossings = panel.series.iter().filter_map(|series| Some((series, series.crossing?)));
        for (place, (series, crossing)) in (0..).zip(crossings) {
            self.crossing(
                pen,
                series,
                crossing,
                self.y.at(1.0) + place * CROSSING - gaps * CROSSING / 2,
            )?;
        }
        Ok(())
    }

    /// Where a line passes 1, beside the line at 1 if there are several: the interval as a
    /// bar, to the end of the axis if it is open, and a tick.
    fn crossing(&self, pen: &Pen<'_>, series: &Series, crossing: Crossing, y: i32) -> Drawn {
        let high = crossing.high.map_or(self.right, |high| self.x.at(high));
        pen.line(&[(self.x.at(crossing.low), y), (high, y)], Role::Range(series.ink))?;
        match crossing.at.map(|at| self.x.at(at)) {
            Some(x) => pen.line(&[(x, y - CROSSING), (x, y + CROSSING)], Role::Median),
            None => Ok(()),
        }
    }

    fn end(&self, series: &Series) -> Option<i32> {
        series.points.last().map(|point| self.y.at(point.value.median))
    }

    fn line(&self, pen: &Pen<'_>, series: &Series, dodge: i32, name_y: i32) -> Drawn {
        let at = |x: u64, y: f64| (self.x.at(x as f64) + dodge, self.y.at(y));
        let medians: Vec<(i32, i32)> =
            series.points.iter().map(|point| at(point.x, point.value.median)).collect();
        let ink = series.ink;
        if let Some(last) = medians.last() {
            let name_x = self.right + 40;
            let leader = [(last.0 + 12, last.1), (name_x - 22, name_y), (name_x - 6, name_y)];
            pen.line(&leader, Role::Leader(ink))?;
            pen.text(text::short(&series.name, LONGEST), (name_x, name_y), Role::Name(ink))?;
        }
        for point in &series.points {
            let range = [at(point.x, point.value.low), at(point.x, point.value.high)];
            pen.line(&range, Role::Range(ink))?;
        }
        pen.line(&medians, Role::Line(ink))?;
        let points = || medians.iter().zip(&series.points);
        for (at, _) in points().filter(|(_, point)| !point.limited) {
            pen.mark(*at, series.shape, Role::Mark(ink))?;
        }
        for (at, _) in points().filter(|(_, point)| point.limited) {
            pen.mark(*at, series.shape, Role::Hollow(ink))?;
        }
        Ok(())
    }
}

/// Ticks of a quantity need no more digits than they have.
pub(super) fn tick_label(quantity: Quantity, tick: f64) -> String {
    let unit = quantity.unit_for(tick);
    let number = format!("{}", text::six_digits(tick / unit.size));
    match unit.name {
        "" => number,
        name => format!("{number}{}{name}", text::THIN),
    }
}

/// The panel in words: every line from its first to its last value.
fn description(figure: &Figure, panel: &Panel) -> String {
    let lines: Vec<String> = panel
        .series
        .iter()
        .filter_map(|series| {
            let (first, last) = (series.points.first()?, series.points.last()?);
            let at = |x| text::parameter(&figure.over, x);
            let who = text::short(&series.who, 60);
            let value = |value| text::quantified(figure.quantity, value);
            let (from, to) = (value(first.value.median), value(last.value.median));
            let crossing = series.crossing.and_then(|crossing| crossing.at).map(|x| {
                format!(", above 1 by more than 2 % from about {} on", crossover::about(x))
            });
            let crossing = crossing.unwrap_or_default();
            Some(format!("{who}: {from} at {}, {to} at {}{crossing}", at(first.x), at(last.x)))
        })
        .collect();
    let marks = match figure.ratio {
        true => "median of the rounds, bar: its 95 % interval; line at 1",
        false => "median, bar from lowest to highest execution",
    };
    format!(
        "{} over {}, both axes logarithmic; {marks}. {}.",
        figure.metric,
        figure.over_label,
        lines.join("; ")
    )
}
