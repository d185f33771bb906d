//! What a run will do, before it does it: a pure function of selection,
//! profile and seed.

use std::time::Duration;

use triathlon_contract::record::CaseFile;

use crate::contestants::REFERENCE;
use crate::profile::Profile;
use crate::selection::Selected;

/// Start and end of a process, trial and check: what an execution takes beside
/// its window.
const OVERHEAD: Duration = Duration::from_millis(60);

/// Planning figure for one operation, both sides on one CPU each.
const PER_OPERATION: Duration = Duration::from_micros(25);

/// One execution of the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Round, from 1.
    pub round: u64,
    /// Index into [`Plan::cases`].
    pub case: usize,
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
    /// The executions.
    pub executions: Vec<Planned>,
}

impl Plan {
    /// Makes the plan: every round has each case that runs once, and the
    /// reference of each preset twice, in a fresh random order.
    pub fn new(cases: Vec<Selected>, profile: Profile, rounds: u64, seed: u64) -> Self {
        let mut of_round = Vec::new();
        for (case, selected) in cases.iter().enumerate() {
            if selected.case.absent.is_some() {
                continue;
            }
            of_round.push((case, false));
            let id = &selected.case.id;
            if id.who() == REFERENCE && id.way.is_empty() && profile.name != "smoke" {
                of_round.push((case, true));
            }
        }
        let mut random = fastrand::Rng::with_seed(seed);
        let mut executions = Vec::new();
        for round in 1..=rounds {
            random.shuffle(&mut of_round);
            executions.extend(of_round.iter().map(|&(case, twin)| Planned { round, case, twin }));
        }
        Self { profile, seed, rounds, cases, executions }
    }

    /// Laps of a case in this run.
    pub fn laps(&self, case: usize) -> u64 {
        self.profile.laps(self.cases[case].case.laps)
    }

    /// Time that one execution is expected to take.
    pub fn expected(&self, case: usize) -> Duration {
        let selected = &self.cases[case].case;
        let share = self.laps(case) as f64 / selected.laps as f64;
        let work = PER_OPERATION.mul_f64(selected.operations as f64).max(selected.waits);
        OVERHEAD + work.mul_f64(share)
    }

    /// Time that all executions are expected to take.
    pub fn duration(&self) -> Duration {
        self.executions.iter().map(|planned| self.expected(planned.case)).sum()
    }

    /// The cases for `run.json`.
    pub fn case_files(&self) -> Vec<CaseFile> {
        let file = |(index, selected): (usize, &Selected)| CaseFile {
            id: selected.case.id.to_string(),
            style: selected.case.style.to_string(),
            absent: selected.case.absent.clone(),
            parameters: named(&selected.case.parameters),
            laps: self.laps(index),
        };
        self.cases.iter().enumerate().map(file).collect()
    }
}

/// Parameters with owned names.
pub fn named(parameters: &[(&'static str, u64)]) -> std::collections::BTreeMap<String, u64> {
    parameters.iter().map(|(name, value)| ((*name).to_string(), *value)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::Plan;
    use crate::{profile, selection};
    use triathlon_contract::Limits;

    fn plan(seed: u64, profile_name: &str) -> Plan {
        let cases = selection::all(1, Limits { descriptors: 20_000, threads: 16_000 });
        let profile = profile::find(profile_name).unwrap();
        Plan::new(cases, profile, profile.rounds, seed)
    }

    #[test]
    fn every_round_has_every_case_once_and_the_reference_twice() {
        let plan = plan(1, "quick");
        let mut seen: HashMap<(u64, usize, bool), u32> = HashMap::new();
        for planned in &plan.executions {
            assert!(plan.cases[planned.case].case.absent.is_none());
            *seen.entry((planned.round, planned.case, planned.twin)).or_default() += 1;
        }
        assert!(seen.values().all(|count| *count == 1));
        let runs = plan.cases.iter().filter(|selected| selected.case.absent.is_none()).count();
        let twins = seen.keys().filter(|(round, _, twin)| *round == 1 && *twin).count();
        assert!(twins > 10);
        assert_eq!(plan.executions.len(), (runs + twins) * 6);
    }

    #[test]
    fn the_seed_decides_the_order_and_rounds_differ() {
        let (first, again, other) = (plan(1, "quick"), plan(1, "quick"), plan(2, "quick"));
        assert_eq!(first.executions, again.executions);
        assert_ne!(first.executions, other.executions);
        let order = |round: u64| -> Vec<usize> {
            let of_round = first.executions.iter().filter(|planned| planned.round == round);
            of_round.map(|planned| planned.case).collect()
        };
        assert_ne!(order(1), order(2));
    }

    #[test]
    fn the_default_run_fits_its_budget() {
        let limits = Limits { descriptors: 20_000, threads: 16_000 };
        let cases = selection::Selection::default().cases(1, limits).unwrap();
        let quick = profile::find("quick").unwrap();
        let minutes = Plan::new(cases.clone(), quick, 6, 1).duration().as_secs_f64() / 60.0;
        assert!(minutes <= 13.0, "quick is planned for {minutes:.1} minutes");
        let smoke = profile::find("smoke").unwrap();
        let seconds = Plan::new(cases, smoke, 1, 1).duration().as_secs_f64();
        assert!(seconds <= 60.0, "smoke is planned for {seconds:.0} s");
    }
}
