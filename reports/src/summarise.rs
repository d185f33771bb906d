//! From a run's files to its summary.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::Result;
use triathlon_contract::CaseId;
use triathlon_contract::record::{CaseFile, Record, RunFile};
use triathlon_statistics::Summary as Estimate;

use crate::claims::{self, Claim};
use crate::family::{self, Matter};
use crate::input::Input;
use crate::judged::{family_part, judged};
use crate::matrix::Matrix;
use crate::ratio::Executions;
use crate::summary::{Ceiling, Cell, Claims, RunPart, Spread, Summary};
use crate::verify::RENDERER;
use crate::{
    aa, asleep, believe, ceiling, counts, crossover, doubling, grid, key, knee, means, metrics,
    overload, pairs, profiles, ratio, selftest, slow, status, text, verdicts, warnings,
};

/// Server CPU from which throughput may be the server's.
///
/// Source: MEASURING.md, "the server's share".
const SERVER_LIMIT: f64 = 0.8;

/// Share of the null ceiling from which throughput may be the pair's.
///
/// Source: MEASURING.md, "the server's share".
const CEILING_LIMIT: f64 = 0.7;

/// How much later than asked the server may answer a tenth of the requests
/// before elapsed may be the server's: what it promises, or a tenth of the
/// delay.
const EXCESS_LIMIT_US: f64 = 500.0;

/// The summary of a run's files; `good` are the values of its cases, see
/// [`ratio::executions`]; `claims` are held against the run.
///
/// # Errors
/// If the matrix of pairs cannot be written as CSV.
pub(crate) fn summarise(
    input: &Input,
    good: &HashMap<&str, Executions>,
    claims: &[Claim],
) -> Result<Summed> {
    let Input { run, records, .. } = input;
    let Measured { mut cells, ceilings, ids, by_case } = measured(input, good);
    let twins = ratio::executions(input, true);
    let planned: Vec<&str> = run.cases.iter().map(|case| case.id.as_str()).collect();
    let mut noise = aa::noises(&planned, &twins, good, run.verdicts);
    let families = family::families(&Matter { run, cells: &cells, good, twins: &twins });
    aa::add_smallest(&mut noise, &families, &twins);
    let of_cells: Vec<_> = cells.iter().map(|cell| judged(cell, &families)).collect();
    let pairs = pairs::csv(&families)?;
    let matrices = families.iter().map(Matrix::of).collect();
    let families = families.iter().map(family_part).collect();
    for (cell, (against, standing)) in cells.iter_mut().zip(of_cells) {
        (cell.against_reference, cell.standing) = (against, standing);
    }
    let geometric_means = means::means(run, &cells, good);
    let performance_profiles = match verdicts::possible(&run_part(input)) {
        true => profiles::profiles(run, &cells),
        false => Vec::new(),
    };
    let memory_slopes = asleep::slopes(run, records);
    let crossovers = crossover::crossovers(&cells, good, input.run.seed);
    let doublings = doubling::doublings(&cells, good, input.run.seed);
    let slow_clients = slow::slowed(run, records);
    let advantages = grid::advantages(&cells, good);
    let load_curves = knee::curves(run, records, &cells, good);
    let overloads = overload::overloads(run, records);
    let warnings = warnings::warnings(input, &cells, good, &noise);
    let counts = counts::counts(run, records);
    let interrupted = counts::interrupted(run, &by_case);
    let notes = counts::notes(input, &ids);
    let mut summary = Summary {
        run: run_part(input),
        selftest: selftest::part(input),
        cells,
        noise,
        families,
        geometric_means,
        performance_profiles,
        claims: Claims::default(),
        memory_slopes,
        crossovers,
        doublings,
        slow_clients,
        advantages,
        load_curves,
        overloads,
        warnings,
        ceilings,
        interrupted,
        notes,
        executions: counts,
    };
    let matter = Matter { run, cells: &summary.cells, good, twins: &twins };
    summary.claims = claims::claims(&matter, input.cost.as_ref(), claims, silent(&summary));
    Ok(Summed { summary, pairs, matrices })
}

/// Why a run says nothing of claims, whatever it measured; nothing if it does.
fn silent(summary: &Summary) -> Option<String> {
    let RunPart { profile, rounds, .. } = &summary.run;
    let invalid = believe::why(summary, false);
    invalid.or_else(|| {
        (!verdicts::possible(&summary.run)).then(|| {
            format!(
                "a run of profile {} and {rounds} rounds draws no conclusions",
                text::short(profile, 40)
            )
        })
    })
}

/// What each case of a run measured, before anything is compared.
pub(crate) struct Measured<'a> {
    pub(crate) cells: Vec<Cell>,
    ceilings: Vec<Ceiling>,
    ids: HashMap<CaseId, String>,
    by_case: HashMap<&'a str, Vec<&'a Record>>,
}

/// The cells of a run's files, without verdicts.
pub(crate) fn measured<'a>(input: &'a Input, good: &HashMap<&str, Executions>) -> Measured<'a> {
    let Input { run, records, .. } = input;
    let ids: HashMap<CaseId, String> =
        run.cases.iter().map(|case| (key::parts(&case.id), case.id.clone())).collect();
    let mut by_case: HashMap<&str, Vec<&Record>> = HashMap::new();
    for record in records.iter().filter(|record| !record.twin) {
        by_case.entry(&record.id).or_default().push(record);
    }
    let ceilings = ceiling::ceilings(run, records);
    let mut cells: Vec<Cell> = run
        .cases
        .iter()
        .map(|case| {
            let executions = by_case.get(case.id.as_str()).map_or(&[][..], Vec::as_slice);
            let reference = ratio::reference(&key::parts(&case.id), &run.reference, &ids);
            cell(run, case, executions, good, reference, &ceilings)
        })
        .collect();
    let limited: HashSet<String> =
        cells.iter().filter(|cell| cell.limited.is_some()).map(|cell| cell.id.clone()).collect();
    for cell in &mut cells {
        cell.ratio_limited |= cell.reference.as_ref().is_some_and(|id| limited.contains(id));
    }
    Measured { cells, ceilings, ids, by_case }
}

/// The summary, and all pairs, which are too many for it.
pub(crate) struct Summed {
    pub(crate) summary: Summary,
    /// One for each family.
    pub(crate) matrices: Vec<Matrix>,
    /// `pairs.csv`; empty without verdicts.
    pub(crate) pairs: Vec<u8>,
}

pub(crate) fn run_part(input: &Input) -> RunPart {
    let Input { run, sessions, .. } = input;
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
        verdicts: run.verdicts,
        parts: run.parts,
        reversed: run.reversed,
        keep_disturbed: run.keep_disturbed,
        guests: run.guests.clone(),
        sessions: sessions.len().max(1) as u64,
        renderer: RENDERER.to_string(),
    }
}

fn cell(
    run: &RunFile,
    case: &CaseFile,
    records: &[&Record],
    good: &HashMap<&str, Executions>,
    reference: Option<&str>,
    ceilings: &[Ceiling],
) -> Cell {
    let none = Executions::new();
    let executions = good.get(case.id.as_str()).unwrap_or(&none);
    let (status, reason) = status::of(run, case.absent.as_deref(), records);
    let metrics = spreads(executions);
    let reference = reference.filter(|id| *id != case.id);
    let ratio_to_reference = reference
        .and_then(|id| good.get(id))
        .map(|reference| ratio::ratios(executions, reference))
        .unwrap_or_default();
    let ceiling = case.ceiling.as_deref();
    let rate = metrics.get("throughput_per_s").or_else(|| metrics.get("achieved_per_s"));
    let share_of_ceiling = ceiling.and_then(|name| ceiling::share(rate, name, ceilings));
    let limited = limited(case, &metrics, share_of_ceiling);
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
        against_reference: BTreeMap::new(),
        standing: BTreeMap::new(),
        disturbed: records
            .iter()
            .filter(|record| status::counts(record) && status::disturbed(run, record).is_some())
            .count(),
        ceiling: case.ceiling.clone(),
        share_of_ceiling,
        ratio_limited: limited.is_some(),
        limited,
        parameters: case.parameters.clone(),
    }
}

/// Why elapsed and throughput may be the server's, all reasons in one clause.
fn limited(
    case: &CaseFile,
    metrics: &BTreeMap<String, Spread>,
    share_of_ceiling: Option<f64>,
) -> Option<String> {
    let median = |metric: &str| metrics.get(metric).map(|spread| spread.median);
    let delay_us = case.parameters.get("delay_us").copied().unwrap_or(0) as f64;
    let late_us = EXCESS_LIMIT_US.max(delay_us / 10.0);
    let busy = median("server_cpu_share").filter(|share| *share >= SERVER_LIMIT);
    let near = share_of_ceiling.filter(|share| *share >= CEILING_LIMIT).zip(case.ceiling.as_ref());
    let late = median("server_delay_excess_p90_us").filter(|excess| *excess > late_us);
    let reasons: Vec<String> = [
        busy.map(|share| format!("the mock server used {:.0} % of its CPU", share * 100.0)),
        near.map(|(share, name)| {
            format!("the rate is {:.0} % of the null ceiling {name}", share * 100.0)
        }),
        late.map(|excess| format!("the mock server answered {:.1} ms late (p90)", excess / 1e3)),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!reasons.is_empty()).then(|| format!("pair-limited: {}", reasons.join("; ")))
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
