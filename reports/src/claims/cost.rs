//! What `cost.json` has of the small programs, as evidence.

use triathlon_contract::record::{CostFile, CostProgram, CostRuns};

use super::evidence::{Kind, Missing, Values};
use crate::family::Matter;
use crate::key;

/// The part of an id where that of a case has its workload: `cost@program/rayon`.
pub(crate) const WORKLOAD: &str = "cost";

/// What may be asked of a program: its key, its name in the middle of a sentence, and its
/// values.
struct Figure {
    key: &'static str,
    title: &'static str,
    of: fn(&CostProgram, &CostRuns) -> Values,
}

const FIGURES: [Figure; 5] = [
    Figure { key: "build_s", title: "clean build", of: |program, _| builds(program) },
    Figure {
        key: "binary_bytes",
        title: "size of the program without symbols",
        of: |program, _| count(program.binary_bytes),
    },
    Figure {
        key: "crates",
        title: "crates of others",
        of: |program, _| count(program.crates.len() as u64),
    },
    Figure { key: "process_s", title: "whole process", of: |_, runs| processes(runs) },
    Figure {
        key: "start_stop_us",
        title: "until it is up, and until it has ended",
        of: |_, runs| start_and_stop(runs),
    },
];

/// Whether a program has such a figure.
pub(super) fn has(metric: &str) -> bool {
    title(metric).is_some()
}

/// Its name in the middle of a sentence.
pub(super) fn title(metric: &str) -> Option<&'static str> {
    FIGURES.iter().find(|figure| figure.key == metric).map(|figure| figure.title)
}

/// The anchor of its row, made as that of a case.
pub(crate) fn anchor(who: &str) -> String {
    key::slug(&format!("{WORKLOAD}@program/{who}"))
}

/// The values of one program, by rounds of their own.
pub(super) fn values(
    matter: &Matter<'_>,
    cost: Option<&CostFile>,
    id: &str,
    metric: &str,
) -> Result<Values, Missing> {
    let Some(cost) = cost else {
        let how = "`triathlon cost` measures the programs beside a run, and here it did not";
        return Err(Missing::NotMeasured(how.to_string()));
    };
    if cost.machine != matter.run.machine.id {
        let why = "the programs were measured on another machine than the run";
        return Err(Missing::Spoiled(why.to_string()));
    }
    let who = key::parts(id).who();
    let mut rows = cost.programs.iter().flat_map(|program| {
        program.runs.iter().map(move |runs| (program, runs)).filter(|(_, runs)| runs.who == who)
    });
    let figure = FIGURES.iter().find(|figure| figure.key == metric);
    let Some(((program, runs), figure)) = rows.next().zip(figure) else {
        return Err(Missing::NotMeasured(format!("no program of {who} has {metric}")));
    };
    let values = (figure.of)(program, runs);
    match values.rounds.is_empty() {
        true => Err(Missing::NotMeasured(format!("the program of {who} has no {metric}"))),
        false => Ok(values),
    }
}

fn builds(program: &CostProgram) -> Values {
    let builds = program.builds.iter();
    apart(builds.map(|build| (build.round, build.wall_ns as f64 / 1e9)).collect())
}

fn processes(runs: &CostRuns) -> Values {
    let processes = runs.processes.iter();
    apart(processes.map(|process| (process.round, process.wall_ns as f64 / 1e9)).collect())
}

fn start_and_stop(runs: &CostRuns) -> Values {
    let processes = runs.processes.iter();
    let both = |up_ns: u64, down_ns: u64| (up_ns + down_ns) as f64 / 1e3;
    apart(processes.map(|one| (one.round, both(one.up_ns, one.down_ns))).collect())
}

fn apart(rounds: Vec<(u64, f64)>) -> Values {
    Values { rounds, kind: Kind::Apart }
}

/// The same whenever it is counted.
fn count(count: u64) -> Values {
    Values { rounds: vec![(1, count as f64)], kind: Kind::Count }
}
