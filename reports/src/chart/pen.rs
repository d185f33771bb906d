//! What all charts draw with: plotters on text in memory, at twice the size
//! (plotters has whole pixels), with roles for colours, see [`Role`]; the page
//! and the stand-alone file turn them into classes, so that light, dark and
//! print come from one drawing.

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::coord::ranged1d::Ranged;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::Axis;
use super::look::SHAPES;
use super::svg::{self, FONT, Role, WIDTH};

/// Width of a character, on average and with some room.
pub(super) const CHARACTER: i32 = FONT * 9 / 16;

/// What plotters' SVG backend answers; text in memory cannot fail.
pub(super) type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// A panel on which is drawn.
pub(super) struct Pen<'a>(DrawingArea<SVGBackend<'a>, Shift>);

/// The marks that `draw` makes on a panel of a height, with classes.
pub(super) fn drawn(height: i32, draw: impl FnOnce(&Pen<'_>) -> Drawn) -> Result<String> {
    let mut svg = String::new();
    let size = (WIDTH as u32, height as u32);
    let pen = Pen(SVGBackend::with_string(&mut svg, size).into_drawing_area());
    draw(&pen).map_err(|error| anyhow!("cannot draw: {error}"))?;
    drop(pen);
    Ok(svg::body(&svg))
}

impl Pen<'_> {
    pub(super) fn text(&self, text: impl Into<String>, at: (i32, i32), role: Role) -> Drawn {
        self.anchored(text, at, role, HPos::Left)
    }

    pub(super) fn anchored(
        &self,
        text: impl Into<String>,
        at: (i32, i32),
        role: Role,
        anchor: HPos,
    ) -> Drawn {
        let style = ("sans-serif", f64::from(FONT)).into_font().color(&role.colour());
        self.0.draw(&Text::new(text.into(), at, style.pos(Pos::new(anchor, VPos::Center))))
    }

    /// A line through points; a single point is a round dot.
    pub(super) fn line(&self, points: &[(i32, i32)], role: Role) -> Drawn {
        self.0.draw(&PathElement::new(points, role.colour()))
    }

    /// A rectangle.
    pub(super) fn area(
        &self,
        (left, top): (i32, i32),
        (right, bottom): (i32, i32),
        role: Role,
    ) -> Drawn {
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
        self.0.draw(&Polygon::new(corners, role.colour().filled()))
    }

    /// Shapes differ, so that colour is never alone.
    pub(super) fn mark(&self, at: (i32, i32), shape: usize, role: Role) -> Drawn {
        let style = role.colour().filled();
        match SHAPES[shape % SHAPES.len()] {
            [] => self.0.draw(&Circle::new(at, 7, style)),
            corners => {
                let corners = corners.iter().map(|(x, y)| (at.0 + x, at.1 + y));
                self.0.draw(&Polygon::new(corners.collect::<Vec<_>>(), style))
            }
        }
    }
}

/// Values on a logarithmic axis to pixels, by plotters' coordinates.
pub(super) struct Scale {
    values: LogCoord<f64>,
    pixels: (i32, i32),
}

impl Scale {
    /// The axis from one pixel to another.
    pub(super) fn new(axis: &Axis, pixels: (i32, i32)) -> Self {
        Self { values: (axis.low..axis.high).log_scale().into(), pixels }
    }

    pub(super) fn at(&self, value: f64) -> i32 {
        self.values.map(&value, self.pixels)
    }
}
