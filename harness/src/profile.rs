//! How much a run does.

use triathlon_contract::Case;

use crate::selection::Scope;
use crate::{Failure, Result};

/// A named amount of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Name.
    pub name: &'static str,
    /// Rounds: every case once per round.
    pub rounds: u64,
    /// Parts that must agree; the rounds are divided among them.
    pub parts: u64,
    /// Share of a preset's laps, as a divisor.
    pub laps_divisor: u64,
    /// How many times its laps a preset does that only the CPU bounds: what takes
    /// longer makes ratios steadier, where there are verdicts to be made.
    pub laps_of_cpu: u64,
    /// Whether there are verdicts.
    pub verdicts: bool,
    /// What a run without filter measures.
    pub scope: Scope,
    /// What it is good for.
    pub about: &'static str,
}

/// All profiles.
pub static PROFILES: [Profile; 4] = [
    Profile {
        name: "smoke",
        rounds: 1,
        laps_divisor: 10,
        about: "one round with a tenth of the laps; proves that everything runs, no statistics",
        ..PLAIN
    },
    Profile { name: "quick", rounds: 6, about: "six rounds; ranges, no verdicts", ..PLAIN },
    Profile {
        name: "default",
        rounds: 15,
        laps_of_cpu: 4,
        verdicts: true,
        scope: Scope::Usual,
        about: "fifteen rounds; verdicts with intervals",
        ..PLAIN
    },
    Profile {
        name: "publish",
        rounds: 20,
        parts: 2,
        laps_of_cpu: 4,
        verdicts: true,
        scope: Scope::Headlines,
        about: "twenty rounds in two parts that must agree, headline presets; to cite",
        ..PLAIN
    },
];

/// What profiles have in common.
const PLAIN: Profile = Profile {
    name: "",
    rounds: 1,
    parts: 1,
    laps_divisor: 1,
    laps_of_cpu: 1,
    verdicts: false,
    scope: Scope::Quick,
    about: "",
};

/// The profile of that name.
///
/// # Errors
/// A usage failure that names the profiles there are.
pub fn find(name: &str) -> Result<Profile> {
    PROFILES.iter().find(|profile| profile.name == name).copied().ok_or_else(|| {
        let names: Vec<_> = PROFILES.iter().map(|profile| profile.name).collect();
        Failure::usage(format_args!("there is no profile {name:?}; choose {}", names.join(" or ")))
    })
}

impl Profile {
    /// Laps of a preset in this profile.
    pub fn laps(&self, preset: u64) -> u64 {
        (preset / self.laps_divisor).max(1)
    }

    /// Laps of a case in this profile.
    pub fn laps_of(&self, case: &Case) -> u64 {
        let times = match (case.slice, case.server) {
            // A second lap would be other work.
            _ if case.once => 1,
            // Files are as steady with few laps, and some presets wear a disk.
            (None, false) if case.files.is_some() => 1,
            // Long jobs in slices are steady already.
            (Some(_), false) => self.laps_of_cpu.div_ceil(2),
            (Some(_), true) => self.laps_of_cpu,
            (None, false) if case.waits.is_zero() => self.laps_of_cpu,
            (None, _) => 1,
        };
        self.laps(case.laps) * times
    }
}
