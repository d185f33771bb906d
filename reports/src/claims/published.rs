//! Figures of others beside those of a run.

use triathlon_statistics::{Summary as Estimate, paired_ratio};

use super::TIME_PER_OPERATION;
use super::evidence::{Missing, Sources, values};
use super::file::{Claim, Figure};
use super::judge::{needed, over};
use crate::summary::{Beside, Spread};

/// A figure with the median and range of this run, or why there are none.
pub(super) fn beside(sources: Sources<'_>, figure: &Figure, claim: &Claim) -> Beside {
    let ours = match (&figure.of, &claim.needs) {
        (Some(of), None) => ours(sources, of, figure)
            .map_err(|missing| said(missing.unless_filtered(claim.filter.as_deref()))),
        (_, Some(needs)) => Err(needed(needs)),
        (None, None) => Err("no cell comes near it".to_string()),
    };
    let (ours, reason) = match ours {
        Ok(ours) => (Some(ours), String::new()),
        Err(reason) => (None, reason),
    };
    Beside {
        what: figure.what.clone(),
        theirs: figure.value,
        by: figure.by.clone(),
        metric: figure.metric.clone(),
        of: figure.of.clone(),
        to: figure.to.clone(),
        slope: figure
            .slope
            .as_ref()
            .zip(figure.of.as_deref())
            .map(|(line, of)| over(line, of, figure.to.as_deref())),
        ours,
        reason,
        why: figure.why.clone(),
    }
}

fn ours(sources: Sources<'_>, of: &str, figure: &Figure) -> Result<Spread, Missing> {
    let metric = figure.metric.as_deref().unwrap_or(TIME_PER_OPERATION);
    let values = |id: &str, divisor: bool| {
        values(sources, id, figure.slope.as_ref(), divisor, metric).map(|values| values.rounds)
    };
    let own = values(of, false)?;
    let estimate = match &figure.to {
        Some(to) => paired_ratio(&own, &values(to, true)?),
        None => Estimate::of(&own.iter().map(|(_, value)| *value).collect::<Vec<f64>>()),
    };
    let none = || Missing::NotMeasured(format!("{of} has no value to divide"));
    estimate.map(Spread::from).ok_or_else(none)
}

fn said(missing: Missing) -> String {
    match missing {
        Missing::NotPlanned(reason) | Missing::NotMeasured(reason) | Missing::Spoiled(reason) => {
            reason
        }
    }
}
