//! From the counts of processes to calls per operation.

use std::collections::BTreeSet;

use triathlon_contract::record::{NAMED_CALLS, SyscallsCall, SyscallsCase, SyscallsProcesses};
use triathlon_statistics::median;

use crate::execution::traced::Counted;
use crate::selection::Selected;
use crate::tracer::name;

/// A case of which nothing was counted.
pub(super) fn out(selected: &Selected, reason: &str) -> SyscallsCase {
    SyscallsCase {
        id: selected.case.id.to_string(),
        style: selected.case.style.to_string(),
        reason: Some(reason.to_string()),
        without_delay: selected.case.answered_at_once(),
        ..SyscallsCase::default()
    }
}

/// A case of which each repeat has two processes, one with more operations.
pub(super) fn case(selected: &Selected, laps: u64, both: &[(Counted, Counted)]) -> SyscallsCase {
    let operations = both.first().map_or(0, |(fewer, more)| more.operations - fewer.operations);
    let (processes, calls) = (processes(both), calls(both));
    let (id, more_laps) = (selected.case.id.to_string(), super::plan::TIMES * laps);
    let style = selected.case.style.to_string();
    let without_delay = selected.case.answered_at_once();
    SyscallsCase {
        id,
        style,
        reason: None,
        without_delay,
        laps,
        more_laps,
        operations,
        processes,
        calls,
    }
}

fn processes(both: &[(Counted, Counted)]) -> Vec<SyscallsProcesses> {
    let all = |counted: &Counted| counted.calls.values().sum();
    let of_repeat = |(fewer, more): &(Counted, Counted)| SyscallsProcesses {
        fewer: all(fewer),
        more: all(more),
    };
    both.iter().map(of_repeat).collect()
}

/// Those that are made most often, by their medians over repeats.
fn calls(both: &[(Counted, Counted)]) -> Vec<SyscallsCall> {
    let of_repeat = |(fewer, more): &(Counted, Counted)| {
        fewer.calls.keys().chain(more.calls.keys()).copied().collect::<Vec<_>>()
    };
    let numbers: BTreeSet<u64> = both.iter().flat_map(of_repeat).collect();
    let mut calls: Vec<(f64, SyscallsCall)> = Vec::new();
    for number in numbers {
        let more: Vec<i64> = both.iter().map(|both| difference(both, number)).collect();
        let values: Vec<f64> = more.iter().map(|more| *more as f64).collect();
        // Median 0: the operations of this case do not make it.
        if let Some(median) = median(&values).filter(|median| *median > 0.0) {
            calls.push((median, SyscallsCall { name: name(number), more }));
        }
    }
    calls.sort_by(|(one, a), (other, b)| other.total_cmp(one).then_with(|| a.name.cmp(&b.name)));
    calls.into_iter().take(NAMED_CALLS).map(|(_, call)| call).collect()
}

fn difference((fewer, more): &(Counted, Counted), number: u64) -> i64 {
    let of = |counted: &Counted| counted.calls.get(&number).map_or(0, |count| *count as i64);
    of(more) - of(fewer)
}

#[cfg(test)]
mod tests {
    use super::{Counted, calls, processes};
    use crate::tracer::name;

    fn counted(operations: u64, calls: &[(u64, u64)]) -> Counted {
        Counted { operations, calls: calls.iter().copied().collect() }
    }

    #[test]
    fn calls_of_start_and_end_fall_away_and_the_most_frequent_come_first() {
        let both = [
            (counted(10, &[(0, 12), (1, 10), (2, 3)]), counted(20, &[(0, 32), (1, 20), (2, 3)])),
            (counted(10, &[(0, 14), (1, 10), (2, 9)]), counted(20, &[(0, 33), (1, 20)])),
            (counted(10, &[(0, 12), (1, 10), (2, 3)]), counted(20, &[(0, 33), (1, 20), (9, 1)])),
        ];
        let calls = calls(&both);
        let found: Vec<_> = calls.iter().map(|call| (call.name.clone(), &call.more[..])).collect();
        assert_eq!(found, [(name(0), &[20, 19, 21][..]), (name(1), &[10, 10, 10][..])]);
        let all: Vec<_> = processes(&both).iter().map(|both| (both.fewer, both.more)).collect();
        assert_eq!(all, [(25, 55), (33, 53), (25, 54)]);
    }

    #[test]
    fn at_most_six_are_named() {
        let many: Vec<(u64, u64)> = (0..20).map(|number| (number, 100 + number)).collect();
        let calls = calls(&[(counted(1, &[]), counted(2, &many))]);
        assert_eq!(calls.len(), 6);
        assert_eq!((&calls[0].name, &calls[0].more), (&name(19), &vec![119]));
    }
}
