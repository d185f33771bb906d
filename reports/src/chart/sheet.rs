//! Panels on the page and in files of their own.

use maud::{PreEscaped, html};

use super::look;
use super::pen::CHARACTER;
use super::svg::WIDTH;
use crate::text;

/// One drawing with its words.
pub(super) struct Panel {
    pub(super) title: String,
    /// What a reader who does not see it is told.
    pub(super) description: String,
    pub(super) height: i32,
    /// What lies inside the SVG element.
    pub(super) body: String,
}

/// A panel for the page, where the page's style sheet holds.
pub(super) fn in_page(panel: &Panel) -> String {
    let view_box = format!("0 0 {WIDTH} {}", panel.height);
    html! {
        svg.chart role="img" viewBox=(view_box) {
            title { (panel.title) }
            desc { (panel.description) }
            (PreEscaped(&panel.body))
        }
    }
    .into_string()
}

/// What a stand-alone file says besides its panels.
pub(super) struct Sheet<'a> {
    pub(super) title: String,
    pub(super) finding: &'a str,
    /// Where the figure comes from, for programs.
    pub(super) metadata: String,
    /// Below the panels: what marks mean, and where the figure comes from.
    pub(super) footer: Vec<String>,
    /// Styles whose colours occur.
    pub(super) styles: &'a [String],
}

const GAP: i32 = 40;
const MARGIN: i32 = 32;
const LINE: i32 = 38;

/// All panels in two columns, with their own style and a footer that says
/// where they come from.
pub(super) fn stand_alone(sheet: &Sheet<'_>, panels: &[Panel]) -> String {
    let columns = panels.len().clamp(1, 2);
    let width = columns as i32 * (WIDTH + GAP) - GAP + 2 * MARGIN;
    let mut tops = Vec::new();
    let mut bottom = MARGIN;
    for row in panels.chunks(columns) {
        tops.extend(row.iter().map(|_| bottom));
        bottom += row.iter().map(|panel| panel.height).max().unwrap_or(0) + GAP;
    }
    let longest = ((width - 2 * MARGIN) / (CHARACTER + 1)).max(1) as usize;
    let footer: Vec<String> =
        sheet.footer.iter().flat_map(|text| text::wrapped(text, longest)).collect();
    let legend = i32::from(!sheet.styles.is_empty());
    let height = bottom + (footer.len() as i32 + legend) * LINE + MARGIN / 2;
    let style = format!("{}{}", series_style(), stand_alone_style());
    html! {
        svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox=(format!("0 0 {width} {height}"))
            width=(width / 2) height=(height / 2) {
            title { (sheet.title) }
            desc { (sheet.finding) }
            metadata { (sheet.metadata) }
            style { (PreEscaped(style)) }
            rect.paper width=(width) height=(height) {}
            @for (place, panel) in panels.iter().enumerate() {
                @let x = MARGIN + (place % columns) as i32 * (WIDTH + GAP);
                g transform=(format!("translate({x} {})", tops[place])) { (PreEscaped(&panel.body)) }
            }
            @for (x, style) in legend_places(sheet.styles) {
                text class=(format!("cn s{}", look::of_style(style).colour)) x=(x) y=(bottom + LINE / 2) {
                    "● " (text::short(style, 20))
                }
            }
            @for (line, text) in (0..).zip(&footer) {
                text.ck x=(MARGIN) y=(bottom + (line + legend) * LINE + LINE / 2) { (text) }
            }
        }
    }
    .into_string()
        + "\n"
}

fn legend_places(styles: &[String]) -> Vec<(i32, &String)> {
    let mut x = MARGIN;
    let mut places = Vec::new();
    for style in styles {
        places.push((x, style));
        x += (style.chars().count().min(20) as i32 + 4) * CHARACTER;
    }
    places
}

/// Roles and inks: shared by the page and the stand-alone files, which both
/// define the variables of [`look::variables`].
pub(crate) fn series_style() -> String {
    ROLES.to_string() + &look::classes()
}

const ROLES: &str = "\
.ct,.ck,.cv,.cn{font:27px system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','Liberation Sans',sans-serif;\
font-variant-numeric:tabular-nums}\
.ct{font-weight:600;fill:var(--ink)}.ck{fill:var(--soft)}.cv{fill:var(--ink);text-anchor:end}.cn{fill:var(--c)}\
.ca,.cg{fill:none;stroke:var(--axis);stroke-width:2}.cg{stroke:var(--grid)}.cb{fill:var(--band)}\
.cz{fill:none;stroke:var(--ink);stroke-width:4}\
.cl,.cr,.ce{fill:none;stroke:var(--c);stroke-linejoin:round}\
.cl{stroke-width:4;stroke-dasharray:var(--d)}.cr{stroke-width:6;opacity:.45}\
.ce{stroke-width:2;stroke-dasharray:2 6}\
.cd,.co{fill:none;stroke:var(--c);stroke-linecap:round;stroke-width:15}.co{stroke:var(--paper);stroke-width:9}\
.cx,.cp{fill:none;stroke:var(--c);stroke-linecap:round;stroke-width:10}.cp{stroke:var(--paper);stroke-width:5}\
.cm{fill:var(--c);stroke:var(--paper);stroke-width:2}\
.ch{fill:var(--paper);stroke:var(--c);stroke-width:3}";

/// Colours of a stand-alone file, the page's own.
fn stand_alone_style() -> String {
    let (light, dark) = (look::variables(false), look::variables(true));
    format!(
        ":root{{color-scheme:light dark;--paper:#fff;--ink:#16181d;--soft:#565d68;--axis:#9aa1ac;\
         --grid:#e6e8ec;--band:#d5d9e0;{light}}}\
         @media (prefers-color-scheme:dark){{:root{{--paper:#14161a;--ink:#eceef2;--soft:#a4abb6;\
         --axis:#666d79;--grid:#2a2e35;--band:#363c46;{dark}}}}}.paper{{fill:var(--paper)}}"
    )
}
