//! From a run's files to its summary.

use std::collections::{BTreeMap, HashMap, HashSet};

use triathlon_contract::CaseId;
use triathlon_contract::record::{CaseFile, Record, RunFile};
use triathlon_statistics::Summary as Estimate;

use crate::input::Input;
use crate::metrics::Cpus;
use crate::ratio::Executions;
use crate::summary::{Cell, Noise, RunPart, Spread, Summary};
use crate::{counts, key, metrics, ratio, status};

/// Server CPU from which throughput may be the server's.
///
/// Source: MEASURING.md, "the server's share".
const SERVER_LIMIT: f64 = 0.8;

/// How much later than asked the server may answer a tenth of the requests
/// before elapsed may be the server's: what it promises, or a tenth of the
/// delay.
const EXCESS_LIMIT_US: f64 = 500.0;

/// The summary of a run's files.
pub(crate) fn summarise(input: &Input) -> Summary {
    let Input { run, records, .. } = input;
    let cpus = Cpus::of(run);
    let ids: HashMap<CaseId, String> =
        run.cases.iter().map(|case| (key::parts(&case.id), case.id.clone())).collect();
    let mut by_case: HashMap<&str, Vec<&Record>> = HashMap::new();
    let mut twins: HashMap<&str, Vec<&Record>> = HashMap::new();
    for record in records {
        let group = if record.twin { &mut twins } else { &mut by_case };
        group.entry(&record.id).or_default().push(record);
    }
    let good: HashMap<&str, Executions> =
        by_case.iter().map(|(id, records)| (*id, ratio::executions(good(records), cpus))).collect();
    let mut cells: Vec<Cell> = run
        .cases
        .iter()
        .map(|case| {
            let executions = by_case.get(case.id.as_str()).map_or(&[][..], Vec::as_slice);
            let reference = ratio::reference(&key::parts(&case.id), &run.reference, &ids);
            cell(case, executions, &good, reference)
        })
        .collect();
    let limited: HashSet<String> =
        cells.iter().filter(|cell| cell.limited.is_some()).map(|cell| cell.id.clone()).collect();
    for cell in &mut cells {
        cell.ratio_limited |= cell.reference.as_ref().is_some_and(|id| limited.contains(id));
    }
    let noise = run
        .cases
        .iter()
        .filter_map(|case| {
            let twins = ratio::executions(good_of(&twins, &case.id), cpus);
            Some(noise(&case.id, &twins, good.get(case.id.as_str())?))
        })
        .flatten()
        .collect();
    let counts = counts::counts(run, records);
    let interrupted = counts::interrupted(run, &by_case);
    let notes = counts::notes(input, &ids);
    Summary { run: run_part(run), cells, noise, interrupted, notes, executions: counts }
}

fn good<'a>(records: &[&'a Record]) -> Vec<&'a Record> {
    records.iter().copied().filter(|record| status::counts(record)).collect()
}

fn good_of<'a>(records: &HashMap<&str, Vec<&'a Record>>, id: &str) -> Vec<&'a Record> {
    records.get(id).map(|records| good(records)).unwrap_or_default()
}

fn run_part(run: &RunFile) -> RunPart {
    RunPart {
        id: run.id.clone(),
        profile: run.profile.clone(),
        seed: run.seed,
        rounds: run.rounds,
        suite_version: run.suite_version.clone(),
        machine: run.machine.clone(),
        versions: run.versions.clone(),
        started_at: run.started_at.clone(),
        commit: run.commit.clone(),
        dirty: run.dirty,
        reference: run.reference.clone(),
    }
}

fn cell(
    case: &CaseFile,
    records: &[&Record],
    good: &HashMap<&str, Executions>,
    reference: Option<&str>,
) -> Cell {
    let none = Executions::new();
    let executions = good.get(case.id.as_str()).unwrap_or(&none);
    let (status, reason) = status::of(case.absent.as_deref(), records);
    let metrics = spreads(executions);
    let reference = reference.filter(|id| *id != case.id);
    let ratio_to_reference = reference
        .and_then(|id| good.get(id))
        .map(|reference| ratio::ratios(executions, reference))
        .unwrap_or_default();
    let limited = limited(case, &metrics);
    let CaseId { workload, preset, contestant, flavour, way } = key::parts(&case.id);
    Cell {
        id: case.id.clone(),
        workload,
        preset,
        contestant,
        flavour,
        way,
        style: case.style.clone(),
        status,
        reason,
        n: executions.len(),
        metrics,
        reference: reference.map(str::to_string),
        ratio_to_reference,
        ratio_limited: limited.is_some(),
        limited,
        parameters: case.parameters.clone(),
    }
}

/// Why elapsed and throughput may be the server's, in one clause.
fn limited(case: &CaseFile, metrics: &BTreeMap<String, Spread>) -> Option<String> {
    let median = |metric: &str| metrics.get(metric).map(|spread| spread.median);
    if let Some(share) = median("server_cpu_share").filter(|share| *share >= SERVER_LIMIT) {
        let share = share * 100.0;
        return Some(format!("pair-limited: the mock server used {share:.0} % of its CPU"));
    }
    let delay_us = case.parameters.get("delay_us").copied().unwrap_or(0) as f64;
    let excess = median("server_delay_excess_p90_us")
        .filter(|excess| *excess > EXCESS_LIMIT_US.max(delay_us / 10.0))?;
    let excess_ms = excess / 1e3;
    Some(format!("pair-limited: the mock server answered {excess_ms:.1} ms late (p90)"))
}

fn spreads(executions: &Executions) -> BTreeMap<String, Spread> {
    metrics::METRICS
        .iter()
        .filter_map(|metric| {
            let values: Vec<f64> =
                executions.iter().filter_map(|(_, values)| values.get(metric).copied()).collect();
            Some(((*metric).to_string(), Estimate::of(&values)?.into()))
        })
        .collect()
}

fn noise(id: &str, twins: &Executions, reference: &Executions) -> Vec<Noise> {
    let CaseId { workload, preset, way, .. } = key::parts(id);
    ratio::ratios(twins, reference)
        .into_iter()
        .map(|(metric, ratio)| Noise {
            workload: workload.clone(),
            preset: preset.clone(),
            way: way.clone(),
            metric,
            ratio,
        })
        .collect()
}
