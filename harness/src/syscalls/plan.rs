//! How many laps a case does to be counted, or why it sits out.

use std::time::Duration;

use triathlon_contract::record::Placement;
use triathlon_contract::{Limits, Load};

use crate::contestants;
use crate::plan::work;
use crate::selection::Selected;
use crate::what::What;

/// How many times the laps of the first process of a repeat the second does.
pub(super) const TIMES: u64 = 3;

/// Operations of the first process of a repeat, if a lap has fewer: enough that a call
/// which the start makes by chance is a thousandth.
const OPERATIONS: u64 = 1000;

/// Laps of that process at least.
const LEAST_LAPS: u64 = 2;

/// What the second process may take, stops for the tracer left out.
const LONGEST: Duration = Duration::from_secs(2);

/// Planning figure for what an operation calls.
const CALLS: u32 = 8;

/// The same for what a call costs one that is stopped at its beginning and at its end.
const CALL: Duration = Duration::from_micros(10);

/// What a traced process takes beside its operations: start, trial, end.
const OVERHEAD: Duration = Duration::from_millis(120);

/// Why what does not grow with laps has no slope.
pub(super) const NO_MORE: &str = "more laps of it are no more operations";

/// How a case is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Planned {
    /// By processes of so many laps and of three times as many.
    Counts {
        /// Laps of the first.
        laps: u64,
        /// What the second is expected to take.
        expected: Duration,
    },
    /// Not at all, for a reason.
    SitsOut(String),
}

/// How a case is counted on a machine with these limits.
pub fn planned(selected: &Selected, workers: u64, limits: Limits) -> Planned {
    match laps(selected, workers, limits) {
        Ok(laps) => Planned::Counts { laps, expected: expected(selected, TIMES * laps) },
        Err(reason) => Planned::SitsOut(reason),
    }
}

/// What a process of so many laps is expected to take.
fn expected(selected: &Selected, laps: u64) -> Duration {
    let operations = laps as f64 * per_lap(selected);
    OVERHEAD + work(&selected.case, laps) + (CALL * CALLS).mul_f64(operations)
}

impl Planned {
    /// What all processes of so many repeats are planned to take.
    pub(super) fn duration(&self, repeats: u64) -> Duration {
        match self {
            Self::Counts { expected, .. } => {
                let of_first = OVERHEAD + (*expected - OVERHEAD) / TIMES as u32;
                (*expected + of_first).mul_f64(repeats as f64)
            }
            Self::SitsOut(_) => Duration::ZERO,
        }
    }
}

fn per_lap(selected: &Selected) -> f64 {
    selected.case.operations as f64 / selected.case.laps.max(1) as f64
}

fn laps(selected: &Selected, workers: u64, limits: Limits) -> Result<u64, String> {
    let case = &selected.case;
    if contestants::find(selected.contestant.name).is_none() {
        return Err(
            "a guest does one job and ends: only contestants of the suite are counted".into()
        );
    }
    if let Some(reason) = &case.absent {
        return Err(format!("absent: {reason}"));
    }
    if case.serves {
        return Err("its clients lead it, who would have to wait for the tracer".into());
    }
    if let Some(Load::OfCapacity(_)) = case.load {
        return Err("its rate is a share of a capacity, and who is traced has none".into());
    }
    // A schedule can be repeated, a first use cannot.
    if case.once && case.waits.is_zero() {
        return Err("only the first lap of a process is this work".into());
    }
    let samples = |laps| {
        let demand = What::Case(selected).demand(workers as usize, limits, laps);
        demand.map(|demand| demand.expected.samples).map_err(|error| format!("{error:#}"))
    };
    // Of all others every lap has operations of its own.
    if case.once && samples(TIMES)? <= samples(1)? {
        return Err(NO_MORE.into());
    }
    let wanted = (OPERATIONS as f64 / per_lap(selected).max(1.0)).ceil() as u64;
    let fits = |laps: u64| work(case, TIMES * laps) <= LONGEST;
    (1..=wanted.max(LEAST_LAPS)).rev().find(|laps| fits(*laps)).ok_or_else(|| {
        let seconds = work(case, TIMES).as_secs_f64();
        format!("{TIMES} laps take {seconds:.0} s, which is too long to be counted")
    })
}

/// Workers of a case, by the placement of a machine.
pub fn workers(placement: &Placement, selected: &Selected) -> u64 {
    placement.within(selected.case.server, selected.case.cpus).1
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use triathlon_contract::Limits;

    use super::{LONGEST, Planned, TIMES, planned, workers};
    use crate::machine::two_cpus;
    use crate::plan::work;
    use crate::{selection, syscalls};

    const LIMITS: Limits =
        Limits { descriptors: 20_000, threads: 16_000, ports: 28_232, ..Limits::NONE };

    fn all() -> Vec<(String, Planned, Duration)> {
        let placement = two_cpus();
        let one = |selected: selection::Selected| {
            let planned = planned(&selected, workers(&placement, &selected), LIMITS);
            let laps = if let Planned::Counts { laps, .. } = planned { TIMES * laps } else { 0 };
            (selected.case.id.to_string(), planned, work(&selected.case, laps))
        };
        selection::all(&placement, LIMITS).into_iter().map(one).collect()
    }

    fn of(all: &[(String, Planned, Duration)], id: &str) -> Planned {
        let found = all.iter().find(|(known, ..)| known == id);
        found.unwrap_or_else(|| panic!("no case {id}")).1.clone()
    }

    #[test]
    fn a_case_does_a_thousand_operations_and_three_times_as_many() {
        let all = all();
        let check = |id: &str, want: u64| match of(&all, id) {
            Planned::Counts { laps, .. } => assert_eq!(laps, want, "{id}"),
            Planned::SitsOut(reason) => panic!("{id}: {reason}"),
        };
        check("request-loop@c1-d0/blocking", 1000);
        check("request-loop@c64-d0/tokio/multi-thread", 16);
        check("spawn@n1000-b100/threads-per-op", 2);
        // Each lap waits for 20 ms.
        check("request-loop@c1-d20ms/blocking", 33);
    }

    #[test]
    fn who_cannot_be_counted_says_why() {
        let all = all();
        let check = |id: &str, want: &str| match of(&all, id) {
            Planned::SitsOut(reason) => assert!(reason.contains(want), "{id}: {reason}"),
            planned => panic!("{id}: {planned:?}"),
        };
        check("serve@crud-n5-10k-1ms-c64/tokio/multi-thread", "its clients lead it");
        check("open-loop@c64-d0-p50/tokio/multi-thread", "a share of a capacity");
        check("sleepers@n10000/tokio/multi-thread", "no more operations");
        check("spawn@n1000-b100/blocking", "absent: ");
    }

    #[test]
    fn every_case_is_short_or_sits_out() {
        let mut counted = 0;
        for (id, planned, work) in all() {
            match planned {
                Planned::Counts { laps, .. } => {
                    assert!(laps > 0 && work <= LONGEST, "{id}: {laps} laps, {work:?}");
                    counted += 1;
                }
                Planned::SitsOut(reason) => assert!(!reason.is_empty(), "{id}"),
            }
        }
        assert!(counted > 300, "{counted}");
    }

    #[test]
    fn what_is_counted_without_a_filter_takes_some_minutes() {
        let placement = two_cpus();
        let cases = syscalls::select(&[], &placement, LIMITS).unwrap();
        let all = cases
            .iter()
            .map(|selected| planned(selected, workers(&placement, selected), LIMITS).duration(3));
        let minutes = all.sum::<Duration>().as_secs_f64() / 60.0;
        assert!((1.0..=6.0).contains(&minutes), "{minutes:.1} minutes for {}", cases.len());
        for workload in ["request-loop", "lock", "sleepers", "ring", "files"] {
            let counts = |selected: &&selection::Selected| selected.case.id.workload == workload;
            assert!(cases.iter().any(|selected| counts(&selected)), "{workload}");
        }
    }
}
