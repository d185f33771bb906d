//! What the page says of servers over their numbers of clients.

use triathlon_contract::record::WorkloadFile;

use crate::files::rendered;
use crate::fixture::{Fixture, case, chart, fixture_of, run};

const CLIENTS: [u64; 4] = [1, 4, 16, 64];

/// Servers of tasks and of threads over four numbers of clients: a request takes
/// `advantage` times as much CPU and time on threads as on tasks.
fn servers(rounds: u64, advantage: [f64; 4]) -> Fixture {
    let mut run = run(rounds);
    let chart = chart("connections", "clients (C)", "queries", "queries", "throughput_per_s");
    run.workloads = vec![WorkloadFile {
        name: "serve".to_string(),
        category: "serve".to_string(),
        operation: "request".to_string(),
        chart,
        ..run.workloads[0].clone()
    }];
    for clients in CLIENTS {
        let parameters = [
            ("connections", clients),
            ("queries", 5),
            ("pool", clients.min(100)),
            ("laps", 1000 / clients),
        ];
        for who in ["tokio/multi-thread", "threads-per-op", "threads-pool"] {
            run.cases.push(case(&format!("serve@crud-n5-c{clients}/{who}"), &parameters));
        }
    }
    let mut fixture = fixture_of(run);
    for record in &mut fixture.records {
        let place = CLIENTS.iter().position(|c| record.id.contains(&format!("-c{c}/"))).unwrap();
        let factor = if record.id.ends_with("threads-per-op") { advantage[place] } else { 1.0 };
        let window = record.window.as_mut().unwrap();
        window.samples = 1000;
        window.elapsed_ns = (1e9 * factor) as u64;
        (window.user_ns, window.system_ns) = ((2e8 * factor) as u64, 0);
        window.server_cpu_ns = 0;
    }
    fixture
}

/// The page's text, without marks and narrow spaces.
fn page(fixture: &Fixture) -> String {
    let page = rendered(fixture)["report.html"].replace('\u{202f}', " ");
    page.replace("<span class=\"nowrap\">", "").replace("</span>", "")
}

fn check(rounds: u64, advantage: [f64; 4], want: &str) {
    let text = page(&servers(rounds, advantage));
    let said = text.split("Crossover, crud-n5.").nth(1).unwrap_or("no crossover");
    let said: String = said.chars().take(900).collect();
    assert!(said.contains(want), "{said}");
}

#[test]
fn the_number_of_clients_is_read_off_the_line_between_two_that_were_measured() {
    let want = "tokio/multi-thread answers more requests than threads-per-op from about 8 clients \
                on (95 % interval 8 to 8, 8 rounds).";
    check(8, [0.5, 0.5, 2.0, 2.0], want);
    let want = "tokio/multi-thread takes less CPU time for a request than threads-per-op from \
                about 8 clients on";
    check(8, [0.5, 0.5, 2.0, 2.0], want);
}

#[test]
fn always_never_and_too_few_rounds_are_said_as_such() {
    let always = "tokio/multi-thread answers more requests than threads-per-op with any number of \
                  clients from 1 to 64 (8 rounds).";
    check(8, [1.5; 4], always);
    let never = "On this machine tokio/multi-thread never answers more requests than \
                 threads-per-op up to 64 clients (8 rounds).";
    check(8, [0.8; 4], never);
    let few = "from about 8 clients on, by the medians of 2 rounds: too few for an interval.";
    check(2, [0.5, 0.5, 2.0, 2.0], few);
}

/// In half of the rounds threads are behind at the end, in the others ahead.
#[test]
fn what_the_rounds_do_not_agree_on_is_undecided() {
    let mut fixture = servers(8, [0.8, 0.8, 0.9, 1.2]);
    for record in &mut fixture.records {
        if record.id.ends_with("-c64/threads-per-op") && record.round <= 4 {
            record.window.as_mut().unwrap().elapsed_ns = 900_000_000;
        }
    }
    let text = page(&fixture);
    let want = "Whether tokio/multi-thread ever answers more requests than threads-per-op is \
                undecided: from ";
    assert!(text.contains(want), "{}", text.split("Crossover,").nth(1).unwrap_or("none"));
}

#[test]
fn the_table_has_every_pair_and_the_summary_its_numbers() {
    let files = rendered(&servers(8, [0.5, 0.5, 2.0, 2.0]));
    let summary: serde_json::Value = serde_json::from_str(&files["summary.json"]).unwrap();
    let crossovers = summary["crossovers"].as_array().unwrap();
    // Against two servers of threads, in two metrics.
    assert_eq!(crossovers.len(), 4);
    assert_eq!(crossovers[0]["ratios"], serde_json::json!([0.5, 0.5, 2.0, 2.0]));
    assert_eq!(crossovers[0]["clients"], serde_json::json!(CLIENTS));
    let page = files["report.html"].replace('\u{202f}', " ");
    assert!(page.contains("<td>0.500 ×</td>") && page.contains("<td>2.00 ×</td>"));
}

#[test]
fn a_sweep_needs_three_numbers_of_clients() {
    let mut fixture = servers(8, [0.5, 0.5, 2.0, 2.0]);
    fixture.run.cases.retain(|case| !case.id.contains("-c1/") && !case.id.contains("-c4/"));
    fixture.records.retain(|record| !record.id.contains("-c1/") && !record.id.contains("-c4/"));
    assert!(!page(&fixture).contains("Crossover,"));
}
