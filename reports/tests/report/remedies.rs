//! What remedies do and cost, on the page and in the files.

use serde_json::Value;
use triathlon_contract::record::{BesideRecord, OpenRecord, OpenTimes, Service, WorkloadFile};

use crate::files::{rendered, with_verdicts};
use crate::fixture::{Fixture, case, chart, fixture_of, full, run};

/// Of one contestant: the plain way without calls, and with calls in three ways, in two
/// rounds; of the last way so many executions are saturated.
fn stalls(saturated: usize) -> Fixture {
    let mut run = run(2);
    let chart = chart("call_us", "length of a call, µs", "blocked", "blocked", "response_p99_us");
    run.workloads = vec![WorkloadFile {
        name: "stall".to_string(),
        category: "runtime".to_string(),
        operation: "beat".to_string(),
        beside: Some("call".to_string()),
        server: false,
        open: true,
        chart,
        ..run.workloads[0].clone()
    }];
    let who = "tokio/multi-thread";
    run.cases
        .push(case(&format!("stall@k0/{who}"), &[("call_us", 0), ("blocked", 0), ("hearts", 32)]));
    for way in ["", ":blocking-pool", ":yield"] {
        let parameters = [("call_us", 10_000), ("blocked", 2), ("hearts", 32)];
        run.cases.push(case(&format!("stall@kw/{who}{way}"), &parameters));
    }
    let mut fixture = fixture_of(run);
    let mut left = saturated;
    for record in &mut fixture.records {
        let (p99_us, max_us, calls_us) = match record.id.split_once("kw/tokio/multi-thread") {
            None => (1000.0, 1100.0, None),
            Some((_, "")) => (9000.0, 10_000.0, Some(10_100.0)),
            Some((_, ":yield")) => (2000.0, 2500.0, Some(9_900.0)),
            Some(_) => (1500.0, 2000.0, Some(10_150.0)),
        };
        let lag_us = OpenTimes { p50: Some(900.0), p99: Some(p99_us), max: max_us, ..times() };
        let saturated = record.id.ends_with(":yield") && left > 0;
        left -= usize::from(saturated);
        let open = OpenRecord { lag_us, response_us: lag_us, saturated, ..OpenRecord::default() };
        record.open = Some(open);
        let service = |mean| Service { mean, max: mean * 1.5, ..Service::default() };
        let beside = |mean| BesideRecord { count: 40, lag_mean_us: 1.0, service_us: service(mean) };
        record.beside = calls_us.map(beside);
    }
    fixture
}

fn times() -> OpenTimes {
    OpenTimes { mean: 950.0, ..OpenTimes::default() }
}

fn plain(text: &str) -> String {
    text.replace('\u{202f}', " ").replace('\u{2060}', "")
}

#[test]
fn each_remedy_has_what_it_leaves_of_the_lag_and_what_a_call_costs_more() {
    let files = rendered(&stalls(0));
    let wanted = [
        "kw, tokio/multi-thread</strong>: a beat is late by 9.00 ms and 10.0 ms, \
         without any call by 1.00 ms and 1.10 ms \
         (lag at the 99th percentile and at most, medians of up to 2 executions)",
        "with blocking-pool by 1.50 ms and 2.00 ms, 0.167 × and 0.200 ×, \
         and a call takes 10.2 ms instead of 10.1 ms (+50.0 µs)</li>",
        "with yield by 2.00 ms and 2.50 ms, 0.222 × and 0.250 ×, \
         and a call takes 9.90 ms instead of 10.1 ms (−200 µs)</li>",
    ];
    let page = plain(&files["report.html"]);
    let (_, shown) = page.split_once("<h4>Remedies").unwrap();
    for want in wanted {
        assert!(shown.contains(want), "{want}: {}", shown.split_once("</section>").unwrap().0);
    }
    assert!(!page.contains("<strong>k0,"), "nothing to remedy");
    let markdown = plain(&files["summary.md"]);
    assert!(markdown.contains("- **kw, tokio/multi-thread**: a beat is late by 9.00 ms"));
    assert!(markdown.contains("\n  - with yield by 2.00 ms and 2.50 ms"), "{markdown}");
}

#[test]
fn its_columns_are_how_late_beats_are_and_what_calls_take() {
    let files = rendered(&stalls(0));
    let page = &files["report.html"];
    let table = page.split_once("<table class=\"comparison\">").unwrap().1;
    let table = table.split_once("</table>").unwrap().0;
    for want in ["Lag, p99", "Lag, longest", "Calls", "Call, mean", "Call, longest"] {
        assert!(table.contains(want), "{want}");
    }
    assert!(table.contains("open loop: beats start") && !table.contains("Rate reached"));
    assert!(page.contains("one beat in 100 waits longer") || page.contains("one beat in 2 waits"));
    assert!(!rendered(&full())["report.html"].contains("<h4>Remedies"));
}

#[test]
fn a_way_that_is_saturated_has_no_remedy_to_show() {
    let page = plain(&rendered(&stalls(2))["report.html"]);
    assert!(page.contains("with blocking-pool by 1.50 ms") && !page.contains("with yield by"));
}

/// As much goes on beside as there are workers, which is no equal work to be summed up.
#[test]
fn cpu_time_with_calls_in_it_is_in_no_geometric_mean() {
    let means = |beside: Option<&str>| {
        let mut fixture = with_verdicts(full());
        for workload in &mut fixture.run.workloads {
            workload.beside = beside.map(str::to_string);
        }
        let summary: Value = serde_json::from_str(&rendered(&fixture)["summary.json"]).unwrap();
        summary["geometric_means"].as_array().unwrap().len()
    };
    assert!(means(None) > 0);
    assert_eq!(means(Some("call")), 0);
}
