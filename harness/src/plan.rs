//! What a run will do, before it does it: a pure function of selection,
//! profile and seed.

use std::collections::BTreeSet;
use std::time::Duration;

use triathlon_contract::record::CaseFile;
use triathlon_contract::{Case, Ceiling};

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
    /// Whether it is the reference under its second label (A/A).
    pub twin: bool,
}

/// Everything that will be executed, in order.
pub struct Plan {
    /// Profile.
    pub profile: Profile,
    /// Seed of the order.
    pub seed: u64,
    /// Rounds.
    pub rounds: u64,
    /// The cases, absent ones included.
    pub cases: Vec<Selected>,
    /// The null ceilings that rates of the cases are held against.
    pub ceilings: Vec<Ceiling>,
    /// The executions.
    pub executions: Vec<Planned>,
}

impl Plan {
    /// Makes the plan: every round has each case that runs and each null
    /// ceiling once, and the reference of each preset twice, in a fresh random
    /// order.
    pub fn new(cases: Vec<Selected>, profile: Profile, rounds: u64, seed: u64) -> Self {
        let mut of_round = Vec::new();
        for (case, selected) in cases.iter().enumerate() {
            if selected.case.absent.is_some() {
                continue;
            }
            of_round.push((Item::Case(case), false));
            let id = &selected.case.id;
            if id.who() == REFERENCE && id.way.is_empty() && profile.name != "smoke" {
                of_round.push((Item::Case(case), true));
            }
        }
        let ceilings = ceilings(&cases);
        of_round.extend((0..ceilings.len()).map(|index| (Item::Ceiling(index), false)));
        let mut random = fastrand::Rng::with_seed(seed);
        let mut executions = Vec::new();
        for round in 1..=rounds {
            random.shuffle(&mut of_round);
            executions.extend(of_round.iter().map(|&(item, twin)| Planned { round, item, twin }));
        }
        Self { profile, seed, rounds, cases, ceilings, executions }
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
        self.profile.laps(match item {
            Item::Case(index) => self.cases[index].case.laps,
            Item::Ceiling(index) => self.ceilings[index].requests_per_connection(),
        })
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

    /// The cases for `run.json`.
    pub fn case_files(&self) -> Vec<CaseFile> {
        let file = |(index, selected): (usize, &Selected)| CaseFile {
            id: selected.case.id.to_string(),
            style: selected.case.style.to_string(),
            absent: selected.case.absent.clone(),
            parameters: named(&selected.case.parameters),
            laps: self.laps(Item::Case(index)),
            ceiling: ceiling(&selected.case).map(|ceiling| ceiling.to_string()),
        };
        self.cases.iter().enumerate().map(file).collect()
    }
}

/// Time that so many laps of a case are planned to take beside its overhead.
pub fn work(case: &Case, laps: u64) -> Duration {
    let share = laps as f64 / case.laps as f64;
    let per_operation = if case.server { PER_OPERATION } else { PER_JOB };
    let busy = per_operation.mul_f64(case.operations as f64) + case.computes;
    busy.max(case.waits + case.computes).mul_f64(share)
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
mod tests {
    use std::collections::HashMap;

    use super::{Item, Plan};
    use crate::machine::two_cpus;
    use crate::{profile, selection};
    use triathlon_contract::Limits;

    fn plan(seed: u64, profile_name: &str) -> Plan {
        let cases = selection::all(&two_cpus(), Limits { descriptors: 20_000, threads: 16_000 });
        let profile = profile::find(profile_name).unwrap();
        Plan::new(cases, profile, profile.rounds, seed)
    }

    #[test]
    fn every_round_has_every_case_once_and_the_reference_twice() {
        let plan = plan(1, "quick");
        let mut seen: HashMap<(u64, Item, bool), u32> = HashMap::new();
        for planned in &plan.executions {
            if let Item::Case(case) = planned.item {
                assert!(plan.cases[case].case.absent.is_none());
            }
            *seen.entry((planned.round, planned.item, planned.twin)).or_default() += 1;
        }
        assert!(seen.values().all(|count| *count == 1));
        let runs = plan.cases.iter().filter(|selected| selected.case.absent.is_none()).count();
        let twins = seen.keys().filter(|(round, _, twin)| *round == 1 && *twin).count();
        assert!(twins > 10);
        assert!(plan.ceilings.len() >= 4, "{:?}", plan.ceilings);
        assert_eq!(plan.executions.len(), (runs + twins + plan.ceilings.len()) * 6);
        for case in plan.case_files() {
            let named = plan.ceilings.iter().any(|c| Some(c.to_string()) == case.ceiling);
            assert_eq!(named, case.ceiling.is_some(), "{case:?}");
        }
    }

    #[test]
    fn the_seed_decides_the_order_and_rounds_differ() {
        let (first, again, other) = (plan(1, "quick"), plan(1, "quick"), plan(2, "quick"));
        assert_eq!(first.executions, again.executions);
        assert_ne!(first.executions, other.executions);
        let order = |round: u64| -> Vec<Item> {
            let of_round = first.executions.iter().filter(|planned| planned.round == round);
            of_round.map(|planned| planned.item).collect()
        };
        assert_ne!(order(1), order(2));
    }

    /// The whole of `cargo bench` has its budget in `budget.rs`.
    #[test]
    fn a_smoke_run_fits_its_budget() {
        let limits = Limits { descriptors: 20_000, threads: 16_000 };
        let cases = selection::Selection::default().cases(&two_cpus(), limits).unwrap();
        let smoke = profile::find("smoke").unwrap();
        let seconds = Plan::new(cases, smoke, 1, 1).duration().as_secs_f64();
        assert!(seconds <= 60.0, "smoke is planned for {seconds:.0} s");
    }
}
