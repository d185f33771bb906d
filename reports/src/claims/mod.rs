//! What people say about blocking, threads and async, tested on a run.
//!
//! A claim is a file of `reports/claims`: [`Claim`]. `rule` decides, on numbers
//! alone; `evidence` takes them from a run, of a cell or as a slope over presets, and
//! `cost` from the small programs that were measured beside it; `published` puts figures
//! of others beside those of the run.
//!
//! All bounds of all claims that a run can test are one family, corrected by Holm:
//! whoever reads fifty claims would otherwise find two or three decided by chance.

pub(crate) mod cost;
mod evidence;
mod file;
mod judge;
mod published;
mod rule;
mod text;

use std::path::Path;

use anyhow::{Context, Result};

pub use file::{Claim, Combine, Figure, Line, Source, Test};
pub(crate) use judge::claims;
pub(crate) use text::{
    bounds, compared, counted, found_words, metric, ours_words, theirs_words, told,
};
pub use text::{csv, text};

use crate::input::Input;
use crate::metrics::METRICS;
use crate::summary::Claims;
use crate::{believe, key, ratio, summarise};

/// Text of every file of `reports/claims`, by name without its end; `build.rs` lists them.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/claims.rs"));

/// Name of the metric that is 10⁶ over the throughput: time per operation.
pub const TIME_PER_OPERATION: &str = "elapsed_us_per_op";

/// Whether a claim may ask that metric of a case, or of a small program.
pub fn measures(id: &str, metric: &str) -> bool {
    match key::parts(id).workload == cost::WORKLOAD {
        true => cost::has(metric),
        false => metric == TIME_PER_OPERATION || METRICS.contains(&metric),
    }
}

/// All claims: those of the guide, then the others by number.
///
/// # Errors
/// The file that is none, and why.
pub fn all() -> Result<Vec<Claim>> {
    let claim = |(name, text): &(&str, &str)| {
        Claim::parse(name, text).with_context(|| format!("reports/claims/{name}.toml"))
    };
    let mut claims: Vec<Claim> = FILES.iter().map(claim).collect::<Result<_>>()?;
    claims.sort_by_key(Claim::place);
    Ok(claims)
}

/// What a run says of some claims, and why it cannot be believed at all, if so.
///
/// # Errors
/// As [`crate::render`].
pub fn of_run(run_dir: &Path, claims: &[Claim]) -> Result<(Claims, Option<String>)> {
    let input = Input::read(run_dir)?;
    let good = ratio::executions(&input, false);
    let summary = summarise::summarise(&input, &good, claims)?.summary;
    let invalid = believe::why(&summary, false);
    Ok((summary.claims, invalid))
}
