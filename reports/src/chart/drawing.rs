//! A chart, drawn: for the page and for a file of its own.

use super::origin::Origin;
use super::sheet::{self, Panel, Sheet};

/// One chart, drawn.
pub(crate) struct Drawing {
    /// Anchor on the page.
    pub(crate) anchor: String,
    /// One SVG element per panel, for the page.
    pub(crate) panels: Vec<String>,
    /// What it shows, from the data.
    pub(crate) finding: String,
    /// Path of the stand-alone file.
    pub(crate) file: String,
    /// All panels in one file that needs no page.
    pub(crate) stand_alone: String,
}

/// What becomes a drawing.
pub(super) struct Parts<'a> {
    /// Of anchor and file, `fan-out-forest`.
    pub(super) name: String,
    pub(super) title: String,
    /// What marks mean.
    pub(super) marks: String,
    pub(super) finding: String,
    /// Styles whose colours a legend explains; none where names have colours.
    pub(super) styles: &'a [String],
    pub(super) origin: Origin<'a>,
    pub(super) panels: Vec<Panel>,
}

impl Drawing {
    pub(super) fn of(parts: Parts<'_>) -> Self {
        let Parts { name, title, marks, finding, styles, origin, panels } = parts;
        let anchor = format!("figure-{name}");
        let mut footer = vec![marks];
        footer.extend(origin.footer(&anchor));
        let metadata = origin.metadata(&anchor);
        let sheet = Sheet { title, finding: &finding, metadata, footer, styles };
        Self {
            panels: panels.iter().map(sheet::in_page).collect(),
            file: format!("figures/{name}.svg"),
            stand_alone: sheet::stand_alone(&sheet, &panels),
            anchor,
            finding,
        }
    }
}
