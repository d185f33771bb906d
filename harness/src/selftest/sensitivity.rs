//! The method of a run against itself: the same contestant under two labels is
//! never different, and one that is made to do 5 % more is found.

use std::path::PathBuf;

use anyhow::Context;
use triathlon_contract::record::{ExecutionStatus, Record};
use triathlon_statistics::detectable::smallest_difference;
use triathlon_statistics::median;
use triathlon_statistics::verdict::{
    Rounds, Verdict as Said, different, log_ratios, margin, pairs,
};

use super::figure::{Found, Verdict, at_least, exactly, judge};
use super::live::Live;
use crate::contestants::REFERENCE;
use crate::execution::{Due, Programs, Shared};
use crate::machine::{self, Share};
use crate::selection::{Selected, Selection};
use crate::what::What;
use crate::{Result, plan, profile};

/// Runs, each with the rounds of a default one.
const RUNS: u64 = 20;

/// Of these, so many must find the difference.
const FOUND_LEAST: u64 = 18;

/// How much more one label does, as a ratio.
const MORE: f64 = 1.05;

/// Who bounds what: the CPU of the contestant alone, and server and contestant
/// together, both without any wait.
static CASES: [Tried; 2] = [
    Tried { preset: "cpu@fine-uniform", laps: 20, aa: "A/A, cpu", power: "power, cpu" },
    Tried {
        preset: "request-loop@c64-d0",
        laps: 1000,
        aa: "A/A, request-loop",
        power: "power, request-loop",
    },
];

/// One preset, by the reference.
struct Tried {
    preset: &'static str,
    laps: u64,
    aa: &'static str,
    power: &'static str,
}

/// Level of "different" for all runs together, as on the page.
const ALPHA_AA: f64 = 0.01;

/// Level of a verdict.
const ALPHA: f64 = 0.05;

/// CPU per operation of one run, by round.
#[derive(Clone, Debug, Default)]
struct Labels {
    own: Rounds,
    twin: Rounds,
    more: Rounds,
}

/// Measures as `triathlon run` does: a fresh process for each execution, all labels
/// in every round, in turns or in random order.
pub(crate) fn aa_and_power(live: &Live) -> Result<Vec<Found>> {
    let own = std::env::current_exe().context("find this program")?;
    let shared = shared(own)?;
    let rounds = profile::find("default")?.rounds;
    let servers = [shared.start_server()?, shared.start_server()?, shared.start_server()?];
    let mut found = Vec::new();
    for tried in &CASES {
        let case = case(tried, &shared)?;
        let laps_more = (tried.laps as f64 * MORE).round() as u64;
        let mut runs = Vec::new();
        for run in 1..=RUNS {
            let mut labels = Labels::default();
            for round in 1..=rounds {
                let seed = run * 1000 + round;
                let due = |laps| Due { seed, ..due(&case, laps, round) };
                let dues = [due(tried.laps), due(tried.laps), due(laps_more)];
                let records = match case.case.slice {
                    Some(slice) => live.execute_in_turns(&dues, slice, &servers, &shared)?,
                    None => live.execute_shuffled(&dues, seed, &shared)?,
                };
                let Labels { own, twin, more } = &mut labels;
                for (values, record) in [own, twin, more].into_iter().zip(&records) {
                    values.push((round, cpu_us(record, tried.laps)?));
                }
            }
            runs.push(labels);
        }
        found.extend(judge_runs(tried, &runs));
    }
    Ok(found)
}

fn shared(own: PathBuf) -> Result<Shared> {
    let programs = Programs { own, guests: Vec::new() };
    Ok(Shared::new(programs, machine::placement(Share::Half), machine::limits()?))
}

fn case(tried: &Tried, shared: &Shared) -> Result<Selected> {
    let filters = vec![format!("^{}/{REFERENCE}$", tried.preset)];
    let selection = Selection { filters, ..Selection::default() };
    let cases = selection.cases(&shared.placement, shared.limits)?;
    Ok(cases.into_iter().next().context("the case of the self-test")?)
}

fn due(case: &Selected, laps: u64, round: u64) -> Due<'_> {
    let expected = plan::work(&case.case, laps);
    Due { what: What::Case(case), laps, expected, sequence: 0, round, twin: false, seed: 0 }
}

/// CPU per operation that was asked for; whoever does more pays for it.
fn cpu_us(record: &Record, laps: u64) -> Result<f64> {
    let window = record.window.as_ref().filter(|_| record.status == ExecutionStatus::Ok);
    let window = window.with_context(|| format!("{}: {}", record.id, record.reason))?;
    let operations = window.samples as f64 * laps as f64 / record.laps as f64;
    Ok((window.user_ns + window.system_ns) as f64 / 1e3 / operations)
}

fn judge_runs(tried: &Tried, runs: &[Labels]) -> Vec<Found> {
    let all = runs.len().max(1) as f64;
    let differs = |run: &&Labels| {
        let ratio = different(&run.twin, &run.own, ALPHA_AA / all);
        ratio.is_some_and(|ratio| ratio.p <= ALPHA_AA / all)
    };
    let differ = runs.iter().filter(differs);
    let aa = judge(tried.aa, vec![exactly("different", differ.count() as u64, 0)]);
    vec![aa, power(tried, runs)]
}

fn power(tried: &Tried, runs: &[Labels]) -> Found {
    let finds = |run: &&Labels| {
        let margin = margin(&run.twin, &run.own);
        let pairs = pairs(&[run.more.clone(), run.own.clone()], margin, ALPHA);
        pairs.first().is_some_and(|pair| pair.verdict == Said::Higher)
    };
    let found = runs.iter().filter(finds).count();
    let smallest = |run: &Labels| {
        let logs = log_ratios(&run.twin, &run.own);
        smallest_difference(&logs, ALPHA, margin(&run.twin, &run.own)).unwrap_or(f64::INFINITY)
    };
    let smallest = median(&runs.iter().map(smallest).collect::<Vec<_>>()).unwrap_or(f64::INFINITY);
    let least = FOUND_LEAST as f64;
    let mut row = judge(tried.power, vec![at_least(("found", ""), Some(found as f64), least)]);
    let percent = |ratio: f64| 100.0 * (ratio - 1.0);
    row.wanted = format!("{:.0} % more found in {FOUND_LEAST} of {RUNS}", percent(MORE));
    row.got = format!("{found} of {}, smallest difference {:.1} %", runs.len(), percent(smallest));
    // The tool is right where it says that this machine shows no such difference.
    if row.verdict != Verdict::Ok && smallest > MORE {
        row.verdict = Verdict::NotMeasured(format!(
            "this machine is too noisy now: the smallest difference that it shows is {:.1} %",
            percent(smallest)
        ));
    }
    row
}

#[cfg(test)]
mod tests {
    use super::{CASES, Labels, MORE, RUNS, judge_runs};
    use crate::selftest::figure::Verdict;
    use triathlon_statistics::verdict::Rounds;

    /// Runs of fifteen rounds with that much noise.
    fn runs(noise: f64, twin: f64, more: f64) -> Vec<Labels> {
        let mut random = fastrand::Rng::with_seed(3);
        let mut rounds = |factor: f64| -> Rounds {
            let mut value = || factor * (noise * (random.f64() + random.f64() - 1.0)).exp();
            (1..=15).map(|round| (round, 5.0 * value())).collect()
        };
        let run = |_| Labels { own: rounds(1.0), twin: rounds(twin), more: rounds(more) };
        (0..RUNS).map(run).collect()
    }

    fn verdicts(runs: &[Labels]) -> [Verdict; 2] {
        let found = judge_runs(&CASES[0], runs);
        assert_eq!([found[0].name, found[1].name], ["A/A, cpu", "power, cpu"]);
        [found[0].verdict.clone(), found[1].verdict.clone()]
    }

    #[test]
    fn a_tool_that_tells_apart_what_differs_and_nothing_else_is_ok() {
        assert_eq!(verdicts(&runs(0.05, 1.0, MORE)), [Verdict::Ok, Verdict::Ok]);
    }

    #[test]
    fn one_that_calls_the_same_different_fails() {
        let [aa, _] = verdicts(&runs(0.02, 1.03, MORE));
        assert_eq!(aa, Verdict::Failed("different is 20; it must be 0".to_string()));
    }

    #[test]
    fn one_that_finds_nothing_fails_and_a_machine_that_hides_it_is_told() {
        let [_, power] = verdicts(&runs(0.02, 1.0, 1.0));
        assert_eq!(power, Verdict::Failed("found is 0; it must be at least 18".to_string()));
        let [aa, power] = verdicts(&runs(0.9, 1.0, MORE));
        assert_eq!(aa, Verdict::Ok);
        assert!(
            matches!(&power, Verdict::NotMeasured(why) if why.contains("too noisy")),
            "{power:?}"
        );
    }
}
