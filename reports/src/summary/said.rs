//! The parts of a summary that say something: verdicts, ranks, means, warnings,
//! noise.

use schemars::JsonSchema;
use serde::Serialize;
use triathlon_contract::record::RowStatus;
use triathlon_statistics::verdict::Verdict;

use super::Spread;

/// What is said of a cell against its reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// Its values are lower: faster, less.
    Lower,
    /// Its values are higher.
    Higher,
    /// The difference is within the margin.
    Equivalent,
    /// None of these; never "the same".
    Undecided,
}

impl Word {
    /// As spelled in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lower => "lower",
            Self::Higher => "higher",
            Self::Equivalent => "equivalent",
            Self::Undecided => "undecided",
        }
    }
}

impl From<Verdict> for Word {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Lower => Self::Lower,
            Verdict::Higher => Self::Higher,
            Verdict::Equivalent => Self::Equivalent,
            Verdict::Undecided => Self::Undecided,
        }
    }
}

/// A cell against its reference, with the correction of its family.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Against {
    /// What is said.
    pub verdict: Word,
    /// Hodges–Lehmann centre of the per-round ratios.
    pub ratio: f64,
    /// Lower bound of the ratio.
    pub low: f64,
    /// Upper bound of the ratio.
    pub high: f64,
    /// Confidence of this interval alone; Holm's correction makes it wider than
    /// 95 % where the family is large.
    pub confidence: f64,
    /// Rounds that both have.
    pub n: usize,
    /// Exact two-sided p-value, not adjusted.
    pub p: f64,
    /// The same after Holm's correction.
    pub p_holm: f64,
    /// Ratios within `1/margin` to `margin` are no difference worth a verdict.
    pub margin: f64,
    /// Smallest true ratio above 1 that nine of ten such runs would find.
    pub smallest_difference: Option<f64>,
    /// Whether the parts of the run do not agree, so that nothing is said.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub parts_disagree: bool,
}

impl From<&Against> for Spread {
    /// Centre and interval.
    fn from(against: &Against) -> Self {
        Self { median: against.ratio, low: against.low, high: against.high, n: against.n }
    }
}

/// Where a cell stands in its family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Standing {
    /// Best rank that the pairs leave open, from 1.
    pub best: usize,
    /// Worst rank that they leave open.
    pub worst: usize,
    /// Members of the family.
    pub of: usize,
    /// Cells that share a letter are not told apart.
    pub letters: String,
}

/// A family: how many pairs it has and how many are decided.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct FamilyPart {
    /// Workload.
    pub workload: String,
    /// Named spec.
    pub preset: String,
    /// `stack`; left out for all other ways, which are one family.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub way: String,
    /// Key of a cell's metrics.
    pub metric: String,
    /// Margin of its verdicts.
    pub margin: f64,
    /// Cells.
    pub members: usize,
    /// Pairs of cells.
    pub pairs: usize,
    /// Pairs with a verdict of lower or higher.
    pub decided: usize,
    /// Pairs that are equivalent.
    pub equivalent: usize,
    /// Pairs on which the parts of the run do not agree.
    pub split: usize,
}

/// Geometric mean of the ratios to the reference within one category.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct GeometricMean {
    /// Category.
    pub category: String,
    /// Key of a cell's metrics.
    pub metric: String,
    /// Contestant and flavour.
    pub who: String,
    /// Cells that it shares with the reference.
    pub cells: usize,
    /// Geometric mean of the per-cell medians.
    pub ratio: f64,
    /// Interval if the same cases were measured again: rounds are resampled.
    pub low: f64,
    /// Its upper bound.
    pub high: f64,
    /// Interval if other cases had been chosen: cells are resampled, too.
    pub wide_low: f64,
    /// Its upper bound.
    pub wide_high: f64,
    /// Lowest ratio of a cell.
    pub least: f64,
    /// Highest ratio of a cell.
    pub most: f64,
    /// Lowest mean with one cell left out.
    pub without_low: f64,
    /// Highest mean with one cell left out.
    pub without_high: f64,
}

/// How often each contestant is within a factor of the best, over the cases of
/// one category, by the median of each workload's own metric.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct PerformanceProfile {
    /// Category.
    pub category: String,
    /// Cases that were measured.
    pub cases: usize,
    /// One for each contestant that takes part.
    pub lines: Vec<ProfileLine>,
}

/// A contestant of a profile.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ProfileLine {
    /// Contestant and flavour.
    pub who: String,
    /// Factor and share of the cases, both ascending; what it leaves out or fails
    /// in is in no share.
    pub steps: Vec<(f64, f64)>,
}

/// The tool's proof of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SelftestPart {
    /// `quick` or `full`.
    pub form: String,
    /// Its start.
    pub started_at: String,
    /// Commit of the build that made it.
    pub commit: String,
    /// Whether the tree differed from the commit.
    pub dirty: bool,
    /// The machine that it was made on.
    pub machine: String,
    /// What it is of instead of this run; then it proves nothing here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of_another: Option<String>,
    /// Rows that are ok.
    pub passed: u64,
    /// Rows that failed.
    pub failed: u64,
    /// Rows that were not measured.
    pub not_measured: u64,
    /// All of them, in order.
    pub rows: Vec<SelftestLine>,
}

/// A row of the self-test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SelftestLine {
    /// Its name.
    pub name: String,
    /// What must be reported, in words.
    pub wanted: String,
    /// What was reported.
    pub got: String,
    /// The verdict.
    pub status: RowStatus,
    /// Why it failed or was not measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Something suspicious that leaves the data usable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Warning {
    /// Which rule.
    pub kind: WarningKind,
    /// The case, or empty for the whole run.
    pub id: String,
    /// What was seen, with figures.
    pub sentence: String,
    /// What to do.
    pub advice: String,
}

/// The rules behind warnings, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WarningKind {
    /// The same contestant under two labels is different.
    AaDiffers,
    /// Many executions were disturbed.
    Disturbed,
    /// No contestant was executed under two labels.
    NoAa,
    /// A ratio moves during the run.
    RatioDrift,
    /// A value moves during the run.
    Drift,
    /// Values lie in two clusters.
    TwoModes,
    /// A value lies far from the others.
    Outlier,
    /// The first round differs from the others.
    FirstRound,
    /// A round was measured in two sessions.
    SplitRound,
}

/// One metric of a contestant against itself.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Noise {
    /// The case that was executed under two labels.
    pub id: String,
    /// Workload.
    pub workload: String,
    /// Named spec.
    pub preset: String,
    /// Its way; left out for the plain one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub way: String,
    /// Key of a cell's metrics.
    pub metric: String,
    /// Median, range and n of the per-round ratio twin / reference.
    #[serde(flatten)]
    pub ratio: Spread,
    /// Standard deviation of the logarithms of the same ratios.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spread: Option<f64>,
    /// Smallest true ratio above 1 by which one and the same program must change for nine of
    /// ten such runs to find it, with the level and the margin of its preset's rows; none
    /// without verdicts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smallest_difference: Option<f64>,
    /// Interval and test; none without verdicts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<AaTest>,
}

/// Whether a contestant differs from itself.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct AaTest {
    /// Hodges–Lehmann centre of the per-round ratios.
    pub ratio: f64,
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
    /// Confidence of the interval.
    pub confidence: f64,
    /// p-value after Holm's correction over all A/A tests of the run; none for
    /// throughput, which says the same as elapsed.
    pub p_holm: Option<f64>,
    /// Margin that follows from it.
    pub margin: f64,
    /// Whether it is different, at 1 % for the whole run.
    pub different: bool,
}
