//! A server that is asked for more than it can do, and what became of it.

use serde::{Deserialize, Serialize};

/// What the clients of an overloaded server saw.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OverloadRecord {
    /// How the capacity was found, and how equally connections were served meanwhile.
    pub contest: ContestRecord,
    /// How old a good answer may be, from when its request was to start.
    pub deadline_ms: u64,
    /// The staircase, in order; the last step is the recovery.
    pub steps: Vec<StepRecord>,
    /// What answers in the last step had to stay below to count as recovered: twice the p99
    /// of the first step, and never more than the deadline.
    pub recovered_below_us: f64,
    /// From the beginning of the last step until of all requests that were to start later at
    /// most one in a hundred took longer than that; none if that was not within the step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_us: Option<f64>,
}

/// All connections ask again as soon as they are answered, for a while.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ContestRecord {
    /// How long, without the lead-in.
    pub length_ns: u64,
    /// Answers meanwhile.
    pub answers: u64,
    /// Answers in the lead-in, and to what was in flight at the end; in no figure.
    pub beside: u64,
    /// The same per second: the capacity that the staircase refers to.
    pub capacity_per_s: f64,
    /// Answers of the connection that had fewest, to the mean of all.
    pub least: f64,
    /// Answers of the connection that had most, to the mean of all.
    pub greatest: f64,
    /// Jain's index of the answers of all connections.
    pub jain: f64,
    /// CPU time of the generator, which has one thread, for all of these and those beside.
    pub generator_cpu_ns: u64,
}

/// Requests that were to start at a share of the capacity for a while.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StepRecord {
    /// Share of the capacity that was asked for.
    pub percent: u64,
    /// How long.
    pub length_ns: u64,
    /// Requests that were to start within the step.
    pub offered: u64,
    /// Requests that did start within it, those of the step before included.
    pub started: u64,
    /// Answers within it, likewise.
    pub answered: u64,
    /// Those of them that came within their deadline.
    pub good: u64,
    /// Answers to what was to start within the step that came after their deadline, whenever.
    pub late: u64,
    /// From when a request was to start to its answer, of those that were to start within the
    /// step; none where fewer than ten lie beyond.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_p50_us: Option<f64>,
    /// The same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_p99_us: Option<f64>,
}

impl StepRecord {
    /// Answers within the step and their deadline, per second.
    pub fn goodput_per_s(&self) -> f64 {
        per_s(self.good, self.length_ns)
    }

    /// Answers within the step, however late, per second.
    pub fn answered_per_s(&self) -> f64 {
        per_s(self.answered, self.length_ns)
    }
}

impl OverloadRecord {
    /// Requests that the clients made beside the warm-up, as their plan has them.
    pub fn requests(&self) -> u64 {
        let offered: u64 = self.steps.iter().map(|step| step.offered).sum();
        self.contest.answers + self.contest.beside + offered
    }

    /// The steps that lead up, without the recovery.
    pub fn stairs(&self) -> &[StepRecord] {
        self.steps.split_last().map_or(&[], |(_, stairs)| stairs)
    }
}

fn per_s(count: u64, length_ns: u64) -> f64 {
    if length_ns > 0 { count as f64 * 1e9 / length_ns as f64 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::{ContestRecord, OverloadRecord, StepRecord};

    #[test]
    fn rates_are_per_second_of_the_step_and_every_request_is_counted_once() {
        let step = StepRecord {
            length_ns: 200_000_000,
            offered: 70,
            answered: 60,
            good: 30,
            ..StepRecord::default()
        };
        assert_eq!((step.goodput_per_s(), step.answered_per_s()), (150.0, 300.0));
        assert_eq!(StepRecord::default().goodput_per_s(), 0.0);
        let contest = ContestRecord { answers: 100, beside: 4, ..ContestRecord::default() };
        let record = OverloadRecord { contest, steps: vec![step; 3], ..OverloadRecord::default() };
        assert_eq!((record.requests(), record.stairs().len()), (104 + 210, 2));
        assert!(OverloadRecord::default().stairs().is_empty());
    }
}
