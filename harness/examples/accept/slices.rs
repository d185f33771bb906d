//! `scripts/accept slices [ROUNDS [FILE]]`: contestants in slices of several lengths
//! against one after the other, interleaved round by round. Is the reference closer
//! to itself, and are the ratios the same?

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use triathlon::contestants::REFERENCE;
use triathlon::execution::slices::execute_in_turns;
use triathlon::execution::{Due, Programs, Shared, execute};
use triathlon::interrupt::Interrupt;
use triathlon::machine::{self, Share};
use triathlon::plan;
use triathlon::selection::{Selected, Selection};
use triathlon::server::Server;
use triathlon::what::What;
use triathlon::{build, time};
use triathlon_contract::record::{Moved, Record, SliceStudy, SliceTrial, SliceWay};
use triathlon_statistics::detectable::smallest_difference;
use triathlon_statistics::deviation;
use triathlon_statistics::verdict::{Rounds, different, log_ratios, margin};

use crate::check;
use crate::measure::print_steal;

/// Each preset with the contestants of its trial: those that are ten times as long
/// as the others tell little and cost the most.
const TRIALS: [&str; 5] = [
    "^request-loop@c1-d0/[a-z/-]+$",
    "^request-loop@c64-d0/(rayon|threads|tokio|async-std|smol)[a-z/-]*$",
    "^request-loop@c256-d0/(threads|tokio|async-std|smol)[a-z/-]*$",
    "^cpu@coarse-uniform/[a-z/-]+$",
    "^cpu@fine-uniform/(blocking|threads-pool|rayon|tokio|async-std|smol)[a-z/-]*$",
];

/// What is tried where a preset has no slices.
const REQUESTS: Duration = Duration::from_millis(80);
const JOBS: Duration = Duration::from_millis(50);

/// More than any preset has contestants.
const SEATS: usize = 16;

/// Rounds of a default run.
const ROUNDS: u64 = 15;

/// Confidence of the intervals is 1 less this.
const ALPHA: f64 = 0.05;

/// The reference under its second label.
const TWIN: &str = "A/A";

/// CPU per operation by way and label, round by round.
type Costs = BTreeMap<(Option<Duration>, String), Rounds>;

/// Measures all trials; writes what came of them to `file`, if given.
pub(crate) fn slices(rounds: Option<u64>, file: Option<&Path>) -> Result<u32> {
    machine::limits::raise_descriptors()?;
    let interrupt = Interrupt::listen()?;
    let programs = Programs { own: std::env::current_exe()?, guests: Vec::new() };
    let shared = Shared::new(programs, machine::placement(Share::Half), machine::limits()?);
    machine::pin(&shared.placement.server_cpus).context("pin the harness")?;
    let server = shared.start_server()?;
    let seats = (0..SEATS).map(|_| shared.start_server()).collect::<Result<Vec<_>>>()?;
    let rounds = rounds.unwrap_or(ROUNDS);
    let (mut trials, mut missed) = (Vec::new(), 0);
    for filter in TRIALS {
        let selection = Selection { filters: vec![filter.to_string()], ..Selection::default() };
        let fail = |failure: triathlon::Failure| anyhow::anyhow!("{failure}");
        let cases = selection.cases(&shared.placement, shared.limits).map_err(fail)?;
        let cases: Vec<_> = cases.into_iter().filter(|s| s.case.absent.is_none()).collect();
        let trial =
            Trial { cases, server: &server, seats: &seats, shared: &shared, interrupt: &interrupt };
        let found = trial.measure(rounds)?;
        missed += print(&found);
        trials.push(found);
    }
    if let Some(file) = file {
        let study = SliceStudy {
            measured_at: time::utc(time::now_s()),
            machine: machine::machine().class,
            commit: build::COMMIT.to_string(),
            command: format!("scripts/accept slices {rounds}"),
            trials,
        };
        std::fs::write(file, serde_json::to_string_pretty(&study)? + "\n")?;
    }
    Ok(missed)
}

struct Trial<'a> {
    cases: Vec<Selected>,
    server: &'a Server,
    seats: &'a [Server],
    shared: &'a Shared,
    interrupt: &'a Interrupt,
}

impl Trial<'_> {
    fn measure(&self, rounds: u64) -> Result<SliceTrial> {
        let case = &self.cases.first().context("no case")?.case;
        let without = if case.server { REQUESTS } else { JOBS };
        let usual = case.slice.unwrap_or(without);
        let mut ways = vec![None, Some(usual / 2), Some(usual), Some(usual * 2)];
        let mut random = fastrand::Rng::with_seed(1);
        let mut costs = Costs::new();
        let mut took = BTreeMap::new();
        let mut records = Vec::new();
        for round in 1..=rounds {
            random.shuffle(&mut ways);
            for way in &ways {
                let began = std::time::Instant::now();
                for (label, record) in self.round(round, *way, &mut random)? {
                    costs.entry((*way, label)).or_default().push((round, cpu_us(&record)?));
                    records.push(record);
                }
                *took.entry(*way).or_insert(Duration::ZERO) += began.elapsed();
            }
        }
        print_steal(&records);
        ways.sort_unstable();
        let what = case.id.what();
        let ways = ways.iter().map(|way| {
            let seconds = took[way].as_secs_f64() / rounds as f64;
            judge(&costs, *way, seconds)
        });
        let ways = ways.collect::<Result<_>>()?;
        Ok(SliceTrial {
            preset: what,
            usual_ms: case.slice.map(|slice| slice.as_millis() as u64),
            rounds,
            ways,
        })
    }

    /// Every case once and the reference twice.
    fn round<'a>(
        &'a self,
        round: u64,
        way: Option<Duration>,
        random: &mut fastrand::Rng,
    ) -> Result<Vec<(String, Record)>> {
        let mut labels: Vec<(String, &Selected)> =
            self.cases.iter().map(|selected| (selected.case.id.who(), selected)).collect();
        let reference = labels.iter().find(|(label, _)| label == REFERENCE);
        labels.push((TWIN.to_string(), reference.context("no reference")?.1));
        random.shuffle(&mut labels);
        let seed = random.u64(..);
        let due = |(_, selected): &(String, &'a Selected)| {
            let (what, laps) = (What::Case(selected), selected.case.laps);
            let expected = plan::work(&selected.case, laps);
            Due { what, laps, expected, sequence: 0, round, twin: false, seed }
        };
        let dues: Vec<Due<'_>> = labels.iter().map(due).collect();
        let executed = match way {
            Some(slice) => execute_in_turns(&dues, slice, self.seats, self.shared, self.interrupt)?,
            None => {
                let one = |due: &Due<'_>| execute(*due, self.server, self.shared, self.interrupt);
                dues.iter().map(one).collect::<Result<Option<Vec<_>>>>()?
            }
        };
        let executed = executed.context("interrupted")?;
        let records = executed.into_iter().map(|one| one.record);
        Ok(labels.into_iter().map(|(label, _)| label).zip(records).collect())
    }
}

fn judge(costs: &Costs, way: Option<Duration>, seconds: f64) -> Result<SliceWay> {
    let of = |way: Option<Duration>, label: &str| &costs[&(way, label.to_string())];
    let logs = log_ratios(of(way, TWIN), of(way, REFERENCE));
    let margin = margin(of(way, TWIN), of(way, REFERENCE));
    let labels = costs.keys().filter(|(of, label)| *of == way && label != REFERENCE);
    let mut ratios = Vec::new();
    for (_, label) in labels.filter(|(_, label)| label != TWIN) {
        let ratio = |way| different(of(way, label), of(way, REFERENCE), ALPHA);
        let (now, before) = ratio(way).zip(ratio(None)).context("no ratio")?;
        ratios.push(Moved {
            who: label.clone(),
            ratio: now.ratio,
            one_after_the_other: before.ratio,
            low: before.low,
            high: before.high,
        });
    }
    Ok(SliceWay {
        slice_ms: way.map(|slice| slice.as_secs_f64() * 1e3),
        seconds_per_round: seconds,
        aa_spread: deviation(&logs).context("one round has no spread")?,
        smallest_difference: smallest_difference(&logs, ALPHA, margin).unwrap_or(f64::INFINITY),
        ratios,
    })
}

fn cpu_us(record: &Record) -> Result<f64> {
    ensure!(record.reason.is_empty(), "{}: {}", record.id, record.reason);
    match record.per_operation {
        Some(per_operation) => Ok(per_operation.cpu_us),
        None => bail!("{}: no figures", record.id),
    }
}

fn print(trial: &SliceTrial) -> u32 {
    println!("{}, {} rounds", trial.preset, trial.rounds);
    for way in &trial.ways {
        let name = way.slice_ms.map_or("one after the other".to_string(), |ms| format!("{ms} ms"));
        let outside = way.ratios.iter().filter(|moved| moved.outside()).count();
        println!(
            "  {name:<20} {:>5.2} s  A/A {:.4}  smallest difference {:>4.1} %  outside {outside} of {}",
            way.seconds_per_round,
            way.aa_spread,
            100.0 * (way.smallest_difference - 1.0),
            way.ratios.len(),
        );
        for Moved { who, ratio, one_after_the_other, low, high } in &way.ratios {
            if way.slice_ms.is_some() {
                println!(
                    "      {who:<24} {ratio:.3}, was {one_after_the_other:.3} ({low:.3} to {high:.3})"
                );
            }
        }
    }
    let usual = trial.usual_ms.map(|ms| ms as f64);
    let usual = trial.ways.iter().find(|way| way.slice_ms == usual);
    let spread = usual.map_or(f64::INFINITY, |way| way.aa_spread);
    check(&format!("{}, A/A spread as in a run", trial.preset), spread, (0.0, 0.03), "")
}
