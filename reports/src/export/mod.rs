//! The same figures for other tools.

pub(crate) mod action;
pub(crate) mod bencher;
pub(crate) mod ro_crate;

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

/// A name that other tools take: no control character, not without end.
fn name(id: &str) -> String {
    crate::text::clip(id, 200)
}
