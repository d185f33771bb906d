//! Trade: per category, elapsed time against peak memory, a mark per contestant.

use anyhow::Result;
use plotters::style::text_anchor::HPos;

use super::axis::{self, Axis};
use super::drawing::{Drawing, Parts};
use super::look::{self, Ink};
use super::origin::Origin;
use super::pen::{self, CHARACTER, Drawn, Pen, Scale};
use super::profile::label;
use super::svg::{FONT, Role, WIDTH};
use super::{labels, sheet};
use crate::render::Model;
use crate::text::{self, THIN};
use crate::trades::{Contestant, Mean, Trade};
use crate::{key, trades};

/// Least height of the panel; more contestants need more room for their names.
const HEIGHT: i32 = 600;
/// Left of the plot, for the labels of the vertical axis.
const LEFT: i32 = 116;
/// Above it, for the titles.
const TOP: i32 = 106;
/// Below it, for the labels and the name of the horizontal axis.
const BOTTOM: i32 = 92;
/// From one name to the next.
const NAME: i32 = FONT + 6;
/// Longest name, in characters.
const LONGEST: usize = 24;
/// An axis shows at least this much to each side of the reference, so that noise
/// looks small.
const LEAST: f64 = 1.1;
/// From the middle of a mark to where it ends, with some room.
const MARK: i32 = 14;
/// Contestants that the finding names where it does not name all.
const MOST: usize = 4;

/// One category.
pub(crate) struct Chart<'a> {
    pub(crate) trade: Trade<'a>,
    /// Whether the bars from lowest to highest case are drawn.
    pub(crate) bars: bool,
    pub(crate) drawing: Drawing,
}

/// One drawing for each category that has a trade.
pub(crate) fn trades<'a>(model: &Model<'a>) -> Result<Vec<Chart<'a>>> {
    let trades = trades::trades(&model.input.run, &model.summary.cells);
    trades.into_iter().map(|trade| drawn(model, trade)).collect()
}

fn drawn<'a>(model: &Model<'a>, trade: Trade<'a>) -> Result<Chart<'a>> {
    let inks = look::of_contestants(&model.input.run.contestants);
    let reference = text::short(&model.summary.run.reference, 40);
    let (frame, bars) = Frame::with_bars_if_clear(&trade);
    let category = text::short(trade.category, 30);
    let title = format!("{category}, {} cases", trade.cases);
    let body = pen::drawn(frame.height, |pen| {
        frame.axes(pen, &title)?;
        if bars {
            frame.bars(pen, &trade, &inks)?;
        }
        frame.marks(pen, &trade, &inks)
    })?;
    let panel = sheet::Panel {
        title: format!("Time against memory – {title}"),
        description: description(&trade, &reference),
        height: frame.height,
        body,
    };
    let bar = if bars { " Bars: lowest to highest case." } else { "" };
    let drawing = Drawing::of(Parts {
        name: format!("{}-trade", key::slug(trade.category)),
        title: format!("Time against memory – {category}"),
        marks: format!(
            "Geometric means of ratios to {reference} (thin lines) over the same cases; no \
             verdict.{bar}"
        ),
        finding: finding(&trade, &reference),
        styles: &[],
        origin: Origin::of_category(model, trade.category, trade.cases, trade.cells.clone()),
        panels: vec![panel],
    });
    Ok(Chart { trade, bars, drawing })
}

/// Who is on the Pareto front, with figures.
fn finding(trade: &Trade<'_>, reference: &str) -> String {
    let front = trade.front();
    let name = |own: &&Contestant<'_>| {
        let [time, memory] = [own.elapsed, own.memory].map(|mean| text::digits(mean.ratio));
        let who = text::short(own.who, 40);
        format!("{who} (time {time}{THIN}×, memory {memory}{THIN}×)")
    };
    // "1 more" would be as long as its name.
    let named = if front.len() <= MOST + 1 { front.len() } else { MOST };
    let mut names: Vec<String> = front.iter().take(named).map(name).collect();
    if front.len() > named {
        names.push(format!("{} more", front.len() - named));
    }
    let names = match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => names.concat(),
    };
    format!(
        "In {}, over the same {} cases, no contestant takes both less time and less memory than \
         {names}; these are means of ratios to {reference}.",
        text::short(trade.category, 30),
        trade.cases
    )
}

/// Every mark in words.
fn description(trade: &Trade<'_>, reference: &str) -> String {
    let with_range = |mean: &Mean| {
        let [ratio, least, most] = [mean.ratio, mean.least, mean.most].map(text::digits);
        format!("{ratio}{THIN}× ({least}–{most})")
    };
    let marks = trade.contestants.iter().map(|own| {
        let (time, memory) = (with_range(&own.elapsed), with_range(&own.memory));
        format!("{}: time {time}, memory {memory}", text::short(own.who, 40))
    });
    format!(
        "Elapsed to the right, peak memory upwards, both axes logarithmic; geometric mean (lowest to \
         highest case) of the ratios to {reference}. {}.",
        marks.collect::<Vec<_>>().join("; ")
    )
}

/// Both axes in pixels.
struct Frame {
    right: i32,
    bottom: i32,
    height: i32,
    ticks: [Vec<f64>; 2],
    x: Scale,
    y: Scale,
}

impl Frame {
    /// With room for the bars if each can be told whose it is, otherwise for the
    /// marks alone; and which of these.
    fn with_bars_if_clear(trade: &Trade<'_>) -> (Self, bool) {
        let with_bars = Self::new(trade, |mean| [mean.least, mean.most]);
        match with_bars.bars_are_clear(trade) {
            true => (with_bars, true),
            false => (Self::new(trade, |mean| [mean.ratio; 2]), false),
        }
    }

    /// `ends` are what must lie on the axes.
    fn new(trade: &Trade<'_>, ends: impl Fn(Mean) -> [f64; 2]) -> Self {
        let contestants = &trade.contestants;
        let names = contestants.iter().map(|own| text::short(own.who, LONGEST).chars().count());
        let names = i32::try_from(names.max().unwrap_or(0)).unwrap_or(0) * CHARACTER;
        let height = HEIGHT.max(TOP + BOTTOM + (contestants.len() as i32 + 1) * NAME);
        let (right, bottom) = (WIDTH - names - 48, height - BOTTOM);
        let range = |of: fn(&Contestant<'_>) -> Mean| {
            let values = || contestants.iter().flat_map(|own| ends(of(own)));
            let (low, high) =
                (values().fold(1.0 / LEAST, f64::min), values().fold(LEAST, f64::max));
            axis::padded(low, high, 0.05)
        };
        let (elapsed, memory) = (range(|own| own.elapsed), range(|own| own.memory));
        let width = |value: f64| (label(value).chars().count() as i32 + 2) * CHARACTER;
        let ticks = [
            axis::spaced(elapsed.0, elapsed.1, right - LEFT, width),
            axis::round_values(memory.0, memory.1),
        ];
        let scale =
            |(low, high), pixels| Scale::new(&Axis { low, high, ticks: Vec::new() }, pixels);
        Self {
            right,
            bottom,
            height,
            ticks,
            x: scale(elapsed, (LEFT, right)),
            y: scale(memory, (bottom, TOP)),
        }
    }

    fn at(&self, own: &Contestant<'_>) -> (i32, i32) {
        (self.x.at(own.elapsed.ratio), self.y.at(own.memory.ratio))
    }

    /// Whether no bar touches the mark of another contestant.
    fn bars_are_clear(&self, trade: &Trade<'_>) -> bool {
        let touches = |from: i32, to: i32, at: i32| (from - MARK..=to + MARK).contains(&at);
        let clear = |own: &Contestant<'_>, other: &Contestant<'_>| {
            let ((x, y), at) = (self.at(own), self.at(other));
            let [left, right] = [own.elapsed.least, own.elapsed.most].map(|value| self.x.at(value));
            let [top, bottom] = [own.memory.most, own.memory.least].map(|value| self.y.at(value));
            let across = touches(left, right, at.0) && touches(y, y, at.1);
            let upwards = touches(top, bottom, at.1) && touches(x, x, at.0);
            !across && !upwards
        };
        let all = &trade.contestants;
        all.iter().all(|own| {
            all.iter().filter(|other| other.place != own.place).all(|other| clear(own, other))
        })
    }

    fn axes(&self, pen: &Pen<'_>, title: &str) -> Drawn {
        let [across, upwards] = &self.ticks;
        for tick in upwards {
            let y = self.y.at(*tick);
            pen.line(&[(LEFT, y), (self.right, y)], Role::Grid)?;
        }
        for tick in across {
            let x = self.x.at(*tick);
            pen.line(&[(x, TOP), (x, self.bottom)], Role::Grid)?;
        }
        let one = (self.x.at(1.0), self.y.at(1.0));
        pen.line(&[(LEFT, one.1), (self.right, one.1)], Role::Axis)?;
        pen.line(&[(one.0, TOP), (one.0, self.bottom)], Role::Axis)?;
        pen.text(title, (0, 18), Role::Title)?;
        pen.text("peak memory, ratio to the reference, log scale", (0, 58), Role::Tick)?;
        for tick in upwards {
            let at = (LEFT - 12, self.y.at(*tick));
            pen.anchored(label(*tick), at, Role::Tick, HPos::Right)?;
        }
        for tick in across {
            let at = (self.x.at(*tick), self.bottom + 28);
            pen.anchored(label(*tick), at, Role::Tick, HPos::Center)?;
        }
        let at = (i32::midpoint(LEFT, self.right), self.height - 20);
        pen.anchored("elapsed, ratio to the reference, log scale", at, Role::Tick, HPos::Center)
    }

    fn bars(&self, pen: &Pen<'_>, trade: &Trade<'_>, inks: &[Ink]) -> Drawn {
        for own in &trade.contestants {
            let ((x, y), ink) = (self.at(own), inks[own.place]);
            let across = [own.elapsed.least, own.elapsed.most].map(|value| (self.x.at(value), y));
            let upwards = [own.memory.least, own.memory.most].map(|value| (x, self.y.at(value)));
            pen.line(&across, Role::Range(ink))?;
            pen.line(&upwards, Role::Range(ink))?;
        }
        Ok(())
    }

    fn marks(&self, pen: &Pen<'_>, trade: &Trade<'_>, inks: &[Ink]) -> Drawn {
        let heights: Vec<i32> = trade.contestants.iter().map(|own| self.at(own).1).collect();
        let names = labels::spread(&heights, NAME, TOP, self.bottom - FONT / 2);
        for (own, name_y) in trade.contestants.iter().zip(names) {
            let ((x, y), ink, name_x) = (self.at(own), inks[own.place], self.right + 40);
            let leader = [(x + MARK, y), (name_x - 22, name_y), (name_x - 6, name_y)];
            pen.line(&leader, Role::Leader(ink))?;
            pen.text(text::short(own.who, LONGEST), (name_x, name_y), Role::Name(ink))?;
        }
        for own in &trade.contestants {
            pen.mark(self.at(own), own.place, Role::Mark(inks[own.place]))?;
        }
        Ok(())
    }
}
