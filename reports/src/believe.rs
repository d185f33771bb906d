//! Whether the figures of a run can be believed at all.

use std::path::Path;

use anyhow::Result;

use crate::input::Input;
use crate::ratio;
use crate::selftest::Proof;
use crate::status::Status;
use crate::summarise::summarise;
use crate::summary::{Cell, Noise, SelftestLine, SelftestPart, Summary};
use crate::text;

/// Why the measurement as a whole is invalid, in one sentence; nothing if it is
/// not. With `strict` one invalid cell is enough.
///
/// # Errors
/// As [`crate::render`].
pub fn unbelievable(run_dir: &Path, strict: bool) -> Result<Option<String>> {
    let input = Input::read(run_dir)?;
    let summary = summarise(&input, &ratio::executions(&input, false), &[])?.summary;
    Ok(why(&summary, strict))
}

/// The same from a summary.
pub(crate) fn why(summary: &Summary, strict: bool) -> Option<String> {
    reason(summary.selftest.as_ref(), &summary.noise, &summary.cells, strict)
}

/// The same from its parts.
pub(crate) fn reason(
    selftest: Option<&SelftestPart>,
    noise: &[Noise],
    cells: &[Cell],
    strict: bool,
) -> Option<String> {
    if let Proof::Failed(_, row) = Proof::of(selftest) {
        return Some(unproven(row));
    }
    let differs = noise.iter().find(|noise| noise.test.as_ref().is_some_and(|t| t.different));
    if let Some(noise) = differs {
        let ratio = noise.test.as_ref().map_or(1.0, |test| test.ratio);
        return Some(format!(
            "invalid: {} differs from itself in {} ({ratio:.3} ×); find what changed between the two \
             labels, then repeat the run",
            noise.id, noise.metric
        ));
    }
    let planned = cells.iter().filter(|cell| cell.status != Status::Absent);
    let all = planned.clone().count();
    let invalid: Vec<&str> = planned
        .filter(|cell| cell.status == Status::Invalid)
        .map(|cell| cell.id.as_str())
        .collect();
    let too_many = invalid.len() * 10 > all || strict && !invalid.is_empty();
    too_many.then(|| {
        format!(
            "invalid: {} of {all} cells were disturbed in more than half of their executions, first \
             {}; end what else runs here, then repeat",
            invalid.len(),
            invalid[0]
        )
    })
}

/// The tool failed where the right answer is known.
fn unproven(row: &SelftestLine) -> String {
    let reason = row.reason.as_deref().unwrap_or("it gives no reason");
    format!(
        "invalid: the self-test failed on this machine at “{}” ({}); find what disturbs it with \
         triathlon doctor and triathlon selftest, then repeat the run",
        text::short(&row.name, 40),
        text::short(reason, 160)
    )
}
