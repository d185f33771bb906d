//! `pairs.csv`: every pair of every family, one row each.

use anyhow::Result;
use csv::Writer;
use schemars::{Schema, SchemaGenerator};

use crate::family::Family;
use crate::schema::Column;
use crate::summary::Word;
use crate::text::six_digits;

fn columns() -> [Column; 15] {
    [
        Column::of::<String>("workload"),
        Column::of::<String>("preset"),
        Column::of::<String>("metric"),
        Column::of::<String>("a"),
        Column::of::<String>("b"),
        Column::of::<Word>("verdict_on_a"),
        Column::of::<f64>("ratio_a_to_b"),
        Column::of::<f64>("low"),
        Column::of::<f64>("high"),
        Column::of::<f64>("confidence"),
        Column::of::<usize>("n"),
        Column::of::<f64>("p"),
        Column::of::<f64>("p_holm"),
        Column::of::<f64>("margin"),
        Column::yes_or_empty("parts_disagree"),
    ]
}

/// Of a row.
pub(crate) fn schema(generator: &mut SchemaGenerator) -> Schema {
    Column::row(&columns(), &columns(), generator)
}

/// The matrix with a header; nothing without a family.
pub(crate) fn csv(families: &[Family<'_>]) -> Result<Vec<u8>> {
    if families.is_empty() {
        return Ok(Vec::new());
    }
    let mut writer = Writer::from_writer(Vec::new());
    writer.write_record(columns().iter().map(|column| &column.name))?;
    for family in families {
        for (place, pair) in family.pairs.iter().enumerate() {
            let who =
                |member: usize| family.members[member].split_once('/').map_or("", |(_, who)| who);
            let number = |value: f64| six_digits(value).to_string();
            writer.write_record([
                family.workload,
                family.preset,
                family.metric,
                who(pair.a),
                who(pair.b),
                Word::from(pair.verdict).name(),
                &number(pair.ratio),
                &number(pair.low),
                &number(pair.high),
                &number(pair.confidence),
                &pair.n.to_string(),
                &number(pair.p),
                &number(pair.p_holm),
                &number(family.margin),
                if family.split.contains(&place) { "yes" } else { "" },
            ])?;
        }
    }
    Ok(writer.into_inner()?)
}
