//! Servers that are asked for more than they can do: all accounts agree, however much it
//! was, and a stop in the middle leaves nothing.

use std::fs;
use std::path::Path;

use triathlon_contract::record::{ExecutionStatus, Record};

use crate::interrupt::ctrl_c_leaves_nothing;
use crate::support::succeeds;

/// Connections of the preset, each with one request before the window.
const CONNECTIONS: u64 = 256;

fn records(out: &Path) -> Vec<Record> {
    let lines = fs::read_to_string(out.join("latest/records.jsonl")).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn plan_clients_and_server_agree_however_much_was_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let cases = "^serve-overload@plain-c256/(threads-pool|threads-per-op|smol/single)$";
    let arguments = ["run", cases, "--rounds", "1", "--keep-disturbed", "--quiet", "--out", "out"];
    succeeds(directory.path(), &arguments);
    let out = directory.path().join("out");
    let records = records(&out);
    assert!(records.len() >= 3, "{}", records.len());
    let mut overloaded = 0;
    for record in records {
        let id = &record.id;
        assert_eq!(record.status, ExecutionStatus::Ok, "{id}: {}", record.reason);
        let (driven, outcome) = (record.driven.unwrap(), record.outcome.unwrap());
        let overload = driven.overload.unwrap();
        assert_eq!(driven.generator.ok, overload.requests() + CONNECTIONS, "{id}");
        assert_eq!((outcome.ok, outcome.bytes), (driven.generator.ok, driven.generator.bytes));
        assert_eq!(outcome.checksum, driven.generator.checksum, "{id}");
        assert_eq!(record.expected.ok, driven.generator.ok, "{id}");
        assert_eq!(record.window.unwrap().samples, overload.requests(), "{id}");
        let percents: Vec<u64> = overload.steps.iter().map(|step| step.percent).collect();
        assert_eq!(percents, [50, 100, 150, 200, 300, 50], "{id}");
        let contest = overload.contest;
        assert!(contest.capacity_per_s > 0.0 && contest.jain > 1.0 / CONNECTIONS as f64, "{id}");
        assert!(contest.least <= 1.0 && contest.greatest >= 1.0, "{id}: {contest:?}");
        for step in &overload.steps {
            let want = contest.capacity_per_s * step.percent as f64 / 100.0;
            let offered = step.offered as f64 * 1e9 / step.length_ns as f64;
            assert!((offered / want - 1.0).abs() < 0.3, "{id}: {step:?} of {want}");
            assert!(step.good <= step.answered && step.late <= step.offered, "{id}: {step:?}");
        }
        let thrice = overload.steps[4];
        overloaded += usize::from(thrice.answered < thrice.offered && thrice.late > 0);
    }
    // Three times what it can do is more than it does. A contest that others disturbed is no
    // capacity; that happens to one.
    assert!(overloaded >= 2, "{overloaded}");
    let page = fs::read_to_string(out.join("latest/report.html")).unwrap();
    assert!(page.contains("Goodput, to capacity") && page.contains("in order, nothing lost"));
}

#[test]
fn ctrl_c_in_the_middle_of_the_staircase_leaves_nothing() {
    let directory = ctrl_c_leaves_nothing(
        "^serve-overload@plain-c256/(threads-per-op|tokio/multi-thread)$",
        "overload-stop",
    );
    for record in records(&directory.path().join("out")) {
        assert_eq!(record.status, ExecutionStatus::Ok, "{}: {}", record.id, record.reason);
    }
}
