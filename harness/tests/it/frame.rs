//! Every contestant of the frame has every cell, or says why not.

use std::collections::BTreeMap;

use triathlon::machine::{self, Share};
use triathlon::{contestants, selection};
use triathlon_contract::WORKLOADS;

/// Who has nothing to do in a whole workload: its reason is the same for all presets.
const SITS_OUT: &[(&str, &str)] = &[
    ("spawn", "blocking"),
    ("ring", "blocking"),
    ("ring", "rayon"),
    ("cancel", "blocking"),
    ("cancel", "rayon"),
    ("sleepers", "blocking"),
    ("sleepers", "threads-pool"),
    ("sleepers", "rayon"),
    ("serve", "rayon"),
    ("serve-idle", "rayon"),
    ("serve-slow", "blocking"),
    ("serve-slow", "rayon"),
    // Both have one client at most.
    ("serve-load", "blocking"),
    ("serve-load", "rayon"),
    ("serve-overload", "blocking"),
    ("serve-overload", "rayon"),
];

#[test]
fn every_contestant_has_every_cell_measured_or_absent_with_a_reason() {
    let all = selection::all(&machine::placement(Share::Half), machine::limits().unwrap());
    let mut cells: BTreeMap<(String, String), (u32, u32)> = BTreeMap::new();
    for selected in &all {
        let id = &selected.case.id;
        let (runs, presets) = cells.entry((id.workload.clone(), id.who())).or_default();
        *presets += 1;
        match &selected.case.absent {
            None => *runs += 1,
            Some(reason) => assert!(reason.len() > 40, "{id}: {reason}"),
        }
    }
    let frame = [
        "blocking",
        "threads-per-op",
        "threads-pool",
        "rayon",
        "tokio/multi-thread",
        "tokio/current-thread",
        "async-std",
        "smol/multi-thread",
        "smol/single",
    ];
    for workload in WORKLOADS {
        for who in frame {
            let (runs, presets) = cells[&(workload.name.to_string(), who.to_string())];
            let contestant = who.split('/').next().unwrap();
            let sits_out = SITS_OUT.contains(&(workload.name, contestant));
            let name = workload.name;
            assert!(presets > 1, "{name}: {who} has {presets}");
            assert_eq!(runs == 0, sits_out, "{name}: {who} runs {runs} of {presets}");
        }
    }
}

#[test]
fn what_is_discontinued_says_so_with_its_advisory() {
    let about = contestants::find("async-std").unwrap().about;
    assert!(about.starts_with("Discontinued upstream (RUSTSEC-2025-0052)"), "{about}");
}
