//! Knees: response times of servers over the offered load, a panel per contestant.

use anyhow::Result;
use plotters::style::text_anchor::HPos;
use triathlon_contract::record::ContestantFile;

use super::axis::{self, Axis};
use super::labels;
use super::look::{self, Ink};
use super::panel::tick_label;
use super::pen::{self, Drawn, Pen, Scale};
use super::sheet;
use super::svg::{FONT, Role, WIDTH};
use crate::summary::{LoadCurve, LoadPoint, Spread};
use crate::text::{self, Quantity};

/// What stands for what.
pub(super) const MARKS: &str = "Line: 99th percentile; dotted: median; mark: median of the executions; bar: \
     lowest to highest; hollow: beyond capacity. Vertical: knee; grey: its interval; horizontal: bound.";

const HEIGHT: i32 = 480;
/// Around the plot: titles, axes and names at line ends.
const LEFT: i32 = 148;
const TOP: i32 = 106;
const RIGHT: i32 = WIDTH - 140;
const BOTTOM: i32 = HEIGHT - 92;
/// Least distance of two labels on the horizontal axis.
const TICK_GAP: i32 = 74;

/// Most contestants in a sentence.
const NAMED: usize = 12;

/// What is drawn: curves of plain ways that have a 99th percentile.
pub(super) fn drawn(curves: &[LoadCurve]) -> Vec<&LoadCurve> {
    let plain = |curve: &&LoadCurve| !curve.who.contains(':');
    let tall = |curve: &&LoadCurve| p99s(curve).any(|(_, value)| value.low > 0.0);
    curves.iter().filter(plain).filter(tall).collect()
}

fn p99s(curve: &LoadCurve) -> impl Iterator<Item = (&LoadPoint, Spread)> {
    curve.points.iter().filter_map(|point| Some((point, point.p99_us?)))
}

fn p50s(curve: &LoadCurve) -> impl Iterator<Item = (&LoadPoint, Spread)> {
    curve.points.iter().filter_map(|point| Some((point, point.p50_us?)))
}

/// One panel per curve; all share both axes.
pub(super) fn panels(
    curves: &[&LoadCurve],
    contestants: &[ContestantFile],
) -> Result<Vec<sheet::Panel>> {
    let inks = look::of_contestants(contestants);
    let kinds = curves.iter().any(|curve| curve.preset != curves[0].preset);
    let panels = curves.iter().map(|curve| {
        let own = contestants.iter().position(|contestant| contestant.who == curve.who);
        let ink = own.map_or(Ink { colour: 14, way: false }, |own| inks[own]);
        let mut title = text::short(&curve.who, 40);
        if kinds {
            title = format!("{title}, {}", text::short(&curve.preset, 30));
        }
        let frame = Frame::new(curves);
        let body = pen::drawn(HEIGHT, |pen| {
            frame.knee(pen, curve)?;
            frame.axes(pen, curve, &title)?;
            frame.lines(pen, curve, ink, own.unwrap_or(0))
        })?;
        Ok(sheet::Panel { title, description: description(curve), height: HEIGHT, body })
    });
    panels.collect()
}

/// Both axes in pixels.
struct Frame {
    rates: Vec<u64>,
    vertical: Axis,
    x: Scale,
    y: Scale,
}

impl Frame {
    fn new(curves: &[&LoadCurve]) -> Self {
        let points = || curves.iter().flat_map(|curve| &curve.points);
        let mut rates: Vec<u64> = points().map(|point| point.rate_per_s).collect();
        rates.sort_unstable();
        rates.dedup();
        let spreads = || points().flat_map(|point| [point.p50_us, point.p99_us]).flatten();
        let bounds = || curves.iter().map(|curve| curve.bound_us);
        let lows = spreads().map(|spread| spread.low).filter(|low| *low > 0.0);
        let low = lows.chain(bounds()).fold(f64::INFINITY, f64::min);
        let high = spreads().map(|spread| spread.high).chain(bounds()).fold(0.0, f64::max);
        let (low, high) = axis::padded(low, high, 0.05);
        let vertical = Axis { low, high, ticks: axis::round_values(low, high) };
        let (first, last) = (rates[0] as f64, rates[rates.len() - 1] as f64);
        let (low, high) = axis::padded(first, last, 0.06);
        let horizontal = Axis { low, high, ticks: Vec::new() };
        Self {
            x: Scale::new(&horizontal, (LEFT, RIGHT)),
            y: Scale::new(&vertical, (BOTTOM, TOP)),
            rates,
            vertical,
        }
    }

    /// The knee with its interval, and the bound.
    fn knee(&self, pen: &Pen<'_>, curve: &LoadCurve) -> Drawn {
        let x = |rate: Option<f64>| rate.map_or(RIGHT, |rate| self.x.at(rate));
        if let Some([low, high]) = curve.interval.filter(|[low, _]| low.is_some()) {
            pen.area((x(low), TOP), (x(high).max(x(low) + 2), BOTTOM), Role::Band)?;
        }
        let bound = self.y.at(curve.bound_us);
        pen.line(&[(LEFT, bound), (RIGHT, bound)], Role::Axis)?;
        match curve.knee_per_s.filter(|_| !curve.is_below()) {
            Some(knee) => pen.line(&[(x(Some(knee)), TOP), (x(Some(knee)), BOTTOM)], Role::Median),
            None => Ok(()),
        }
    }

    fn axes(&self, pen: &Pen<'_>, curve: &LoadCurve, title: &str) -> Drawn {
        pen.text(title, (0, 18), Role::Title)?;
        pen.text(format!("Response time; knee {}", knee(curve)), (0, 58), Role::Tick)?;
        for tick in &self.vertical.ticks {
            let y = self.y.at(*tick);
            pen.line(&[(LEFT, y), (RIGHT, y)], Role::Grid)?;
        }
        pen.line(&[(LEFT, BOTTOM), (RIGHT, BOTTOM)], Role::Axis)?;
        for tick in &self.vertical.ticks {
            let label = tick_label(Quantity::Microseconds, *tick);
            pen.anchored(label, (LEFT - 12, self.y.at(*tick)), Role::Tick, HPos::Right)?;
        }
        let mut free = i32::MIN;
        for rate in &self.rates {
            let x = self.x.at(*rate as f64);
            if x >= free {
                free = x + TICK_GAP;
                pen.anchored(text::whole(*rate), (x, BOTTOM + 28), Role::Tick, HPos::Center)?;
            }
        }
        let at = (i32::midpoint(LEFT, RIGHT), HEIGHT - 20);
        pen.anchored("offered rate, /s", at, Role::Tick, HPos::Center)
    }

    fn lines(&self, pen: &Pen<'_>, curve: &LoadCurve, ink: Ink, shape: usize) -> Drawn {
        let of = [
            ("p99", ink, p99s(curve).collect::<Vec<_>>()),
            ("median", Ink { way: true, ..ink }, p50s(curve).collect::<Vec<_>>()),
        ];
        let end = |points: &Vec<(&LoadPoint, Spread)>| {
            points.last().map_or(BOTTOM, |(_, value)| self.y.at(value.median))
        };
        let ends: Vec<i32> = of.iter().map(|(.., points)| end(points)).collect();
        let names = labels::spread(&ends, FONT + 6, TOP, BOTTOM - FONT / 2);
        for ((name, ink, points), name_y) in of.into_iter().zip(names) {
            if !points.is_empty() {
                pen.text(name, (RIGHT + 18, name_y), Role::Name(ink))?;
            }
            self.line(pen, &points, ink, shape)?;
        }
        Ok(())
    }

    fn line(
        &self,
        pen: &Pen<'_>,
        points: &[(&LoadPoint, Spread)],
        ink: Ink,
        shape: usize,
    ) -> Drawn {
        let at = |point: &LoadPoint, us: f64| {
            (self.x.at(point.rate_per_s as f64), self.y.at(us.max(self.vertical.low)))
        };
        for (point, value) in points {
            pen.line(&[at(point, value.low), at(point, value.high)], Role::Range(ink))?;
        }
        let medians: Vec<(i32, i32)> =
            points.iter().map(|(point, value)| at(point, value.median)).collect();
        pen.line(&medians, Role::Line(ink))?;
        for (place, (point, _)) in medians.iter().zip(points) {
            let role = if point.beyond { Role::Hollow(ink) } else { Role::Mark(ink) };
            pen.mark(*place, shape, role)?;
        }
        Ok(())
    }
}

/// The knee in a few words: `2900 [2700–3100]`.
pub(crate) fn knee(curve: &LoadCurve) -> String {
    let rate = |rate: f64| text::digits(rate);
    let highest = || curve.points.last().map_or(0, |point| point.rate_per_s);
    let lowest = || curve.points.first().map_or(0, |point| point.rate_per_s);
    if curve.missing.is_some() {
        return "unknown".to_string();
    }
    let value = match curve.knee_per_s {
        None => format!("above {}/s", text::whole(highest())),
        Some(_) if curve.is_below() => format!("below {}/s", text::whole(lowest())),
        Some(knee) => format!("{}/s", rate(knee)),
    };
    match curve.interval {
        Some([Some(low), Some(high)]) if low != high => {
            format!("{value} [{}–{}]", rate(low), rate(high))
        }
        Some([Some(low), None]) => {
            format!("{value} [{} to above {}]", rate(low), text::whole(highest()))
        }
        _ => value,
    }
}

/// Whose load is borne up to where, the furthest first.
pub(super) fn finding(curves: &[&LoadCurve]) -> String {
    let mut presets: Vec<&str> = curves.iter().map(|curve| curve.preset.as_str()).collect();
    presets.dedup();
    let sentence = |preset: &&str| {
        let of = |curve: &&&LoadCurve| curve.preset == **preset && curve.missing.is_none();
        let mut own: Vec<&LoadCurve> = curves.iter().filter(of).copied().collect();
        let Some(first) = own.first() else {
            return format!("{}: no knee.", text::short(preset, 60));
        };
        let bound = text::quantified(Quantity::Microseconds, first.bound_us);
        let place = |curve: &&LoadCurve| curve.knee_per_s.unwrap_or(f64::INFINITY);
        own.sort_by(|a, b| place(b).total_cmp(&place(a)));
        let each = own.iter().take(NAMED).map(|curve| {
            let limited = if curve.limited { "†" } else { "" };
            format!("{} {}{limited}", text::short(&curve.who, 40), knee(curve))
        });
        format!(
            "Rates of {} up to which p99 of response stays within {bound} and answers keep up \
             (95 % interval): {}.",
            text::short(preset, 60),
            each.collect::<Vec<_>>().join(", ")
        )
    };
    presets.iter().map(sentence).collect::<Vec<_>>().join(" ")
}

/// The panel in words.
fn description(curve: &LoadCurve) -> String {
    let time = |us: f64| text::quantified(Quantity::Microseconds, us);
    let each = p99s(curve).map(|(point, value)| {
        let beyond = if point.beyond { ", beyond capacity" } else { "" };
        format!("{} at {}/s{beyond}", time(value.median), text::whole(point.rate_per_s))
    });
    format!(
        "99th percentile of response over the offered rate, both axes logarithmic: {}. Knee: {}.",
        each.collect::<Vec<_>>().join("; "),
        knee(curve)
    )
}
