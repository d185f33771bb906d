//! What `run.json` says of workloads and cases.

use super::family::is_stack;
use super::raw::{Raw, cut, list, text};

/// Five workloads: round after round through the categories, one of each.
pub(super) fn chosen(raw: &Raw) -> Vec<&str> {
    let workloads = list(&raw.run["workloads"]);
    let mut queues: Vec<(&str, Vec<&str>)> = Vec::new();
    for workload in workloads {
        let (category, name) = (text(&workload["category"]), text(&workload["name"]));
        match queues.iter_mut().find(|(known, _)| *known == category) {
            Some((_, names)) => names.push(name),
            None => queues.push((category, vec![name])),
        }
    }
    let mut taken: Vec<&str> = Vec::new();
    while taken.len() < 5.min(workloads.len()) {
        for (_, names) in queues.iter_mut().filter(|(_, names)| !names.is_empty()) {
            let next = names.remove(0);
            if taken.len() < 5 {
                taken.push(next);
            }
        }
    }
    let all = workloads.iter().map(|workload| text(&workload["name"]));
    all.filter(|name| taken.contains(name)).collect()
}

pub(super) fn metric<'a>(raw: &'a Raw, name: &str) -> &'a str {
    text(&raw.workload(name)["chart"]["metric"])
}

pub(super) fn more_is_wanted(metric: &str) -> bool {
    metric == "throughput_per_s"
}

/// Presets of a workload in the order of the plan.
pub(super) fn presets<'a>(raw: &'a Raw, name: &str) -> Vec<&'a str> {
    let mut presets = Vec::new();
    for id in raw.ids().into_iter().filter(|id| cut(id).workload == name) {
        if !presets.contains(&cut(id).preset) {
            presets.push(cut(id).preset);
        }
    }
    presets
}

/// The case that a case is compared with: the plain reference, or for a client
/// of its own the reference with the same, where there is one.
pub(super) fn reference<'a>(raw: &'a Raw, id: &str) -> Option<&'a str> {
    let what = id.split_once('/').unwrap().0;
    let plain = format!("{what}/{}", text(&raw.run["reference"]));
    let stack = format!("{plain}:stack");
    let find = |wanted: &str| raw.ids().into_iter().find(|id| *id == wanted);
    let own = if is_stack(id) { find(&stack).or(find(&plain)) } else { find(&plain) };
    own.filter(|own| *own != id)
}

/// Whether the figure has a panel for a preset: somebody has a ratio.
pub(super) fn is_drawn(raw: &Raw, name: &str, preset: &str) -> bool {
    let own = |id: &&str| cut(id).workload == name && cut(id).preset == preset;
    raw.ids().into_iter().filter(own).any(|id| {
        let values = |id: &str| raw.rounds(id, false, metric(raw, name));
        let common = |to: &str| values(id).keys().any(|round| values(to).contains_key(round));
        reference(raw, id).is_some_and(common)
    })
}

pub(super) fn noun(raw: &Raw, name: &str) -> String {
    let operation = text(&raw.workload(name)["operation"]);
    match metric(raw, name) {
        "elapsed_s" => "time".to_string(),
        "throughput_per_s" => "throughput".to_string(),
        "cpu_us_per_op" => format!("CPU time per {operation}"),
        "ctx_switches_per_op" => format!("context switches per {operation}"),
        "peak_rss_bytes" => "peak memory".to_string(),
        "response_p99_us" => "99th percentile of response time".to_string(),
        other => other.replace('_', " "),
    }
}
