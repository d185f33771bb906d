//! What is said of a case: its ratio to the reference and its own median; and of what
//! people say: the verdict with its evidence.

use crate::claims;
use crate::metrics::{self, limitable};
use crate::render::Model;
use crate::status::Status;
use crate::summary::{Cell, Claimed, Finding, Spread, Tested};
use crate::text::{self, THIN};
use crate::{html, key, verdicts};

use super::{Claim, known};

/// Of one metric, or of the workload's own.
///
/// # Errors
/// A sentence: the case was not measured, or not in this metric.
pub(crate) fn of_cell(
    model: &Model<'_>,
    cell: &Cell,
    metric: Option<&str>,
) -> Result<Claim, String> {
    let id = text::line(&cell.id);
    if cell.metrics.is_empty() {
        let (status, why) = (cell.status.name(), text::line(&cell.reason));
        return Err(format!("{id} has no figures to cite, it is {status}: {why}"));
    }
    let own = model.input.run.workloads.iter().find(|workload| workload.name == cell.workload);
    let metric = metric.or(own.map(|own| own.chart.metric.as_str())).unwrap_or("elapsed_s");
    let Some(value) = cell.metrics.get(metric) else {
        let has: Vec<&str> = cell.metrics.keys().map(String::as_str).collect();
        let no = if known(metric) { "was not measured in" } else { "has no metric" };
        return Err(format!("{id} {no} {metric}; it has {}", has.join(", ")));
    };
    let operation = own.map_or("operation", |own| own.operation.as_str());
    let mut words = format!("{} ({metric}) ", metrics::title(metric, operation));
    if let Some(ratio) = ratio(model, cell, metric) {
        words += &ratio;
        words += "; ";
    }
    words += &median(metric, value);
    Ok(Claim {
        anchor: html::cell_anchor(&cell.id),
        name: id,
        words: flat(&words),
        warning: warning(cell, metric),
    })
}

/// Of a claim of what people say: the verdict, and of each test what it rests on.
///
/// # Errors
/// A sentence: the run has not measured it.
pub(crate) fn of_claimed(model: &Model<'_>, claim: &Claimed) -> Result<Claim, String> {
    let id = text::line(&claim.id);
    if claim.verdict == Finding::NotMeasured {
        return Err(format!("{id} was not measured in this run: {}", text::line(&claim.reason)));
    }
    let said = text::clip(&claim.claim, 400);
    let tests: Vec<String> = claim.tests.iter().map(|test| tested(model, test)).collect();
    let any = if claim.any { ", one of its tests is enough" } else { "" };
    let words = format!(
        "“{}”: {} on this machine{any}; {}",
        said.trim_end_matches('.'),
        claim.verdict.words(),
        tests.join("; ")
    );
    Ok(Claim {
        anchor: html::claim_anchor(claim),
        name: id,
        words: flat(&words),
        warning: evidence(model, claim),
    })
}

/// `a over b, time per hop (elapsed_us_per_op) 8.1 × [7.9–8.4], 99.6 % interval, n 15,
/// claimed at least 4 ×: supported`, with the ids of the cases.
fn tested(model: &Model<'_>, test: &Tested) -> String {
    let cases = match (&test.slope, &test.to) {
        (Some(over), _) => over.cases.join(", "),
        (None, Some(to)) => format!("{} over {to}", test.of),
        (None, None) => test.of.clone(),
    };
    let operation = html::operation(model, &key::parts(&test.of).workload);
    let metric = claims::metric(&test.metric, operation, test.slope.as_ref());
    let found = test.found.as_ref().map(|found| claims::found_words(test, found) + ", ");
    let reason = match test.reason.as_str() {
        "" => String::new(),
        reason => format!(" ({})", text::clip(reason, 160)),
    };
    format!(
        "{cases}, {metric} ({}) {}claimed {}: {}{reason}",
        test.metric,
        found.unwrap_or_default(),
        claims::bounds(test),
        test.verdict.words(),
    )
}

/// What is wrong with the cells that a claim's verdict rests on.
fn evidence(model: &Model<'_>, claim: &Claimed) -> Option<String> {
    let own = |cell: &&Cell| {
        claim.tests.iter().any(|test| {
            let plain = [Some(&test.of), test.to.as_ref()].into_iter().flatten();
            let along = test.slope.iter().flat_map(|over| &over.cases);
            plain.chain(along).any(|id| *id == cell.id)
        })
    };
    let cells = model.summary.cells.iter().filter(own);
    let unsound = cells.filter(|cell| cell.status != Status::Valid);
    let reasons: Vec<String> = unsound
        .map(|cell| {
            let why = text::clip(&cell.reason, 160);
            format!("{} is {}: {why}", text::line(&cell.id), cell.status.name())
        })
        .collect();
    (!reasons.is_empty()).then(|| flat(&reasons.join("; ")))
}

/// `0.932 × tokio/multi-thread [0.901–0.963] (99.7 % interval, n = 15, faster)`.
fn ratio(model: &Model<'_>, cell: &Cell, metric: &str) -> Option<String> {
    let reference = text::short(&key::who_and_way(&key::parts(cell.reference.as_ref()?)), 60);
    let against = cell.against_reference.get(metric);
    let (spread, kind) = match against.filter(|_| verdicts::concludes(model)) {
        Some(against) => {
            let confidence = text::digits(against.confidence * 100.0);
            let word = verdicts::word(metric, against.verdict);
            let kind = format!("{confidence} % interval, n = {}, {word}", against.n);
            (Spread::from(against), kind)
        }
        None => {
            let spread = *cell.ratio_to_reference.get(metric)?;
            (spread, format!("range, n = {}, no verdict", spread.n))
        }
    };
    let [ratio, low, high] = [spread.median, spread.low, spread.high].map(text::digits);
    Some(format!("{ratio} × {reference} [{low}–{high}] ({kind})"))
}

/// `median 26.1 ms [25.8–27.3] (range, n = 15)`.
fn median(metric: &str, value: &Spread) -> String {
    let unit = text::quantity(metric).unit_for(value.median);
    let (median, low, high) =
        (unit.with(value.median), unit.number(value.low), unit.number(value.high));
    format!("median {median} [{low}–{high}] (range, n = {})", value.n)
}

fn warning(cell: &Cell, metric: &str) -> Option<String> {
    let status = match cell.status {
        Status::Valid => None,
        other => Some(format!("the cell is {}: {}", other.name(), text::line(&cell.reason))),
    };
    let limited = (cell.ratio_limited && limitable(metric))
        .then(|| "pair-limited: the server may have been the limit".to_string());
    let reasons: Vec<String> = [status, limited].into_iter().flatten().collect();
    (!reasons.is_empty()).then(|| flat(&reasons.join("; ")))
}

/// For whatever text it is pasted into: no narrow spaces.
pub(super) fn flat(text: &str) -> String {
    text.replace(THIN, " ")
}
