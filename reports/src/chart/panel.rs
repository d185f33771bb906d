//! One panel, drawn by plotters at twice its size (plotters has whole pixels).
//!
//! Colours here are not colours but roles, see [`Role`]; the page and the
//! stand-alone file turn them into classes, so that light, dark and print come
//! from one drawing.

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::{self, Axis};
use super::data::{Figure, Panel, Series};
use super::labels;
use super::svg::{FONT, HEIGHT, Role, WIDTH};
use crate::text;

type Root<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Left of the plot, for the labels of the vertical axis.
const LEFT: i32 = 116;
/// Above it, for the titles.
const TOP: i32 = 106;
/// Below it, for the labels and the name of the horizontal axis.
const BOTTOM: i32 = 92;
/// Longest name at a line end, in characters.
const LONGEST: usize = 22;
/// Sideways distance between neighbours at one value.
const DODGE: i32 = 5;
/// Least distance of two labels on the horizontal axis.
const TICK_GAP: i32 = 74;
/// Width of a character, on average.
const CHARACTER: i32 = FONT * 9 / 16;

/// The panel as plotters' SVG.
pub(super) fn draw(figure: &Figure, panel: &Panel) -> Result<String> {
    let mut svg = String::new();
    let root = SVGBackend::with_string(&mut svg, (WIDTH as u32, HEIGHT as u32)).into_drawing_area();
    let frame = Frame::new(figure, panel);
    let drawn = frame.axes(&root, figure, panel).and_then(|()| frame.lines(&root, panel));
    drawn.map_err(|error| anyhow!("cannot draw {}: {error}", figure.workload))?;
    drop(root);
    Ok(svg)
}

/// What plotters' SVG backend answers; text in memory cannot fail.
type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// Both axes, mapped to pixels by plotters' logarithmic coordinates.
struct Frame {
    right: i32,
    bottom: i32,
    horizontal: Axis,
    vertical: Axis,
    x: LogCoord<f64>,
    y: LogCoord<f64>,
}

impl Frame {
    fn new(figure: &Figure, panel: &Panel) -> Self {
        let (horizontal, vertical) = (axis::horizontal(figure), axis::vertical(figure));
        let longest = panel.series.iter().map(|s| text::short(&s.who, LONGEST).chars().count());
        let names = i32::try_from(longest.max().unwrap_or(0)).unwrap_or(0) * CHARACTER;
        Self {
            right: WIDTH - names - 48,
            bottom: HEIGHT - BOTTOM,
            x: (horizontal.low..horizontal.high).log_scale().into(),
            y: (vertical.low..vertical.high).log_scale().into(),
            horizontal,
            vertical,
        }
    }

    fn x(&self, value: f64) -> i32 {
        self.x.map(&value, (LEFT, self.right))
    }

    fn y(&self, value: f64) -> i32 {
        self.y.map(&value, (self.bottom, TOP))
    }

    fn axes(&self, root: &Root<'_>, figure: &Figure, panel: &Panel) -> Drawn {
        let write = |text: String, at: (i32, i32), role: Role, h: HPos| {
            root.draw(&Text::new(text, at, font(role, h)))
        };
        write(panel.title.clone(), (0, 18), Role::Title, HPos::Left)?;
        write(
            format!("{}, log scale", text::short(&figure.metric, 34)),
            (0, 58),
            Role::Tick,
            HPos::Left,
        )?;
        for tick in &self.vertical.ticks {
            let y = self.y(*tick);
            line(root, vec![(LEFT, y), (self.right, y)], Role::Grid)?;
            let label = tick_label(figure, *tick);
            write(label, (LEFT - 12, y), Role::Tick, HPos::Right)?;
        }
        line(root, vec![(LEFT, self.bottom), (self.right, self.bottom)], Role::Axis)?;
        let mut free = i32::MIN;
        for tick in &self.horizontal.ticks {
            let x = self.x(*tick);
            if x < free {
                continue;
            }
            free = x + TICK_GAP;
            line(root, vec![(x, self.bottom), (x, self.bottom + 8)], Role::Axis)?;
            let label = text::parameter(&figure.over, *tick as u64);
            write(label, (x, self.bottom + 28), Role::Tick, HPos::Center)?;
        }
        let middle = i32::midpoint(LEFT, self.right);
        write(figure.over_label.clone(), (middle, HEIGHT - 20), Role::Tick, HPos::Center)
    }

    fn lines(&self, root: &Root<'_>, panel: &Panel) -> Drawn {
        let ends: Vec<i32> = panel.series.iter().filter_map(|series| self.end(series)).collect();
        let names = labels::spread(&ends, FONT + 6, TOP, self.bottom - FONT / 2);
        for (place, (series, name_y)) in panel.series.iter().zip(names).enumerate() {
            let place = place as i32 * 2 - (panel.series.len() as i32 - 1);
            self.line(root, series, place * DODGE / 2, name_y)?;
        }
        Ok(())
    }

    fn end(&self, series: &Series) -> Option<i32> {
        series.points.last().map(|point| self.y(point.value.median))
    }

    fn line(&self, root: &Root<'_>, series: &Series, dodge: i32, name_y: i32) -> Drawn {
        let at = |x: u64, y: f64| (self.x(x as f64) + dodge, self.y(y));
        let medians: Vec<(i32, i32)> =
            series.points.iter().map(|point| at(point.x, point.value.median)).collect();
        let index = series.index;
        if let Some(last) = medians.last() {
            let name_x = self.right + 40;
            let leader = vec![(last.0 + 12, last.1), (name_x - 22, name_y), (name_x - 6, name_y)];
            line(root, leader, Role::Leader(index))?;
            let name = text::short(&series.who, LONGEST);
            root.draw(&Text::new(name, (name_x, name_y), font(Role::Name(index), HPos::Left)))?;
        }
        for point in &series.points {
            let range = vec![at(point.x, point.value.low), at(point.x, point.value.high)];
            line(root, range, Role::Range(index))?;
        }
        line(root, medians.clone(), Role::Line(index))?;
        for (at, point) in medians.into_iter().zip(&series.points) {
            let role = if point.limited { Role::Hollow(index) } else { Role::Mark(index) };
            marker(root, at, index, role)?;
        }
        Ok(())
    }
}

/// Ticks of a quantity need no more digits than they have.
fn tick_label(figure: &Figure, tick: f64) -> String {
    let unit = figure.quantity.unit_for(tick);
    let number = format!("{}", text::six_digits(tick / unit.size));
    match unit.name {
        "" => number,
        name => format!("{number}{}{name}", text::THIN),
    }
}

fn font(role: Role, h: HPos) -> TextStyle<'static> {
    let pos = Pos::new(h, VPos::Center);
    ("sans-serif", f64::from(FONT)).into_font().color(&role.colour()).pos(pos)
}

fn line(root: &Root<'_>, points: Vec<(i32, i32)>, role: Role) -> Drawn {
    root.draw(&PathElement::new(points, role.colour()))
}

/// Shapes differ, so that colour is never alone.
fn marker(root: &Root<'_>, at: (i32, i32), index: usize, role: Role) -> Drawn {
    let style = role.colour().filled();
    let polygon = |corners: &[(i32, i32)]| {
        let corners = corners.iter().map(|(x, y)| (at.0 + x, at.1 + y));
        root.draw(&Polygon::new(corners.collect::<Vec<_>>(), style))
    };
    match index % 6 {
        0 => root.draw(&Circle::new(at, 7, style)),
        1 => polygon(&[(-7, -7), (7, -7), (7, 7), (-7, 7)]),
        2 => polygon(&[(0, -9), (9, 7), (-9, 7)]),
        3 => polygon(&[(0, -10), (10, 0), (0, 10), (-10, 0)]),
        4 => polygon(&[(0, 9), (9, -7), (-9, -7)]),
        _ => polygon(&[
            (-3, -9),
            (3, -9),
            (3, -3),
            (9, -3),
            (9, 3),
            (3, 3),
            (3, 9),
            (-3, 9),
            (-3, 3),
            (-9, 3),
            (-9, -3),
            (-3, -3),
        ]),
    }
}
