//! From plotters' SVG to ours: roles become classes, sizes go, title and
//! description come.

use maud::{PreEscaped, html};
use plotters::style::RGBColor;

use super::data::{Figure, Panel};
use crate::text;

/// Size of a panel, twice that on the page.
pub(super) const WIDTH: i32 = 880;
/// Height of a panel.
pub(super) const HEIGHT: i32 = 600;
/// Height of its text.
pub(super) const FONT: i32 = 27;

/// What a mark in a chart is, written by plotters as a colour that nobody sees.
#[derive(Clone, Copy, Debug)]
pub(super) enum Role {
    Title,
    Tick,
    Axis,
    Grid,
    Line(usize),
    Range(usize),
    Mark(usize),
    Hollow(usize),
    Leader(usize),
    Name(usize),
}

/// Contestants that can be told apart by colour, dash and shape together.
const STYLES: usize = 8;

/// Class of each role, at the place of its red channel.
const CLASSES: [&str; 10] = ["ct", "ck", "ca", "cg", "cl", "cr", "cm", "ch", "ce", "cn"];

impl Role {
    /// Red: the role; green: the contestant; blue: a constant.
    pub(super) fn colour(self) -> RGBColor {
        let (role, index) = match self {
            Self::Title => (0, 0),
            Self::Tick => (1, 0),
            Self::Axis => (2, 0),
            Self::Grid => (3, 0),
            Self::Line(index) => (4, index),
            Self::Range(index) => (5, index),
            Self::Mark(index) => (6, index),
            Self::Hollow(index) => (7, index),
            Self::Leader(index) => (8, index),
            Self::Name(index) => (9, index),
        };
        RGBColor(role, (index % STYLES) as u8, BLUE)
    }
}

const BLUE: u8 = 0xfe;

/// The class of `#rrggbb`, if it is a role.
fn class(colour: &str) -> Option<String> {
    let channel = |at: usize| u8::from_str_radix(colour.get(at..at + 2)?, 16).ok();
    let (role, index, blue) = (channel(1)?, channel(3)?, channel(5)?);
    let name = CLASSES.get(usize::from(role)).filter(|_| blue == BLUE)?;
    let own = role >= 4;
    Some(if own { format!("{name} s{index}") } else { (*name).to_string() })
}

/// Attributes of plotters that the style sheet decides.
const STYLED: [&str; 8] =
    ["font-family", "font-size", "opacity", "stroke-width", "fill", "stroke", "width", "height"];

/// What lies inside plotters' root element, with classes.
///
/// plotters writes one tag per line and escapes `<` in text, so a line that
/// starts with `<` is a tag.
fn body(drawn: &str) -> String {
    let lines = drawn.lines().filter(|line| !line.starts_with("<svg") && *line != "</svg>");
    lines.map(|line| if line.starts_with('<') { tag(line) } else { line.to_string() }).collect()
}

fn tag(line: &str) -> String {
    let mut out = String::new();
    let mut class_name = None;
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("=\"") {
        let Some((value, next)) = after.split_once('"') else { break };
        let (head, name) = before.rsplit_once(' ').unwrap_or(("", before));
        out.push_str(head);
        if matches!(name, "fill" | "stroke") {
            class_name = class_name.or_else(|| class(value));
        }
        if !STYLED.contains(&name) {
            out.push_str(&format!(" {name}=\"{}\"", value.trim_end()));
        }
        rest = next;
    }
    if let Some(class) = class_name {
        out.push_str(&format!(" class=\"{class}\""));
    }
    out + rest
}

/// A panel for the page, where the page's style sheet holds.
pub(super) fn in_page(figure: &Figure, panel: &Panel, drawn: &str) -> String {
    let view_box = format!("0 0 {WIDTH} {HEIGHT}");
    html! {
        svg.chart role="img" viewBox=(view_box) {
            title { (figure.metric) " – " (panel.title) }
            desc { (description(figure, panel)) }
            (PreEscaped(body(drawn)))
        }
    }
    .into_string()
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
            Some(format!("{who}: {from} at {}, {to} at {}", at(first.x), at(last.x)))
        })
        .collect();
    format!(
        "{} over {}, both axes logarithmic; median, bar from lowest to highest execution. {}.",
        figure.metric,
        figure.over_label,
        lines.join("; ")
    )
}

/// Height of the footer of a stand-alone file.
const FOOTER: i32 = 96;

/// All panels below each other, with their own style and a footer that says
/// where they come from.
pub(super) fn stand_alone(
    figure: &Figure,
    drawn: &[String],
    finding: &str,
    footer: &[String; 2],
) -> String {
    let columns = drawn.len().clamp(1, 2) as i32;
    let rows = (drawn.len() as i32 + columns - 1) / columns;
    let (gap, margin) = (40, 32);
    let width = columns * (WIDTH + gap) - gap + 2 * margin;
    let height = rows * (HEIGHT + gap) + margin + FOOTER;
    let view_box = format!("0 0 {width} {height}");
    let style = format!("{SERIES_STYLE}{STAND_ALONE_STYLE}");
    let footer_y = height - 64;
    html! {
        svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox=(view_box)
            width=(width / 2) height=(height / 2) {
            title { (text::short(&figure.workload, 80)) " – " (figure.metric) }
            desc { (finding) }
            style { (PreEscaped(style)) }
            rect.paper width=(width) height=(height) {}
            @for (place, panel) in (0..).zip(drawn) {
                @let (x, y) = (margin + place % columns * (WIDTH + gap), margin + place / columns * (HEIGHT + gap));
                g transform=(format!("translate({x} {y})")) { (PreEscaped(body(panel))) }
            }
            @for (line, text) in (0..).zip(footer) {
                text.ck x=(margin) y=(footer_y + line * 38) { (text::short(text, 56)) }
            }
        }
    }
    .into_string()
        + "\n"
}

/// Roles and contestants: shared by the page and the stand-alone files, which
/// both define the variables `--s0` to `--s7`.
pub(crate) const SERIES_STYLE: &str = "\
.ct,.ck,.cn{font:27px system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','Liberation Sans',sans-serif;\
font-variant-numeric:tabular-nums}\
.ct{font-weight:600;fill:var(--ink)}.ck{fill:var(--soft)}.cn{fill:var(--c)}\
.ca,.cg{fill:none;stroke:var(--axis);stroke-width:2}.cg{stroke:var(--grid)}\
.cl,.cr,.ce{fill:none;stroke:var(--c);stroke-linejoin:round}\
.cl{stroke-width:4;stroke-dasharray:var(--d)}.cr{stroke-width:6;opacity:.45}\
.ce{stroke-width:2;stroke-dasharray:2 6}\
.cm{fill:var(--c);stroke:var(--paper);stroke-width:2}\
.ch{fill:var(--paper);stroke:var(--c);stroke-width:3}\
.s0{--c:var(--s0)}.s1{--c:var(--s1);--d:14 8}.s2{--c:var(--s2);--d:4 7}.s3{--c:var(--s3)}\
.s4{--c:var(--s4);--d:14 7 3 7}.s5{--c:var(--s5);--d:8 5}.s6{--c:var(--s6);--d:22 8}\
.s7{--c:var(--s7);--d:3 5}";

/// Colours of a stand-alone file, the page's own.
const STAND_ALONE_STYLE: &str = "\
:root{color-scheme:light dark;--paper:#fff;--ink:#16181d;--soft:#565d68;--axis:#9aa1ac;--grid:#e6e8ec;\
--s0:#8a3b12;--s1:#a3195b;--s2:#6a3fb5;--s3:#0b5cad;--s4:#0b7261;--s5:#6b6100;--s6:#9c2f2f;--s7:#4a5568}\
@media (prefers-color-scheme:dark){:root{--paper:#14161a;--ink:#eceef2;--soft:#a4abb6;--axis:#666d79;\
--grid:#2a2e35;--s0:#f0a878;--s1:#ff8fc0;--s2:#c4a7ff;--s3:#7cb8ff;--s4:#5fd6bd;--s5:#d8c75b;\
--s6:#ff9c94;--s7:#b4bdca}}.paper{fill:var(--paper)}";
