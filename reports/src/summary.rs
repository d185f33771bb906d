//! `summary.json`: what a run says, cell by cell. Everything that is shown is
//! drawn from here.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use triathlon_contract::record::Machine;
use triathlon_statistics::Summary as Estimate;

mod claimed;
mod said;

pub use crate::asleep::{Each, Slope};
pub use crate::doubling::Doubling;
pub use crate::knee::{LoadCurve, LoadPoint};
pub use crate::overload::{Overload, Stair};
pub use crate::slow::{BesideSlow, Slowed};
pub use crate::status::Status;
use crate::text;
pub use claimed::{Beside, Centred, Claimed, Claims, Finding, Over, Tested};
pub use said::{
    AaTest, Against, FamilyPart, GeometricMean, Noise, PerformanceProfile, ProfileLine,
    SelftestLine, SelftestPart, Standing, Warning, WarningKind, Word,
};

/// Median and range over executions, or over rounds for a ratio.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Spread {
    /// Median.
    pub median: f64,
    /// Lowest value.
    pub low: f64,
    /// Highest value.
    pub high: f64,
    /// Number of values.
    pub n: usize,
}

impl From<Estimate> for Spread {
    /// Rounds to six significant digits, which is finer than any clock here.
    fn from(Estimate { n, median, low, high }: Estimate) -> Self {
        let [median, low, high] = [median, low, high].map(text::six_digits);
        Self { median, low, high, n }
    }
}

/// `summary.json`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Summary {
    /// The run.
    pub run: RunPart,
    /// The self-test's certificate; none if the run has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selftest: Option<SelftestPart>,
    /// One for each case of the plan, in its order, absent ones too.
    pub cells: Vec<Cell>,
    /// The reference against itself under a second label.
    pub noise: Vec<Noise>,
    /// All comparisons of one case and metric; none without verdicts.
    pub families: Vec<FamilyPart>,
    /// Ratios to the reference over all cases of a category that a contestant
    /// shares with it.
    pub geometric_means: Vec<GeometricMean>,
    /// How often each contestant is near the best; none without verdicts.
    pub performance_profiles: Vec<PerformanceProfile>,
    /// What people say, held against this run; none in reports before there were claims.
    #[serde(skip_serializing_if = "Claims::is_empty")]
    pub claims: Claims,
    /// What a sleeper holds, as a slope over their number; none where nobody slept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub memory_slopes: Vec<Slope>,
    /// From how many clients on servers of tasks are ahead of servers of threads.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub crossovers: Vec<Crossover>,
    /// How long calls that block may be until everything else is twice as late.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub doublings: Vec<Doubling>,
    /// What healthy clients got beside slow ones; none where none were slow.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub slow_clients: Vec<Slowed>,
    /// The same at one number of clients, over queries, delays and bytes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub advantages: Vec<Advantage>,
    /// Response times of servers over the offered load, with their knees.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub load_curves: Vec<LoadCurve>,
    /// What became of servers under more load than they can carry.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub overloads: Vec<Overload>,
    /// What a reader should do something about, the worst first.
    pub warnings: Vec<Warning>,
    /// What the bare generator reached; none in runs before it was measured.
    pub ceilings: Vec<Ceiling>,
    /// Whether fewer executions were made than planned.
    pub interrupted: bool,
    /// What a reader must know besides, as sentences.
    pub notes: Vec<String>,
    /// Counts that say how much to trust.
    pub executions: Counts,
}

impl Summary {
    /// The ceilings that cells of a workload are held against, in their order.
    pub(crate) fn ceilings_of(&self, workload: &str) -> Vec<&Ceiling> {
        let refers = |name: &str| {
            let mut cells = self.cells.iter().filter(|cell| cell.workload == workload);
            cells.any(|cell| cell.ceiling.as_deref() == Some(name))
        };
        self.ceilings.iter().filter(|ceiling| refers(&ceiling.name)).collect()
    }
}

/// From how many clients on one server is ahead of another, all else equal.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Crossover {
    /// First preset of the sweep, which names all but the number of clients.
    pub preset: String,
    /// What is compared.
    pub metric: String,
    /// Whose advantage it is, contestant and flavour.
    pub of: String,
    /// Over whom.
    pub to: String,
    /// Rounds that have all numbers of clients.
    pub rounds: usize,
    /// Numbers of clients, ascending.
    pub clients: Vec<u64>,
    /// Median advantage at each, above 1 where `of` is ahead.
    pub ratios: Vec<f64>,
    /// 95 % interval of each; none with fewer than six rounds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub intervals: Vec<[f64; 2]>,
    /// Clients from which on it is ahead; the fewest if it always is, none if it is not
    /// with the most.
    pub from: Option<f64>,
    /// 95 % interval of the same; none with fewer than six rounds.
    pub interval: Option<[Option<f64>; 2]>,
    /// Whether a cell of the sweep is limited by the other side, so that this is not the
    /// servers' alone.
    pub limited: bool,
}

/// By how much a server is ahead of the one with a thread per connection at one preset of
/// the grid of queries, delays and bytes.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Advantage {
    /// The preset.
    pub preset: String,
    /// Clients.
    pub connections: u64,
    /// Queries per request.
    pub queries: u64,
    /// Pause of the database in each.
    pub delay_us: u64,
    /// Size of the page.
    pub bytes: u64,
    /// What is compared.
    pub metric: String,
    /// Whose advantage it is, contestant and flavour.
    pub of: String,
    /// Over whom.
    pub to: String,
    /// Rounds that have both.
    pub rounds: usize,
    /// Median over the rounds, above 1 where `of` is ahead.
    pub ratio: f64,
    /// 95 % interval of the same; none with fewer than six rounds.
    pub interval: Option<[f64; 2]>,
    /// Whether one of the two is limited by the other side, so that this is not the
    /// servers' alone.
    pub limited: bool,
}

/// The run, as far as a citation needs it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "the fields of RunFile, documented there")]
pub struct RunPart {
    pub id: String,
    pub profile: String,
    pub seed: u64,
    pub rounds: u64,
    pub suite_version: String,
    pub machine: Machine,
    pub versions: BTreeMap<String, String>,
    pub started_at: String,
    pub commit: String,
    pub dirty: bool,
    pub reference: String,
    pub verdicts: bool,
    pub parts: u64,
    pub reversed: bool,
    pub keep_disturbed: bool,
    pub guests: Vec<String>,
    /// Sessions in which it was measured.
    pub sessions: u64,
    /// What made this file: another one may round or count otherwise.
    pub renderer: String,
}

/// One case.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Cell {
    /// Its id.
    pub id: String,
    /// Parts of the id.
    pub workload: String,
    /// Named spec.
    pub preset: String,
    /// Style × runtime, without flavour.
    pub contestant: String,
    /// Setting of the runtime; may be empty.
    pub flavour: String,
    /// Another file for the same workload; empty for the plain one.
    pub way: String,
    /// Idiom.
    pub style: String,
    /// What can be said of it.
    pub status: Status,
    /// Why it is not valid; empty if it is.
    pub reason: String,
    /// Executions that count.
    pub n: usize,
    /// Median and range over executions.
    pub metrics: BTreeMap<String, Spread>,
    /// The case that ratios refer to; none for the reference itself.
    pub reference: Option<String>,
    /// Median and range of the per-round ratio to the reference.
    pub ratio_to_reference: BTreeMap<String, Spread>,
    /// Comparison with that case by metric; empty without verdicts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub against_reference: BTreeMap<String, Against>,
    /// Where it stands among the cells that it is compared with, by metric.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub standing: BTreeMap<String, Standing>,
    /// Executions that something else disturbed, so that they do not count.
    pub disturbed: usize,
    /// The null ceiling that its rate is held against.
    pub ceiling: Option<String>,
    /// Median rate over the median rate of that ceiling.
    pub share_of_ceiling: Option<f64>,
    /// Why throughput and elapsed may be the server's; none if they are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limited: Option<String>,
    /// Whether the cell or its reference is limited: then their ratio of
    /// throughput or elapsed may be the server's.
    pub ratio_limited: bool,
    /// The spec as named numbers.
    pub parameters: BTreeMap<String, u64>,
}

/// A null ceiling: the generator without a runtime, against the same server on
/// the same CPUs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Ceiling {
    /// Name, `c64-bytes-128`.
    pub name: String,
    /// Keep-alive connections.
    pub connections: u64,
    /// Path of what each fetches again and again.
    pub document: String,
    /// Executions that count.
    pub n: usize,
    /// Requests per second; none without an execution that counts.
    pub throughput_per_s: Option<Spread>,
    /// The server's CPU time over that of its set.
    pub server_cpu_share: Option<Spread>,
    /// The generator's CPU time over that of the contestant's set.
    pub generator_cpu_share: Option<Spread>,
}

/// Executions by what became of them, twins included.
#[derive(Clone, Copy, Debug, Default, Serialize, JsonSchema)]
pub struct Counts {
    /// Planned without twins: rounds × cases that run.
    pub planned: u64,
    /// Recorded.
    pub recorded: u64,
    /// That count.
    pub ok: u64,
    /// That do not.
    pub failed: u64,
    /// That would count, but that something else disturbed.
    pub disturbed: u64,
    /// Second executions of the reference.
    pub twins: u64,
    /// Whose outcome, expectation and witness agree, compared again here; the
    /// first two where no server takes part.
    pub proven: u64,
    /// Executions of the bare generator, which are in none of the others.
    pub ceilings: u64,
}
