//! What is suspicious and leaves the data usable, each with what to do about it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use triathlon_contract::record::RunFile;
use triathlon_statistics::drift::trend;
use triathlon_statistics::modes::{Modes, modes};
use triathlon_statistics::outlier::{THRESHOLD, robust_z};
use triathlon_statistics::verdict::Rounds;

use crate::input::Input;
use crate::ratio::{Executions, of_metric};
use crate::summary::{Cell, Noise, Warning, WarningKind};
use crate::{status, text};

/// A value that moves less than this from the first round to the last is left
/// alone.
///
/// Source: research rule V16, "total drift ≤ 5 % of the median".
const DRIFT: f64 = 1.05;

/// Level of drift, shared by all cells of a run (Bonferroni), so that a sound run
/// seldom warns.
const LEVEL: f64 = 0.05;

/// Level of two clusters, per cell: its p-value is made by simulation and has no
/// finer steps to share.
const CLUSTERS_LEVEL: f64 = 0.001;

/// Two clusters closer than this are left alone.
const APART: f64 = 1.1;

/// A first round further from the others than this, in the median over cells.
const FIRST: f64 = 1.05;

/// Fewest rounds for a rule about the shape of the values.
const LEAST_ROUNDS: usize = 11;

/// All warnings, the worst kind first, then in the order of the cells.
pub(crate) fn warnings(
    input: &Input,
    cells: &[Cell],
    good: &HashMap<&str, Executions>,
    noise: &[Noise],
) -> Vec<Warning> {
    let mut all = aa(noise);
    all.extend(cells.iter().filter_map(disturbed));
    if input.run.verdicts {
        all.extend(without_aa(cells, noise));
    }
    let series = series(&input.run, cells, good);
    let level = LEVEL / series.len().max(1) as f64;
    for Series { cell, values, ratios } in &series {
        all.extend(ratio_drift(cell, ratios, level));
        all.extend(drift(cell, values, level));
        // The smaller of two clusters is no outlier.
        all.extend(clusters(cell, values).or_else(|| outlier(cell, values)));
    }
    all.extend(first_round(&series));
    all.extend(split_round(input));
    all.sort_by_key(|warning| warning.kind);
    all
}

/// The declared metric of a cell, round by round.
struct Series<'a> {
    cell: &'a Cell,
    values: Rounds,
    /// To the reference; empty for the reference itself.
    ratios: Rounds,
}

fn series<'a>(
    run: &RunFile,
    cells: &'a [Cell],
    good: &HashMap<&str, Executions>,
) -> Vec<Series<'a>> {
    let metric_of: HashMap<&str, &str> = run
        .workloads
        .iter()
        .map(|workload| (workload.name.as_str(), workload.chart.metric.as_str()))
        .collect();
    let of_cell = |cell: &'a Cell| {
        let metric = metric_of.get(cell.workload.as_str())?;
        let of = |id: &str| Some(of_metric(good.get(id)?, metric));
        let values = of(&cell.id).filter(|values| values.len() >= LEAST_ROUNDS)?;
        let reference: BTreeMap<u64, f64> =
            cell.reference.as_deref().and_then(of).unwrap_or_default().into_iter().collect();
        let ratio = |(round, value): &(u64, f64)| Some((*round, value / reference.get(round)?));
        let ratios = values.iter().filter_map(ratio).collect();
        Some(Series { cell, values, ratios })
    };
    cells.iter().filter_map(of_cell).collect()
}

fn warning(kind: WarningKind, id: &str, sentence: String, advice: &str) -> Warning {
    Warning { kind, id: id.to_string(), sentence, advice: advice.to_string() }
}

fn aa(noise: &[Noise]) -> Vec<Warning> {
    let differing = noise.iter().filter_map(|noise| {
        let test = noise.test.as_ref().filter(|test| test.different)?;
        let sentence = format!(
            "It differs from itself: {} is {} × under its second label.",
            noise.metric,
            text::digits(test.ratio)
        );
        let advice =
            "Believe no verdict of this run. Find what the two labels do not share, then repeat.";
        Some(warning(WarningKind::AaDiffers, &noise.id, sentence, advice))
    });
    differing.collect()
}

fn disturbed(cell: &Cell) -> Option<Warning> {
    let all = cell.n + cell.disturbed;
    let sentence = format!(
        "{} of {all} executions were disturbed by other processes or the hypervisor and do not count.",
        cell.disturbed
    );
    let advice = "End what else runs on this machine, or take a quieter one, then repeat.";
    // An invalid cell has no `n`; its status says so already.
    status::many(cell.disturbed, all)
        .then(|| warning(WarningKind::Disturbed, &cell.id, sentence, advice))
}

fn without_aa(cells: &[Cell], noise: &[Noise]) -> Vec<Warning> {
    let case = |cell: &Cell| (cell.workload.clone(), cell.preset.clone());
    let measured: BTreeSet<_> = cells.iter().filter(|cell| cell.n > 0).map(case).collect();
    let known: BTreeSet<_> =
        noise.iter().map(|noise| (noise.workload.clone(), noise.preset.clone())).collect();
    let missing = measured.difference(&known).map(|(workload, preset)| {
        let sentence =
            "No execution under a second label counts, so its noise is not known.".to_string();
        let advice =
            "Its margin is the least there is, 2 %: take its verdicts with care, or repeat.";
        warning(WarningKind::NoAa, &format!("{workload}@{preset}"), sentence, advice)
    });
    missing.collect()
}

fn moves(change: f64) -> bool {
    change.max(change.recip()) > DRIFT
}

fn ratio_drift(cell: &Cell, ratios: &Rounds, level: f64) -> Option<Warning> {
    let trend = trend(ratios).filter(|trend| trend.p <= level && moves(trend.change))?;
    let sentence = format!(
        "Its ratio to the reference moves by a factor of {} from the first round to the last \
         (Kendall's tau {}).",
        text::digits(trend.change),
        text::digits(trend.tau)
    );
    let advice = "The ratio depends on how long the machine has been at it: repeat after a pause, and \
                  compare the first rounds with the last.";
    Some(warning(WarningKind::RatioDrift, &cell.id, sentence, advice))
}

fn drift(cell: &Cell, values: &Rounds, level: f64) -> Option<Warning> {
    let trend = trend(values).filter(|trend| trend.p <= level && moves(trend.change))?;
    let sentence = format!(
        "Its values move by a factor of {} from the first round to the last (Kendall's tau {}).",
        text::digits(trend.change),
        text::digits(trend.tau)
    );
    let advice =
        "Ratios are taken within rounds and keep their meaning; do not quote its absolute figures.";
    Some(warning(WarningKind::Drift, &cell.id, sentence, advice))
}

fn clusters(cell: &Cell, values: &Rounds) -> Option<Warning> {
    let values: Vec<f64> = values.iter().map(|(_, value)| *value).collect();
    let apart = |modes: &Modes| modes.p <= CLUSTERS_LEVEL && modes.high / modes.low > APART;
    let modes = modes(&values).filter(apart)?;
    let sentence = format!(
        "Its values lie in two clusters: {} of {} about {}, the others about {}.",
        modes.in_high,
        values.len(),
        text::digits(modes.high),
        text::digits(modes.low)
    );
    let advice = "A median between two clusters stands for neither: look at every execution in the strip \
                  chart, and for what differs between the two kinds of process.";
    Some(warning(WarningKind::TwoModes, &cell.id, sentence, advice))
}

fn outlier(cell: &Cell, values: &Rounds) -> Option<Warning> {
    let plain: Vec<f64> = values.iter().map(|(_, value)| *value).collect();
    let z = robust_z(&plain);
    let far: Vec<usize> = (0..z.len()).filter(|at| z[*at].abs() > THRESHOLD).collect();
    let worst = far.iter().copied().max_by(|a, b| z[*a].abs().total_cmp(&z[*b].abs()))?;
    let median = triathlon_statistics::median(&plain)?;
    // Counts that hardly vary make far outliers of nothing.
    let times = (plain[worst] / median).max(median / plain[worst]);
    let sentence = format!(
        "{} of {} executions lie far from the others; the furthest, in round {}, at {} × the median.",
        far.len(),
        plain.len(),
        values[worst].0,
        text::digits(plain[worst] / median)
    );
    let advice = "It counts, and medians and intervals hardly move for it: look at its line in \
                  records.jsonl for the cause.";
    (times > DRIFT).then(|| warning(WarningKind::Outlier, &cell.id, sentence, advice))
}

/// Over all cells, the first round against the median of the others.
fn first_round(series: &[Series<'_>]) -> Option<Warning> {
    let ratio = |series: &Series<'_>| {
        let (first, others): (Vec<_>, Vec<_>) =
            series.values.iter().partition(|(round, _)| *round == 1);
        let others: Vec<f64> = others.iter().map(|(_, value)| *value).collect();
        Some(first.first()?.1 / triathlon_statistics::median(&others)?)
    };
    let ratios: Vec<f64> = series.iter().filter_map(ratio).collect();
    let median = triathlon_statistics::median(&ratios)?;
    let sentence = format!(
        "In the median over cells the first round has {} × the value of the others.",
        text::digits(median)
    );
    let advice = "The machine was not yet settled: let a smoke run go before, then repeat.";
    (median.max(median.recip()) > FIRST)
        .then(|| warning(WarningKind::FirstRound, "", sentence, advice))
}

fn split_round(input: &Input) -> Option<Warning> {
    let mut sessions: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    for record in &input.records {
        sessions.entry(record.round).or_default().insert(record.session);
    }
    let split: Vec<String> = sessions
        .iter()
        .filter(|(_, sessions)| sessions.len() > 1)
        .map(|(round, _)| round.to_string())
        .collect();
    let sentence = format!(
        "The run was interrupted and taken up again within round {}: what is paired there was not \
         measured close in time.",
        split.join(", ")
    );
    let advice = "One such round among many does little harm; repeat the run if there are several.";
    (!split.is_empty()).then(|| warning(WarningKind::SplitRound, "", sentence, advice))
}
