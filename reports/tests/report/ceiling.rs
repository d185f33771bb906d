//! The null ceiling, and workloads without a server.

use serde_json::Value;
use triathlon_contract::record::{ExecutionStatus, Record};
use triathlon_reports::table;

use crate::crowd::crowd;
use crate::files::rendered;
use crate::fixture::{Fixture, tiny};

const CEILING: &str = "c10-bytes-1024";
const BLOCKING: &str = "fan-out@n10/blocking";

fn summary(fixture: &Fixture) -> Value {
    serde_json::from_str(&rendered(fixture)["summary.json"]).unwrap()
}

/// The small run whose cells are held against a ceiling: blocking does ten
/// operations in 1 ms, the generator so many in that time.
fn held_against(operations: u64) -> Fixture {
    let mut fixture = tiny();
    fixture.run.ceilings = vec![CEILING.to_string()];
    for case in &mut fixture.run.cases {
        case.ceiling = Some(CEILING.to_string());
    }
    for record in &mut fixture.records {
        let window = record.window.as_mut().unwrap();
        (window.elapsed_ns, window.server_cpu_ns) = (1_000_000, 0);
        if record.id.ends_with("multi-thread") {
            window.elapsed_ns = 100_000_000;
        }
    }
    let generators: Vec<Record> = (1..=2)
        .map(|round| {
            let mut record = fixture.records[0].clone();
            record.id = format!("ceiling@{CEILING}/generator");
            record.round = round;
            let window = record.window.as_mut().unwrap();
            (window.samples, window.elapsed_ns) = (operations, 1_000_000);
            (window.server_cpu_ns, window.user_ns, window.system_ns) = (970_000, 100_000, 400_000);
            record
        })
        .collect();
    fixture.records.extend(generators);
    fixture
}

#[test]
fn a_rate_near_the_null_ceiling_marks_the_cell() {
    let check = |operations: u64, share: f64, want: Value| {
        let summary = summary(&held_against(operations));
        let cell = &summary["cells"][0];
        assert_eq!(cell["ceiling"], CEILING);
        assert!((cell["share_of_ceiling"].as_f64().unwrap() - share).abs() < 1e-5, "{cell}");
        assert_eq!(cell["limited"], want);
        assert_eq!(summary["cells"][1]["limited"], Value::Null, "a hundredth of its rate");
    };
    check(15, 0.666_667, Value::Null);
    check(
        14,
        0.714_286,
        format!("pair-limited: the rate is 71 % of the null ceiling {CEILING}").into(),
    );
}

#[test]
fn a_reason_names_everything_that_limits() {
    let mut fixture = held_against(10);
    for record in fixture.records.iter_mut().filter(|record| record.id == BLOCKING) {
        record.window.as_mut().unwrap().server_cpu_ns = 930_000;
    }
    let want = format!(
        "pair-limited: the mock server used 93 % of its CPU; the rate is 100 % of the null ceiling \
         {CEILING}"
    );
    assert_eq!(summary(&fixture)["cells"][0]["limited"], want);
}

#[test]
fn a_ceiling_is_no_cell_and_no_strange_record() {
    let fixture = held_against(20);
    let summary = summary(&fixture);
    assert_eq!(summary["cells"].as_array().unwrap().len(), fixture.run.cases.len());
    assert_eq!(summary["notes"], Value::Array(Vec::new()));
    let counts = &summary["executions"];
    assert_eq!((&counts["recorded"], &counts["ceilings"]), (&6.into(), &2.into()));
    assert_eq!((&counts["ok"], &counts["proven"]), (&6.into(), &6.into()));
    let ceiling = &summary["ceilings"][0];
    assert_eq!((&ceiling["name"], &ceiling["n"]), (&CEILING.into(), &2.into()));
    assert_eq!(
        (&ceiling["connections"], &ceiling["document"]),
        (&10.into(), &"/bytes/1024".into())
    );
    assert_eq!(ceiling["throughput_per_s"]["median"], 20_000.0);
    assert_eq!(ceiling["server_cpu_share"]["median"], 0.97);
    assert_eq!(ceiling["generator_cpu_share"]["median"], 0.5);
}

#[test]
fn a_ceiling_that_the_run_does_not_name_is_strange() {
    let mut fixture = held_against(20);
    fixture.run.ceilings = vec!["c1-bytes-1".to_string(), "nothing".to_string()];
    let summary = summary(&fixture);
    assert!(summary["notes"][0].as_str().unwrap().starts_with("2 records name no case"));
    assert_eq!(summary["ceilings"].as_array().unwrap().len(), 1, "nothing is no ceiling");
    assert_eq!(summary["ceilings"][0]["throughput_per_s"], Value::Null);
    assert_eq!(summary["cells"][0]["share_of_ceiling"], Value::Null);
}

#[test]
fn a_generator_that_failed_is_told_and_not_held_against() {
    let mut fixture = held_against(12);
    let last = fixture.records.last_mut().unwrap();
    (last.status, last.reason) = (ExecutionStatus::Failed, "connection reset".to_string());
    last.window.as_mut().unwrap().samples = 1;
    let summary = summary(&fixture);
    let note = summary["notes"][0].as_str().unwrap();
    assert!(note.starts_with("1 of 2 executions of the bare generator failed"), "{note}");
    assert!(note.ends_with("connection reset"), "{note}");
    assert_eq!(summary["ceilings"][0]["n"], 1);
    assert!(summary["cells"][0]["limited"].is_string());
}

#[test]
fn ceilings_stand_beside_the_table_that_is_held_against_them() {
    let files = rendered(&held_against(14));
    let page = files["report.html"].replace('\u{202f}', " ");
    let (_, rest) = page.split_once("id=\"comparison-fan-out\"").unwrap();
    let comparison = rest.split_once("</section>").unwrap().0;
    assert!(comparison.contains("Null ceilings of fan-out"));
    assert!(comparison.contains("14.0 k/s") && comparison.contains("97.0 %"), "{comparison}");
    assert!(comparison.contains("the rate is 71 % of the null ceiling"));
    let row = format!("| {CEILING} | /bytes/1024 | 14000");
    let row =
        row.replace("14000", "14\u{202f}000 [14\u{202f}000–14\u{202f}000] | 97.0 [97.0–97.0]");
    assert!(files["summary.md"].contains(&row), "{}", files["summary.md"]);
    let dir = tempfile::tempdir().unwrap();
    held_against(14).write(dir.path());
    let text = table(dir.path(), 120).unwrap();
    let row = text.lines().find(|line| line.contains(" blocking ")).unwrap();
    assert!(row.contains('†'), "{text}");
    let without = rendered(&tiny());
    assert!(!without["report.html"].contains("Null ceilings of"));
    assert!(!without["summary.md"].contains("Null ceiling"));
}

#[test]
fn without_a_server_two_accounts_prove_equal_work() {
    let fixture = crowd();
    let summary = summary(&fixture);
    assert_eq!(summary["executions"]["proven"], summary["executions"]["ok"]);
    let mut fixture = tiny();
    for record in &mut fixture.records {
        record.witness = None;
    }
    let proven = |fixture: &Fixture| self::summary(fixture)["executions"]["proven"].clone();
    assert_eq!(proven(&fixture), 0, "a server takes part, and there is no witness");
    fixture.run.workloads[0].server = false;
    assert_eq!(proven(&fixture), 6);
    fixture.records[0].outcome.as_mut().unwrap().checksum = 8;
    assert_eq!(proven(&fixture), 5);
}

#[test]
fn without_a_server_the_contestant_has_all_cpus_and_nothing_is_the_server_s() {
    let mut fixture = tiny();
    for record in &mut fixture.records {
        let window = record.window.as_mut().unwrap();
        (window.elapsed_ns, window.user_ns, window.system_ns) = (1000, 800, 200);
        window.server_cpu_ns = 900;
    }
    let cell = |fixture: &Fixture| summary(fixture)["cells"][0].clone();
    assert_eq!(cell(&fixture)["metrics"]["contestant_cpu_share"]["median"], 1.0);
    assert!(cell(&fixture)["limited"].is_string());
    fixture.run.workloads[0].server = false;
    assert_eq!(cell(&fixture)["metrics"]["contestant_cpu_share"]["median"], 0.5);
    assert_eq!(cell(&fixture)["metrics"]["server_cpu_share"], Value::Null);
    assert_eq!(cell(&fixture)["limited"], Value::Null);
}

#[test]
fn the_page_says_where_no_server_takes_part() {
    let page = &rendered(&crowd())["report.html"];
    assert!(page.contains("in cpu, where no server takes part, outcome = expectation"));
    assert!(page.contains("Where no server takes part (cpu): contestant CPU 0, 1, 2 workers"));
    let mut fixture = tiny();
    assert!(!rendered(&fixture)["report.html"].contains("Where no server takes part"));
    fixture.run.workloads[0].server = false;
    let page = &rendered(&fixture)["report.html"];
    assert!(page.contains("no server takes part, so there is no witness"));
    assert!(!page.contains("outcome = expectation = witness"));
}
