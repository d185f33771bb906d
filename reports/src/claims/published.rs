//! Figures of others beside those of a run.

use triathlon_statistics::{Summary as Estimate, paired_ratio};

use super::TIME_PER_OPERATION;
use super::evidence::{Missing, values};
use super::file::Figure;
use super::judge::needed;
use crate::family::Matter;
use crate::summary::{Beside, Spread};

/// A figure with the median and range of this run, or why there are none.
pub(super) fn beside(matter: &Matter<'_>, figure: &Figure, needs: Option<&str>) -> Beside {
    let ours = match (&figure.of, needs) {
        (Some(of), None) => ours(matter, of, figure),
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
        ours,
        reason,
        why: figure.why.clone(),
    }
}

fn ours(matter: &Matter<'_>, of: &str, figure: &Figure) -> Result<Spread, String> {
    let metric = figure.metric.as_deref().unwrap_or(TIME_PER_OPERATION);
    let values = |id: &str| values(matter, id, metric).map_err(said);
    let own = values(of)?;
    let estimate = match &figure.to {
        Some(to) => paired_ratio(&own, &values(to)?),
        None => Estimate::of(&own.iter().map(|(_, value)| *value).collect::<Vec<f64>>()),
    };
    estimate.map(Spread::from).ok_or_else(|| format!("{of} has no value to divide"))
}

fn said(missing: Missing) -> String {
    match missing {
        Missing::NotMeasured(reason) | Missing::Spoiled(reason) => reason,
    }
}
