//! `pairs.csv`: every pair of every family, one row each.

use anyhow::Result;
use csv::Writer;

use crate::family::Family;
use crate::summary::Word;
use crate::text::six_digits;

const HEADER: [&str; 15] = [
    "workload",
    "preset",
    "metric",
    "a",
    "b",
    "verdict_on_a",
    "ratio_a_to_b",
    "low",
    "high",
    "confidence",
    "n",
    "p",
    "p_holm",
    "margin",
    "parts_disagree",
];

/// The matrix with a header; nothing without a family.
pub(crate) fn csv(families: &[Family<'_>]) -> Result<Vec<u8>> {
    if families.is_empty() {
        return Ok(Vec::new());
    }
    let mut writer = Writer::from_writer(Vec::new());
    writer.write_record(HEADER)?;
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
