//! What remedies do and cost, on the page and in the files.

use triathlon_contract::record::{BesideRecord, OpenRecord, OpenTimes, Service, WorkloadFile};

use crate::files::rendered;
use crate::fixture::{Fixture, case, chart, fixture_of, run};

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
    let want = "kw, tokio/multi-thread</strong>: a beat is late by 9.00 ms and 10.0 ms; \
                without any call, 1.00 ms and 1.10 ms; \
                with blocking-pool 1.50 ms and 2.00 ms, 0.167 × and 0.200 ×, \
                and a call takes 10.2 ms instead of 10.1 ms (+50.0 µs); \
                with yield 2.00 ms and 2.50 ms, 0.222 × and 0.250 ×, \
                and a call takes 9.90 ms instead of 10.1 ms (−200 µs) \
                (lag at the 99th percentile and at most, medians of up to 2 executions).";
    let page = plain(&files["report.html"]);
    assert!(page.contains(want), "{}", page.split("<h4>Remedies").nth(1).unwrap_or_default());
    assert!(!page.contains("<strong>k0,"), "nothing to remedy");
    let markdown = plain(&files["summary.md"]);
    assert!(markdown.contains("- **kw, tokio/multi-thread**: a beat is late by 9.00 ms"));
}

#[test]
fn its_columns_are_how_late_beats_are_and_what_calls_take() {
    let files = rendered(&stalls(0));
    let page = &files["report.html"];
    let table = page.split_once("<table class=\"comparison\">").unwrap().1;
    let table = table.split_once("</table>").unwrap().0;
    for want in ["Lag, median", "Lag, p99", "Lag, longest", "Call, mean", "Call, longest"] {
        assert!(table.contains(want), "{want}");
    }
    assert!(table.contains("open loop: beats start") && !table.contains("Rate reached"));
    assert!(page.contains("one beat in 100 waits longer") || page.contains("one beat in 2 waits"));
    assert!(!rendered(&crate::fixture::full())["report.html"].contains("<h4>Remedies"));
}

#[test]
fn a_way_that_is_saturated_has_no_remedy_to_show() {
    let page = plain(&rendered(&stalls(2))["report.html"]);
    assert!(page.contains("with blocking-pool 1.50 ms") && !page.contains("with yield 2.00 ms"));
}
