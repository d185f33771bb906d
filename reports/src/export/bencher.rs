//! `bencher.json`: the Bencher Metric Format, for `bencher run --adapter json`.
//!
//! Source: bencher.dev, "Bencher Metric Format (BMF)", of 2026-11.

use std::collections::BTreeMap;

use anyhow::Result;
use schemars::JsonSchema;
use serde::Serialize;

use super::{believed, json, name};
use crate::metrics::COMPARED;
use crate::render::Model;

/// Measures by benchmark and name.
pub(crate) type Benchmarks = BTreeMap<String, BTreeMap<String, Metric>>;

/// One measure of one benchmark: median and range over executions.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Metric {
    value: f64,
    lower_value: f64,
    upper_value: f64,
}

/// Benchmarks are cases, measures the metrics that are compared.
pub(crate) fn bencher(model: &Model<'_>) -> Result<Vec<u8>> {
    let mut benchmarks = Benchmarks::new();
    for cell in believed(model) {
        let measures = COMPARED.iter().filter_map(|metric| {
            let spread = cell.metrics.get(*metric)?;
            let (value, lower_value, upper_value) = (spread.median, spread.low, spread.high);
            Some((metric.replace('_', "-"), Metric { value, lower_value, upper_value }))
        });
        benchmarks.insert(name(&cell.id), measures.collect());
    }
    json(&benchmarks)
}
