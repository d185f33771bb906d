//! Estimators over per-execution values. Pure: slices in, values out.
//!
//! One execution gives one value per metric; everything here is over
//! executions, never over the operations inside one.
//!
//! # Layout
//! - [`summary`]: median, range and deviation of a few values.
//! - [`mod@percentile`]: nearest-rank percentiles of many values.
//! - [`ratio`]: two contestants, paired by round.
//! - [`signed_rank`]: centre of some values, exact interval and p-value.
//! - [`rank_sum`]: the shift between two samples, exact interval and p-value.
//! - [`holm`]: correction of a family of comparisons.
//! - [`verdict`]: lower, higher, equivalent or undecided, for all pairs.
//! - [`order`]: rank intervals and group letters from the pairs.
//! - [`detectable`]: the smallest difference that would have been found.
//! - [`geomean`]: the ratio to a reference over all cells.
//! - [`profile`]: how often a contestant is within a factor of the best.
//! - [`mod@crossing`]: from which value of a parameter on one is ahead of another.
//! - [`fairness`]: how equally something was shared.
//! - [`drift`], [`modes`], [`outlier`]: what is wrong with a case's executions.
//! - [`autocorrelation`]: how much successive samples weigh.

pub mod autocorrelation;
pub mod crossing;
pub mod detectable;
pub mod drift;
pub mod fairness;
pub mod geomean;
pub mod holm;
pub mod modes;
pub mod order;
pub mod outlier;
pub mod percentile;
pub mod profile;
pub mod rank_sum;
pub mod ratio;
pub mod signed_rank;
pub mod summary;
pub mod verdict;

pub use crossing::{Crossing, crossing};
pub use fairness::jain;
pub use percentile::percentile;
pub use ratio::paired_ratio;
pub use summary::{Summary, deviation, median, median_interval};
