//! The code of all cells of a run, counted.

use std::collections::BTreeMap;
use std::thread;

use triathlon_contract::record::RunFile;
use triathlon_statistics::median;

use crate::code::{Code, STACK_BYTES};
use crate::input::Input;
use crate::key;

/// Longest text that is counted; cells are a fifth of it.
const LONGEST: usize = 64 << 10;

/// The cells of a run and of the small programs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Complexity {
    /// By workload and way, in the order of the run; within, by contestant.
    pub(crate) cells: Vec<Row>,
    /// Contestants that the suite itself executes, in the order of the run.
    pub(crate) contestants: Vec<String>,
    /// Of all files of a small program, by contestant.
    pub(crate) programs: BTreeMap<String, Code>,
    /// How many texts could not be counted.
    pub(crate) uncounted: usize,
}

/// One workload in one way.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) workload: String,
    pub(crate) way: String,
    pub(crate) of: BTreeMap<String, Code>,
}

impl Complexity {
    /// Of the sources of a run.
    pub(crate) fn of(input: &Input) -> Self {
        let mut texts: Vec<(Place, &str)> = Vec::new();
        let mut uncounted = 0;
        let cells = input.sources.iter().map(|(id, text)| (Place::cell(id), text));
        let programs = input.cost.iter().flat_map(|cost| &cost.programs).flat_map(|program| {
            let place = Place::Program(program.contestant.clone());
            program.sources.values().map(move |text| (place.clone(), text))
        });
        for (place, text) in cells.chain(programs) {
            match text.len() {
                0..=LONGEST => texts.push((place, text)),
                _ => uncounted += 1,
            }
        }
        let mut found = Self { contestants: contestants(&input.run), ..Self::default() };
        for (place, code) in count(&texts) {
            match (place, code) {
                (_, None) => uncounted += 1,
                (Place::Program(of), Some(code)) => {
                    let sum = found.programs.entry(of).or_default();
                    *sum = sum.and(code);
                }
                (Place::Cell { workload, way, contestant }, Some(code)) => {
                    found.row(workload, way).of.insert(contestant, code);
                }
            }
        }
        found.uncounted = uncounted;
        let written =
            |contestant: &String| found.cells.iter().any(|row| row.of.contains_key(contestant));
        found.contestants.retain(written);
        let order = |row: &Row| {
            let place = input.run.workloads.iter().position(|known| known.name == row.workload);
            (place.unwrap_or(usize::MAX), row.workload.clone(), row.way.clone())
        };
        found.cells.sort_by_key(order);
        found
    }

    fn row(&mut self, workload: String, way: String) -> &mut Row {
        let same = |row: &Row| (&row.workload, &row.way) == (&workload, &way);
        let place = self.cells.iter().position(same).unwrap_or_else(|| {
            self.cells.push(Row { workload, way, of: BTreeMap::new() });
            self.cells.len() - 1
        });
        &mut self.cells[place]
    }

    /// Plain ways of workloads that all contestants have; none of one contestant alone.
    pub(crate) fn common(&self) -> Vec<&Row> {
        let all = |row: &&Row| {
            row.way.is_empty() && self.contestants.iter().all(|name| row.of.contains_key(name))
        };
        match self.contestants.len() {
            0 | 1 => Vec::new(),
            _ => self.cells.iter().filter(all).collect(),
        }
    }
}

/// Median over rows of what is counted in a contestant's cells.
pub(crate) fn median_of(rows: &[&Row], contestant: &str, what: fn(&Code) -> usize) -> Option<f64> {
    let counts: Vec<f64> =
        rows.iter().filter_map(|row| Some(what(row.of.get(contestant)?) as f64)).collect();
    median(&counts)
}

/// Where a text belongs.
#[derive(Clone, Debug)]
enum Place {
    Cell { workload: String, way: String, contestant: String },
    Program(String),
}

impl Place {
    /// Presets and flavours share a cell's source.
    fn cell(id: &str) -> Self {
        let id = key::parts(id);
        Self::Cell { workload: id.workload, way: id.way, contestant: id.contestant }
    }
}

/// Names without flavours, once each; guests only answer some workloads.
fn contestants(run: &RunFile) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for contestant in &run.contestants {
        let name = contestant.who.split('/').next().unwrap_or_default().to_string();
        if !names.contains(&name) && !run.guests.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Counts on a stack that no text of that length can exhaust. Without one, nothing is
/// counted.
fn count(texts: &[(Place, &str)]) -> Vec<(Place, Option<Code>)> {
    let all = || texts.iter().map(|(_, text)| Code::of(text).ok()).collect::<Vec<_>>();
    let counted = thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, all);
        thread.ok().and_then(|thread| thread.join().ok())
    });
    let counted = counted.unwrap_or_else(|| vec![None; texts.len()]);
    texts.iter().map(|(place, _)| place.clone()).zip(counted).collect()
}
