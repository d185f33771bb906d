//! `summary.csv`: one row per cell, three columns per metric, then how
//! near its rate comes to the null ceiling.

use anyhow::Result;
use csv::Writer;

use crate::metrics::METRICS;
use crate::summary::{Cell, Summary};

/// The table with a header, lines ending as RFC 4180 allows and tools expect.
pub(crate) fn csv(summary: &Summary) -> Result<Vec<u8>> {
    let mut writer = Writer::from_writer(Vec::new());
    let parts = ["id", "workload", "preset", "contestant", "flavour", "way", "style"];
    let header = parts.iter().chain(&["status", "reason", "n"]).map(ToString::to_string);
    let columns = METRICS.iter().flat_map(|metric| {
        ["median", "low", "high"].map(|statistic| format!("{metric}_{statistic}"))
    });
    let ceiling = ["ceiling", "share_of_ceiling"].map(str::to_string);
    writer.write_record(header.chain(columns).chain(ceiling))?;
    for cell in &summary.cells {
        writer.write_record(row(cell))?;
    }
    Ok(writer.into_inner()?)
}

fn row(cell: &Cell) -> Vec<String> {
    let Cell { id, workload, preset, contestant, flavour, way, style, .. } = cell;
    let mut row: Vec<String> =
        [id, workload, preset, contestant, flavour, way, style].map(Clone::clone).into();
    row.extend([cell.status.name().to_string(), cell.reason.clone(), cell.n.to_string()]);
    for metric in METRICS {
        match cell.metrics.get(metric) {
            Some(spread) => {
                row.extend([spread.median, spread.low, spread.high].map(|v| v.to_string()));
            }
            None => row.extend([const { String::new() }; 3]),
        }
    }
    row.push(cell.ceiling.clone().unwrap_or_default());
    row.push(cell.share_of_ceiling.map(|share| share.to_string()).unwrap_or_default());
    row
}
