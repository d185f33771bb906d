//! What a run will do, before it does it: a pure function of selection,
//! profile and seed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use triathlon_contract::record::{CaseFile, part};
use triathlon_contract::{Case, CaseId, Ceiling, Files};

use crate::contestants::REFERENCE;
use crate::profile::Profile;
use crate::selection::Selected;
use crate::what::{What, named};

/// Start and end of a process, trial and check: what an execution takes beside
/// its window.
const OVERHEAD: Duration = Duration::from_millis(60);

/// Planning figure for one operation, both sides on one CPU each.
const PER_OPERATION: Duration = Duration::from_micros(25);

/// The same for one operation where no server takes part, handing out a job: on
/// two virtual CPUs of 2026 tasks and pools took 1 µs, the blocking pool of a
/// runtime 7 µs, a thread for each job 80 µs.
const PER_JOB: Duration = Duration::from_micros(5);

/// The same for one request of the bare generator.
const PER_REQUEST: Duration = Duration::from_micros(10);

/// What one execution of the plan executes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Item {
    /// Index into [`Plan::cases`].
    Case(usize),
    /// Index into [`Plan::ceilings`].
    Ceiling(usize),
}

/// One execution of the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Round, from 1.
    pub round: u64,
    /// What it executes.
    pub item: Item,
    /// Whether it is a contestant under its second label (A/A).
    pub twin: bool,
}

/// In which order things are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// Rounds.
    pub rounds: u64,
    /// Seed of the order within each round.
    pub seed: u64,
    /// Whether each round goes backwards, to see that order does not matter.
    pub reversed: bool,
}

/// How those that are compared share the time of a round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Slicing {
    /// In slices of each preset's length, where it has one.
    #[default]
    Usual,
    /// The same with another length.
    Of(Duration),
    /// One after the other.
    Off,
}

impl Slicing {
    /// The length for a case; none where it is executed after the other.
    pub fn of(self, case: &Case) -> Option<Duration> {
        match self {
            Self::Usual => case.slice,
            Self::Of(length) => case.slice.map(|_| length),
            Self::Off => None,
        }
    }
}

/// Everything that will be executed, in order.
pub struct Plan {
    /// Profile.
    pub profile: Profile,
    /// Order.
    pub order: Order,
    /// Who takes turns.
    pub slicing: Slicing,
    /// The cases, absent ones included.
    pub cases: Vec<Selected>,
    /// The null ceilings that rates of the cases are held against.
    pub ceilings: Vec<Ceiling>,
    /// The executions.
    pub executions: Vec<Planned>,
}

impl Plan {
    /// Makes the plan: every round has each case that runs and each null ceiling
    /// once, and one contestant of each preset twice. A round goes through the
    /// presets in a fresh random order, and through what belongs to a preset in
    /// another: what is compared lies close together, so that the machine's drift
    /// is the same for all.
    pub fn new(cases: Vec<Selected>, profile: Profile, order: Order) -> Self {
        let runs = |(_, selected): &(usize, &Selected)| selected.case.absent.is_none();
        let running = cases.iter().enumerate().filter(runs);
        let mut blocks: BTreeMap<String, Vec<(Item, bool)>> = BTreeMap::new();
        let mut add = |index: usize, twin: bool| {
            let block = blocks.entry(cases[index].case.id.what()).or_default();
            block.push((Item::Case(index), twin));
        };
        running.for_each(|(index, _)| add(index, false));
        if profile.name != "smoke" {
            twins(&cases).into_iter().for_each(|index| add(index, true));
        }
        let ceilings = ceilings(&cases);
        for (index, ceiling) in ceilings.iter().enumerate() {
            blocks.insert(ceiling.id().what(), vec![(Item::Ceiling(index), false)]);
        }
        let mut blocks: Vec<Vec<(Item, bool)>> = blocks.into_values().collect();
        let mut random = fastrand::Rng::with_seed(order.seed);
        let mut executions = Vec::new();
        for round in 1..=order.rounds {
            random.shuffle(&mut blocks);
            let start = executions.len();
            for block in &mut blocks {
                random.shuffle(block);
                executions.extend(block.iter().map(|&(item, twin)| Planned { round, item, twin }));
            }
            if order.reversed {
                executions[start..].reverse();
            }
        }
        Self { profile, order, slicing: Slicing::default(), cases, ceilings, executions }
    }

    /// The executions from `first` on that take turns, and the length of their
    /// slices; one and none if it is executed after the other.
    pub fn turns(&self, first: usize) -> (&[Planned], Option<Duration>) {
        let preset = |planned: &Planned| (planned.round, self.what(planned.item).id().what());
        let slice = |planned: &Planned| match planned.item {
            Item::Case(index) => self.slicing.of(&self.cases[index].case),
            Item::Ceiling(_) => None,
        };
        let left = &self.executions[first..];
        let Some(head) = left.first() else {
            return (left, None);
        };
        let length = slice(head);
        let together = left.iter().take_while(|next| {
            length.is_some() && slice(next) == length && preset(next) == preset(head)
        });
        match together.count() {
            0 | 1 => (&left[..1], None),
            count => (&left[..count], length),
        }
    }

    /// The part of the run that a round belongs to.
    pub fn part(&self, round: u64) -> u64 {
        part(round, self.order.rounds, self.profile.parts)
    }

    /// What is executed.
    pub fn what(&self, item: Item) -> What<'_> {
        match item {
            Item::Case(index) => What::Case(&self.cases[index]),
            Item::Ceiling(index) => What::Ceiling(self.ceilings[index]),
        }
    }

    /// Its laps in this run.
    pub fn laps(&self, item: Item) -> u64 {
        match item {
            Item::Case(index) => self.profile.laps_of(&self.cases[index].case),
            Item::Ceiling(index) => {
                self.profile.laps(self.ceilings[index].requests_per_connection())
            }
        }
    }

    /// Time that one execution is expected to take.
    pub fn expected(&self, item: Item) -> Duration {
        OVERHEAD
            + match item {
                Item::Case(index) => work(&self.cases[index].case, self.laps(item)),
                Item::Ceiling(index) => {
                    let requests = self.ceilings[index].connections * self.laps(item);
                    PER_REQUEST.mul_f64(requests as f64)
                }
            }
    }

    /// Time that all executions are expected to take.
    pub fn duration(&self) -> Duration {
        self.executions.iter().map(|planned| self.expected(planned.item)).sum()
    }

    /// Resident memory of those that are alive at once at most: 40 KiB for each
    /// operation in flight, or what the work itself says, and 24 bytes for each sample, on
    /// top of 8 MiB. Who takes turns is alive with all others of its preset.
    pub fn memory_bytes(&self) -> u64 {
        let of_case = |selected: &Selected| {
            let at_once = selected.case.at_once.unwrap_or(0) * (40 << 10);
            let held = selected.case.memory_bytes.unwrap_or(at_once);
            (8 << 20) + held + selected.case.operations * 24
        };
        let mut together: BTreeMap<String, u64> = BTreeMap::new();
        for selected in self.cases.iter().filter(|selected| selected.case.absent.is_none()) {
            let bytes = of_case(selected);
            let preset = together.entry(selected.case.id.what()).or_default();
            *preset = match self.slicing.of(&selected.case) {
                Some(_) => *preset + bytes,
                None => bytes.max(*preset),
            };
        }
        together.into_values().max().unwrap_or(0)
    }

    /// What the run's directory is planned to take: a record is some 1.7 KB, that of
    /// an open loop with its distributions 5 KB, a page some 0.5 MB.
    pub fn disk_bytes(&self) -> u64 {
        let of_item = |item: Item| match item {
            Item::Case(index) if self.cases[index].case.load.is_some() => 5000,
            _ => 1700,
        };
        500_000 + self.executions.iter().map(|planned| of_item(planned.item)).sum::<u64>()
    }

    /// The files that its executions need, with the laps that they do.
    pub fn files(&self) -> impl Iterator<Item = (&Files, u64)> {
        let running = self.cases.iter().enumerate().filter(|(_, s)| s.case.absent.is_none());
        running.filter_map(|(index, selected)| {
            Some((selected.case.files.as_ref()?, self.laps(Item::Case(index))))
        })
    }

    /// The cases for `run.json`.
    pub fn case_files(&self) -> Vec<CaseFile> {
        let file = |(index, selected): (usize, &Selected)| CaseFile {
            id: selected.case.id.to_string(),
            style: selected.case.style.to_string(),
            absent: selected.case.absent.clone(),
            parameters: named(&selected.case.parameters),
            laps: self.laps(Item::Case(index)),
            cpus: selected.case.cpus,
            bound: selected.case.bound.map(str::to_string),
            slice_ms: self.slicing.of(&selected.case).map(|length| length.as_millis() as u64),
            ceiling: ceiling(&selected.case).map(|ceiling| ceiling.to_string()),
        };
        self.cases.iter().enumerate().map(file).collect()
    }
}

/// Time that so many laps of a case are planned to take beside its overhead.
pub fn work(case: &Case, laps: u64) -> Duration {
    let share = laps as f64 / case.laps as f64;
    let usual = if case.server { PER_OPERATION } else { PER_JOB };
    let per_operation = case.per_operation.unwrap_or(usual);
    let busy = per_operation.mul_f64(case.operations as f64) + case.computes;
    busy.max(case.waits + case.computes).mul_f64(share)
}

/// Who is executed twice in each preset, so that its noise is known: the
/// reference where it runs, or the first that does.
fn twins(cases: &[Selected]) -> Vec<usize> {
    let plain = |selected: &Selected| {
        selected.case.absent.is_none()
            && selected.case.id.who() == REFERENCE
            && selected.case.id.way.is_empty()
    };
    let mut twins: Vec<(String, usize)> = Vec::new();
    for (index, selected) in cases.iter().enumerate().filter(|(_, s)| s.case.absent.is_none()) {
        let preset = CaseId::what(&selected.case.id);
        match twins.iter_mut().find(|(known, _)| *known == preset) {
            Some((_, twin)) if plain(selected) => *twin = index,
            Some(_) => {}
            None => twins.push((preset, index)),
        }
    }
    twins.into_iter().map(|(_, index)| index).collect()
}

/// The ceiling of a case that runs.
fn ceiling(case: &Case) -> Option<Ceiling> {
    case.ceiling.filter(|_| case.absent.is_none())
}

/// Every ceiling that a case needs, once.
fn ceilings(cases: &[Selected]) -> Vec<Ceiling> {
    let needed: BTreeSet<_> = cases.iter().filter_map(|s| ceiling(&s.case)).collect();
    needed.into_iter().collect()
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
