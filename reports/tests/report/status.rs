//! What is said of a cell, and of a run.

use serde_json::Value;

use crate::files::rendered;
use crate::fixture::{Fixture, fail, tiny};

const BLOCKING: &str = "fan-out@n10/blocking";

fn summary(fixture: &Fixture) -> Value {
    serde_json::from_str(&rendered(fixture)["summary.json"]).unwrap()
}

#[test]
fn a_status_follows_from_the_executions() {
    type Change = fn(&mut Fixture);
    let check = |change: Change, status: &str, reason: &str, n: u64, interrupted: bool| {
        let mut fixture = tiny();
        change(&mut fixture);
        let summary = summary(&fixture);
        let cell = &summary["cells"][0];
        assert_eq!(cell["id"], BLOCKING);
        assert_eq!((&cell["status"], &cell["reason"]), (&status.into(), &reason.into()));
        assert_eq!((&cell["n"], &summary["interrupted"]), (&n.into(), &interrupted.into()));
        assert_eq!(cell["metrics"].as_object().unwrap().is_empty(), n == 0);
    };
    let never = "planned, not executed: the run was interrupted";
    check(|_| {}, "valid", "", 2, false);
    check(
        |f| fail(&mut f.records, BLOCKING, 1, "late"),
        "degraded",
        "1 of 2 executions failed: late",
        1,
        false,
    );
    check(|f| fail(&mut f.records, BLOCKING, 2, "late"), "failed", "late", 0, false);
    check(|f| fail(&mut f.records, BLOCKING, 2, " "), "failed", "no reason was recorded", 0, false);
    check(|f| f.records.retain(|r| r.id != BLOCKING), "not-run", never, 0, true);
    check(|f| f.records.truncate(3), "valid", "", 1, true);
    check(
        |f| f.records[0].window = None,
        "degraded",
        "1 of 2 executions failed: the record has no window",
        1,
        false,
    );
    check(
        |f| {
            f.run.cases[0].absent = Some("no".to_string());
            f.records.retain(|r| r.id != BLOCKING);
        },
        "absent",
        "no",
        0,
        false,
    );
}

#[test]
fn twins_are_noise_and_no_executions_of_the_reference() {
    let summary = summary(&tiny());
    assert_eq!(summary["cells"][1]["n"], 2);
    assert_eq!(summary["executions"]["twins"], 2);
    assert_eq!(summary["noise"][0]["n"], 2);
}

#[test]
fn a_busy_server_marks_the_cell() {
    let check = |server_cpu_ns: u64, want: Value| {
        let mut fixture = tiny();
        for window in fixture.records.iter_mut().filter_map(|record| record.window.as_mut()) {
            (window.elapsed_ns, window.server_cpu_ns) = (1000, server_cpu_ns);
        }
        assert_eq!(summary(&fixture)["cells"][0]["limited"], want);
    };
    check(799, Value::Null);
    check(800, "pair-limited: the mock server used 80 % of its CPU".into());
    check(930, "pair-limited: the mock server used 93 % of its CPU".into());
}

#[test]
fn a_late_server_marks_the_cell() {
    let check = |delay_us: u64, p90: f64, want: Value| {
        let mut fixture = tiny();
        for case in &mut fixture.run.cases {
            case.parameters.insert("delay_us".to_string(), delay_us);
        }
        for record in &mut fixture.records {
            record.window.as_mut().unwrap().server_cpu_ns = 0;
            let excess = triathlon_contract::record::Spread { p50: 1.0, p90, max: p90 };
            record.witness.as_mut().unwrap().delay_excess_us = Some(excess);
        }
        assert_eq!(summary(&fixture)["cells"][0]["limited"], want, "{delay_us} {p90}");
    };
    check(1000, 500.0, Value::Null);
    check(1000, 600.0, "pair-limited: the mock server answered 0.6 ms late (p90)".into());
    check(20_000, 2000.0, Value::Null);
    check(20_000, 2900.0, "pair-limited: the mock server answered 2.9 ms late (p90)".into());
}

#[test]
fn a_ratio_is_limited_with_either_of_its_sides() {
    let mut fixture = tiny();
    for record in &mut fixture.records {
        let busy = record.id.ends_with("multi-thread");
        let window = record.window.as_mut().unwrap();
        (window.elapsed_ns, window.server_cpu_ns) = (1000, if busy { 900 } else { 0 });
        record.witness.as_mut().unwrap().delay_excess_us = None;
    }
    let summary = summary(&fixture);
    let (blocking, reference) = (&summary["cells"][0], &summary["cells"][1]);
    assert_eq!((&blocking["limited"], &blocking["ratio_limited"]), (&Value::Null, &true.into()));
    assert!(reference["limited"].is_string());
    assert_eq!(reference["ratio_limited"], true);
}

#[test]
fn equal_work_is_compared_again() {
    let mut fixture = tiny();
    fixture.records[0].outcome.as_mut().unwrap().checksum = 8;
    let executions = &summary(&fixture)["executions"];
    assert_eq!((&executions["ok"], &executions["proven"]), (&6.into(), &5.into()));
}

#[test]
fn records_of_no_case_are_counted_and_left_out() {
    let mut fixture = tiny();
    fixture.records[0].id = "fan-out@n11/blocking".to_string();
    let summary = summary(&fixture);
    assert!(summary["notes"][0].as_str().unwrap().starts_with("1 record names no case"));
    assert_eq!(summary["cells"][0]["n"], 1);
}
