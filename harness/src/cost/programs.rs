//! Which programs there are, and what is known of them without a build.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use triathlon_contract::Contestant;
use triathlon_contract::record::{CostProgram, CostRuns};

use super::Wanted;
use super::cargo::{Cargo, root};
use crate::contestants;
use crate::interrupt::Interrupt;

/// The package of a contestant's small program, which is also the program's name.
pub fn package(contestant: &Contestant) -> String {
    format!("cost-{}", contestant.name)
}

/// All that are wanted, not built yet.
pub(super) fn programs(
    wanted: &Wanted,
    cargo: &Cargo,
    interrupt: &Interrupt,
) -> crate::Result<Vec<CostProgram>> {
    let mut programs = Vec::new();
    for contestant in &wanted.contestants {
        let package = package(contestant);
        let folder = root().join("harness/cost").join(contestant.name).join("src");
        programs.push(CostProgram {
            contestant: contestant.name.to_string(),
            style: contestant.style.name().to_string(),
            crates: crates(&cargo.tree(&package, interrupt)?),
            sources: sources(&folder)?,
            package,
            binary_bytes: 0,
            builds: Vec::new(),
            runs: contestant.flavours.iter().map(|flavour| runs(contestant, flavour)).collect(),
        });
    }
    Ok(programs)
}

fn runs(contestant: &Contestant, flavour: &str) -> CostRuns {
    CostRuns { who: contestants::who(contestant, flavour), processes: Vec::new() }
}

/// Crates of others, once each, from the lines of `cargo tree`: those of this workspace have
/// their directory behind the version.
fn crates(tree: &str) -> Vec<String> {
    let names: BTreeSet<String> = tree
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
            let own = words.next().is_some_and(|word| word.starts_with("(/"));
            (!own).then(|| format!("{name} {version}"))
        })
        .collect();
    names.into_iter().collect()
}

/// Texts of a folder by name.
fn sources(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut sources = BTreeMap::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        sources.insert(name, text);
    }
    ensure!(!sources.is_empty(), "{} has no source", folder.display());
    Ok(sources)
}

#[cfg(test)]
mod tests {
    use super::crates;

    #[test]
    fn crates_of_others_are_counted_once() {
        let tree = "\
cost-blocking v0.1.0 (/home/me/suite/harness/cost/blocking)
anyhow v1.0.104
serde_derive v1.0.229 (proc-macro)
syn v3.0.10
syn v2.0.119
anyhow v1.0.104 (*)
triathlon-errand v0.1.0 (/home/me/suite/harness/cost/errand)

";
        let want = ["anyhow 1.0.104", "serde_derive 1.0.229", "syn 2.0.119", "syn 3.0.10"];
        assert_eq!(crates(tree), want);
        assert!(crates("").is_empty());
    }
}
