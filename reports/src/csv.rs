//! `summary.csv`: one row per cell, three columns per metric, what is said of it
//! against its reference, then how near its rate comes to the null ceiling.

use anyhow::Result;
use csv::Writer;
use schemars::{Schema, SchemaGenerator};

use crate::metrics::{COMPARED, METRICS};
use crate::schema::Column;
use crate::summary::{Against, Cell, Standing, Status, Summary, Word};

/// The table with a header, lines ending as RFC 4180 allows and tools expect.
pub(crate) fn csv(summary: &Summary) -> Result<Vec<u8>> {
    let mut writer = Writer::from_writer(Vec::new());
    writer.write_record(columns(summary.run.verdicts).iter().map(|column| &column.name))?;
    for cell in &summary.cells {
        writer.write_record(row(cell, summary.run.verdicts))?;
    }
    Ok(writer.into_inner()?)
}

/// Of a row, in runs with verdicts or without.
pub(crate) fn schema(generator: &mut SchemaGenerator) -> Schema {
    Column::row(&columns(true), &columns(false), generator)
}

/// The columns of a run with verdicts, or of one without.
fn columns(verdicts: bool) -> Vec<Column> {
    let mut columns: Vec<Column> =
        ["id", "workload", "preset", "contestant"].map(Column::of::<String>).into();
    columns.extend(["flavour", "way"].map(Column::of::<Option<String>>));
    columns.extend([Column::of::<String>("style"), Column::of::<Status>("status")]);
    columns.extend([Column::of::<Option<String>>("reason"), Column::of::<usize>("n")]);
    columns.extend(METRICS.iter().flat_map(|metric| {
        let name = |statistic| format!("{metric}_{statistic}");
        ["median", "low", "high"].map(name).map(Column::of::<Option<f64>>)
    }));
    if verdicts {
        columns.extend(COMPARED.iter().flat_map(|metric| of_verdict(metric)));
    }
    columns.push(Column::of::<usize>("disturbed"));
    columns.push(Column::of::<Option<String>>("ceiling"));
    columns.push(Column::of::<Option<f64>>("share_of_ceiling"));
    columns
}

/// Columns per metric, in runs with verdicts.
fn of_verdict(metric: &str) -> [Column; 8] {
    let name = |statistic: &str| format!("{metric}_{statistic}");
    [
        Column::of::<Option<Word>>(name("verdict")),
        Column::of::<Option<f64>>(name("ratio")),
        Column::of::<Option<f64>>(name("ratio_low")),
        Column::of::<Option<f64>>(name("ratio_high")),
        Column::of::<Option<f64>>(name("smallest_difference")),
        Column::of::<Option<usize>>(name("rank_best")),
        Column::of::<Option<usize>>(name("rank_worst")),
        Column::of::<Option<String>>(name("letters")),
    ]
}

/// One field for each of [`of_verdict`].
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
