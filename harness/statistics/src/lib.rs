//! Estimators over per-execution values. Pure: slices in, values out.
//!
//! One execution gives one value per metric; everything here is over
//! executions, never over the operations inside one.
//!
//! # Layout
//! - [`summary`]: median and range of a few values.
//! - [`mod@percentile`]: nearest-rank percentiles of many values.
//! - [`ratio`]: two contestants, paired by round.

pub mod percentile;
pub mod ratio;
pub mod summary;

pub use percentile::percentile;
pub use ratio::paired_ratio;
pub use summary::{Summary, median};
