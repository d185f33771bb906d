//! From plotters' SVG to ours: roles become classes, sizes go, and marks of one
//! role that follow each other become one path.

use std::fmt::Write as _;

use plotters::style::RGBColor;

use super::look::Ink;

/// Size of a panel, twice that on the page.
pub(super) const WIDTH: i32 = 880;
/// Height of its text.
pub(super) const FONT: i32 = 27;

/// What a mark in a chart is, written by plotters as a colour that nobody sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Title,
    Tick,
    /// A number at the right edge.
    Value,
    Axis,
    Grid,
    /// Noise floor.
    Band,
    /// Median of a strip.
    Median,
    /// Makes a dot hollow.
    Hole,
    /// Makes the dot of an execution hollow.
    SmallHole,
    Line(Ink),
    Range(Ink),
    Mark(Ink),
    Hollow(Ink),
    Leader(Ink),
    Name(Ink),
    Dot(Ink),
    /// The dot of one execution.
    Execution(Ink),
}

/// Class of each role, at the place of its red channel.
const CLASSES: [&str; 17] = [
    "ct", "ck", "cv", "ca", "cg", "cb", "cz", "co", "cp", "cl", "cr", "cm", "ch", "ce", "cn", "cd",
    "cx",
];

/// Roles from this one on have an ink.
const FIRST_WITH_INK: usize = 9;

const WAY: u8 = 0x80;
const BLUE: u8 = 0xfe;

impl Role {
    /// Red: the role; green: the ink; blue: a constant.
    pub(super) fn colour(self) -> RGBColor {
        const NONE: Ink = Ink { colour: 0, way: false };
        let (role, ink) = match self {
            Self::Title => (0, NONE),
            Self::Tick => (1, NONE),
            Self::Value => (2, NONE),
            Self::Axis => (3, NONE),
            Self::Grid => (4, NONE),
            Self::Band => (5, NONE),
            Self::Median => (6, NONE),
            Self::Hole => (7, NONE),
            Self::SmallHole => (8, NONE),
            Self::Line(ink) => (9, ink),
            Self::Range(ink) => (10, ink),
            Self::Mark(ink) => (11, ink),
            Self::Hollow(ink) => (12, ink),
            Self::Leader(ink) => (13, ink),
            Self::Name(ink) => (14, ink),
            Self::Dot(ink) => (15, ink),
            Self::Execution(ink) => (16, ink),
        };
        RGBColor(role, ink.colour | if ink.way { WAY } else { 0 }, BLUE)
    }
}

/// The class of `#rrggbb`, if it is a role.
fn class(colour: &str) -> Option<String> {
    let channel = |at: usize| u8::from_str_radix(colour.get(at..at + 2)?, 16).ok();
    let (role, ink, blue) = (usize::from(channel(1)?), channel(3)?, channel(5)?);
    let name = CLASSES.get(role).filter(|_| blue == BLUE)?;
    let way = if ink & WAY == 0 { "" } else { " w" };
    Some(match role {
        FIRST_WITH_INK.. => format!("{name} s{}{way}", ink & !WAY),
        _ => (*name).to_string(),
    })
}

/// What lies inside plotters' root element, with classes.
///
/// plotters writes one tag per line and escapes `<` in text, so a line that
/// starts with `<` is a tag.
pub(super) fn body(drawn: &str) -> String {
    let mut out = String::new();
    let mut open: Option<Path> = None;
    for line in drawn.lines().filter(|line| !line.starts_with("<svg") && *line != "</svg>") {
        let Some(shape) = Shape::of(line) else {
            out += &open.take().map(Path::end).unwrap_or_default();
            out += &if line.starts_with("<text") { text(line) } else { line.to_string() };
            continue;
        };
        match &mut open {
            Some(path) if path.class == shape.class => path.add(&shape),
            _ => {
                out += &open.take().map(Path::end).unwrap_or_default();
                open.insert(Path::new(shape.class.clone())).add(&shape);
            }
        }
    }
    out + &open.map(Path::end).unwrap_or_default()
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(rest.split_once('"')?.0)
}

/// Centres of letters lie so far above the line that they stand on.
const RISE: i32 = FONT / 4;

/// The opening tag of a text; its anchor stays where the class does not say it.
fn text(tag: &str) -> String {
    let number = |name| attribute(tag, name).and_then(|value| value.parse::<i32>().ok());
    let class = attribute(tag, "fill").and_then(class).unwrap_or_default();
    let mut out = "<text".to_string();
    if let Some(x) = number("x").filter(|x| *x != 0) {
        out += &format!(" x=\"{x}\"");
    }
    out += &format!(" y=\"{}\"", number("y").unwrap_or(0) + RISE);
    let anchor = attribute(tag, "text-anchor").filter(|anchor| *anchor != "start");
    if let Some(anchor) = anchor.filter(|_| class != "cv") {
        out += &format!(" text-anchor=\"{anchor}\"");
    }
    out + &format!(" class=\"{class}\">")
}

/// A line, a polygon or a circle.
struct Shape {
    class: String,
    points: Vec<(i32, i32)>,
    closed: bool,
    radius: Option<i32>,
}

impl Shape {
    fn of(line: &str) -> Option<Self> {
        let closed = line.starts_with("<polygon");
        let colour = attribute(line, if line.starts_with("<polyline") { "stroke" } else { "fill" });
        let class = class(colour?)?;
        if line.starts_with("<circle") {
            let number = |name| attribute(line, name)?.parse::<i32>().ok();
            let points = vec![(number("cx")?, number("cy")?)];
            return Some(Self { class, points, closed, radius: number("r") });
        }
        let points = attribute(line, "points")?.split(' ').filter_map(|point| {
            let (x, y) = point.split_once(',')?;
            Some((x.parse().ok()?, y.parse().ok()?))
        });
        Some(Self { class, points: points.collect(), closed, radius: None })
    }
}

/// Shapes of one class, in relative steps since these are the shorter ones.
struct Path {
    class: String,
    d: String,
    at: Option<(i32, i32)>,
}

impl Path {
    fn new(class: String) -> Self {
        Self { class, d: String::new(), at: None }
    }

    fn end(self) -> String {
        format!("<path d=\"{}\" class=\"{}\"/>", self.d, self.class)
    }

    fn add(&mut self, shape: &Shape) {
        let [first, rest @ ..] = shape.points.as_slice() else { return };
        if let Some(radius) = shape.radius {
            self.move_to((first.0 - radius, first.1));
            for across in [2 * radius, -2 * radius] {
                let _ = write!(self.d, "a{radius} {radius} 0 1 0");
                self.numbers(&[across, 0]);
            }
            self.d.push('z');
            return;
        }
        self.move_to(*first);
        let mut at = *first;
        for point in rest {
            match (point.0 - at.0, point.1 - at.1) {
                (x, 0) => self.step('h', &[x]),
                (0, y) => self.step('v', &[y]),
                (x, y) => self.step('l', &[x, y]),
            }
            at = *point;
        }
        if rest.is_empty() {
            // A round dot, by the ends of a line without length.
            self.step('h', &[0]);
        }
        if shape.closed {
            self.d.push('z');
        } else {
            self.at = Some(at);
        }
    }

    fn move_to(&mut self, point: (i32, i32)) {
        match self.at {
            None => self.step('M', &[point.0, point.1]),
            Some(at) => self.step('m', &[point.0 - at.0, point.1 - at.1]),
        }
        self.at = Some(point);
    }

    fn step(&mut self, command: char, numbers: &[i32]) {
        self.d.push(command);
        self.numbers(numbers);
    }

    fn numbers(&mut self, numbers: &[i32]) {
        for number in numbers {
            let digit = self.d.ends_with(|c: char| c.is_ascii_digit());
            let _ = write!(self.d, "{}{number}", if digit && *number >= 0 { " " } else { "" });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Role, body};
    use crate::chart::look::Ink;
    use plotters::style::RGBColor;

    fn hex(role: Role) -> String {
        let RGBColor(r, g, b) = role.colour();
        format!("#{r:02X}{g:02X}{b:02X}")
    }

    #[test]
    fn shapes_of_one_role_become_one_path() {
        let dot = hex(Role::Dot(Ink { colour: 7, way: false }));
        let mark = hex(Role::Mark(Ink { colour: 7, way: true }));
        let drawn = format!(
            "<svg>\n<polyline fill=\"none\" opacity=\"1\" stroke=\"{dot}\" points=\"10,20 \"/>\n\
             <polyline fill=\"none\" opacity=\"1\" stroke=\"{dot}\" points=\"15,18 15,30 20,30 9,9 \"/>\n\
             <polygon opacity=\"1\" fill=\"{mark}\" points=\"1,2 4,2 4,-3 \"/>\n\
             <circle cx=\"9\" cy=\"9\" r=\"7\" opacity=\"1\" fill=\"{mark}\" stroke=\"none\"/>\n</svg>\n"
        );
        let want = "<path d=\"M10 20h0m5-2v12h5l-11-21\" class=\"cd s7\"/>\
                    <path d=\"M1 2h3v-5zm1 7a7 7 0 1 0 14 0a7 7 0 1 0-14 0z\" class=\"cm s7 w\"/>";
        assert_eq!(body(&drawn), want);
    }

    #[test]
    fn a_text_keeps_place_anchor_and_class() {
        let tag = |role: Role, x: i32, anchor: &str| {
            let colour = hex(role);
            body(&format!(
                "<text x=\"{x}\" y=\"10\" dy=\"0.5ex\" text-anchor=\"{anchor}\" \
                 font-family=\"sans-serif\" font-size=\"21\" opacity=\"1\" fill=\"{colour}\">\na &lt; b\n</text>\n"
            ))
        };
        let name = Role::Name(Ink { colour: 2, way: false });
        assert_eq!(tag(name, 0, "start"), "<text y=\"16\" class=\"cn s2\">a &lt; b</text>");
        assert_eq!(
            tag(Role::Tick, 5, "middle"),
            "<text x=\"5\" y=\"16\" text-anchor=\"middle\" class=\"ck\">a &lt; b</text>"
        );
        assert_eq!(
            tag(Role::Value, 880, "end"),
            "<text x=\"880\" y=\"16\" class=\"cv\">a &lt; b</text>"
        );
    }
}
