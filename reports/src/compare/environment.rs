//! What differs around two runs.

use std::collections::{BTreeMap, BTreeSet};

use triathlon_contract::record::RunFile;

use super::matter::Difference;
use crate::text;

/// Machine, build, versions, placement and plan, in this order; what is alike is left
/// out.
pub(super) fn differences(before: &RunFile, after: &RunFile) -> Vec<Difference> {
    let (a, b) = (facts(before), facts(after));
    let mut named: Vec<&String> = a.iter().map(|(name, _)| name).collect();
    let seen: BTreeSet<&String> = named.iter().copied().collect();
    named.extend(b.iter().map(|(name, _)| name).filter(|name| !seen.contains(name)));
    let value = |facts: &[(String, String)], name: &str| {
        facts.iter().find(|(own, _)| own == name).map_or("none".to_string(), |(_, v)| text::line(v))
    };
    let both = named.into_iter().map(|name| Difference {
        name: text::line(name),
        before: value(&a, name),
        after: value(&b, name),
    });
    both.filter(|difference| difference.before != difference.after).collect()
}

fn facts(run: &RunFile) -> Vec<(String, String)> {
    let mut facts = vec![
        ("machine".to_string(), run.machine.id.clone()),
        ("machine class".to_string(), run.machine.class.clone()),
    ];
    let prefixed = |prefix: &str, map: &BTreeMap<String, String>| -> Vec<(String, String)> {
        map.iter().map(|(name, value)| (format!("{prefix}{name}"), value.clone())).collect()
    };
    facts.extend(prefixed("", &run.machine.facts));
    facts.extend(prefixed("build: ", &run.build));
    facts.extend(prefixed("version of ", &run.versions));
    let placement = &run.placement;
    let cpus = |cpus: &[usize]| format!("{cpus:?}");
    let own = [
        ("SHA-256 of Cargo.lock", run.lock_sha256.clone()),
        ("commit", format!("{}{}", run.commit, if run.dirty { "+dirty" } else { "" })),
        ("suite version", run.suite_version.clone()),
        ("profile", run.profile.clone()),
        ("rounds", run.rounds.to_string()),
        ("reference", run.reference.clone()),
        ("CPUs of the contestant", cpus(&placement.contestant_cpus)),
        ("CPUs of the server", cpus(&placement.server_cpus)),
        ("workers", placement.workers.to_string()),
        ("CPUs without a server", cpus(&placement.alone_cpus)),
        ("disturbed executions count", run.keep_disturbed.to_string()),
    ];
    facts.extend(own.map(|(name, value)| (name.to_string(), value)));
    facts
}
