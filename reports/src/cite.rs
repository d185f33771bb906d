//! Citations: one result of a run, or the run, as text that bears all it needs.
//!
//! What is said of a result is [`Claim`]; which run it is from is [`Origin`]; the
//! page's script puts the same two together, so that its buttons and `triathlon cite`
//! give the same bytes. [`check`] finds every number of a citation again.

mod check;
mod claim;
mod format;
mod origin;

use std::path::Path;

use anyhow::Result;
use triathlon_contract::CaseId;

use crate::chart::overview::Overview;
use crate::chart::{self};
use crate::input::Input;
use crate::render::{Model, with_model};
use crate::{metrics, sentences, text};

pub use check::{Found, check, run_named};
pub(crate) use claim::{of_cell, of_claimed};
pub use format::Format;
pub(crate) use origin::Origin;

/// What is cited: its name, what is said of it, and why it may not be cited itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    /// Where the page has it; empty for a run as a whole.
    pub(crate) anchor: String,
    /// A case's id, or a title.
    pub(crate) name: String,
    /// What is said, without a full stop.
    pub(crate) words: String,
    /// Why this one is not to be cited, whatever the run is.
    pub(crate) warning: Option<String>,
}

/// What to cite.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// A case's id, a claim's, an anchor of the page with or without `#`, or `run`.
    pub id: &'a str,
    /// Metric of a case; the workload's own if none is named.
    pub metric: Option<&'a str>,
    /// How it is written.
    pub format: Format,
}

/// The citation, with a line feed at its end. The inner error, one sentence, says what
/// was asked for that the run has not.
///
/// # Errors
/// As [`crate::render`].
pub fn cite(run_dir: &Path, asked: &Asked<'_>) -> Result<Result<String, String>> {
    let input = Input::read(run_dir)?;
    with_model(&input, |model| {
        let origin = Origin::of(model);
        Ok(find(model, asked)?.map(|claim| format::citation(&origin, &claim, asked.format)))
    })
}

/// What an id means in this run.
fn find(model: &Model<'_>, asked: &Asked<'_>) -> Result<Result<Claim, String>> {
    let id = asked.id.strip_prefix('#').unwrap_or(asked.id);
    let mut cells = model.summary.cells.iter();
    let own =
        |cell: &&crate::summary::Cell| cell.id == id || crate::html::cell_anchor(&cell.id) == id;
    if let Some(cell) = cells.find(own) {
        return Ok(of_cell(model, cell, asked.metric));
    }
    if id.parse::<CaseId>().is_ok() {
        return Ok(Err(format!(
            "{id} is no case of run {}; `triathlon report --table --run` shows those it has",
            text::line(&model.summary.run.id)
        )));
    }
    if asked.metric.is_some() {
        return Ok(Err(format!("only a case has metrics, and {:?} is none", text::short(id, 60))));
    }
    if id == "run" {
        return Ok(Ok(whole(model)));
    }
    let mut claims = model.summary.claims.claims.iter();
    if let Some(claim) =
        claims.find(|claim| claim.id == id || crate::html::claim_anchor(claim) == id)
    {
        return Ok(of_claimed(model, claim));
    }
    let found = drawn(model)?.into_iter().chain(sections(model)).find(|claim| claim.anchor == id);
    Ok(found.ok_or_else(|| {
        format!(
            "run {} has nothing called {:?}: say a case, a claim, an anchor of its page or `run`",
            text::line(&model.summary.run.id),
            text::short(id, 60)
        )
    }))
}

/// The figures with their findings, and the sentences at the head of the page.
fn drawn(model: &Model<'_>) -> Result<Vec<Claim>> {
    let charts = chart::charts(model)?;
    let overview = Overview::of(model)?;
    let drawings = charts.iter().flat_map(chart::Charts::drawings).chain(overview.drawings());
    let figures =
        drawings.map(|drawing| plain(drawing.anchor.clone(), &drawing.anchor, &drawing.finding));
    let mut claims: Vec<Claim> = figures.collect();
    let short = sentences::in_short(model, &charts).sentences.into_iter();
    claims.extend(short.map(|one| plain(one.anchor, &one.about, &one.text)));
    Ok(claims)
}

/// The sections of the page.
fn sections(model: &Model<'_>) -> Vec<Claim> {
    let fixed =
        crate::html::SECTIONS.into_iter().map(|(anchor, title)| section(anchor.to_string(), title));
    let workloads = model.input.run.workloads.iter().flat_map(|workload| {
        ["workload", "comparison"].map(|of| {
            let anchor = format!("{of}-{}", crate::key::slug(&workload.name));
            section(anchor, &text::short(&workload.name, 60))
        })
    });
    fixed.chain(workloads).collect()
}

fn section(anchor: String, title: &str) -> Claim {
    plain(anchor, title, "section of the report")
}

fn plain(anchor: String, name: &str, words: &str) -> Claim {
    let words = claim::flat(words).trim().trim_end_matches('.').to_string();
    Claim { anchor, name: claim::flat(name), words, warning: None }
}

/// The run as a whole.
fn whole(model: &Model<'_>) -> Claim {
    let summary = model.summary;
    let measured = summary.cells.iter().filter(|cell| !cell.metrics.is_empty()).count();
    let words = format!(
        "{measured} cases of {} workloads, {} rounds, {} executions that count, ratios to {}",
        model.input.run.workloads.len(),
        summary.run.rounds,
        summary.executions.ok,
        text::line(&summary.run.reference)
    );
    plain(String::new(), "Blocking, threads or async, measured", &words)
}

/// Whether `metric` is one that a case may have.
fn known(metric: &str) -> bool {
    metrics::METRICS.contains(&metric)
}
