//! `run.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{PostgresFile, SliceStudy};

/// `run.json`: everything about a run that is known before its first execution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RunFile {
    /// Version of its shape, [`super::SCHEMA`].
    #[cfg_attr(feature = "schema", schemars(extend("const" = super::SCHEMA)))]
    pub schema: u32,
    /// Time, commit, machine and seed in one word.
    pub id: String,
    /// Profile: smoke, quick, default, publish.
    pub profile: String,
    /// Whether the profile permits verdicts.
    #[serde(default)]
    pub verdicts: bool,
    /// Parts of the run that must agree; the rounds are divided among them.
    #[serde(default = "one")]
    pub parts: u64,
    /// Whether each round is in the opposite of the order that the seed gives.
    #[serde(default)]
    pub reversed: bool,
    /// Whether executions that something else disturbed count as well.
    #[serde(default)]
    pub keep_disturbed: bool,
    /// Seed of the order.
    pub seed: u64,
    /// Rounds planned.
    pub rounds: u64,
    /// Start, `2026-11-22T17:05:01Z`.
    pub started_at: String,
    /// Version of the suite, [`crate::SUITE_VERSION`].
    pub suite_version: String,
    /// Version of the package.
    pub package_version: String,
    /// Commit that was built; `unknown` outside a repository.
    pub commit: String,
    /// Whether the tree differed from the commit.
    pub dirty: bool,
    /// Build: compiler, profile, flags.
    pub build: BTreeMap<String, String>,
    /// The machine.
    pub machine: Machine,
    /// Who ran where.
    pub placement: Placement,
    /// Versions of the crates that matter, from the lock file.
    pub versions: BTreeMap<String, String>,
    /// SHA-256 of the lock file.
    pub lock_sha256: String,
    /// The contestant/flavour that ratios refer to.
    pub reference: String,
    /// What the user asked for, as words of a command line, not quoted.
    pub filters: Vec<String>,
    /// Contestants that a program of their own executed.
    #[serde(default)]
    pub guests: Vec<String>,
    /// The contestants, in the order of the page.
    pub contestants: Vec<ContestantFile>,
    /// The workloads, in the order of the page.
    pub workloads: Vec<WorkloadFile>,
    /// Every case of the plan and every absent one.
    pub cases: Vec<CaseFile>,
    /// The null ceilings measured beside the cases, as [`crate::Ceiling`]
    /// writes them; their records have the id `ceiling@NAME/generator`.
    #[serde(default)]
    pub ceilings: Vec<String>,
    /// What slices do to the presets of this run that have them, measured when the
    /// program was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slice_study: Option<SliceStudy>,
    /// Where the files of its executions lay; none where they needed none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<FilesPlace>,
    /// The PostgreSQL that the user named; none where the mock server was the database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postgres: Option<PostgresFile>,
}

impl RunFile {
    /// The part that a round belongs to, from 1.
    pub fn part(&self, round: u64) -> u64 {
        part(round, self.rounds, self.parts)
    }
}

/// The part, from 1, of a round, from 1: parts differ by one round at most.
pub fn part(round: u64, rounds: u64, parts: u64) -> u64 {
    (round * parts.max(1)).div_ceil(rounds.max(1)).clamp(1, parts.max(1))
}

/// Runs before there were parts are whole.
fn one() -> u64 {
    1
}

/// Where the files of a run lay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FilesPlace {
    /// Directory in which they had a folder of their own.
    pub directory: String,
    /// Type of its file system, `ext4`; `unknown` where the kernel did not tell.
    pub file_system: String,
    /// What that is on, `/dev/vda1`.
    pub device: String,
    /// Whether files were taken out of the page cache before executions of cold presets,
    /// in runs of early versions together with all that the kernel caches. All others
    /// found their files in a warm page cache.
    pub cold: bool,
}

/// The machine of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Machine {
    /// Hash of the facts that identify the machine; no name, no address.
    pub id: String,
    /// One line for a citation: `2 CPUs, AMD EPYC, KVM guest, Linux 6.18`.
    pub class: String,
    /// Everything else, in the order of the names: `cpu model`, `kernel`, …
    pub facts: BTreeMap<String, String>,
}

/// CPU sets, and what could not be done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Placement {
    /// CPUs of the contestant.
    pub contestant_cpus: Vec<usize>,
    /// CPUs of the mock server.
    pub server_cpus: Vec<usize>,
    /// Worker threads for those who have workers.
    pub workers: u64,
    /// CPUs of the contestant where no server takes part.
    #[serde(default)]
    pub alone_cpus: Vec<usize>,
    /// Worker threads where no server takes part.
    #[serde(default)]
    pub alone_workers: u64,
    /// What the placement does not permit to conclude, as sentences.
    pub reasons: Vec<String>,
}

impl Placement {
    /// CPUs and workers of a contestant beside the server, or without one.
    pub fn of(&self, server: bool) -> (&[usize], u64) {
        match server {
            true => (&self.contestant_cpus, self.workers),
            false => (&self.alone_cpus, self.alone_workers),
        }
    }

    /// The same, of at most so many CPUs: the first of those that the contestant has
    /// beside the server, as `--cpus one` leaves it, or the last of all if these are too
    /// few. The first CPU of a machine usually serves interrupts.
    pub fn within(&self, server: bool, cpus: Option<u64>) -> (&[usize], u64) {
        let (set, workers) = self.of(server);
        let Some(most) = cpus else {
            return (set, workers);
        };
        let count = usize::try_from(most).unwrap_or(usize::MAX);
        let last = &set[set.len().saturating_sub(count)..];
        (self.contestant_cpus.get(..count).unwrap_or(last), workers.min(most))
    }
}

/// A contestant as the page introduces it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ContestantFile {
    /// Contestant and flavour.
    pub who: String,
    /// Idiom.
    pub style: String,
    /// What it is.
    pub about: String,
}

/// A workload as the page introduces it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WorkloadFile {
    /// Name.
    pub name: String,
    /// Category.
    pub category: String,
    /// Question that it answers.
    pub question: String,
    /// What is timed.
    pub timed: String,
    /// One operation, in the singular.
    pub operation: String,
    /// What goes on beside the operations and is timed for itself, in the singular;
    /// none in most workloads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<String>,
    /// Whether the mock server takes part.
    #[serde(default = "yes")]
    pub server: bool,
    /// Whether it is an open loop.
    #[serde(default)]
    pub open: bool,
    /// Its chart.
    pub chart: ChartFile,
}

/// Runs before there were workloads without server do not say it.
fn yes() -> bool {
    true
}

/// [`crate::Chart`] as kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs, reason = "the fields of Chart, documented there")]
pub struct ChartFile {
    pub over: String,
    pub over_label: String,
    pub panel: String,
    pub panel_label: String,
    pub panel_zero: String,
    pub metric: String,
}

/// A case of the plan, or an absent one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CaseFile {
    /// Its id.
    pub id: String,
    /// Idiom of its contestant.
    pub style: String,
    /// Why it does not run; none if it does.
    pub absent: Option<String>,
    /// The spec as named numbers.
    pub parameters: BTreeMap<String, u64>,
    /// Repetitions in this run.
    pub laps: u64,
    /// Length of the slices in which it takes turns with others of its preset; none
    /// where it is executed after the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slice_ms: Option<u64>,
    /// Most CPUs that it may have, see [`Placement::within`]; none where it has all of
    /// its set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpus: Option<u64>,
    /// The limit that bound how much it does, where it does as much as there can be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<String>,
    /// Name of the null ceiling that its rate is held against, one of
    /// [`RunFile::ceilings`].
    #[serde(default)]
    pub ceiling: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::{Placement, part};

    #[test]
    fn fewer_cpus_are_those_that_the_contestant_has_beside_the_server() {
        let placement = Placement {
            contestant_cpus: vec![2, 3],
            workers: 2,
            alone_cpus: vec![0, 1, 2, 3],
            alone_workers: 4,
            ..Placement::default()
        };
        let check = |server, cpus, want: (&[usize], u64)| {
            assert_eq!(placement.within(server, cpus), want);
        };
        check(false, None, placement.of(false));
        check(true, None, placement.of(true));
        check(false, Some(1), (&[2], 1));
        check(true, Some(1), (&[2], 1));
        check(false, Some(3), (&[1, 2, 3], 3));
        check(true, Some(9), (&[2, 3], 2));
        // Nobody can be pinned.
        let together = Placement { alone_workers: 2, ..Placement::default() };
        assert_eq!(together.within(false, Some(1)), (&[][..], 1));
    }

    #[test]
    fn rounds_are_divided_evenly() {
        let check = |rounds, parts, want: &[u64]| {
            let got: Vec<u64> = (1..=rounds).map(|round| part(round, rounds, parts)).collect();
            assert_eq!(got, want);
        };
        check(4, 2, &[1, 1, 2, 2]);
        check(5, 2, &[1, 1, 2, 2, 2]);
        check(3, 1, &[1, 1, 1]);
        check(1, 2, &[2]);
    }
}
