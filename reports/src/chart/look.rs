//! How a contestant looks: a hue for its style, a colour, dash and shape of its
//! own within it, so that colour is never alone.

use triathlon_contract::record::ContestantFile;

/// Colours on a light and on a dark page, each with a contrast of at least 4.5
/// against it; styles one after the other, see [`FAMILIES`].
const PALETTE: [(&str, &str); 16] = [
    ("#7f3812", "#f2a26a"),
    ("#845a0f", "#e8c270"),
    ("#9e0d58", "#f886bb"),
    ("#7530ae", "#c49bf3"),
    ("#b42c92", "#f3b4dd"),
    ("#57165c", "#d572db"),
    ("#7f0327", "#f7a3a9"),
    ("#0256a9", "#73b6fa"),
    ("#026a5b", "#63d5be"),
    ("#2b308d", "#98a2fc"),
    ("#0b7796", "#92dff2"),
    ("#1b622d", "#75d78d"),
    ("#013d48", "#41b0bc"),
    ("#4369c5", "#b9c9f9"),
    ("#645d00", "#dad267"),
    ("#4c5666", "#acb8cb"),
];

/// Styles with their first colour and how many they have; the last is for all
/// others.
const FAMILIES: [(&str, usize, usize); 4] =
    [("blocking", 0, 2), ("threads", 2, 5), ("async", 7, 7), ("", 14, 2)];

/// Dash of a line by its colour: within a style they differ. None is dotted,
/// which is how ways look.
const DASHES: [&str; 16] = [
    "", "9 6", "", "16 8", "28 6", "16 6 7 6", "9 6", "", "16 8", "28 6", "16 6 7 6", "9 6",
    "28 6 7 6", "14 4", "", "9 6",
];

/// Corners of a mark around its middle; none are a circle.
pub(super) const SHAPES: [&[(i32, i32)]; 10] = [
    &[],
    &[(-7, -7), (7, -7), (7, 7), (-7, 7)],
    &[(0, -9), (9, 7), (-9, 7)],
    &[(0, -10), (10, 0), (0, 10), (-10, 0)],
    &[(0, 9), (9, -7), (-9, -7)],
    &[
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
    ],
    &[(-9, -9), (9, -9), (-9, 9), (9, 9)],
    &[(-8, -9), (9, 0), (-8, 9)],
    &[
        (-9, -5),
        (-5, -9),
        (0, -4),
        (5, -9),
        (9, -5),
        (4, 0),
        (9, 5),
        (5, 9),
        (0, 4),
        (-5, 9),
        (-9, 5),
        (-4, 0),
    ],
    &[(8, -9), (-9, 0), (8, 9)],
];

/// Colour and dash of a line; those of a way differ from the plain one's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ink {
    /// Place in the palette.
    pub(crate) colour: u8,
    /// Whether it is another way than the plain one.
    pub(crate) way: bool,
}

/// The colour that stands for a style.
pub(crate) fn of_style(style: &str) -> Ink {
    Ink { colour: family(style).0 as u8, way: false }
}

/// First colour of a style, and how many there are.
fn family(style: &str) -> (usize, usize) {
    let [.., others] = FAMILIES;
    let (_, first, count) =
        FAMILIES.into_iter().find(|(name, ..)| *name == style).unwrap_or(others);
    (first, count)
}

/// The colour of each contestant in the order of the run: one after the other
/// within its style.
pub(super) fn of_contestants(contestants: &[ContestantFile]) -> Vec<Ink> {
    let mut inks = Vec::with_capacity(contestants.len());
    for (place, contestant) in contestants.iter().enumerate() {
        let (first, count) = family(&contestant.style);
        let before = &contestants[..place];
        let same = before.iter().filter(|other| family(&other.style).0 == first).count();
        inks.push(Ink { colour: (first + same % count) as u8, way: false });
    }
    inks
}

/// The variables `--s0` to `--s15` for a light page, or for a dark one.
pub(crate) fn variables(dark: bool) -> String {
    let colours = PALETTE.iter().map(|(light, night)| if dark { night } else { light });
    colours.enumerate().map(|(place, colour)| format!("--s{place}:{colour};")).collect()
}

/// The same variables for a page that is light or dark by its colour scheme.
pub(crate) fn both() -> String {
    let colours = PALETTE.iter().enumerate();
    colours.map(|(place, (day, night))| format!("--s{place}:light-dark({day},{night});")).collect()
}

/// The classes `s0` to `s15` with colour and dash, and `w` for a way.
pub(super) fn classes() -> String {
    let classes = DASHES.iter().enumerate().map(|(place, dash)| {
        let dash = if dash.is_empty() { String::new() } else { format!(";--d:{dash}") };
        format!(".s{place}{{--c:var(--s{place}){dash}}}")
    });
    classes.collect::<String>() + ".w{--d:0 9;stroke-linecap:round}"
}

#[cfg(test)]
mod tests {
    use super::{PALETTE, of_contestants, of_style};
    use triathlon_contract::record::ContestantFile;

    fn luminance(colour: &str) -> f64 {
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    #[test]
    fn names_in_every_colour_are_legible_on_both_pages() {
        // WCAG 2.2, 1.4.3, against the page and its washed rows.
        let contrast = |a: f64, b: f64| (a.max(b) + 0.05) / (a.min(b) + 0.05);
        for (light, dark) in PALETTE {
            assert!(contrast(luminance(light), luminance("#f5f6f8")) >= 4.5, "{light}");
            assert!(contrast(luminance(dark), luminance("#1b1e24")) >= 4.5, "{dark}");
        }
    }

    #[test]
    fn contestants_of_a_style_share_its_hue_and_not_their_colour() {
        let contestant = |style: &str| ContestantFile {
            who: String::new(),
            style: style.to_string(),
            about: String::new(),
        };
        let styles = ["blocking", "threads", "threads", "async", "threads", "by hand", "async"];
        let inks = of_contestants(&styles.map(contestant));
        let colours: Vec<u8> = inks.iter().map(|ink| ink.colour).collect();
        assert_eq!(colours, [0, 2, 3, 7, 4, 14, 8]);
        assert_eq!(of_style("async"), inks[3]);
        assert_eq!(of_style("green threads").colour, 14);
    }
}
