//! Who took turns in slices, and what that does to the spread.

use std::collections::BTreeMap;

use maud::{Markup, html};
use triathlon_contract::CaseId;
use triathlon_contract::record::{SliceStudy, SliceWay};

use super::scrolling;
use crate::key;
use crate::render::Model;
use crate::text::THIN;

/// The metric that slices are judged by.
const METRIC: &str = "cpu_us_per_op";

/// In the place of a figure that there is not.
const NONE: &str = "—";

/// Nothing for a run that has no slices.
pub(super) fn turns(model: &Model<'_>) -> Markup {
    let lengths = lengths(model);
    if lengths.values().all(Option::is_none) {
        return html! {};
    }
    let study = model.input.run.slice_study.as_ref();
    let table = html! {
        table.plain.numbers {
            thead {
                tr {
                    th scope="col" rowspan="2" { "Preset" }
                    th scope="col" rowspan="2" { "Slices" }
                    th scope="col" rowspan="2" { "Spread here" }
                    th scope="colgroup" colspan="5" { "In a trial, slices of" }
                }
                tr {
                    th scope="col" { "None" } th scope="col" { "Half the length" }
                    th scope="col" { "The length" } th scope="col" { "Twice" }
                    th scope="col" { "Ratios unmoved" }
                }
            }
            tbody { @for (preset, ms) in &lengths { (row(model, preset, *ms, study)) } }
        }
    };
    html! {
        h3 id="turns" { "Turns in slices" }
        p {
            "Where the CPU bounds a closed loop, the contestants of a preset share each round: every one \
             runs for a slice, is stopped with all its threads, and the next goes on, until all have done \
             their work. Their pauses are in no time and no account. " strong { "Spread" } ": standard \
             deviation, over the rounds, of the logarithm of the ratio of the two labels in CPU per \
             operation. " strong { "Unmoved" } ": contestants whose ratio to the reference in slices lies \
             in the 95" (THIN) "% interval of the ratio measured one after the other; one in twenty would \
             lie outside by chance. Where stops move them, a run has no slices."
            @if let Some(study) = study {
                " Trial of " (study.measured_at.split('T').next().unwrap_or_default()) " on "
                (study.machine) ", all ways interleaved: " code { (study.command) } "."
            }
        }
        (scrolling("Spread with and without slices", &table))
    }
}

/// Length for each preset that has slices, and none for those of which a trial says
/// that they move the ratios.
fn lengths(model: &Model<'_>) -> BTreeMap<String, Option<u64>> {
    let run = &model.input.run;
    let tried = run.slice_study.iter().flat_map(|study| &study.trials);
    let mut lengths: BTreeMap<String, Option<u64>> =
        tried.map(|trial| (trial.preset.clone(), None)).collect();
    for case in run.cases.iter().filter(|case| case.absent.is_none()) {
        if let Some(ms) = case.slice_ms {
            let CaseId { workload, preset, .. } = key::parts(&case.id);
            lengths.insert(format!("{workload}@{preset}"), Some(ms));
        }
    }
    lengths
}

fn row(model: &Model<'_>, preset: &str, ms: Option<u64>, study: Option<&SliceStudy>) -> Markup {
    let here = model.summary.noise.iter().find(|noise| {
        noise.metric == METRIC && format!("{}@{}", noise.workload, noise.preset) == preset
    });
    let trial = study.and_then(|study| study.trials.iter().find(|trial| trial.preset == preset));
    let ways = trial.map(|trial| trial.ways.as_slice()).unwrap_or_default();
    // One after the other, then slices from short to long.
    let length = ms.map_or_else(|| ways.get(2).and_then(|way| way.slice_ms), |ms| Some(ms as f64));
    let way = |factor: f64| ways.iter().find(|way| way.slice_ms == length.map(|ms| ms * factor));
    let alone = ways.iter().find(|way| way.slice_ms.is_none());
    let spread = |way: Option<&SliceWay>| way.map_or(NONE.to_string(), |way| digits(way.aa_spread));
    html! {
        tr {
            th scope="row" { (preset) }
            td { @match ms { Some(ms) => { (ms) (THIN) "ms" } None => { "none" } } }
            td { (here.and_then(|noise| noise.spread).map_or(NONE.to_string(), digits)) }
            td { (spread(alone)) }
            @for factor in [0.5, 1.0, 2.0] { td { (spread(way(factor).filter(|_| length.is_some()))) } }
            td { (way(1.0).filter(|_| length.is_some()).map_or(NONE.to_string(), unmoved)) }
        }
    }
}

fn digits(spread: f64) -> String {
    format!("{spread:.3}")
}

fn unmoved(way: &SliceWay) -> String {
    let inside = way.ratios.iter().filter(|moved| !moved.outside()).count();
    format!("{inside} of {}", way.ratios.len())
}
