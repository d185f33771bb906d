//! Performance profile: per category, how often each contestant is within a
//! factor of the best.

use anyhow::Result;
use plotters::style::text_anchor::HPos;

use super::axis::{self, Axis};
use super::drawing::{Drawing, Parts};
use super::look::{self, Ink};
use super::origin::Origin;
use super::pen::{self, CHARACTER, Drawn, Pen, Scale};
use super::svg::{FONT, Role, WIDTH};
use super::{labels, sheet};
use crate::render::Model;
use crate::summary::{PerformanceProfile, ProfileLine};
use crate::text::{self, THIN};
use crate::{key, profiles};

/// Height of the panel; more lines need more room for their names.
const HEIGHT: i32 = 560;
/// Left of the plot, for the labels of the vertical axis.
const LEFT: i32 = 104;
/// Above it, for the titles.
const TOP: i32 = 106;
/// Below it, for labels and the name of the horizontal axis.
const BOTTOM: i32 = 92;
/// From one name to the next.
const NAME: i32 = FONT + 6;
/// Longest name, in characters.
const LONGEST: usize = 24;
/// The axis ends here: what is further behind is out of the question anyway, and
/// would press the others together.
const FURTHEST: f64 = 10.0;
/// One category.
pub(crate) struct Profile {
    pub(crate) category: String,
    pub(crate) cases: usize,
    pub(crate) lines: Vec<Line>,
    pub(crate) drawing: Drawing,
}

/// One contestant.
pub(crate) struct Line {
    pub(crate) who: String,
    ink: Ink,
    /// `(factor, share)`, ascending.
    steps: Vec<(f64, f64)>,
}

impl Profile {
    /// Factors of the table beside the chart.
    pub(crate) const FACTORS: [f64; 5] = [1.0, 1.1, 1.5, 2.0, 10.0];
}

impl Line {
    /// How much lies below the line up to the end of the axis: larger is better.
    fn area(&self) -> f64 {
        let end = FURTHEST.ln();
        let mut area = 0.0;
        for (place, (factor, share)) in self.steps.iter().enumerate() {
            let next = self.steps.get(place + 1).map_or(end, |(next, _)| next.ln().min(end));
            area += share * (next - factor.ln().min(end));
        }
        area
    }

    /// Share of the cases within a factor of the best.
    pub(crate) fn share(&self, factor: f64) -> f64 {
        let within = self.steps.iter().rev().find(|(tau, _)| *tau <= factor);
        within.map_or(0.0, |(_, share)| *share)
    }
}

/// One drawing for each profile of the summary.
pub(crate) fn profiles(model: &Model<'_>) -> Result<Vec<Profile>> {
    model.summary.performance_profiles.iter().map(|profile| drawn(model, profile)).collect()
}

fn drawn(model: &Model<'_>, profile: &PerformanceProfile) -> Result<Profile> {
    let contestants = &model.input.run.contestants;
    let inks = look::of_contestants(contestants);
    let line = |line: &ProfileLine| {
        let place = contestants.iter().position(|c| c.who == line.who).unwrap_or(0);
        let ink = inks.get(place).copied().unwrap_or_else(|| look::of_style(""));
        Line { who: line.who.clone(), ink, steps: line.steps.clone() }
    };
    let mut lines: Vec<Line> = profile.lines.iter().map(line).collect();
    lines.sort_by(|a, b| b.area().total_cmp(&a.area()));
    let PerformanceProfile { category, cases, .. } = profile;
    let drawing = drawing(model, category, &lines, *cases)?;
    Ok(Profile { category: category.clone(), cases: *cases, lines, drawing })
}

fn drawing(model: &Model<'_>, category: &str, lines: &[Line], cases: usize) -> Result<Drawing> {
    let height = HEIGHT.max(TOP + BOTTOM + (lines.len() as i32 + 1) * NAME);
    let frame = Frame::new(lines, height);
    let title = format!("{}, {cases} cases", text::short(category, 30));
    let body = pen::drawn(height, |pen| {
        frame.axes(pen, &title)?;
        frame.lines(pen, lines)
    })?;
    let finding = finding(category, lines, cases);
    let panel = sheet::Panel {
        title: format!("Performance profile – {title}"),
        description: finding.clone(),
        height,
        body,
    };
    let cells = profiles::cells(&model.input.run, &model.summary.cells, category);
    Ok(Drawing::of(Parts {
        name: format!("{}-profile", key::slug(category)),
        title: format!("Performance profile – {}", text::short(category, 30)),
        marks: "Share of the cases within a factor of the best, by medians.".to_string(),
        finding,
        styles: &[],
        origin: Origin::of_category(model, category, cases, cells),
        panels: vec![panel],
    }))
}

/// Who is the best most often, and who is never far behind.
fn finding(category: &str, lines: &[Line], cases: usize) -> String {
    let count = |share: f64| (share * cases as f64).round() as usize;
    let of = |name: &Line| text::short(&name.who, 40);
    // Of equals the first, whose line lies highest.
    let best = lines.iter().rev().max_by(|a, b| a.share(1.0).total_cmp(&b.share(1.0)));
    let all = |line: &&Line| count(line.share(f64::MAX)) == cases;
    let furthest = |line: &Line| line.steps.last().map_or(f64::INFINITY, |(factor, _)| *factor);
    let steady = lines.iter().filter(all).min_by(|a, b| furthest(a).total_cmp(&furthest(b)));
    let mut out = format!("In {}, ", text::short(category, 30));
    if let Some(best) = best {
        out += &format!(
            "{} has the best median in {} of {cases} cases",
            of(best),
            count(best.share(1.0))
        );
    }
    match steady {
        Some(steady) => {
            let factor = text::digits(furthest(steady));
            out += &format!("; {} is never further behind than {factor}{THIN}×.", of(steady));
        }
        None => out += "; nobody has all of them.",
    }
    out
}

struct Frame {
    right: i32,
    bottom: i32,
    height: i32,
    ticks: Vec<f64>,
    x: Scale,
    last: f64,
}

impl Frame {
    fn new(lines: &[Line], height: i32) -> Self {
        let furthest = lines.iter().filter_map(|line| line.steps.last()).map(|(factor, _)| *factor);
        let last = furthest.fold(2.0, f64::max).min(FURTHEST) * 1.1;
        let longest = lines.iter().map(|line| text::short(&line.who, LONGEST).chars().count());
        let names = i32::try_from(longest.max().unwrap_or(0)).unwrap_or(0) * CHARACTER;
        let right = WIDTH - names - 48;
        let width = |value: f64| (label(value).chars().count() as i32 + 2) * CHARACTER;
        let mut ticks = axis::spaced(1.0, last, right - LEFT, width);
        if ticks.first().is_none_or(|first| *first > 1.0) {
            ticks.insert(0, 1.0);
        }
        let axis = Axis { low: 1.0, high: last, ticks: ticks.clone() };
        Self {
            right,
            bottom: height - BOTTOM,
            height,
            ticks,
            x: Scale::new(&axis, (LEFT, right)),
            last,
        }
    }

    fn y(&self, share: f64) -> i32 {
        self.bottom - (share * f64::from(self.bottom - TOP)).round() as i32
    }

    fn axes(&self, pen: &Pen<'_>, title: &str) -> Drawn {
        for share in [0.25, 0.5, 0.75, 1.0] {
            let y = self.y(share);
            pen.line(&[(LEFT, y), (self.right, y)], Role::Grid)?;
            let percent = format!("{}{THIN}%", share * 100.0);
            pen.anchored(percent, (LEFT - 12, y), Role::Tick, HPos::Right)?;
        }
        pen.line(&[(LEFT, self.bottom), (self.right, self.bottom)], Role::Axis)?;
        pen.text(title, (0, 18), Role::Title)?;
        pen.text("share of cases", (0, 58), Role::Tick)?;
        for tick in &self.ticks {
            let x = self.x.at(*tick);
            pen.line(&[(x, self.bottom), (x, self.bottom + 8)], Role::Axis)?;
            pen.anchored(label(*tick), (x, self.bottom + 28), Role::Tick, HPos::Center)?;
        }
        let at = (i32::midpoint(LEFT, self.right), self.height - 20);
        pen.anchored("within a factor of the best, log scale", at, Role::Tick, HPos::Center)
    }

    fn lines(&self, pen: &Pen<'_>, lines: &[Line]) -> Drawn {
        let ends: Vec<i32> = lines.iter().map(|line| self.y(line.share(self.last))).collect();
        let names = labels::spread(&ends, NAME, TOP, self.bottom - FONT / 2);
        for ((line, end), name_y) in lines.iter().zip(ends).zip(names) {
            let name_x = self.right + 40;
            let leader = [(self.right + 4, end), (name_x - 22, name_y), (name_x - 6, name_y)];
            pen.line(&leader, Role::Leader(line.ink))?;
            pen.text(text::short(&line.who, LONGEST), (name_x, name_y), Role::Name(line.ink))?;
            pen.line(&self.stairs(line), Role::Line(line.ink))?;
        }
        Ok(())
    }

    /// From share to share, each held until the next factor.
    fn stairs(&self, line: &Line) -> Vec<(i32, i32)> {
        let mut at = self.y(0.0);
        let mut stairs = vec![(LEFT, at)];
        for (factor, share) in line.steps.iter().filter(|(factor, _)| *factor <= self.last) {
            let (x, y) = (self.x.at(*factor), self.y(*share));
            stairs.extend([(x, at), (x, y)]);
            at = y;
        }
        stairs.push((self.right, at));
        stairs
    }
}

/// A tick of an axis of ratios, `1.5 ×`.
pub(super) fn label(factor: f64) -> String {
    format!("{}{THIN}×", text::six_digits(factor))
}
