//! Contestants that other programs execute: known here for planning, built and started
//! only by whoever asks for them.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use triathlon_contract::{Contestant, Outcome, Query, Setting, Way};
use triathlon_guests::Program;
use triathlon_guests::drivers::{self, POSTGRES, SQLX, TOKIO_POSTGRES};
use triathlon_lab::Lab;

/// A contestant and who executes it.
pub struct Guest {
    /// The contestant, with cells that do not run in this program.
    pub contestant: &'static Contestant,
    /// The program.
    pub program: Program,
}

static WAYS: [[Way<Query>; 1]; 3] = [
    [TOKIO_POSTGRES.way(elsewhere::<Query>)],
    [SQLX.way(elsewhere::<Query>)],
    [POSTGRES.way(elsewhere::<Query>)],
];

static CONTESTANTS: [Contestant; 3] =
    [TOKIO_POSTGRES.contestant(&WAYS[0]), SQLX.contestant(&WAYS[1]), POSTGRES.contestant(&WAYS[2])];

/// The list, in the order of the page, where they follow the contestants of this program.
pub static ALL: [Guest; 3] = [
    Guest { contestant: &CONTESTANTS[0], program: drivers::PROGRAM },
    Guest { contestant: &CONTESTANTS[1], program: drivers::PROGRAM },
    Guest { contestant: &CONTESTANTS[2], program: drivers::PROGRAM },
];

/// In place of a cell that another program has.
fn elsewhere<W>(_: &W, _: &Setting, _: &mut Lab) -> Result<Outcome> {
    bail!("this contestant is executed by a program of its own");
}

/// The guest of that name.
pub fn find(name: &str) -> Option<&'static Guest> {
    ALL.iter().find(|guest| guest.contestant.name == name)
}

/// Name and program of each guest whose program lies beside `own`.
pub fn beside(own: &Path) -> Vec<(String, PathBuf)> {
    let folder = own.parent().unwrap_or(Path::new("."));
    let found = ALL
        .iter()
        .map(|guest| (guest.contestant.name.to_string(), folder.join(guest.program.name)));
    found.filter(|(_, program)| program.is_file()).collect()
}

impl Guest {
    /// Why it does not run, if none of these programs executes it.
    pub fn missing(&self, programs: &[(String, PathBuf)]) -> Option<String> {
        let there = programs.iter().any(|(name, _)| name == self.contestant.name);
        let Program { name, build } = self.program;
        (!there).then(|| format!("{name} is not there to execute it: build it with `{build}`"))
    }
}
