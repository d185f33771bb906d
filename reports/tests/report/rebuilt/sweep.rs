//! From how many clients on servers of tasks take less CPU than servers of threads.
//!
//! The points are made anew; their intervals are a bootstrap, whose draws are the suite's
//! own, and are left out on both sides. Of a run whose crossings are undecided this says
//! something else than the page.

use std::collections::BTreeMap;

use super::number::grouped;
use super::raw::{Raw, cut, list, middle, text};

/// Ahead by less is not ahead.
const LEAST: f64 = 1.02;

/// Cells of one server by their clients.
type Sweep<'a> = BTreeMap<u64, &'a str>;

/// What is said of the first kind of pages that was swept; nothing if none was.
pub(super) fn sentence(raw: &Raw, workload: &str) -> Option<String> {
    let kind_of = |id: &str| cut(id).preset.rsplit_once("-c").map(|(kind, _)| kind.to_string());
    let plain = |id: &&str| cut(id).workload == workload && !cut(id).who.contains(':');
    let ids: Vec<&str> =
        raw.ids().into_iter().filter(plain).filter(|id| raw.succeeded(id)).collect();
    let kind = kind_of(ids.first()?)?;
    let mut sweeps: Vec<(&str, Sweep<'_>)> = Vec::new();
    for id in ids.into_iter().filter(|id| kind_of(id).as_ref() == Some(&kind)) {
        let (who, clients) = (cut(id).who, raw.parameter(id, "connections") as u64);
        match sweeps.iter_mut().find(|(known, _)| *known == who) {
            Some((_, sweep)) => _ = sweep.insert(clients, id),
            None => sweeps.push((who, Sweep::from([(clients, id)]))),
        }
    }
    let of_style = |style: &'static str| {
        let contestants = list(&raw.run["contestants"]);
        let is = move |who: &str| {
            contestants.iter().any(|one| one["who"] == who && one["style"] == style)
        };
        sweeps.iter().filter(move |(who, _)| is(who))
    };
    let sentences: Vec<String> = of_style("threads")
        .filter_map(|(to, threads)| {
            let each: Vec<String> = of_style("async")
                .filter_map(|(of, tasks)| Some(format!("{of} {}", from(raw, tasks, threads)?)))
                .collect();
            let operation = text(&raw.workload(workload)["operation"]);
            let all = each.join(", ");
            (!all.is_empty()).then(|| format!("Ahead of {to} in CPU time per {operation}: {all}."))
        })
        .collect();
    (!sentences.is_empty()).then(|| format!("{kind}. {}", sentences.join(" ")))
}

/// Nothing with fewer than three numbers of clients.
fn from(raw: &Raw, tasks: &Sweep<'_>, threads: &Sweep<'_>) -> Option<String> {
    let both =
        tasks.iter().filter_map(|(clients, id)| Some((*clients, *id, *threads.get(clients)?)));
    let both: Vec<(u64, &str, &str)> = both.collect();
    if both.len() < 3 {
        return None;
    }
    let columns: Vec<BTreeMap<u64, f64>> = both
        .iter()
        .map(|(_, task, thread)| {
            let thread = raw.rounds(thread, false, "cpu_us_per_op");
            let ratio = |(round, own): (u64, f64)| Some((round, thread.get(&round)? / own));
            raw.rounds(task, false, "cpu_us_per_op").into_iter().filter_map(ratio).collect()
        })
        .collect();
    let whole = |round: &&u64| columns.iter().all(|column| column.contains_key(*round));
    let rounds: Vec<&u64> = columns[0].keys().filter(whole).collect();
    let ahead = |column: &BTreeMap<u64, f64>| {
        let logs: Vec<f64> = rounds.iter().map(|round| (column[round] / LEAST).ln()).collect();
        middle(&logs)
    };
    let points: Vec<(f64, f64)> = both
        .iter()
        .zip(&columns)
        .map(|((clients, ..), column)| Some(((*clients as f64).ln(), ahead(column)?)))
        .collect::<Option<_>>()?;
    let Some(behind) = points.iter().rposition(|(_, log)| *log <= 0.0) else {
        return Some("with any number of clients".to_string());
    };
    let Some((next, above)) = points.get(behind + 1) else { return Some("never".to_string()) };
    let (at, below) = points[behind];
    let crossing = (at - below / (above - below) * (next - at)).exp();
    let tenth = (crossing * 10.0).round() / 10.0;
    let crossing = if tenth < 10.0 { tenth } else { crossing.round() };
    let noun = if crossing == 1.0 { "client" } else { "clients" };
    Some(format!("from about {} {noun} on", grouped(&crossing.to_string())))
}

/// A sentence without its intervals.
pub(super) fn without_intervals(text: &str) -> String {
    let mut pieces = text.split(" [");
    let first = pieces.next().unwrap_or_default().to_string();
    pieces.fold(first, |said, piece| said + piece.split_once(']').map_or("", |(_, rest)| rest))
}
