//! Over what a request does: how far servers are ahead of the one with a thread per
//! connection, by queries, delay and bytes.

use std::collections::BTreeSet;

use anyhow::Result;
use triathlon_contract::record::WorkloadFile;

use super::data::{Panel, Point, Series, who};
use super::look;
use super::servers::{Chart, Kind, MARKS, Over, chart, figure, in_words, spread};
use crate::crossover::{THREADS, WORKLOAD};
use crate::render::Model;
use crate::summary::Advantage;
use crate::text::{self, THIN};

/// Those that have the same in common, of which there are the most; the first of several.
pub(super) fn largest<'a, K: PartialEq>(
    all: impl IntoIterator<Item = &'a Advantage> + Clone,
    common: impl Fn(&Advantage) -> K,
) -> Vec<&'a Advantage> {
    let mut groups: Vec<(K, Vec<&Advantage>)> = Vec::new();
    for one in all {
        let key = common(one);
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, group)) => group.push(one),
            None => groups.push((key, vec![one])),
        }
    }
    let most = groups.iter().map(|(_, group)| group.len()).max();
    let largest = groups.into_iter().find(|(_, group)| Some(group.len()) == most);
    largest.map(|(_, group)| group).unwrap_or_default()
}

/// Over delays, a panel for each number of queries.
pub(super) fn of_delays(
    model: &Model<'_>,
    workload: &WorkloadFile,
    grid: &[&Advantage],
) -> Result<Option<Chart>> {
    let own = largest(grid.iter().copied(), |one| one.bytes);
    let delays: BTreeSet<u64> = own.iter().map(|one| one.delay_us).collect();
    let (Some(first), true) = (own.first(), delays.len() > 1) else { return Ok(None) };
    let queries: BTreeSet<u64> = own.iter().map(|one| one.queries).collect();
    let panel = |queries: &u64| {
        let own = own.iter().filter(|one| one.queries == *queries).copied().collect::<Vec<_>>();
        Panel {
            title: format!("queries per request (N): {queries}"),
            phrase: format!("N = {queries}"),
            series: over(model, &own, |one| one.delay_us),
        }
    };
    let panels = queries.iter().map(panel).collect();
    let bytes = text::parameter("page_bytes", first.bytes);
    let title = format!("{}, {bytes}", with(first));
    let kind = kind(model, workload, Over::Delays(first.connections), &own, &title);
    let figure =
        figure((&first.metric, &workload.operation), ("delay_us", "delay of each query"), panels);
    chart(model, kind, &figure)
}

/// Over the size of the page.
pub(super) fn of_bytes(
    model: &Model<'_>,
    workload: &WorkloadFile,
    grid: &[&Advantage],
) -> Result<Option<Chart>> {
    let own = largest(grid.iter().copied(), |one| (one.queries, one.delay_us));
    let sizes: BTreeSet<u64> = own.iter().map(|one| one.bytes).collect();
    let (Some(first), true) = (own.first(), sizes.len() > 1) else { return Ok(None) };
    let delay = text::parameter("delay_us", first.delay_us);
    let name = format!("N = {}, {delay}", first.queries);
    let panels = vec![Panel {
        title: format!("queries per request (N): {}, {delay} each", first.queries),
        phrase: name.clone(),
        series: over(model, &own, |one| one.bytes),
    }];
    let title = format!("{}, {name}", with(first));
    let kind = kind(model, workload, Over::Bytes(first.connections), &own, &title);
    let figure = figure(
        (&first.metric, &workload.operation),
        ("page_bytes", "bytes per request (M)"),
        panels,
    );
    chart(model, kind, &figure)
}

fn with(one: &Advantage) -> String {
    format!("{} clients", text::whole(one.connections))
}

fn kind(
    model: &Model<'_>,
    workload: &WorkloadFile,
    over: Over,
    own: &[&Advantage],
    what_for: &str,
) -> Kind {
    let metric = own.first().map(|one| one.metric.clone()).unwrap_or_default();
    let what = in_words(&metric, &workload.operation);
    let name = if matches!(over, Over::Delays(_)) { "delays" } else { "bytes" };
    let finding = least_and_most(own, &model.summary.run.reference, &what, what_for);
    let title = format!("{name} – {what}, {what_for}");
    Kind { over, metric, name, title, finding, marks: MARKS.to_string() }
}

/// The line of every server.
fn over(model: &Model<'_>, own: &[&Advantage], x: impl Fn(&Advantage) -> u64) -> Vec<Series> {
    let contestants = &model.input.run.contestants;
    let inks = look::of_contestants(contestants);
    let of_server = |shape: usize| {
        let name = &contestants[shape].who;
        let points = own.iter().filter(|one| one.of == *name).filter_map(|one| {
            let mut cells = model.summary.cells.iter();
            let cell = cells.find(|cell| {
                (cell.workload == WORKLOAD && cell.preset == one.preset)
                    && (cell.way.is_empty() && who(cell) == one.of)
            })?;
            let value = spread(one.ratio, one.interval, one.rounds);
            Some(Point { x: x(one), value, limited: one.limited, cell: cell.id.clone() })
        });
        let mut points: Vec<Point> = points.collect();
        points.sort_by_key(|point| point.x);
        let (who, ink) = (name.clone(), inks[shape]);
        Series { name: who.clone(), who, ink, shape, points, crossing: None }
    };
    let all = (0..contestants.len()).map(of_server);
    all.filter(|series| !series.points.is_empty()).collect()
}

/// Where the reference, or else the first, is ahead by the least and by the most.
fn least_and_most(own: &[&Advantage], reference: &str, what: &str, what_for: &str) -> String {
    let of = match own.iter().any(|one| one.of == reference) {
        true => reference,
        false => own.first().map_or("", |one| one.of.as_str()),
    };
    let of_one = || own.iter().filter(|one| one.of == of);
    let at = |one: &Advantage| {
        let range = one.interval.map_or(String::new(), |[low, high]| {
            format!("{THIN}[{}–{}]", text::digits(low), text::digits(high))
        });
        format!(
            "{}{THIN}×{range} (N = {}, {}, {})",
            text::digits(one.ratio),
            one.queries,
            text::parameter("delay_us", one.delay_us),
            text::parameter("page_bytes", one.bytes)
        )
    };
    let by = |one: &&&Advantage, other: &&&Advantage| one.ratio.total_cmp(&other.ratio);
    match (of_one().min_by(by), of_one().max_by(by)) {
        (Some(least), Some(most)) => format!(
            "{}, {what_for}: {} is ahead of {THREADS} by {} to {}; below 1 it is behind.",
            capital(what),
            text::short(of, 40),
            at(least),
            at(most)
        ),
        _ => String::new(),
    }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
