//! `summary.csv`: one row per cell, three columns per metric, what is said of it
//! against its reference, then how near its rate comes to the null ceiling.

use anyhow::Result;
use csv::Writer;

use crate::metrics::{COMPARED, METRICS};
use crate::summary::{Against, Cell, Standing, Summary};

/// The table with a header, lines ending as RFC 4180 allows and tools expect.
pub(crate) fn csv(summary: &Summary) -> Result<Vec<u8>> {
    let mut writer = Writer::from_writer(Vec::new());
    let parts = ["id", "workload", "preset", "contestant", "flavour", "way", "style"];
    let header = parts.iter().chain(&["status", "reason", "n"]).map(ToString::to_string);
    let columns = METRICS.iter().flat_map(|metric| {
        ["median", "low", "high"].map(|statistic| format!("{metric}_{statistic}"))
    });
    let verdicts = COMPARED
        .iter()
        .filter(|_| summary.run.verdicts)
        .flat_map(|metric| VERDICT.map(|statistic| format!("{metric}_{statistic}")));
    let ceiling = ["disturbed", "ceiling", "share_of_ceiling"].map(str::to_string);
    writer.write_record(header.chain(columns).chain(verdicts).chain(ceiling))?;
    for cell in &summary.cells {
        writer.write_record(row(cell, summary.run.verdicts))?;
    }
    Ok(writer.into_inner()?)
}

/// Columns per metric, in runs with verdicts.
const VERDICT: [&str; 8] = [
    "verdict",
    "ratio",
    "ratio_low",
    "ratio_high",
    "smallest_difference",
    "rank_best",
    "rank_worst",
    "letters",
];

/// One field for each of [`VERDICT`].
fn verdict(cell: &Cell, metric: &str) -> [String; 8] {
    let mut fields = [const { String::new() }; 8];
    if let Some(Against { verdict, ratio, low, high, smallest_difference, .. }) =
        cell.against_reference.get(metric)
    {
        fields[0] = verdict.name().to_string();
        for (field, value) in fields[1..4].iter_mut().zip([ratio, low, high]) {
            *field = value.to_string();
        }
        fields[4] = smallest_difference.map(|value| value.to_string()).unwrap_or_default();
    }
    if let Some(Standing { best, worst, letters, .. }) = cell.standing.get(metric) {
        fields[5] = best.to_string();
        fields[6] = worst.to_string();
        fields[7].clone_from(letters);
    }
    fields
}

fn row(cell: &Cell, verdicts: bool) -> Vec<String> {
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
    if verdicts {
        row.extend(COMPARED.iter().flat_map(|metric| verdict(cell, metric)));
    }
    row.push(cell.disturbed.to_string());
    row.push(cell.ceiling.clone().unwrap_or_default());
    row.push(cell.share_of_ceiling.map(|share| share.to_string()).unwrap_or_default());
    row
}
