//! `github-action-benchmark.json`, for that action's tool `customSmallerIsBetter`.
//!
//! Source: README of benchmark-action/github-action-benchmark, "Custom benchmarks".

use anyhow::Result;
use schemars::JsonSchema;
use serde::Serialize;

use super::{believed, json, name};
use crate::render::Model;

/// The metrics of which less is better, with their units. Throughput is elapsed, seen
/// from the other side.
const SMALLER: [(&str, &str); 6] = [
    ("elapsed_s", "s"),
    ("response_p50_us", "us"),
    ("response_p99_us", "us"),
    ("cpu_us_per_op", "us/op"),
    ("ctx_switches_per_op", "switches/op"),
    ("peak_rss_bytes", "bytes"),
];

/// One metric of one case.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Entry {
    name: String,
    unit: &'static str,
    value: f64,
    range: String,
    extra: String,
}

/// One entry for each case and metric.
pub(crate) fn action(model: &Model<'_>) -> Result<Vec<u8>> {
    let run = &model.summary.run;
    let mut entries = Vec::new();
    for cell in believed(model) {
        for (metric, unit) in SMALLER {
            let Some(spread) = cell.metrics.get(metric) else { continue };
            entries.push(Entry {
                name: format!("{} {metric}", name(&cell.id)),
                unit,
                value: spread.median,
                range: format!("{} to {}", spread.low, spread.high),
                extra: format!("median of {} executions; run {}", spread.n, name(&run.id)),
            });
        }
    }
    json(&entries)
}
