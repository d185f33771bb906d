//! The certificate: whether the tool was proven on this machine, row by row.

use maud::{Markup, html};
use triathlon_contract::record::RowStatus;

use super::{prose, scrolling};
use crate::render::Model;
use crate::selftest::Proof;
use crate::summary::{SelftestLine, SelftestPart};
use crate::text;

/// Most rows on the page; a full form has sixteen.
const MOST: usize = 40;

/// Longest text of a cell.
const LONGEST: usize = 160;

pub(super) fn selftest(model: &Model<'_>) -> Markup {
    let part = model.summary.selftest.as_ref();
    let proof = Proof::of(part);
    html! {
        h3 id="self-test" { "Self-test" }
        p {
            @match proof {
                Proof::None | Proof::Failed(..) => (prose(&proof.sentence())),
                Proof::OfAnother(..) => { strong { "Not proven here." } " " (prose(&proof.sentence())) }
                Proof::Passed(_) => { (prose(&proof.sentence())) " Each row is a situation whose right answer is known." }
            }
        }
        @if let Some(part) = part {
            details open[matches!(proof, Proof::Failed(..))] {
                summary { "Rows of the self-test" }
                (scrolling("Rows of the self-test", &table(part)))
            }
        }
    }
}

fn table(part: &SelftestPart) -> Markup {
    html! {
        table.plain {
            thead { tr {
                th scope="col" { "Row" } th scope="col" { "What must be reported" }
                th scope="col" { "What was reported" } th scope="col" { "Status" }
            } }
            tbody { @for row in part.rows.iter().take(MOST) { (line(row)) } }
        }
        @if part.rows.len() > MOST {
            p.soft { (part.rows.len() - MOST) " more in " code { "selftest.json" } "." }
        }
    }
}

fn line(row: &SelftestLine) -> Markup {
    html! {
        tr {
            th scope="row" { (text::short(&row.name, 60)) }
            td.reason { (text::clip(&row.wanted, LONGEST)) }
            td.reason { (text::clip(&row.got, LONGEST)) }
            td.reason {
                (status(row.status))
                @if let Some(reason) = &row.reason { ": " (text::clip(reason, LONGEST)) }
            }
        }
    }
}

/// As a word with a sign, never by colour alone.
fn status(status: RowStatus) -> Markup {
    let (class, sign, word) = match status {
        RowStatus::Ok => ("status ok", "✓", "ok"),
        RowStatus::Failed => ("status bad", "✕", "failed"),
        RowStatus::NotMeasured => ("status", "–", "not measured"),
    };
    html! { span class=(class) { span aria-hidden="true" { (sign) } " " (word) } }
}
