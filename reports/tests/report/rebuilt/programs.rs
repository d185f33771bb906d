//! What `cost.json` has of the small programs, as plain JSON.

use super::raw::{Raw, Rounds, list, number, text};

/// Whether they were measured beside the run, on its machine.
pub(super) fn programs(raw: &Raw) -> bool {
    !raw.cost.is_null()
}

/// A figure of one of them, by rounds of its own; nothing where it is of another machine.
pub(super) fn program(raw: &Raw, who: &str, metric: &str) -> Rounds {
    if raw.cost["machine"] != raw.run["machine"]["id"] {
        return Rounds::new();
    }
    let contestant = who.split('/').next().unwrap();
    let programs = list(&raw.cost["programs"]);
    let program = programs.iter().find(|program| program["contestant"] == contestant).unwrap();
    let runs = list(&program["runs"]).iter().find(|runs| text(&runs["who"]) == who).unwrap();
    let each = |of: &serde_json::Value, fields: &[&str], unit: f64| -> Rounds {
        let sum = |one: &serde_json::Value| {
            fields.iter().map(|field| number(&one[*field])).sum::<f64>() / unit
        };
        list(of).iter().map(|one| (one["round"].as_u64().unwrap(), sum(one))).collect()
    };
    match metric {
        "build_s" => each(&program["builds"], &["wall_ns"], 1e9),
        "process_s" => each(&runs["processes"], &["wall_ns"], 1e9),
        "start_stop_us" => each(&runs["processes"], &["up_ns", "down_ns"], 1e3),
        "binary_bytes" => [(1, number(&program["binary_bytes"]))].into(),
        "crates" => [(1, list(&program["crates"]).len() as f64)].into(),
        other => panic!("no rule for {other}"),
    }
}
