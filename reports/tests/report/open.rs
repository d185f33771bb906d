//! An open loop on the page and in the files.

use serde_json::Value;
use triathlon_contract::record::{CapacityRecord, OpenRecord, OpenTimes, PaceRecord};

use crate::files::rendered;
use crate::fixture::{Fixture, fixture_of, run};
use crate::made_up::REFERENCE;

const BLOCKING: &str = "open-loop@c64-d0-p50/blocking";

fn times(us: f64) -> OpenTimes {
    let some = |factor: f64| Some(us * factor);
    let (p50, p90, p95, p99) = (some(1.0), some(2.0), some(2.5), some(4.0));
    OpenTimes { mean: us * 1.2, p50, p90, p95, p99, p99_9: None, max: us * 9.0 }
}

/// Two contestants, three rounds; of the first so many executions are saturated.
pub(crate) fn open(saturated: usize) -> Fixture {
    let mut run = run(3);
    run.contestants.retain(|c| c.who == "blocking" || c.who == REFERENCE);
    run.workloads.truncate(1);
    let workload = &mut run.workloads[0];
    workload.name = "open-loop".to_string();
    workload.open = true;
    workload.operation = "request".to_string();
    workload.chart.metric = "response_p99_us".to_string();
    for who in ["blocking", REFERENCE] {
        let parameters = [("connections", 64), ("of_capacity_percent", 50), ("rate_per_s", 0)];
        run.cases.push(crate::fixture::case(&format!("open-loop@c64-d0-p50/{who}"), &parameters));
    }
    let mut fixture = fixture_of(run);
    let mut left = saturated;
    for record in &mut fixture.records {
        let blocking = record.id == BLOCKING;
        let saturated = blocking && left > 0;
        left -= usize::from(saturated);
        let us = if blocking { 300.0 } else { 100.0 };
        record.open = Some(OpenRecord {
            offered_per_s: 5000.0,
            achieved_per_s: if saturated { 4100.0 } else { 4990.0 },
            started_in_time: 1000,
            saturated,
            queue_growth_per_s: if saturated { 900.0 } else { 0.5 },
            lag_us: times(us / 3.0),
            service_us: times(us * 2.0 / 3.0),
            response_us: times(us),
        });
        let capacity = CapacityRecord { per_s: 10_000.0, requests: 19_200, elapsed_ns: 1 };
        record.pace = Some(PaceRecord { rate_per_s: 5000, seed: 7, capacity: Some(capacity) });
    }
    fixture
}

fn cell(fixture: &Fixture) -> Value {
    let summary: Value = serde_json::from_str(&rendered(fixture)["summary.json"]).unwrap();
    let cell = summary["cells"][0].clone();
    assert_eq!(cell["id"], BLOCKING);
    cell
}

#[test]
fn its_metrics_are_those_of_the_schedule_and_not_its_own_time() {
    let cell = cell(&open(0));
    let metrics = cell["metrics"].as_object().unwrap();
    let median = |metric: &str| metrics[metric]["median"].as_f64().unwrap();
    assert_eq!((cell["status"].as_str(), cell["n"].as_u64()), (Some("valid"), Some(3)));
    for (metric, want) in [
        ("response_p50_us", 300.0),
        ("response_p99_us", 1200.0),
        ("lag_p50_us", 100.0),
        ("achieved_per_s", 4990.0),
        ("capacity_per_s", 10_000.0),
    ] {
        assert!((median(metric) - want).abs() < 0.1, "{metric}: {}", median(metric));
    }
    assert!(!metrics.contains_key("elapsed_s") && !metrics.contains_key("throughput_per_s"));
    let ratio = &cell["ratio_to_reference"]["response_p99_us"]["median"];
    assert!((ratio.as_f64().unwrap() - 3.0).abs() < 1e-6, "{ratio}");
}

#[test]
fn page_and_table_have_its_own_columns() {
    let files = rendered(&open(0));
    let page = &files["report.html"];
    for want in
        ["Rate reached", "Response, p99", "Lag, median", "Service, p99", "open loop: requests"]
    {
        assert!(page.contains(want), "{want}");
    }
    let comparison = page.split("id=\"comparison\"").nth(1).unwrap().split("id=\"workloads\"");
    let comparison = comparison.into_iter().next().unwrap();
    assert!(!comparison.contains("Elapsed</th>") && !comparison.contains("closed loop"));
    assert!(page.contains("Open loop: a seeded schedule"), "the method says what it is");
    let markdown = &files["summary.md"];
    assert!(markdown.contains("| Rate reached, ") && markdown.contains("Response, median"));
}

#[test]
fn who_is_saturated_most_of_the_time_has_no_times_that_depend_on_the_queue() {
    let cell = cell(&open(2));
    let metrics = cell["metrics"].as_object().unwrap();
    assert_eq!(cell["status"], "degraded");
    let reason = cell["reason"].as_str().unwrap();
    let wanted = ["saturated in 2 of 3 executions", "grew by 900 starts a second", "not shown"];
    assert!(wanted.iter().all(|want| reason.contains(want)), "{reason}");
    let of_queue = |metric: &&String| metric.starts_with("response_") || metric.starts_with("lag_");
    assert_eq!(metrics.keys().filter(of_queue).count(), 0);
    assert!(metrics.contains_key("cpu_us_per_op") && metrics.contains_key("achieved_per_s"));
    assert_eq!(cell["ratio_to_reference"].get("response_p99_us"), None);
}

#[test]
fn who_is_saturated_once_keeps_its_times_and_says_so() {
    let cell = cell(&open(1));
    assert_eq!(cell["status"], "degraded");
    assert!(cell["reason"].as_str().unwrap().contains("saturated in 1 of 3 executions"));
    assert!(cell["metrics"]["response_p99_us"]["n"] == 3);
}

#[test]
fn its_spectrum_tells_who_waits_longest_in_the_tail() {
    let files = rendered(&open(0));
    let page = &files["report.html"];
    let figure = page.split_once("<figure id=\"figure-open-loop-spectrum\"").unwrap().1;
    let figure = figure.split_once("</figure>").unwrap().0;
    let text: String = figure.replace('\u{202f}', " ").replace('\u{2060}', "");
    for want in ["one request in 100 waits longer than", "tokio/multi-thread", "blocking"] {
        assert!(text.contains(want), "{want}: {}", &text[..900]);
    }
    assert!(text.contains("400 µs") && text.contains("1.20 ms"), "{}", &text[..900]);
    assert!(!files.contains_key("figures/fan-out-spectrum.svg"));
    assert!(files["figures/open-loop-spectrum.svg"].contains("spectrum of response times"));
    assert!(!rendered(&crate::fixture::full()).contains_key("figures/request-loop-spectrum.svg"));
}
