//! What slow clients take from the others: goodput beside K of them against none, round by
//! round.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use triathlon_contract::SlowClients;
use triathlon_contract::record::{Record, RunFile};
use triathlon_statistics::{Summary as Estimate, signed_rank};

use crate::summary::Spread;
use crate::{key, status, text};

/// The workload that has slow clients.
pub(crate) const WORKLOAD: &str = "serve-slow";

/// Probability that an interval misses.
const MISRATE: f64 = 0.05;

/// What the healthy clients of one server got, by the number of slow ones beside them.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Slowed {
    /// The presets without their number of slow clients.
    pub kind: String,
    /// Contestant, flavour and way.
    pub who: String,
    /// By the number of slow clients, ascending.
    pub beside: Vec<BesideSlow>,
}

/// What they got beside so many.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct BesideSlow {
    /// Slow clients.
    pub slow: u64,
    /// Answers to the healthy for each second, 0 where there was none.
    pub goodput_per_s: Spread,
    /// The same as a share of what they got without slow clients in the same round; none
    /// where that was not measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<Spread>,
    /// 95 % interval of the Hodges–Lehmann centre of the share; none for fewer than six rounds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share_interval: Option<[f64; 2]>,
    /// Executions in which no healthy client was answered within the window.
    pub starved: usize,
    /// Service time at p99, where ten healthy requests lie beyond it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_p99_us: Option<Spread>,
    /// Whether in one of them that is the age of a request still in flight.
    pub p99_at_least: bool,
    /// Slow clients that the server let go, most of all executions.
    pub let_go: u64,
}

/// Executions of one server with one kind of slow clients: by their number, then by round.
type Sweep<'a> = BTreeMap<u64, BTreeMap<u64, &'a SlowClients>>;

/// All servers of a run that had slow clients, in the order of its plan.
pub(crate) fn slowed(run: &RunFile, records: &[Record]) -> Vec<Slowed> {
    let mut order: Vec<(String, String)> = Vec::new();
    let mut cases: BTreeMap<&str, (String, String)> = BTreeMap::new();
    for case in &run.cases {
        let id = key::parts(&case.id);
        if id.workload == WORKLOAD {
            let row = (kind(&id.preset).to_string(), key::who_and_way(&id));
            if !order.contains(&row) {
                order.push(row.clone());
            }
            cases.insert(&case.id, row);
        }
    }
    let mut sweeps: BTreeMap<&(String, String), Sweep<'_>> = BTreeMap::new();
    for record in records.iter().filter(|record| status::counts(record) && !record.twin) {
        let driven = record.driven.as_ref();
        let counts = driven.and_then(|driven| driven.generator.slow.as_ref());
        if let Some((row, counts)) = cases.get(record.id.as_str()).zip(counts)
            && status::disturbed(run, record).is_none()
        {
            let rounds = sweeps.entry(row).or_default().entry(counts.slow).or_default();
            rounds.entry(record.round).or_insert(counts);
        }
    }
    order.iter().filter_map(|row| of_server(row, sweeps.get(row)?)).collect()
}

/// A preset without its number of slow clients.
fn kind(preset: &str) -> &str {
    preset.rsplit_once("-k").map_or(preset, |(kind, _)| kind)
}

fn of_server((kind, who): &(String, String), sweep: &Sweep<'_>) -> Option<Slowed> {
    let alone = sweep.get(&0);
    let beside = sweep.iter().map(|(slow, rounds)| beside(*slow, rounds, alone));
    let beside = beside.collect::<Option<Vec<_>>>()?;
    Some(Slowed { kind: kind.clone(), who: who.clone(), beside })
}

fn beside(
    slow: u64,
    rounds: &BTreeMap<u64, &SlowClients>,
    alone: Option<&BTreeMap<u64, &SlowClients>>,
) -> Option<BesideSlow> {
    let goodput: Vec<f64> = rounds.values().map(|counts| per_s(counts)).collect();
    let share = |(round, counts): (&u64, &&SlowClients)| {
        let whole = per_s(alone?.get(round)?);
        (whole > 0.0).then(|| per_s(counts) / whole)
    };
    let shares: Vec<f64> = rounds.iter().filter_map(share).collect();
    let centre = signed_rank::centre(&shares, MISRATE);
    let p99_us: Vec<f64> =
        rounds.values().filter_map(|c| Some(c.service_p99_ns? as f64 / 1e3)).collect();
    Some(BesideSlow {
        slow,
        goodput_per_s: Estimate::of(&goodput)?.into(),
        share: Estimate::of(&shares).map(Spread::from),
        share_interval: centre.map(|centre| [centre.low, centre.high].map(text::six_digits)),
        starved: rounds.values().filter(|counts| counts.answered == 0).count(),
        service_p99_us: Estimate::of(&p99_us).map(Spread::from),
        p99_at_least: rounds.values().any(|counts| counts.p99_at_least),
        let_go: rounds.values().map(|counts| counts.let_go).max().unwrap_or(0),
    })
}

/// Answers for each second; none is none.
fn per_s(counts: &SlowClients) -> f64 {
    if counts.answered == 0 { 0.0 } else { counts.goodput_per_s() }
}

/// Kinds in the order of their first server.
pub(crate) fn kinds(slowed: &[Slowed]) -> Vec<(&str, Vec<&Slowed>)> {
    let mut seen = BTreeSet::new();
    let first = slowed.iter().map(|one| one.kind.as_str()).filter(|kind| seen.insert(*kind));
    first.map(|kind| (kind, slowed.iter().filter(|one| one.kind == kind).collect())).collect()
}

#[cfg(test)]
mod tests {
    use super::kind;

    #[test]
    fn a_kind_is_a_preset_without_its_number() {
        for (preset, want) in [
            ("send-plain-k1000", "send-plain"),
            ("read-crud-n1-256k-k0", "read-crud-n1-256k"),
            ("send-plain-timeouts-k100", "send-plain-timeouts"),
            ("other", "other"),
        ] {
            assert_eq!(kind(preset), want);
        }
    }
}
