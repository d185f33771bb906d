//! The part of a summary about claims.

use schemars::JsonSchema;
use serde::Serialize;

use super::Spread;

/// What is said of all claims.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Claims {
    /// Level of the family that all comparisons are.
    pub level: f64,
    /// Bounds that were tested: the size of that family.
    pub comparisons: usize,
    /// Why the run decides nothing, whatever it measured; left out if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silent: Option<String>,
    /// Each claim: those of the guide, then the others.
    pub claims: Vec<Claimed>,
}

impl Claims {
    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.claims.is_empty()
    }
}

/// What a run says of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// It holds on this machine.
    Supported,
    /// It does not.
    Refuted,
    /// The run does not say; never "half true".
    Undecided,
    /// The run has not measured what it takes.
    NotMeasured,
}

impl Finding {
    /// All of them, in this order.
    pub const ALL: [Self; 4] = [Self::Supported, Self::Refuted, Self::Undecided, Self::NotMeasured];

    /// As spelled in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotMeasured => "not-measured",
            other => other.words(),
        }
    }

    /// As written for readers.
    pub fn words(self) -> &'static str {
        match self {
            Self::Supported => "supported",
            Self::Refuted => "refuted",
            Self::Undecided => "undecided",
            Self::NotMeasured => "not measured",
        }
    }
}

/// One claim.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Claimed {
    /// `C1`; `claim-C1` is its anchor.
    pub id: String,
    /// What is claimed.
    pub claim: String,
    /// What this run says of it.
    pub verdict: Finding,
    /// Why it is not decided; empty if it is.
    pub reason: String,
    /// Who claims it.
    pub source: String,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year: Option<u16>,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What is known to speak against it; may be empty.
    pub counter: String,
    /// What a run cannot show of it; may be empty.
    pub note: String,
    /// Whether one of the tests is enough; otherwise all must hold.
    pub any: bool,
    /// What was tested.
    pub tests: Vec<Tested>,
    /// Published figures beside this run's.
    pub published: Vec<Beside>,
}

/// One test of a claim.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Tested {
    /// Id of the case.
    pub of: String,
    /// Id of the case that it is divided by; none where the value itself is tested.
    pub to: Option<String>,
    /// Key of a cell's metrics; `elapsed_us_per_op`: 10⁶ over the throughput; or of a small
    /// program what `cost.json` has.
    pub metric: String,
    /// What the value is a slope over; none where it is that of the case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slope: Option<Over>,
    /// Least value that is claimed.
    pub at_least: Option<f64>,
    /// Greatest value that is claimed.
    pub at_most: Option<f64>,
    /// What this test says.
    pub verdict: Finding,
    /// Why it does not; empty if it does.
    pub reason: String,
    /// What was found; none if it was not measured.
    pub found: Option<Centred>,
    /// Ratios within `1/margin` to `margin` are no difference; none without a ratio.
    pub margin: Option<f64>,
}

/// What a slope is taken over, by least squares in each round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Over {
    /// Parameter on the horizontal axis.
    pub parameter: String,
    /// Ids of the cases that it rests on, those of what it is divided by included.
    pub cases: Vec<String>,
}

/// Hodges–Lehmann centre of per-round ratios or of values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Centred {
    /// The centre.
    pub centre: f64,
    /// Lower bound of the interval, or the lowest value.
    pub low: f64,
    /// Upper bound of the interval, or the highest value.
    pub high: f64,
    /// Confidence of the interval; none where low and high are the range.
    pub confidence: Option<f64>,
    /// Rounds.
    pub n: usize,
}

/// A published figure and this run's.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Beside {
    /// What was measured.
    pub what: String,
    /// The published value, in the metric's unit.
    pub theirs: f64,
    /// On what, and when.
    pub by: String,
    /// Key of the metric; none for a ratio without a cell.
    pub metric: Option<String>,
    /// Id of the nearest case; none where there is none yet.
    pub of: Option<String>,
    /// Id of the case that it is divided by, if it is a ratio.
    pub to: Option<String>,
    /// What ours is a slope over; none where it is that of the case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slope: Option<Over>,
    /// Median and range here; none if it was not measured.
    pub ours: Option<Spread>,
    /// Why there is none; empty if there is one.
    pub reason: String,
    /// Why the two may differ.
    pub why: String,
}
