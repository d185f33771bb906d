//! The same figures for other tools.

pub(crate) mod action;
pub(crate) mod bencher;
pub(crate) mod ro_crate;

use anyhow::Result;
use serde::Serialize;

use crate::render::Model;
use crate::status::Status;
use crate::summary::Cell;

/// Cells that another tool may take for figures: none of a run that cannot be
/// believed.
fn believed<'a>(model: &Model<'a>) -> impl Iterator<Item = &'a Cell> + use<'a> {
    let invalid = model.invalid.is_some();
    let counts = |cell: &&Cell| matches!(cell.status, Status::Valid | Status::Degraded);
    model.summary.cells.iter().filter(move |_| !invalid).filter(counts)
}

/// Pretty JSON with a line feed at its end, as every file of a run has it.
pub(crate) fn json(of: &impl Serialize) -> Result<Vec<u8>> {
    let mut json = serde_json::to_vec_pretty(of)?;
    json.push(b'\n');
    Ok(json)
}

/// A name that other tools take: no control character, not without end.
fn name(id: &str) -> String {
    crate::text::clip(id, 200)
}
