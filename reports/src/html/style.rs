//! How the page looks: light, dark, print and narrow from one sheet.

/// The style sheet, without the charts' own rules.
pub(super) const STYLE: &str = include_str!("style.css");
