//! What the self-test's certificate says, and whether it speaks of this run.

use triathlon_contract::record::{RowStatus, RunFile, SelftestRecord, SelftestRow};

use crate::input::Input;
use crate::summary::{SelftestLine, SelftestPart};

/// The certificate of a run; none if it has none. What passed and what failed
/// is counted again from the rows.
pub(crate) fn part(input: &Input) -> Option<SelftestPart> {
    let record = input.selftest.as_ref()?;
    let count = |status| record.rows.iter().filter(|row| row.status == status).count() as u64;
    Some(SelftestPart {
        form: record.form.clone(),
        started_at: record.started_at.clone(),
        commit: record.commit.clone(),
        dirty: record.dirty,
        machine: record.machine.clone(),
        of_another: of_another(record, &input.run),
        passed: count(RowStatus::Ok),
        failed: count(RowStatus::Failed),
        not_measured: count(RowStatus::NotMeasured),
        rows: record.rows.iter().map(line).collect(),
    })
}

/// What the certificate is of instead of this run, so that it neither proves
/// nor disproves it; nothing if it is of this run.
fn of_another(record: &SelftestRecord, run: &RunFile) -> Option<String> {
    let optimised = run.build.get("opt-level").map(|level| level == "3");
    // Times of this form are in the order of their text.
    let reason = if record.machine != run.machine.id {
        "it was made on another machine"
    } else if (&record.commit, record.dirty) != (&run.commit, run.dirty) {
        "it was made by the build of another commit"
    } else if optimised.is_some_and(|optimised| record.optimised != optimised) {
        "it was made by a build with other optimisation"
    } else if record.started_at > run.started_at {
        "it was made after the run had begun"
    } else if record.interrupted {
        "it was interrupted before its last row"
    } else if !record.rows.iter().any(|row| row.status != RowStatus::NotMeasured) {
        "it measured nothing"
    } else {
        return None;
    };
    Some(reason.to_string())
}

fn line(row: &SelftestRow) -> SelftestLine {
    let SelftestRow { name, wanted, got, status, reason, .. } = row.clone();
    SelftestLine { name, wanted, got, status, reason }
}

/// What a reader is told of the certificate.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Proof<'a> {
    /// There is none.
    None,
    /// There is one of something else; why.
    OfAnother(&'a SelftestPart, &'a str),
    /// A row failed, the first of them.
    Failed(&'a SelftestPart, &'a SelftestLine),
    /// No row failed.
    Passed(&'a SelftestPart),
}

impl<'a> Proof<'a> {
    pub(crate) fn of(part: Option<&'a SelftestPart>) -> Self {
        let Some(part) = part else {
            return Self::None;
        };
        let failed = part.rows.iter().find(|row| row.status == RowStatus::Failed);
        match (&part.of_another, failed) {
            (Some(reason), _) => Self::OfAnother(part, reason),
            (None, Some(row)) => Self::Failed(part, row),
            (None, None) => Self::Passed(part),
        }
    }

    /// One sentence, the same on the page and in Markdown; backticks mark the
    /// command. Text of the certificate is cut.
    pub(crate) fn sentence(self) -> String {
        match self {
            Self::None => {
                format!("None: that the tool measures right was not proven on this machine. {HOW}")
            }
            Self::OfAnother(part, reason) => format!(
                "The certificate ({} form, {}) is no proof for this run: {reason}. {HOW}",
                short(&part.form),
                short(&part.started_at)
            ),
            Self::Failed(part, row) => format!(
                "The {} form, {}, on this machine: {} of {} measured rows failed, first “{}”. No figure \
                 here can be believed.",
                short(&part.form),
                short(&part.started_at),
                part.failed,
                part.passed + part.failed,
                short(&row.name)
            ),
            Self::Passed(part) => format!(
                "The {} form, {}, on this machine, by the build that measured: {} of {} measured rows \
                 passed{}.",
                short(&part.form),
                short(&part.started_at),
                part.passed,
                part.passed + part.failed,
                match part.not_measured {
                    0 => String::new(),
                    rows => format!("; {rows} not measured here"),
                }
            ),
        }
    }
}

/// How to have one.
const HOW: &str = "`cargo run --release -- selftest` makes one, and a run of any profile but smoke \
                   makes it first.";

fn short(text: &str) -> String {
    // A backtick would begin code.
    crate::text::short(text, 40).replace('`', "'")
}
