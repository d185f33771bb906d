//! How the page looks: light, dark, print and narrow from one sheet.

use crate::chart::{look, series_style};

/// The style sheet with the charts' own rules and colours.
pub(super) fn style() -> String {
    format!("{}:root{{{}}}{}", include_str!("style.css"), look::both(), series_style())
}
