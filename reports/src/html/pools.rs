//! Of the workload `query`: which database answered, what a pool of connections permits,
//! and how pools of different sizes would decide a comparison.

use std::collections::BTreeSet;

use maud::{Markup, html};
use triathlon_contract::record::WorkloadFile;

use super::{scrolling, unbroken};
use crate::chart::times;
use crate::ratio;
use crate::render::Model;
use crate::summary::{Cell, Status};
use crate::{key, text};

/// The workload that has a pool.
const WORKLOAD: &str = "query";

/// What pools are about.
const METRIC: &str = "throughput_per_s";

/// The idiom that has one query under way, whatever the pool.
const BLOCKING: &str = "blocking";

/// The idiom that is held against the reference.
const THREADS: &str = "threads";

/// Nothing for any other workload.
pub(super) fn pools(model: &Model<'_>, workload: &WorkloadFile) -> Markup {
    if workload.name != WORKLOAD {
        return html! {};
    }
    let law = presets(model).into_iter().next().and_then(|preset| law(model, preset));
    html! {
        p.prose { strong { "Database. " } (place(model)) }
        @if let Some(law) = law { p.prose { strong { "Little's law. " } (unbroken(&law)) } }
        @if let Some(unequal) = unequal(model) { (unequal) }
    }
}

fn place(model: &Model<'_>) -> String {
    match &model.input.run.postgres {
        None => "Queries went to the mock server, which speaks PostgreSQL's protocol.".to_string(),
        Some(file) => {
            let settings = file.settings.iter();
            let settings = settings.map(|(name, value)| format!("{name} {value}"));
            let settings = text::line(&settings.collect::<Vec<_>>().join(", "));
            format!(
                "Queries went to {} ({settings}), whose own statistics are the witness; it was not \
                 kept off the contestants' CPUs.",
                text::line(&file.version)
            )
        }
    }
}

fn cells<'a>(model: &'a Model<'_>) -> impl Iterator<Item = &'a Cell> {
    model.summary.cells.iter().filter(|cell| cell.workload == WORKLOAD)
}

fn parameter(cell: &Cell, name: &str) -> u64 {
    cell.parameters.get(name).copied().unwrap_or(0)
}

/// Measured presets of one row and one query at a time whose queries take time at the
/// server: first the one with most callers, longest queries and smallest pool.
fn presets<'a>(model: &'a Model<'_>) -> Vec<&'a Cell> {
    let waits = |cell: &&Cell| {
        let alone = parameter(cell, "depth") == 1 && parameter(cell, "rows") == 1;
        alone && parameter(cell, "delay_us") > 0 && parameter(cell, "pool") > 1 && shown(cell)
    };
    let mut names = BTreeSet::new();
    let mut found: Vec<&Cell> =
        cells(model).filter(waits).filter(|cell| names.insert(cell.preset.as_str())).collect();
    found.sort_by_key(|cell| {
        let of = |name| parameter(cell, name);
        (u64::MAX - of("callers"), u64::MAX - of("delay_us"), of("pool"))
    });
    found
}

fn shown(cell: &Cell) -> bool {
    cell.n > 0 && matches!(cell.status, Status::Valid | Status::Degraded)
}

/// What the pool of a preset permits, and what came of it.
fn law(model: &Model<'_>, preset: &Cell) -> Option<String> {
    let (pool, delay_us) = (parameter(preset, "pool"), parameter(preset, "delay_us"));
    let most = pool as f64 * 1e6 / delay_us as f64;
    let same = cells(model).filter(|cell| cell.preset == preset.preset && shown(cell));
    let concurrent = same.filter(|cell| cell.style != BLOCKING);
    let mut rates: Vec<f64> =
        concurrent.filter_map(|cell| Some(cell.metrics.get(METRIC)?.median)).collect();
    rates.sort_by(f64::total_cmp);
    let (least, greatest) = (rates.first()?, rates.last()?);
    let rate = |value: f64| text::quantified(text::quantity(METRIC), value);
    Some(format!(
        "{pool} connections that a query holds for {} each answer at most {}, whoever asks and in \
         whatever style. Measured with {} callers ({}): {} to {} in {} cells.",
        text::parameter("delay_us", delay_us),
        rate(most),
        parameter(preset, "callers"),
        text::short(&preset.preset, 60),
        rate(*least),
        rate(*greatest),
        rates.len(),
    ))
}

/// Two cells at two pools: each wins if it has the larger one.
fn unequal(model: &Model<'_>) -> Option<Markup> {
    let presets = presets(model);
    let small = presets.first()?;
    let like = |cell: &&&Cell| {
        ["callers", "delay_us"].iter().all(|name| parameter(cell, name) == parameter(small, name))
    };
    let large = presets.iter().skip(1).find(like)?;
    let at = |who: &str, preset: &Cell| {
        cells(model).find(|cell| {
            cell.preset == preset.preset
                && shown(cell)
                && cell.way.is_empty()
                && key::parts(&cell.id).who() == who
        })
    };
    let reference = model.input.run.reference.as_str();
    let other = cells(model)
        .filter(|cell| cell.style == THREADS && cell.preset == small.preset)
        .map(|cell| key::parts(&cell.id).who())
        .find(|who| at(who, small).is_some() && at(who, large).is_some())?;
    let both = [reference, other.as_str()];
    let [few, many] = [*small, *large].map(|preset| both.map(|who| at(who, preset)));
    let ([Some(few_here), Some(few_there)], [Some(many_here), Some(many_there)]) = (few, many)
    else {
        return None;
    };
    let over = |of: &Cell, to: &Cell| {
        let [of, to] = [of, to].map(|cell| model.executions.get(cell.id.as_str()));
        Some(times(&ratio::ratios(of?, to?).remove(METRIC)?))
    };
    let (theirs, ours) = (over(many_there, few_here)?, over(many_here, few_there)?);
    let [pool_few, pool_many] = [*small, *large].map(|cell| parameter(cell, "pool"));
    let sentence = format!(
        "{other} with {pool_many} connections answers {theirs} as many queries as {reference} with \
         {pool_few}; {reference} with {pool_many} answers {ours} as many as {other} with {pool_few}. \
         It is the same code each time: who gives one style the larger pool measures the pool. \
         Within a preset all have the same.",
    );
    let rate = |cell: &Cell| {
        let median = cell.metrics.get(METRIC).map(|spread| spread.median);
        median.map_or("—".to_string(), |median| text::quantified(text::quantity(METRIC), median))
    };
    let table = html! {
        table.plain.numbers {
            thead { tr {
                th scope="col" { "Contestant" }
                th scope="col" { (pool_few) " connections" }
                th scope="col" { (pool_many) " connections" }
            } }
            tbody {
                @for (who, few, many) in [(reference, few_here, many_here), (&other, few_there, many_there)] {
                    tr {
                        th scope="row" { (text::short(who, 60)) }
                        td { (rate(few)) }
                        td { (rate(many)) }
                    }
                }
            }
        }
    };
    Some(html! {
        p.prose { strong { "Unequal pools. " } (unbroken(&sentence)) }
        (scrolling("Queries per second by size of the pool", &table))
    })
}
