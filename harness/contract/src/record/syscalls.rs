//! `syscalls.json`: what cases ask of the kernel.

use serde::{Deserialize, Serialize};

use super::Placement;

/// By how much of the median repeats may differ before a count is said to vary.
const VARIES: f64 = 0.2;

/// Calls per operation by which they may differ in any case: that much is chance in what
/// start and end of two processes call.
const BY_CHANCE: f64 = 0.05;

/// Calls that are kept by name, of every case.
pub const NAMED_CALLS: usize = 6;

/// System calls of cases, counted on the machine of a run by a tracer. It says nothing of times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SyscallsFile {
    /// Version of its shape, [`super::SCHEMA`].
    #[cfg_attr(feature = "schema", schemars(extend("const" = super::SCHEMA)))]
    pub schema: u32,
    /// When it began, `2026-11-29T14:05:01Z`.
    pub started_at: String,
    /// Commit that was built; `unknown` outside a repository.
    pub commit: String,
    /// Whether the tree differed from it.
    pub dirty: bool,
    /// Hash of the machine's facts, as in `run.json`.
    pub machine: String,
    /// Release of the kernel.
    pub kernel: String,
    /// Architecture: calls and their names are its own.
    pub architecture: String,
    /// How often each case was counted.
    pub repeats: u64,
    /// Who ran where.
    pub placement: Placement,
    /// The command that counts the same again.
    pub command: String,
    /// What does not permit to conclude much, as sentences.
    pub reasons: Vec<String>,
    /// One for each case that was asked for, in the order of the page.
    pub cases: Vec<SyscallsCase>,
}

/// The calls of a case: two processes of each repeat, one of which does more laps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SyscallsCase {
    /// Id of the case.
    pub id: String,
    /// Idiom of its contestant.
    pub style: String,
    /// Why nothing was counted; none if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether a server answers it without a pause, so that answers are often there before a
    /// traced process asks for them; left out where it pauses, and where there is none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub without_delay: bool,
    /// Laps of the first process of a repeat.
    pub laps: u64,
    /// Laps of the second, which does more.
    pub more_laps: u64,
    /// Operations that the second does more than the first.
    pub operations: u64,
    /// Calls of whole processes, by repeat.
    pub processes: Vec<SyscallsProcesses>,
    /// Calls that are made most often, at most six, most frequent first.
    pub calls: Vec<SyscallsCall>,
}

/// All calls of the two processes of a repeat, from start to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SyscallsProcesses {
    /// Of the first.
    pub fewer: u64,
    /// Of the second, which does more operations.
    pub more: u64,
}

/// One call of the kernel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SyscallsCall {
    /// Its name, or `call` and its number.
    pub name: String,
    /// How often the second process made it more than the first, by repeat.
    pub more: Vec<i64>,
}

impl SyscallsCase {
    /// Calls per operation, by repeat; none if nothing was counted.
    pub fn per_operation(&self) -> Vec<f64> {
        let more = |both: &SyscallsProcesses| both.more as f64 - both.fewer as f64;
        self.processes.iter().map(|both| self.each(more(both))).collect()
    }

    /// The same of one call.
    pub fn per_operation_of(&self, call: &SyscallsCall) -> Vec<f64> {
        call.more.iter().map(|more| self.each(*more as f64)).collect()
    }

    /// Whether repeats differ by more than a fifth of their median and a twentieth of a
    /// call, so that the count is a matter of time and chance.
    pub fn varies(&self, median: f64) -> bool {
        let values = self.per_operation();
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        most - least > (VARIES * median.abs()).max(BY_CHANCE)
    }

    fn each(&self, more: f64) -> f64 {
        // A file that was made up may have none.
        more / self.operations.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::{SyscallsCall, SyscallsCase, SyscallsProcesses};

    fn case(of: &[(u64, u64)]) -> SyscallsCase {
        let processes = of.iter().map(|&(fewer, more)| SyscallsProcesses { fewer, more }).collect();
        SyscallsCase { operations: 100, processes, ..SyscallsCase::default() }
    }

    #[test]
    fn what_both_processes_do_falls_away() {
        let counted = case(&[(750, 950), (760, 959), (80, 60)]);
        assert_eq!(counted.per_operation(), [2.0, 1.99, -0.2]);
        let call = SyscallsCall { name: "futex".to_string(), more: vec![100, 7, -1] };
        assert_eq!(counted.per_operation_of(&call), [1.0, 0.07, -0.01]);
        assert!(SyscallsCase::default().per_operation().is_empty());
    }

    #[test]
    fn repeats_that_differ_by_more_than_a_fifth_vary() {
        let check = |of: &[(u64, u64)], median, want| {
            assert_eq!(case(of).varies(median), want, "{of:?}");
        };
        check(&[(0, 200), (0, 200), (0, 200)], 2.0, false);
        check(&[(0, 200), (0, 210), (0, 240)], 2.1, false);
        check(&[(0, 200), (0, 210), (0, 243)], 2.1, true);
        check(&[(0, 0), (0, 0), (0, 5)], 0.0, false);
        check(&[(0, 0), (0, 0), (0, 6)], 0.0, true);
        check(&[(0, 20), (0, 20), (0, 26)], 0.2, true);
        check(&[(5, 5), (5, 5), (5, 5)], 0.0, false);
        check(&[], 0.0, false);
    }
}
