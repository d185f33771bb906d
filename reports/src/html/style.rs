//! How the page looks: light, dark, print and narrow from one sheet.

use crate::chart::{look, series_style};

/// The style sheet with the charts' own rules, and their colours light, dark
/// and on paper.
pub(super) fn style() -> String {
    let (light, dark) = (look::variables(false), look::variables(true));
    format!(
        "{}:root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\
         @media print{{:root{{{light}}}}}{}",
        include_str!("style.css"),
        series_style()
    )
}
