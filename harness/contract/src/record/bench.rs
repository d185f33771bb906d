//! Between a criterion target and `triathlon bench`, which does its laps. Both
//! are built together, so these shapes have no version and are nobody else's.

use serde::{Deserialize, Serialize};

/// What a criterion target has to do; told once, in the first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Assignment {
    /// Nothing but to print this.
    Nothing(String),
    /// Show criterion's flags and how it is set.
    Help(CriterionSettings),
    /// Start again with these words: criterion takes one filter.
    Again(Vec<String>),
    /// Go through these benchmarks.
    Benchmarks(Benchmarks),
}

/// How criterion is set, as long as the user does not set it otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CriterionSettings {
    /// Samples of a benchmark.
    pub samples: u64,
    /// Time before the samples.
    pub warm_up_ms: u64,
    /// Time of all samples.
    pub measurement_ms: u64,
    /// Resamples of its bootstrap.
    pub resamples: u64,
}

/// Benchmarks in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Benchmarks {
    /// How criterion is set.
    pub settings: CriterionSettings,
    /// Whether the target fails with one of its benchmarks.
    pub strict: bool,
    /// The benchmarks.
    pub list: Vec<Benchmark>,
}

/// One case as criterion sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Benchmark {
    /// `workload@preset`.
    pub group: String,
    /// `contestant[/flavour][:way]`.
    pub function: String,
    /// Operations of one lap, which is one iteration.
    pub operations: u64,
    /// Whether all samples have the same number of laps.
    pub flat: bool,
}

impl Benchmark {
    /// The id of the case, which is what criterion calls it.
    pub fn id(&self) -> String {
        format!("{}/{}", self.group, self.function)
    }
}

/// What a criterion target asks for, a line each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LapsRequest {
    /// So many laps of a case, for one sample.
    Laps {
        /// The case.
        id: String,
        /// How many.
        laps: u64,
    },
    /// The benchmark has its samples: end its process.
    End,
}

/// What came of it, a line each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LapsReply {
    /// The laps are done and verified; the time between the edges of the window.
    Elapsed {
        /// Nanoseconds.
        ns: u64,
    },
    /// The process has ended well.
    Ended,
    /// The contestant failed.
    Failed {
        /// One sentence.
        reason: String,
    },
}
