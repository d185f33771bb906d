//! Sleepers, and clients of a server: whether all of them slept or were idle at once, and
//! what bound their number.

use triathlon_contract::record::{Answer, AsleepRecord, JobLimits};
use triathlon_contract::registry::Demand;

use super::Shared;
use crate::what::What;

/// Whether as many slept, or were idle, at the same time as were to.
///
/// # Errors
/// How many did, as a reason.
pub(super) fn counted(demand: &Demand, answer: &Answer) -> Result<(), String> {
    let found = answer.asleep.as_ref().map(|asleep| asleep.sleepers);
    match (demand.asleep, found) {
        (Some(want), found) if found != Some(want) => {
            let found = found.unwrap_or(0);
            Err(format!("unequal work: {found} asleep or idle at once instead of {want}"))
        }
        _ => Ok(()),
    }
}

/// What was read, with the limit that bound the number of sleepers.
pub(super) fn named(read: Option<AsleepRecord>, what: What<'_>) -> Option<AsleepRecord> {
    Some(AsleepRecord { bound: what.bound().map(str::to_string), ..read? })
}

impl Shared {
    /// What the plan knew of this machine, for what does as much as there can be: read
    /// again in the process, it might be something else.
    pub(super) fn job_limits(&self, what: What<'_>) -> Option<JobLimits> {
        let (threads, memory_bytes) = (self.limits.threads, self.limits.memory_bytes);
        what.bound().map(|_| JobLimits { threads, memory_bytes })
    }
}

#[cfg(test)]
mod tests {
    use triathlon_contract::Expected;
    use triathlon_contract::record::{Answer, AsleepRecord, OutcomeRecord, SCHEMA, WindowRecord};
    use triathlon_contract::registry::Demand;

    use super::counted;

    #[test]
    fn all_must_have_slept_at_the_same_time() {
        let check = |wanted, sleepers: Option<u64>| {
            let asleep =
                sleepers.map(|sleepers| AsleepRecord { sleepers, ..AsleepRecord::default() });
            let answer = Answer {
                schema: SCHEMA,
                outcome: OutcomeRecord::default(),
                window: WindowRecord::default(),
                open: None,
                beside: None,
                asleep,
                late: None,
                overload: None,
                fairness: None,
                histograms: None,
            };
            let expected = Expected::default();
            let demand =
                Demand { expected, workers: 1, per_sample: 1, asleep: wanted, backend: None };
            counted(&demand, &answer)
        };
        assert_eq!(check(Some(5), Some(5)), Ok(()));
        assert_eq!(check(None, None), Ok(()));
        let missing = "unequal work: 0 asleep or idle at once instead of 5";
        assert_eq!(check(Some(5), None), Err(missing.to_string()));
        assert!(check(Some(5), Some(4)).unwrap_err().contains("4 asleep or idle at once"));
    }
}
