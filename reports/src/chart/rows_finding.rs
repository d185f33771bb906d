//! What forest and strip show, in words made from their numbers.
//!
//! Counts of rounds and ranges, no verdicts.

use triathlon_contract::record::WorkloadFile;

use super::finding::{phrase, times};
use super::rows::{Block, Group, Metric, Row};
use crate::ratio;
use crate::render::Model;
use crate::summary::Spread;
use crate::text::{self, THIN};

/// The two ends of the block with most rows, the last of these, and who is
/// first in the others.
pub(super) fn forest(
    model: &Model<'_>,
    workload: &WorkloadFile,
    metric: &Metric,
    blocks: &[Block<'_>],
) -> String {
    let group = |block: &'_ Block<'_>| block.groups.first().map_or(0, |group| group.rows.len());
    let Some(block) = blocks.iter().max_by_key(|block| group(block)) else {
        return String::new();
    };
    let Some(group) = block.groups.first() else { return String::new() };
    let reference = text::short(&model.summary.run.reference, 40);
    let reference = match group.way {
        "" => reference,
        way => format!("{reference}:{way}"),
    };
    let (noun, verb) = phrase(&metric.name, &workload.operation);
    let mut out =
        format!("On {}@{}, ", text::short(&workload.name, 60), text::short(block.preset, 60));
    if let Some(first) = group.rows.first() {
        out += &format!(
            "{} {verb} {} the {noun} of {reference}{}",
            text::short(&first.name(group), 60),
            times(&first.spread),
            aside(model, metric, group, first, metric.more)
        );
    }
    if let [_, .., last] = group.rows.as_slice() {
        out += &format!(
            "; {} {}{}",
            text::short(&last.name(group), 60),
            times(&last.spread),
            aside(model, metric, group, last, !metric.more)
        );
    }
    out += ".";
    if let Some(noise) = &group.noise {
        out += &format!(" The reference against itself: {}.", times(noise));
    }
    out + &elsewhere(metric, blocks, block, &model.summary.run.reference)
}

/// `, less in 5 of 6 rounds`, whether noise could be that much, and whether the
/// pair may have been the limit.
fn aside(
    model: &Model<'_>,
    metric: &Metric,
    group: &Group<'_>,
    row: &Row<'_>,
    more: bool,
) -> String {
    let values = |id: Option<&String>| model.executions.get(id?.as_str());
    let sides = values(Some(&row.cell.id)).zip(values(row.cell.reference.as_ref()));
    let (below, above) = sides.map_or((0, 0), |(of, to)| ratio::sides(of, to, &metric.name));
    let (word, count) = if more { ("more", above) } else { ("less", below) };
    let rounds = match (count, row.spread.n) {
        (1, 1) => "in the one round".to_string(),
        (count, n) if count == n => format!("in all {n} rounds"),
        (0, n) => format!("in none of {n} rounds"),
        (count, n) => format!("in {count} of {n} rounds"),
    };
    let within = |noise: &Spread| (noise.low..=noise.high).contains(&row.spread.median);
    let noise =
        if group.noise.as_ref().is_some_and(within) { ", within the noise floor" } else { "" };
    let limited = if row.limited { " (pair-limited)" } else { "" };
    format!(", {word} {rounds}{noise}{limited}")
}

/// Whose median is first in the other blocks; the reference's where no ratio is
/// on the side that is wanted.
fn elsewhere(metric: &Metric, blocks: &[Block<'_>], shown: &Block<'_>, reference: &str) -> String {
    let mut firsts: Vec<(String, Vec<String>)> = Vec::new();
    for block in blocks.iter().filter(|block| block.preset != shown.preset) {
        let Some(group) = block.groups.first() else { continue };
        let Some(row) = group.rows.first() else { continue };
        let wanted = if metric.more { row.spread.median > 1.0 } else { row.spread.median < 1.0 };
        let who = if wanted { row.name(group) } else { reference.to_string() };
        let (who, preset) = (text::short(&who, 60), text::short(block.preset, 60));
        match firsts.iter_mut().find(|(other, _)| *other == who) {
            Some((_, presets)) => presets.push(preset),
            None => firsts.push((who, vec![preset])),
        }
    }
    let word = if metric.more { "Highest" } else { "Lowest" };
    let firsts: Vec<String> =
        firsts.into_iter().map(|(who, presets)| format!("{who} ({})", listed(&presets))).collect();
    match firsts.as_slice() {
        [] => String::new(),
        _ => format!(" {word} median in the other presets: {}.", firsts.join(", ")),
    }
}

/// Most presets that a sentence names one by one.
const MOST: usize = 3;

/// Presets by name, or how many they are.
pub(super) fn listed(presets: &[String]) -> String {
    if presets.len() > MOST { format!("{} presets", presets.len()) } else { presets.join(", ") }
}

/// How far executions of one cell lie apart: of half of the cells, and of the
/// widest.
pub(super) fn strip(metric: &Metric, blocks: &[Block<'_>]) -> String {
    let factor = |row: &Row<'_>| row.spread.high / row.spread.low;
    let rows: Vec<&Row<'_>> = blocks.iter().flat_map(Block::rows).collect();
    let several: Vec<&Row<'_>> = rows.iter().filter(|row| row.values.len() > 1).copied().collect();
    let factors: Vec<f64> = several.iter().map(|row| factor(row)).collect();
    let widest = several.iter().max_by(|a, b| factor(a).total_cmp(&factor(b)));
    let (Some(median), Some(widest)) = (triathlon_statistics::median(&factors), widest) else {
        return format!("{}: one execution per cell, so no spread is seen.", metric.title);
    };
    let value = |value| text::quantified(metric.quantity, value);
    format!(
        "{}: in half of the {} cells the highest execution is at most {}{THIN}× the lowest; furthest \
         apart are those of {}, {} to {} ({}{THIN}×).",
        metric.title,
        several.len(),
        text::digits(median),
        text::short(&widest.cell.id, 80),
        value(widest.spread.low),
        value(widest.spread.high),
        text::digits(factor(widest)),
    )
}
