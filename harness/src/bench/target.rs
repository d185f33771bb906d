//! What is behind a criterion target: which benchmarks it has, and their laps.

use std::io::BufRead;

use anyhow::Context;
use triathlon_contract::Category;
use triathlon_contract::record::{
    Assignment, Benchmark, Benchmarks, LapsReply, LapsRequest, Placement,
};
use triathlon_contract::registry::workload;

use super::{Call, Mode, ask};
use crate::cmd::run::Arguments;
use crate::execution::laps::{Laps, Stop};
use crate::execution::{Programs, Shared};
use crate::interrupt::Interrupt;
use crate::machine::alone::{self, Hold};
use crate::selection::{Selected, Selection};
use crate::{Failure, Result, budget, cmd, guests, machine, profile};

/// Tells the target what to do, then does the laps that it asks for, until it
/// closes standard input.
///
/// # Errors
/// A usage failure for a wrong call; a failure if server or kernel fail;
/// interrupted if the user stopped it. What contestants do wrong is a reply.
pub fn serve(category: Category, call: &Call) -> Result<()> {
    let Arguments { profile, cpus, .. } = ask(call)?;
    let profile = profile::find(&profile)?;
    let smoke = profile.name == "smoke";
    let placement = machine::placement(cpus);
    let own = std::env::current_exe().context("find this program")?;
    let guests = guests::beside(&own);
    let selection = Selection {
        filters: call.filters.clone(),
        scope: profile.scope,
        programs: guests.clone(),
        ..Selection::default()
    };
    let cases = benchmarks(category, &selection, &placement)?;
    let assignment = assignment(category, call, smoke, &cases);
    tell(&assignment)?;
    let Assignment::Benchmarks(_) = assignment else {
        return Ok(());
    };
    let hold = (call.mode == Mode::Measure).then(alone::hold);
    if let Some(Hold::Shared) = hold {
        eprintln!("warning: another run measures on this machine; wait for it, then repeat");
    }
    let programs = Programs { own, guests };
    let shared = Shared::new(programs, placement, machine::limits()?);
    let mut laps = Laps::new(shared, Interrupt::listen()?.with_parent()?)?;
    for line in std::io::stdin().lock().lines() {
        let line = line.context("read a request")?;
        let request = serde_json::from_str(&line).context("a request of the target")?;
        let reply = match answer(&request, &cases, &mut laps) {
            Ok(reply) => reply,
            Err(Stop::Failed(reason)) => LapsReply::Failed { reason },
            Err(Stop::Interrupted) => {
                let sentence = "interrupted; criterion keeps the benchmarks that were complete";
                return Err(Failure::Interrupted(sentence.to_string()));
            }
            Err(Stop::Broken(error)) => return Err(error.into()),
        };
        tell(&reply)?;
    }
    Ok(())
}

/// The benchmarks of a criterion target in the order of the page: the cases of
/// its category that a run of this selection would measure, open loops left out.
/// None is an answer: another target may have some.
///
/// # Errors
/// A usage failure for a filter that does not parse.
pub fn benchmarks(
    category: Category,
    selection: &Selection,
    placement: &Placement,
) -> Result<Vec<Selected>> {
    let mut cases = selection.matching(placement, machine::limits()?)?;
    cases.retain(|selected| {
        let of_category = workload(&selected.case.id.workload).map(|w| w.category);
        of_category == Some(category) && selected.case.is_benchmark()
    });
    Ok(cases)
}

fn assignment(category: Category, call: &Call, smoke: bool, cases: &[Selected]) -> Assignment {
    match call.mode {
        Mode::Help => Assignment::Help(budget::settings()),
        Mode::Nothing => Assignment::Nothing(String::new()),
        // Not left to criterion, whom a reader that goes away (`| head`) kills.
        Mode::List => Assignment::Nothing(list(cases)),
        Mode::Measure if smoke => Assignment::Nothing(format!(
            "{}: nothing to measure in a smoke run; verdict executes every case once\n",
            category.name()
        )),
        _ if cases.is_empty() => Assignment::Nothing(String::new()),
        _ => match call.for_criterion() {
            Some(words) => Assignment::Again(words),
            None => Assignment::Benchmarks(Benchmarks {
                settings: budget::settings(),
                strict: call.mode == Mode::Test,
                list: cases.iter().map(benchmark).collect(),
            }),
        },
    }
}

fn list(cases: &[Selected]) -> String {
    cases.iter().map(|selected| format!("{}: benchmark\n", selected.case.id)).collect()
}

fn benchmark(selected: &Selected) -> Benchmark {
    let case = &selected.case;
    let (id, group) = (case.id.to_string(), case.id.what());
    let function = id[group.len() + "/".len()..].to_string();
    let operations = case.operations / case.laps;
    Benchmark { group, function, operations, flat: budget::flat(case) }
}

fn answer(
    request: &LapsRequest,
    cases: &[Selected],
    laps: &mut Laps,
) -> std::result::Result<LapsReply, Stop> {
    match request {
        LapsRequest::Laps { id, laps: count } => {
            let selected = cases.iter().find(|selected| selected.case.id.to_string() == *id);
            let selected = selected.with_context(|| format!("{id} was not assigned"))?;
            let ns = laps.measure(selected, *count)?.as_nanos() as u64;
            Ok(LapsReply::Elapsed { ns })
        }
        LapsRequest::End => laps.end().map(|()| LapsReply::Ended),
    }
}

fn tell(what: &impl serde::Serialize) -> Result<()> {
    let mut line = serde_json::to_string(what).context("write to the target")?;
    line.push('\n');
    cmd::print(&line)
}
