//! What the page and the terminal say of requests that are given up.

use triathlon_contract::Abandoned;
use triathlon_contract::record::{BesideRecord, Service, WorkloadFile};
use triathlon_reports::table;

use crate::files::rendered;
use crate::fixture::{Fixture, case, chart, fixture_of, run};
use crate::verdict::summary;

/// Three requests are given up in each of two rounds: in 10 to 15 ms by tokio, in twice
/// that by threads.
fn given_up() -> Fixture {
    let mut run = run(2);
    let chart =
        chart("connections", "connections (C)", "body_bytes", "body, B", "giving_up_mean_us");
    run.workloads = vec![WorkloadFile {
        name: "deadline".to_string(),
        category: "runtime".to_string(),
        operation: "request".to_string(),
        beside: Some("timeout".to_string()),
        chart,
        ..run.workloads[0].clone()
    }];
    for who in ["threads-per-op", "tokio/multi-thread"] {
        let parameters = [("connections", 4), ("body_bytes", 128)];
        run.cases.push(case(&format!("deadline@c4/{who}"), &parameters));
    }
    let mut fixture = fixture_of(run);
    for record in &mut fixture.records {
        let factor = if record.id.contains("tokio") { 1.0 } else { 2.0 };
        let service_us = Service {
            mean: 12_000.0 * factor,
            p50: Some(10_000.0 * factor),
            p90: None,
            p99: None,
            max: 15_000.0 * factor,
        };
        record.beside = Some(BesideRecord { count: 3, lag_mean_us: 0.0, service_us });
    }
    fixture
}

#[test]
fn a_closed_loop_that_gives_up_is_told_by_how_long_that_takes() {
    let fixture = given_up();
    let cell = |who: &str| {
        let summary = summary(&fixture);
        let cells = summary["cells"].as_array().unwrap();
        cells.iter().find(|cell| cell["id"] == format!("deadline@c4/{who}")).unwrap().clone()
    };
    let tokio = cell("tokio/multi-thread");
    for (metric, want) in [
        ("given_up", 3.0),
        ("giving_up_mean_us", 12_000.0),
        ("giving_up_p50_us", 10_000.0),
        ("giving_up_max_us", 15_000.0),
    ] {
        assert_eq!(tokio["metrics"][metric]["median"], want, "{metric}");
    }
    assert!(tokio["metrics"].get("giving_up_p90_us").is_none(), "three have no tenth");
    assert!(tokio["metrics"].get("calls").is_none(), "nothing is held up");
    let threads = cell("threads-per-op");
    assert_eq!(threads["ratio_to_reference"]["giving_up_mean_us"]["median"], 2.0);

    let page = &rendered(&fixture)["report.html"];
    let (_, comparison) = page.split_once("id=\"comparison-deadline\"").unwrap();
    let first = comparison.find("Giving up, mean").unwrap();
    assert!(first < comparison.find("Elapsed").unwrap(), "before everything else");
    assert!(comparison.contains("Giving up, longest"));

    let dir = tempfile::tempdir().unwrap();
    fixture.write(dir.path());
    let table = table(dir.path(), 120).unwrap();
    assert!(table.contains("giving up mean") && table.contains("12.0"), "{table}");
}

/// The page proves an execution once more from its record, with what must be left.
#[test]
fn what_leaves_a_descriptor_behind_is_not_proven() {
    let proven = |open: u64, close: u64| {
        let mut fixture = given_up();
        for record in &mut fixture.records {
            record.expected.abandoned = Some(Abandoned { closed: 2, ..Abandoned::default() });
            let window = record.window.as_mut().unwrap();
            (window.descriptors_open, window.descriptors_close) = (Some(open), Some(close));
        }
        summary(&fixture)["executions"]["proven"].as_u64().unwrap()
    };
    let all = given_up().records.len() as u64;
    assert_eq!((proven(9, 7), proven(9, 8), proven(9, 6)), (all, 0, 0));
}
