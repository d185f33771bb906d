//! What the page and the metrics say of healthy clients beside slow ones.

use triathlon_contract::SlowClients;
use triathlon_contract::record::{DrivenRecord, WorkloadFile};

use crate::files::rendered;
use crate::fixture::{Fixture, case, chart, fixture_of, run};
use crate::verdict::{cell, summary};

const MANY: u64 = 100;

/// Servers that keep, halve and lose their goodput of 4000/s beside a hundred slow clients.
fn slowed(rounds: u64, starved: impl Fn(u64) -> bool) -> Fixture {
    let mut run = run(rounds);
    let chart = chart("connections", "clients", "bytes", "bytes", "throughput_per_s");
    run.workloads = vec![WorkloadFile {
        name: "serve-slow".to_string(),
        category: "serve".to_string(),
        operation: "request".to_string(),
        chart,
        ..run.workloads[0].clone()
    }];
    for who in ["tokio/multi-thread", "threads-per-op", "threads-pool"] {
        for slow in [0, MANY] {
            let parameters =
                [("slow", slow), ("connections", 100 + slow), ("bytes", 13), ("laps", 5)];
            run.cases.push(case(&format!("serve-slow@send-plain-k{slow}/{who}"), &parameters));
        }
    }
    let mut fixture = fixture_of(run);
    for record in &mut fixture.records {
        let slow = if record.id.contains("-k0/") { 0 } else { MANY };
        let starves = slow > 0 && record.id.ends_with("threads-pool") && starved(record.round);
        let share = match (slow, record.id.ends_with("threads-per-op")) {
            (MANY, true) => 2,
            _ => 1,
        };
        let answered = if starves { 0 } else { (1000 + record.round) / share };
        let counts = SlowClients {
            slow,
            window_ns: 250_000_000,
            answered,
            late: 100,
            finished: slow,
            service_p50_ns: 2_000_000,
            service_p99_ns: (!starves).then_some(5_000_000),
            p99_at_least: share == 2,
            ..SlowClients::default()
        };
        let mut driven = DrivenRecord::default();
        driven.generator.slow = Some(counts);
        record.driven = Some(driven);
        let window = record.window.as_mut().unwrap();
        (window.samples, window.elapsed_ns) = (answered, 250_100_000);
    }
    fixture
}

/// The page's text, without narrow spaces.
fn page(fixture: &Fixture) -> String {
    rendered(fixture)["report.html"].replace('\u{202f}', " ")
}

fn at(fixture: &Fixture, who: &str, slow: usize) -> serde_json::Value {
    let summary = summary(fixture);
    let all = summary["slow_clients"].as_array().unwrap();
    let server = all.iter().find(|server| server["who"] == who).unwrap();
    assert_eq!(server["kind"], "send-plain");
    server["beside"][slow].clone()
}

#[test]
fn goodput_is_a_share_of_that_without_slow_clients_in_the_same_round() {
    let fixture = slowed(6, |_| true);
    let half = at(&fixture, "threads-per-op", 1);
    assert_eq!((&half["slow"], &half["starved"]), (&100.into(), &0.into()));
    // (1000 + round) / 2, rounded down, of 1000 + round.
    assert_eq!(half["share"]["n"], 6);
    assert_eq!(half["share"]["high"], 0.5);
    assert_eq!(half["share_interval"], serde_json::json!([0.4995, 0.5]));
    assert_eq!(
        (&half["service_p99_us"]["median"], &half["p99_at_least"]),
        (&5000.0.into(), &true.into())
    );
    let alone = at(&fixture, "threads-per-op", 0);
    assert_eq!(alone["share"]["median"], 1.0);
    assert_eq!(alone["goodput_per_s"]["low"], 4004.0);
    let text = page(&fixture);
    assert!(text.contains("0.50 [0.50–0.50]"), "no share with its interval");
    assert!(text.contains("p99 ≥ 5.00 ms"), "a bound is marked");
    assert!(text.contains("Beside 100, threads-per-op keeps 50 %."), "{}", said(&text));
    assert!(text.contains("Nobody else loses more than a tenth"), "{}", said(&text));
}

fn said(page: &str) -> String {
    let said = page.split("Beside slow clients. ").nth(1).unwrap_or("no section");
    said.chars().take(1500).collect()
}

#[test]
fn who_starves_is_said_in_words_and_counts_as_one_answer() {
    let fixture = slowed(6, |_| true);
    let pool = at(&fixture, "threads-pool", 1);
    assert_eq!((&pool["goodput_per_s"]["median"], &pool["starved"]), (&0.0.into(), &6.into()));
    assert_eq!(pool["share_interval"], serde_json::json!([0.0, 0.0]));
    assert!(pool.get("service_p99_us").is_none());
    let text = page(&fixture);
    assert!(
        text.contains("Beside 100 slow clients the healthy of threads-pool starve"),
        "{}",
        said(&text)
    );
    assert!(text.contains("starved<small>6 of 6 starved"), "{}", said(&text));
    // A ratio has no zero: less than one answer in a quarter of a second.
    let summary = summary(&fixture);
    let metrics = &cell(&summary, "serve-slow@send-plain-k100/threads-pool")["metrics"];
    assert_eq!(metrics["throughput_per_s"]["median"], 4.0);

    // In two of six rounds: the median is not nothing, and the two are named.
    let fixture = slowed(6, |round| round < 3);
    let pool = at(&fixture, "threads-pool", 1);
    assert_eq!((&pool["share"]["low"], &pool["share"]["median"]), (&0.0.into(), &1.0.into()));
    let text = page(&fixture);
    assert!(
        text.contains("2 of 6 starved") && !text.contains("threads-pool starve"),
        "{}",
        said(&text)
    );
}

#[test]
fn what_is_answered_behind_the_window_is_in_no_figure() {
    let summary = summary(&slowed(6, |_| false));
    let metrics = &cell(&summary, "serve-slow@send-plain-k100/tokio/multi-thread")["metrics"];
    for metric in ["elapsed_s", "cpu_us_per_op", "ctx_switches_per_op", "service_mean_us"] {
        assert!(metrics.get(metric).is_none(), "{metric}");
    }
    for (metric, want) in [("service_p50_us", 2000.0), ("service_p99_us", 5000.0)] {
        assert_eq!(metrics[metric]["median"], want, "{metric}");
    }
    assert!(metrics["peak_rss_bytes"]["median"].as_f64().unwrap() > 0.0);
}

#[test]
fn without_a_measurement_there_is_no_share_and_no_section() {
    let mut fixture = slowed(2, |_| false);
    fixture.records.retain(|record| !record.id.contains("-k0/"));
    let beside = at(&fixture, "threads-per-op", 0);
    assert_eq!(beside["slow"], 100);
    assert!(beside.get("share").is_none() && beside.get("share_interval").is_none());
    fixture.records.iter_mut().for_each(|record| record.driven = None);
    assert!(!page(&fixture).contains("Beside slow clients. "));
}
