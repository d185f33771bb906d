//! How to cite, for readers with and without the script.

use maud::{Markup, html};

use crate::cite::Origin;
use crate::render::Model;
use crate::text;

/// The command, and what the script's buttons need of the run.
pub(super) fn how(model: &Model<'_>) -> Markup {
    let Origin { run, suite, machine, commit, date, records, warning } = Origin::of(model);
    html! {
        details.cite id="cite" data-run=(run) data-suite=(suite) data-machine=(machine) data-commit=(commit)
            data-date=(date) data-records=(records) data-warning=(warning) {
            summary { "How to cite" }
            p.prose { "A citation has the figure with n and its interval or range, the machine's class, the \
                commit, the date, the run and the SHA-256 of its records, as text, Markdown, BibTeX or \
                CSL-JSON. " code { "triathlon cite" } " prints it for a case, a claim, a figure, a sentence \
                or a section of this page, by its id or anchor, or for the " code { "run" } "; "
                code { "triathlon verify --citation" } " finds its numbers again in the records." }
            p { code { "cargo run --release -- cite '" (example(model)) "' --run " (run) " --format markdown" } }
            @if warning.is_empty() { p { "Nothing speaks against citing this run." } }
            @else { p.remark { strong { "Not to be cited as a result: " } (warning) "." } }
        }
    }
}

/// A case that was measured; a run without any is cited as a whole.
fn example(model: &Model<'_>) -> String {
    let measured =
        |cell: &&crate::summary::Cell| !cell.metrics.is_empty() && cell.reference.is_some();
    let cell = model.summary.cells.iter().find(measured);
    // It will be pasted into a shell.
    let id = cell.filter(|cell| cell.id.parse::<triathlon_contract::CaseId>().is_ok());
    id.map_or("run".to_string(), |cell| text::line(&cell.id))
}
