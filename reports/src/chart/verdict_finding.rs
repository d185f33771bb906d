//! What a forest with intervals shows, in words made from its verdicts.

use triathlon_contract::record::WorkloadFile;

use super::finding::phrase;
use super::rows::{Block, Metric};
use super::rows_finding::listed;
use crate::render::Model;
use crate::summary::Cell;
use crate::text::{self, THIN};
use crate::{chart, key, verdicts};

/// The verdicts of the block with most rows, then who is first in the others.
pub(super) fn forest(
    model: &Model<'_>,
    workload: &WorkloadFile,
    metric: &Metric,
    blocks: &[Block<'_>],
) -> String {
    let judged = |block: &Block<'_>| cells(block, metric).len();
    let Some(block) = blocks.iter().max_by_key(|block| judged(block)) else {
        return String::new();
    };
    let own = cells(block, metric);
    let reference = text::short(&model.summary.run.reference, 40);
    let (noun, _) = phrase(&metric.name, &workload.operation);
    let mut clauses = verdicts::clauses(&metric.name, &own);
    let case = format!("{}@{}", text::short(&workload.name, 60), text::short(block.preset, 60));
    let mut out = match clauses.as_slice() {
        [] => format!("On {case} nothing can be said of the {noun}: see the notes of its rows."),
        _ => {
            clauses.extend(silent(model, metric, block.preset, &workload.name));
            format!(
                "On {case}, compared with {reference} in {noun}: {} (ratios with intervals at \
                 Holm's levels for 95{THIN}%).",
                clauses.join("; ")
            )
        }
    };
    let mut firsts: Vec<(String, Vec<String>)> = Vec::new();
    for other in blocks.iter().filter(|other| other.preset != block.preset) {
        let who = alone(model, metric, other.preset, &workload.name);
        let who = who.unwrap_or_else(|| "nobody alone".to_string());
        let preset = text::short(other.preset, 60);
        match firsts.iter_mut().find(|(known, _)| *known == who) {
            Some((_, presets)) => presets.push(preset),
            None => firsts.push((who, vec![preset])),
        }
    }
    let firsts: Vec<String> =
        firsts.into_iter().map(|(who, presets)| format!("{who} ({})", listed(&presets))).collect();
    if !firsts.is_empty() {
        out += &format!(" First in the other presets: {}.", firsts.join(", "));
    }
    out
}

/// Cells of the plain group that are compared with the reference.
fn cells<'a>(block: &Block<'a>, metric: &Metric) -> Vec<&'a Cell> {
    let rows = block.groups.iter().filter(|group| group.way.is_empty()).flat_map(|g| &g.rows);
    rows.map(|row| row.cell).filter(|c| c.against_reference.contains_key(&metric.name)).collect()
}

/// How many that are compared with the plain reference have no verdict.
fn silent(model: &Model<'_>, metric: &Metric, preset: &str, workload: &str) -> Option<String> {
    let without = model.summary.cells.iter().filter(|cell| {
        cell.workload == workload
            && cell.preset == preset
            && cell.way != triathlon_contract::STACK
            && cell.reference.is_some()
            && !cell.against_reference.contains_key(&metric.name)
    });
    match without.count() {
        0 => None,
        1 => Some("1 other has no verdict, see the notes of its row".to_string()),
        count => Some(format!("{count} others have no verdict, see the notes of their rows")),
    }
}

/// The one cell of a case that is better than every other.
fn alone(model: &Model<'_>, metric: &Metric, preset: &str, workload: &str) -> Option<String> {
    let first = model.summary.cells.iter().find(|cell| {
        let standing = cell.standing.get(&metric.name);
        cell.workload == workload
            && cell.preset == preset
            && cell.way != triathlon_contract::STACK
            && standing.is_some_and(|standing| standing.worst == 1)
    })?;
    Some(match first.way.as_str() {
        "" => chart::data::who(first),
        _ => key::who_and_way(&key::parts(&first.id)),
    })
}
