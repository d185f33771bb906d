//! How far a process may go, against what the default run asks for.

use triathlon_contract::record::{Finding, Level};

use super::{finding, ok, unreadable, with};
use crate::doctor::facts::Facts;

/// Open files.
pub(in crate::doctor) fn descriptors(facts: &Facts) -> Finding {
    let needs = &facts.needs;
    let Some((soft, hard)) = facts.bounds.descriptors else {
        return unreadable("Every connection is a descriptor.");
    };
    let need = needs.descriptors;
    let found = format!("soft limit {soft}, hard limit {hard}; the largest case needs {need}");
    let finding = match needs.without_descriptors {
        0 => ok(found, "A run raises the soft limit to the hard one by itself; all cases fit."),
        lost => left_out(
            found,
            lost,
            needs.cases,
            &format!(
                "`sudo prlimit --pid $$ --nofile={need}:{need}` in this shell; fine to leave if \
                 you do not need these cases"
            ),
        ),
    };
    with(finding, [("soft", soft as f64), ("hard", hard as f64), ("needed", need as f64)])
}

/// Threads.
pub(in crate::doctor) fn threads(facts: &Facts) -> Finding {
    let (needs, bounds) = (&facts.needs, &facts.bounds);
    let all = &bounds.threads;
    let Some((binding, most)) = all.iter().min_by_key(|(_, most)| *most).copied() else {
        return unreadable("A style may ask for a thread for every operation in flight.");
    };
    let need = needs.threads;
    let each: Vec<String> = all.iter().map(|(name, most)| format!("{name}: {most}")).collect();
    let found = format!("up to {most}; the largest case needs {need} ({})", each.join(", "));
    let finding = match needs.without_threads {
        0 => ok(found, "All cases fit."),
        lost => left_out(found, lost, needs.cases, &raise(binding, need)),
    };
    with(finding, [("threads", most as f64), ("needed", need as f64)])
}

/// How the setting that binds is raised.
fn raise(setting: &str, need: u64) -> String {
    let command = match setting {
        // Four maps a thread and some spare: see `machine::limits`.
        "vm.max_map_count" => format!("`sudo sysctl vm.max_map_count={}`", (need + 256) * 4),
        "ulimit -u" => format!("`sudo prlimit --pid $$ --nproc={0}:{0}` in this shell", need * 2),
        "pids.max of the cgroup" => "start the container with `--pids-limit -1`".to_string(),
        "ulimit -v" => "`ulimit -v unlimited` in this shell".to_string(),
        "vm.overcommit_memory" => "`sudo sysctl vm.overcommit_memory=0`".to_string(),
        "free memory" => "end what holds memory".to_string(),
        setting => format!("`sudo sysctl {setting}={}`", need * 2),
    };
    format!("{command}; fine to leave if you do not need these cases")
}

/// Cases that a limit leaves out: a warning, or, if most are, a problem.
pub(super) fn left_out(found: String, lost: u64, cases: u64, advice: &str) -> Finding {
    let means = format!("{lost} of {cases} default cases are absent for that.");
    let level = if lost * 2 > cases { Level::Problem } else { Level::Warning };
    finding(level, found, &means, advice)
}
