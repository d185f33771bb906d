//! `cost.json`: what the same small program costs in every style.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Placement;

/// Builds and executions of the small programs, measured on the machine of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CostFile {
    /// Version of its shape, [`super::SCHEMA`].
    #[cfg_attr(feature = "schema", schemars(extend("const" = super::SCHEMA)))]
    pub schema: u32,
    /// When it began, `2026-11-25T17:05:01Z`.
    pub started_at: String,
    /// Commit that was built; `unknown` outside a repository.
    pub commit: String,
    /// Whether the tree differed from it.
    pub dirty: bool,
    /// Hash of the machine's facts, as in `run.json`.
    pub machine: String,
    /// cargo, as it names itself; its release is its compiler's.
    pub compiler: String,
    /// The command that builds one of the programs, without the directory.
    pub build: String,
    /// Settings of the profile of that build.
    pub profile: String,
    /// Compilers and linkers that may run at once.
    pub jobs: u64,
    /// Seed of the order of builds and executions.
    pub seed: u64,
    /// How often each program was to be built.
    pub rounds: u64,
    /// How often each was to be executed, per flavour, after one that does not count.
    pub processes: u64,
    /// GETs of each process, over one client.
    pub gets: u64,
    /// Size of the body that each GET brings.
    pub body_bytes: u64,
    /// Who ran where: a build has all CPUs, a process the contestant's.
    pub placement: Placement,
    /// Directory in which each build had a fresh folder.
    pub directory: String,
    /// Type of its file system, `ext4`; `unknown` where the kernel did not tell.
    pub file_system: String,
    /// The command that measured it.
    pub command: String,
    /// What does not permit to conclude much, as sentences.
    pub reasons: Vec<String>,
    /// One for each contestant.
    pub programs: Vec<CostProgram>,
}

/// What one contestant's program costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CostProgram {
    /// The contestant.
    pub contestant: String,
    /// Its style.
    pub style: String,
    /// The package that was built.
    pub package: String,
    /// Crates of others in its tree, `name version`, sorted; those of build scripts left out.
    pub crates: Vec<String>,
    /// Its own source texts by name of the file.
    pub sources: BTreeMap<String, String>,
    /// Size of the program without symbols.
    pub binary_bytes: u64,
    /// Clean builds, in the order in which they were made.
    pub builds: Vec<CostBuild>,
    /// Executions, by flavour.
    pub runs: Vec<CostRuns>,
}

/// One build into an empty directory, by the kernel's account of cargo and all that it started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CostBuild {
    /// Round, from 1.
    pub round: u64,
    /// From start to end.
    pub wall_ns: u64,
    /// CPU time in user mode.
    pub user_ns: u64,
    /// CPU time in the kernel.
    pub system_ns: u64,
}

/// Executions of one flavour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CostRuns {
    /// Contestant and flavour, `tokio/current-thread`.
    pub who: String,
    /// In the order in which they were made.
    pub processes: Vec<CostProcess>,
}

/// One process: begun, some GETs, ended. What lies between its marks is its own account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CostProcess {
    /// Round, from 1.
    pub round: u64,
    /// The whole process, from its start by the harness until it was reaped.
    pub wall_ns: u64,
    /// From the beginning of `main` until the first GET is wanted by what runs it.
    pub up_ns: u64,
    /// The first GET, making the client and connecting included.
    pub first_ns: u64,
    /// Median of all later GETs.
    pub later_ns: u64,
    /// From the last body until client and runtime have ended.
    pub down_ns: u64,
    /// CPU time in user mode, of the whole process.
    pub user_ns: u64,
    /// CPU time in the kernel, of the whole process.
    pub system_ns: u64,
    /// Most resident memory, by its own account: the parent's has what the parent itself held.
    pub peak_resident_bytes: u64,
}
